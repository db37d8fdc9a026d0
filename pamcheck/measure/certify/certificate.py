"""What a proof leaves behind: bounds, the points that come near them, and boxes from which to check it again."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any, Literal, get_args

VERSION = 1
Kind = Literal["relative", "absolute", "ulp"]
KINDS: tuple[Kind, ...] = ("relative", "absolute", "ulp")
Point = tuple[Fraction, ...]
Interval = tuple[Fraction | None, Fraction | None]  # None is an end that is open to infinity
Rule = Literal[
    "piece",
    "polygon",
    "small",
    "limit",
    "tail",
    "theorem",
    "binade",
    "line",
    "cut",
    "empty",
    "above",
    "below",
]
RULES: tuple[Rule, ...] = get_args(Rule)


class DamagedCertificate(ValueError):
    """A text that is no certificate, or not one of this version."""


@dataclass(frozen=True)
class Box:
    """A part of the domain and the proven range of the error on it.

    rule     how it is proven: docs/explanation/proofs.md has one heading a rule
    corners  ends of an interval, or of a polygon its corners in order; None is an open end
    """

    rule: Rule
    corners: tuple[tuple[Fraction | None, ...], ...]
    lower: Fraction
    upper: Fraction


@dataclass(frozen=True)
class Witness:
    """Operands, exact, with the error there, rounded toward zero; codes where a format has the operands."""

    operands: Point
    error: Fraction
    codes: tuple[str, ...] = ()

    def __str__(self) -> str:
        shown = ", ".join(f"{float(x):.9g}" for x in self.operands[:4])
        more = ", ..." if len(self.operands) > 4 else ""
        bits = self.codes or tuple(float(x).hex() for x in self.operands)
        return f"({shown}{more}) = ({', '.join(bits[:4])}{more}): {float(self.error):+.10g}"


@dataclass(frozen=True)
class Certificate:
    """A proven range of an error and how near it is come to.

    domain              an interval for each operand; `scope` says what follows beyond it
    lower, upper        every error lies in [lower, upper]: the outer enclosure
    at_lower, at_upper  witnesses; their errors are the inner enclosure, and `gap` is what lies between
    closed_forms        of the least and the greatest error, "" where none is known
    boxes               parts that cover the domain, each with its own range
    slack               what is added to the range of the boxes, for rounding: as a factor of 1 + error, or
                        plainly for an absolute error
    holds               whether closed forms and contract agree with the enclosure, and the gap is as promised
    """

    op: str
    format: str
    offset: Fraction
    kind: Kind
    domain: tuple[Interval, ...]
    scope: str
    lower: Fraction
    upper: Fraction
    at_lower: Witness
    at_upper: Witness
    closed_forms: tuple[str, str]
    boxes: tuple[Box, ...]
    evidence: Literal["proof", "exhaustive"]
    holds: bool
    reason: str
    slack: tuple[Fraction, Fraction] = (Fraction(0), Fraction(0))
    size: int = 1
    version: int = VERSION

    @property
    def gap(self) -> Fraction:
        """The larger distance between an end of the outer and of the inner enclosure."""
        return max(self.at_lower.error - self.lower, self.upper - self.at_upper.error)

    @property
    def witness(self) -> Witness:
        """The witness of the error that is largest in magnitude."""
        return max(self.at_lower, self.at_upper, key=lambda witness: abs(witness.error))

    @property
    def name(self) -> str:
        """What tables call it."""
        extra = f" of {self.size}" if self.size > 1 else ""
        return f"{self.op}{extra}" + (f", offset {float(self.offset):g}" if self.offset else "")

    def to_json(self) -> str:
        """Return the certificate as JSON; numbers are exact fractions, as text."""
        data = {name: _plain(getattr(self, name)) for name in _FIELDS}
        return json.dumps(data, indent=1, ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> Certificate:
        """Return the certificate that `to_json` wrote. Raises DamagedCertificate, saying where, for another."""
        try:
            data = json.loads(text)
        except json.JSONDecodeError as error:
            raise DamagedCertificate(
                f"not JSON: {error}; a certificate is what --json or --out writes"
            ) from None
        if not isinstance(data, Mapping) or data.get("version") != VERSION:
            found = data.get("version") if isinstance(data, Mapping) else type(data).__name__
            raise DamagedCertificate(f"version is {found!r}; this program reads version {VERSION}")
        try:
            return _restored(data)
        except (KeyError, TypeError, ValueError, ZeroDivisionError) as error:
            raise DamagedCertificate(f"damaged at {error}; write the certificate anew") from None

    def but(self, **changes: Any) -> Certificate:
        """Return a copy with other fields."""
        return replace(self, **changes)


_FIELDS = tuple(name for name in Certificate.__dataclass_fields__)


def _plain(value: Any) -> Any:
    if isinstance(value, Fraction):
        return str(value)
    if isinstance(value, tuple):
        return [_plain(part) for part in value]
    if isinstance(value, (Box, Witness)):
        return {name: _plain(getattr(value, name)) for name in value.__dataclass_fields__}
    return value


def _restored(data: Mapping[str, Any]) -> Certificate:
    if set(data) != set(_FIELDS):
        raise KeyError(f"fields {sorted(set(data) ^ set(_FIELDS))}")
    if data["kind"] not in KINDS:
        raise ValueError(f"kind {data['kind']!r}")
    fields = dict(data)
    for name in ("offset", "lower", "upper"):
        fields[name] = Fraction(data[name])
    for name in ("at_lower", "at_upper"):
        entry = data[name]
        fields[name] = Witness(_point(entry["operands"]), Fraction(entry["error"]), tuple(entry["codes"]))
    fields["domain"] = tuple(_interval(part) for part in data["domain"])
    fields["closed_forms"] = tuple(map(str, data["closed_forms"]))
    fields["slack"] = _point(data["slack"])
    fields["boxes"] = tuple(_box(entry) for entry in data["boxes"])
    return Certificate(**fields)


def _box(entry: Mapping[str, Any]) -> Box:
    if entry["rule"] not in RULES:
        raise ValueError(f"rule {entry['rule']!r}")
    corners = tuple(tuple(map(_end, corner)) for corner in entry["corners"])
    return Box(entry["rule"], corners, Fraction(entry["lower"]), Fraction(entry["upper"]))


def _interval(part: Any) -> Interval:
    low, high = part
    return _end(low), _end(high)


def _end(text: str | None) -> Fraction | None:
    return None if text is None else Fraction(text)


def _point(texts: Any) -> Point:
    return tuple(map(Fraction, texts))
