"""Which error bounds are proven, and how near do operands come to them?

Claim   Products, quotients, logarithms, powers, roots and the activations made of them have an outer range, which
        no operand leaves, and an inner range, which operands attain, that agree to 1e-9; closed forms lie
        between. So do those of a softmax of 2 to 1024 inputs in [-1, 1]. Every entry of a layer norm of 2^k inputs is
        within (2 sqrt 2/3 - 1, 2/sqrt 3 - 1) of the truth. A dot product is within 1/9 of the sum of its terms'
        magnitudes. ULP errors of float32 are known to a few units. A second checker, which shares no search and
        no interval library with the first, proves every certificate again from its boxes, and refuses one
        with a box missing or a bound 1e-6 too tight. The study fails where a closed form, a witness or the
        second checker disagrees, or where a gap is larger than claimed.
Method  `pamcheck certify`: the extremum on every affine piece in interval arithmetic, polygons in fractions, error
        forms through the text of pamcheck.functional, branch and bound over the rows of a softmax, every operand of
        narrow formats. A quick run leaves out the activations, the absolute errors and the formats above 8 bits.
Writes  reports/certificates/: study.json, real, formats, composites (csv, json)
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import pandas as pd

from pamcheck.formats import get_format
from pamcheck.measure.certify import Certificate, certify, recheck
from pamcheck.measure.verdict import Verdict, Witness
from pamcheck.reporting.records import Plate, Settings, Table

TIGHT = Fraction(1, 10**9)
TIGHTENED = Fraction(1, 10**6)
OFFSETS = (Fraction(0), Fraction(1, 16), Fraction(0x3F800000 - 0x3F76D000, 1 << 23))
BASIC = ("palog2", "paexp2", "pasqrt", "papow", "palog", "paexp")
ACTIVATIONS = ("rsqrt", "sigmoid", "silu", "gelu")
ROUNDED = (*BASIC, "gelu")
UNITS = ("paexp2", "pasqrt", "papow", "paexp", "gelu")
FEW = 128  # ULP that may be open, of millions


@dataclass(frozen=True)
class Proof:
    """One certificate, what the second checker said, and what it said of tampered copies."""

    certificate: Certificate
    again: str  # "" where it was not asked, "yes", or why not
    caught: bool
    seconds: float


@dataclass(frozen=True)
class Measured:
    """The certificates by table."""

    real: list[Proof]
    formats: list[Proof]
    composites: list[Proof]


def measure(settings: Settings) -> Measured:
    """Make every certificate; have those of relative errors proven a second time."""
    full = not settings.quick
    kinds = ("relative", "absolute") if full else ("relative",)
    real: list[dict[str, Any]] = [{"op": op, "offset": c} for op in ("pam", "padiv") for c in OFFSETS]
    real += [{"op": "palog2", "kind": kind} for kind in ("absolute", "relative")]
    real += [{"op": op, "kind": kind} for op in BASIC[1:] for kind in kinds]
    real += [{"op": op, "kind": kind} for op in ACTIVATIONS[: None if full else 1] for kind in kinds]
    names = ("float8_e4m3fn", "bfloat16", "float32") if full else ("float8_e4m3fn",)
    formats: list[dict[str, Any]] = [
        {"op": op, "format": name, "kind": kind}
        for name in names
        for op in ("pam", "padiv", *(ROUNDED if full else ROUNDED[:2]))
        for kind in (("relative", "ulp") if op in ("pam", "padiv") else (None,))
    ]
    if full:
        formats += [{"op": op, "format": "float32", "kind": "ulp"} for op in UNITS]
        formats += [{"op": op, "format": "float32", "kind": "absolute"} for op in ("paexp", "gelu")]
    composites: list[dict[str, Any]] = [
        {"op": "dot"}, {"op": "dot", "kind": "absolute"}, {"op": "dot", "format": "float32"},
        {"op": "layer_norm", "size": 8}, {"op": "layer_norm", "size": 64},
        *({"op": "softmax", "size": size} for size in ((2, 8, 64, 1024) if full else (8,))),
    ]  # fmt: skip
    if full:
        composites += [{"op": "softmax", "size": 64, "format": name} for name in ("float32", "bfloat16")]
        composites += [
            {"op": "layer_norm", "size": size, "kind": "absolute", "format": name}
            for size, name in ((12, None), (64, "float32"), (64, "bfloat16"))
        ]
    return Measured(
        [_proof(job, again=job.get("kind") != "absolute" or job["op"] == "palog2") for job in real],
        [_proof(job, again=job["format"] == "float8_e4m3fn" or job["kind"] == "ulp") for job in formats],
        [_proof(job, again=True) for job in composites],
    )


def judge(measured: Measured) -> Sequence[Verdict]:
    """Judge tightness, closed forms, the bounds of composites, and the second checker."""
    everything = [*measured.real, *measured.formats, *measured.composites]
    return [
        _judge_tight(measured.real),
        _judge_norm(measured.composites),
        _judge_dot(measured.composites),
        _judge_softmax(measured.composites),
        _judge_again(everything),
        _judge_formats(measured.formats),
    ]


def tabulate(measured: Measured) -> Sequence[Table]:
    """Return a table each of real functions, formats and composites."""
    digits = {"lower": "+.10f", "upper": "+.10f", "gap": ".1e", "seconds": ".2f"}
    wide = {"lower": "+.8g", "upper": "+.8g", "gap": ".1e", "seconds": ".2f"}
    return [
        Table(
            "real",
            "Proven ranges of the errors of the real functions",
            _frame(measured.real),
            digits,
            _COLUMNS,
        ),
        Table("formats", "Proven ranges in formats", _frame(measured.formats), wide, _COLUMNS),
        Table("composites", "Proven ranges of composites", _frame(measured.composites), digits, _COLUMNS),
    ]


def draw(measured: Measured, verdicts: Sequence[Verdict]) -> Sequence[Plate]:  # noqa: ARG001
    """Return no figure: the tables say it."""
    return []


_COLUMNS = {
    "lower": "no error is below",
    "upper": "no error is above",
    "gap": "the larger distance from an end to the error of its witness",
    "again": "whether the second checker proved it too; a dash where it was not asked",
}


def _proof(job: dict[str, Any], *, again: bool) -> Proof:
    start = time.perf_counter()
    certificate = certify(**job)
    seconds = time.perf_counter() - start
    if not again:
        return Proof(certificate, "", True, seconds)
    second = recheck(certificate)
    caught = not any(recheck(copy).holds for copy in tampered(certificate))
    return Proof(certificate, "yes" if second.holds else second.reason, caught, seconds)


def tampered(certificate: Certificate) -> list[Certificate]:
    """Return copies that claim what does not hold: a box is missing, or the greatest bound is too tight."""
    reached = certificate.at_upper.error - TIGHTENED * max(Fraction(1), abs(certificate.at_upper.error))
    boxes = tuple(
        box if box.rule == "line" else replace(box, upper=min(box.upper, reached))
        for box in certificate.boxes
    )
    copies = [certificate.but(boxes=boxes, upper=reached)]
    if len(certificate.boxes) > 1:
        middle = len(certificate.boxes) // 2
        rest = certificate.boxes[:middle] + certificate.boxes[middle + 1 :]
        copies.append(certificate.but(boxes=rest))
    return copies


def _frame(proofs: Iterable[Proof]) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {
                "operation": p.certificate.name,
                "format": p.certificate.format or "real",
                "error": p.certificate.kind,
                "domain": _domain(p.certificate),
                "lower": float(p.certificate.lower),
                "upper": float(p.certificate.upper),
                "gap": float(p.certificate.gap),
                "closed forms": ", ".join(form for form in p.certificate.closed_forms if form) or None,
                "evidence": p.certificate.evidence,
                "boxes": len(p.certificate.boxes),
                "again": p.again or None,
                "seconds": p.seconds,
            }
            for p in proofs
        ]
    )


def _domain(certificate: Certificate) -> str:
    if certificate.scope:
        return certificate.scope.partition(":")[0]
    low, high = certificate.domain[0]
    return "all" if low is None else f"[{float(low):g}, {'inf' if high is None else f'{float(high):g}'}]"


def _verdict(claim: str, holds: bool, measured: str, certificate: Certificate, reason: str) -> Verdict:
    return Verdict(
        claim=claim, holds=holds, measured=measured, lower=float(certificate.lower),
        upper=float(certificate.upper), evidence="proof", reason=reason, source="docs: what is proven",
        worst=_worst(certificate),
    )  # fmt: skip


def _worst(certificate: Certificate) -> Witness:
    fmt = get_format(certificate.format or "float64")
    codes = [fmt.encode(x) for x in certificate.witness.operands[:2]]
    return Witness.of(fmt, codes, f"{float(certificate.witness.error):+.9g} {certificate.kind}")


def _judge_tight(proofs: list[Proof]) -> Verdict:
    worst = max(proofs, key=lambda p: _share(p.certificate))
    closed = [form for p in proofs for form in p.certificate.closed_forms if form]
    holds = all(p.certificate.holds and _share(p.certificate) <= TIGHT for p in proofs)
    return _verdict(
        f"The ranges of {len(proofs)} real errors are proven to 1e-9, and {len(closed)} closed forms lie in them",
        holds,
        f"largest gap {float(_share(worst.certificate)):.1e}, of {worst.certificate.name}",
        worst.certificate,
        "On every affine piece the extremum is enclosed, not sampled; each end has a witness.",
    )


def _share(certificate: Certificate) -> Fraction:
    """Return the gap, as a share of errors above 1."""
    return certificate.gap / max(Fraction(1), -certificate.lower, certificate.upper)


def _named(proofs: list[Proof], op: str) -> list[Certificate]:
    return [p.certificate for p in proofs if p.certificate.op == op]


def _judge_softmax(proofs: list[Proof]) -> Verdict:
    tight = [c for c in _named(proofs, "softmax") if not c.format]
    worst = max(tight, key=lambda c: c.gap)
    widest = max(tight, key=lambda c: c.size)
    return _verdict(
        f"An entry of a softmax of {widest.size} inputs in [-1, 1] errs within a range that is known to 1e-9",
        worst.gap <= TIGHT and all(c.holds for c in _named(proofs, "softmax")),
        f"[{float(widest.lower):+.8f}, {float(widest.upper):+.8f}]; gap up to {float(worst.gap):.1e}, of {worst.name}",
        widest,
        "Regions of entry, sum and others are bounded by lines beside the curve of powers; two rows attain the ends.",
    )


def _judge_norm(proofs: list[Proof]) -> Verdict:
    best = min((c for c in _named(proofs, "layer_norm") if c.kind == "relative"), key=lambda c: c.gap)
    low, high = 1 + best.lower, 1 + best.upper
    slack = Fraction(1, 10**12)
    closed = (low + slack) ** 2 >= Fraction(8, 9) >= low**2 and (high - slack) ** 2 <= Fraction(
        4, 3
    ) <= high**2
    return _verdict(
        "Every entry of a layer norm of 2^k inputs errs by 2 sqrt 2/3 - 1 to 2/sqrt 3 - 1, relatively",
        closed and all(c.holds for c in _named(proofs, "layer_norm")) and best.gap < Fraction(1, 10**4),
        f"[{float(best.lower):+.7%}, {float(best.upper):+.7%}], approached to {float(best.gap):.1e} with {best.size}",
        best,
        "Error forms through the text of layer_norm; the quotient and the root err together.",
    )


def _judge_dot(proofs: list[Proof]) -> Verdict:
    mixed = next(c for c in _named(proofs, "dot") if c.kind == "absolute")
    exact = (mixed.lower, mixed.upper, mixed.gap) == (Fraction(-1, 9), Fraction(1, 9), Fraction(0))
    return _verdict(
        "A real dot product is within 1/9 of the sum of its terms' magnitudes",
        exact and all(c.holds for c in _named(proofs, "dot")),
        f"[{mixed.lower}, {mixed.upper}], attained",
        mixed,
        "Each term keeps 8/9 to 1 of its size. With terms of one sign the error lies in [-1/9, 0].",
    )


def _judge_again(proofs: list[Proof]) -> Verdict:
    asked = [p for p in proofs if p.again]
    agreed = [p for p in asked if p.again == "yes"]
    caught = [p for p in asked if p.caught]
    return _verdict(
        "The second checker proves every certificate it is given again, and refuses every tampered one",
        len(agreed) == len(caught) == len(asked) > 0,
        f"{len(agreed)} of {len(asked)} proven again, tampered copies of {len(caught)} refused",
        max((p.certificate for p in asked), key=lambda c: len(c.boxes)),
        "Taylor inequalities in integers and Bernstein coefficients in fractions; narrow formats by the definition.",
    )


def _judge_formats(proofs: list[Proof]) -> Verdict:
    inside = all(
        p.certificate.lower
        <= p.certificate.at_lower.error
        <= p.certificate.at_upper.error
        <= p.certificate.upper
        for p in proofs
    )
    tried = [p for p in proofs if p.certificate.evidence == "exhaustive"]
    sharp = all(p.certificate.gap < Fraction(1, 10**9) for p in tried)
    worst = max((p.certificate for p in proofs if p.certificate.kind != "ulp"), key=lambda c: c.gap)
    units = max((p.certificate.gap for p in proofs if p.certificate.kind == "ulp"), default=Fraction(0))
    return _verdict(
        "Ranges in formats up to 16 bits are those of all operands; in wider ones they hold, and witnesses lie inside",
        inside and sharp and units < FEW and all(p.certificate.holds for p in proofs),
        f"{len(tried)} of {len(proofs)} exact; largest gap of the others {float(worst.gap):.1e}, of {worst.name}, "
        f"or {float(units):.2g} ULP",
        worst,
        "Wide formats: the real function's range, and what rounding adds to an exponent.",
    )
