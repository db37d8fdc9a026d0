"""The ledger: published numbers as claims.toml states them, and the verdict on each."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, dataclass, field, fields
from fractions import Fraction
from importlib import resources
from typing import Any, Literal

from analyses.claims.reading import Reading
from analyses.claims.recompute import KINDS
from pamcheck.reporting.records import Settings

Word = Literal["confirmed", "refuted", "cannot tell"]
WORDS: tuple[Word, ...] = ("confirmed", "refuted", "cannot tell")
COMPARE = ("equal", "below", "none")


class LedgerError(ValueError):
    """claims.toml does not say what a claim has to say; the message names the entry."""


@dataclass(frozen=True)
class Claim:
    """One published statement.

    quantity    a key of recompute.KINDS; `arguments` go to its function
    published   the number as printed, or a fraction; empty where the source gives none
    tolerance   half a unit of the last printed digit, unless given
    compare     "equal" to it within the tolerance; "below" it; "none" where the source gives no number
    stated      whether the source states all that the number depends on; if so, the first reading decides
    expect      the verdict on record
    """

    id: str
    statement: str
    source: str
    conditions: str
    quantity: str
    expect: Word
    published: str = ""
    unit: str = ""
    tolerance: float | None = None
    compare: str = "equal"
    stated: bool = True
    note: str = ""
    arguments: Mapping[str, Any] = field(default_factory=dict)

    @property
    def value(self) -> float:
        """The published number."""
        return float(Fraction(self.published))

    @property
    def reach(self) -> float:
        """How far a recomputed value may lie from the published one."""
        if self.tolerance is not None:
            return self.tolerance
        return 0.0 if "/" in self.published else 0.5 * 10.0 ** -len(self.published.partition(".")[2])

    def agrees(self, reading: Reading) -> bool:
        """Whether the published number is what this reading gives."""
        slack = 1e-12 * abs(self.value)
        if self.compare == "below":
            return reading.upper < self.value
        away = max(reading.lower - self.value, self.value - reading.upper, 0.0)
        return away <= self.reach + slack


@dataclass(frozen=True)
class Finding:
    """A claim, its recomputed values, and the verdict."""

    claim: Claim
    readings: Sequence[Reading]
    verdict: Word
    reason: str


def load(text: str | None = None) -> list[Claim]:
    """Return the claims of claims.toml, or of a given text.

    Raises LedgerError, naming the entry by its id or place, for anything but well-formed claims.
    """
    if text is None:
        text = (resources.files("analyses") / "claims.toml").read_text(encoding="utf-8")
    try:
        entries = tomllib.loads(text).get("claim", [])
    except tomllib.TOMLDecodeError as error:
        raise LedgerError(f"claims.toml is no TOML: {error}") from error
    if not isinstance(entries, list) or not entries:
        raise LedgerError("claims.toml has no [[claim]] entries")
    claims = [_claim(entry, place) for place, entry in enumerate(entries, 1)]
    seen: set[str] = set()
    for claim in claims:
        if claim.id in seen:
            raise LedgerError(f"claim {claim.id!r} stands twice in claims.toml; give each its own id")
        seen.add(claim.id)
    return claims


def examine(claim: Claim, settings: Settings) -> Finding:
    """Recompute a claim and compare. Raises LedgerError where its arguments do not fit its quantity."""
    recompute, _ = KINDS[claim.quantity]
    try:
        readings = recompute(settings, **claim.arguments)
    except (TypeError, KeyError) as error:
        raise LedgerError(
            f"claim {claim.id!r}: arguments {dict(claim.arguments)} do not fit quantity {claim.quantity!r}: {error}"
        ) from error
    return Finding(claim, readings, *judge(claim, readings))


def judge(claim: Claim, readings: Sequence[Reading]) -> tuple[Word, str]:
    """Return the verdict on a claim and why, in a sentence."""
    if claim.compare == "none":
        return "cannot tell", "The source gives no number to compare with."
    agreeing = [claim.agrees(reading) for reading in readings]
    if claim.stated:
        if agreeing[0]:
            return "confirmed", f"Recomputed as {_sentence(readings[0])}."
        return "refuted", f"Recomputed as {_sentence(readings[0])}, not {claim.published}."
    if all(agreeing):
        return "confirmed", f"So under each of {len(readings)} readings."
    if not any(agreeing):
        return "refuted", f"Under none of {len(readings)} readings."
    named = next(reading for reading, agrees in zip(readings, agreeing, strict=True) if agrees)
    return (
        "cannot tell",
        f"The conditions are not stated in full: {sum(agreeing)} of {len(readings)} readings agree, "
        f"such as {named.conditions}.",
    )


def _sentence(reading: Reading) -> str:
    return f"{reading}: {reading.conditions}"


def _claim(entry: Any, place: int) -> Claim:
    name = f"claim {entry.get('id', f'number {place}')!r}" if isinstance(entry, dict) else f"claim {place}"
    if not isinstance(entry, dict):
        raise LedgerError(f"{name} is no table")
    known = {item.name: item for item in fields(Claim)}
    unknown = sorted(set(entry) - set(known))
    if unknown:
        raise LedgerError(f"{name} has unknown keys {', '.join(unknown)}; known are {', '.join(known)}")
    needed = [
        key for key, item in known.items() if item.default is MISSING and item.default_factory is MISSING
    ]
    missing = [key for key in needed if key not in entry]
    if missing:
        raise LedgerError(f"{name} lacks {', '.join(missing)}")
    types: dict[str, type | tuple[type, ...]] = {
        "stated": bool,
        "arguments": dict,
        "tolerance": (int, float),
    }
    for key, value in entry.items():
        if not isinstance(value, types.get(key, str)) or (key == "tolerance" and isinstance(value, bool)):
            raise LedgerError(
                f"{name}: {key} is {value!r}, a {type(value).__name__}; quote numbers as printed"
            )
    choices = {"quantity": tuple(KINDS), "expect": WORDS, "compare": COMPARE}
    for key, allowed in choices.items():
        if key in entry and entry[key] not in allowed:
            raise LedgerError(f"{name}: {key} is {entry[key]!r}; it is one of {', '.join(allowed)}")
    claim = Claim(**entry)
    if claim.compare != "none":
        try:
            claim.value  # noqa: B018
        except (ValueError, ZeroDivisionError) as error:
            raise LedgerError(
                f'{name}: published is {claim.published!r}; give the number as printed, or compare = "none"'
            ) from error
    return claim
