"""Functions of one variable in wide formats: the bound of the real function, and what rounding adds to it."""

from __future__ import annotations

import math
from collections.abc import Iterable
from fractions import Fraction

import numpy as np

from pamcheck import spec
from pamcheck.formats import FloatFormat
from pamcheck.measure import values
from pamcheck.measure.certify.binades import has_binades, parts_by_binade
from pamcheck.measure.certify.certificate import Box, Certificate, Interval, Kind, Witness
from pamcheck.measure.certify.evaluation import ACTIVATIONS, apply, error_of
from pamcheck.measure.certify.functions import Part, certify_function, checked
from pamcheck.measure.certify.pieces import OnPiece, at_point
from pamcheck.measure.certify.search import TRUTHS, error_at
from pamcheck.measure.certify.subjects import SUBJECTS
from pamcheck.spec.real import power_of_two

_BESIDE: Interval = (Fraction(2), Fraction(8))


def certify_wide(op: str, fmt: FloatFormat, kind: Kind, domain: Interval | None) -> Certificate:
    """Return the certificate of an operation in a format of more than 16 bits."""
    subject = SUBJECTS[op]
    if kind == "ulp" and has_binades(op, domain or subject.domains["relative"]):
        return _in_binades(op, fmt, domain)
    base: Kind = "relative" if kind == "ulp" else kind
    real = certify_function(op, base, domain, fmt)
    largest = largest_of(op, fmt, real.boxes) if kind == "absolute" else None
    lower, upper = widened(op, fmt, kind, real.lower, real.upper, largest)
    slack = (real.lower - lower, upper - real.upper) if kind != "ulp" else (Fraction(0), Fraction(0))
    near = [witness.operands[0] for witness in (real.at_lower, real.at_upper)]
    near += [end for end in real.domain[0] if end is not None]
    if kind == "ulp":  # of a logarithm beside 1: its error is none at some operands, too
        near += _least_errors(op, fmt, list(parts_by_binade(op, _BESIDE, fmt)))
    return _settled(
        real.but(kind=kind, lower=lower, upper=upper, slack=slack), fmt, near, shift=domain is None
    )


def slack_of(op: str, fmt: FloatFormat) -> Fraction:
    """Return by what share rounding may change a result: its exponent moves by less, and X'/X is at most 1.

    In units u of half a code. A primitive rounds once: 1. palog rounds palog2 only: 1. papow rounds the logarithm,
    whose last place is worth up to 2^(exp_bits - 2) u, and halves it: then once more. sigmoid rounds an exponential
    and a sum, at most 2 u each in the logarithm of the sum; silu and gelu double that in a product  [docs: proofs].
    """
    units = {"papow": 2 + 2 ** max(fmt.exp_bits - 3, 0), "sigmoid": 5, "silu": 11, "gelu": 11}.get(op, 1)
    share = Fraction(units, 2 * fmt.tiny)
    return share * (1 + share)


def widened(
    op: str, fmt: FloatFormat, kind: Kind, lower: Fraction, upper: Fraction, largest: Fraction | None = None
) -> tuple[Fraction, Fraction]:
    """Return the range of the rounded operation's error from that of the real one's.

    An absolute error grows by a share of the largest result, or in palog2 by half a ULP of the largest logarithm.
    """
    slack = slack_of(op, fmt)
    if kind == "absolute":
        half = power_of_two(fmt.exp_bits - 3 - fmt.mant_bits) if largest is None else largest * slack
        return lower - half, upper + half
    lower, upper = (1 + lower) * (1 - slack) - 1, (1 + upper) * (1 + slack) - 1
    if kind == "relative":
        return lower, upper
    return Fraction(0), 2 * fmt.tiny * max(-lower, upper)


def largest_of(op: str, fmt: FloatFormat, boxes: Iterable[Box]) -> Fraction | None:
    """Return the largest result on the boxes, at an end of one; None for palog2, whose rounding is its own."""
    if op == "palog2":
        return None
    subject, arithmetic = SUBJECTS[op], OnPiece(fmt)
    ends = {end for box in boxes for (end,) in box.corners[:2] if end is not None}
    # where pieces gather the result is 0, 1/2 or 1
    return max(
        Fraction(1) if x == subject.gathers else abs(at_point(subject.function, x, arithmetic))
        for x in ends
    )


def _in_binades(op: str, fmt: FloatFormat, domain: Interval | None) -> Certificate:
    """Return the certificate of a ULP error from boxes in units of the truth's binade."""
    subject = SUBJECTS[op]
    chosen = subject.domains["relative"] if domain is None else checked(op, subject, domain)
    parts = list(parts_by_binade(op, chosen, fmt))
    upper = max(fmt.tiny * reach_of(op, fmt, part.box) for part in parts)
    found = [part.found for part in parts if part.found]
    most = sorted(found, key=lambda e: -max(-e.lower, e.upper))[:3]
    near = [end[0] for e in most for end in (e.at_lower, e.at_upper)]
    near += _least_errors(op, fmt, parts)
    nowhere = Witness((), Fraction(0))
    real = Certificate(
        op=op, format="", offset=Fraction(0), kind="ulp", domain=(chosen,),
        scope=subject.scopes.get("relative", "") if domain is None else "", lower=Fraction(0), upper=upper,
        at_lower=nowhere, at_upper=nowhere, closed_forms=("", ""), boxes=tuple(part.box for part in parts),
        evidence="proof", holds=True, reason="",
    )  # fmt: skip
    return _settled(real, fmt, near, shift=domain is None)


def reach_of(op: str, fmt: FloatFormat, box: Box) -> Fraction:
    """Return the greatest error on a box in units of the truth's binade, with its rounding."""
    (low,), (high,), *unit = box.corners
    assert low is not None
    assert high is not None
    size = 2 * (1 + 32 * (high - low))
    if unit:
        ends = [abs(at_point(SUBJECTS[op].function, x, OnPiece(fmt))) for x in (low, high)]
        size = max(ends) * power_of_two(-int(unit[0][0] or 0))
    return max(-box.lower, box.upper) + size * slack_of(op, fmt)


def _least_errors(op: str, fmt: FloatFormat, parts: Iterable[Part]) -> list[Fraction]:
    """Return operands at which the real error is least in size: where it changes sign, if it does."""
    found = [part.found for part in parts if part.found]
    for e in found:
        (a, low), (b, high) = e.at_lower, e.at_upper
        if low < 0 < high:
            for _ in range(60):
                middle = (a + b) / 2
                result = at_point(SUBJECTS[op].function, middle, OnPiece(fmt))
                below = error_at(TRUTHS[SUBJECTS[op].truth], "absolute", middle, result).a < 0
                a, b = (middle, b) if below else (a, middle)
            return [a]
    return [min((end for e in found for end in (e.at_lower, e.at_upper)), key=lambda end: abs(end[1]))[0]]


def _settled(real: Certificate, fmt: FloatFormat, near: Iterable[Fraction], *, shift: bool) -> Certificate:
    """Return the certificate with witnesses of the format, the extreme ones next to some operands."""
    op, kind = real.op, real.kind
    tried = [
        (*error_of(SUBJECTS[op].truth, kind, fmt, fmt.decode(x), fmt.decode(y)), x)
        for operand in near
        for x, y in _neighbours(op, kind, fmt, operand, shift=shift and bool(real.scope))
        if real.scope or _inside(real, fmt.decode(x))
    ]
    low, high = min(tried, key=lambda entry: entry[1]), max(tried, key=lambda entry: entry[0])
    found = real.but(
        format=fmt.name,
        at_lower=Witness((fmt.decode(low[2]),), low[1], (fmt.hex(low[2]),)),
        at_upper=Witness((fmt.decode(high[2]),), high[0], (fmt.hex(high[2]),)),
        closed_forms=("", ""), scope=real.scope or "normal operands and results",
    )  # fmt: skip
    boxes, gap = len(real.boxes), f"{float(found.gap):.1e}"
    reason = f"the real function in {boxes} boxes, and rounding; outer and inner range differ by {gap}"
    return found.but(reason=reason, holds=True)


def _inside(certificate: Certificate, x: Fraction) -> bool:
    [(low, high)] = certificate.domain
    return (low is None or low <= x) and (high is None or x <= high)


def _neighbours(
    op: str, kind: Kind, fmt: FloatFormat, x: Fraction, *, shift: bool
) -> list[tuple[int, int]]:
    """Return (operand, result) codes near a point, and near the points that self-similarity makes of it."""
    far = 2 * (fmt.bias // 2 - 1)
    moved, reach = [x], 24
    if shift and op == "paexp2":
        moved = [x + k for k in (-far, -1, 0, 1, far)]
    elif shift and op in ("palog", "palog2") and kind != "absolute":  # both ends are approached next to 1
        reach = 1
        moved = [1 + turn * mantissa * power_of_two(-k) for k in range(1, fmt.mant_bits + 1)
                 for turn in (1, -1) for mantissa in (Fraction(1), fmt.decode(fmt.encode(spec.LOG2_E)))]  # fmt: skip
        base = 2.0 if op == "palog2" else math.e
        moved += [
            Fraction(base ** (turn * 2.0**-k)) for k in range(1, fmt.mant_bits) for turn in (1, -1)
        ] + [x]
    elif shift:
        moved = [x * power_of_two(k) for k in (-2 * far, -far, -2, 0, 2, far, 2 * far)]
    found = []
    for point in moved:
        centre = fmt.encode(point)
        for code in range(centre - reach, centre + reach + 1):
            size = code & fmt.magnitude
            if fmt.tiny <= size <= fmt.largest:
                result = _by_definition(op, fmt, code)
                if fmt.tiny <= result & fmt.magnitude <= fmt.largest:
                    found.append((code, result))
    return found


def _by_definition(op: str, fmt: FloatFormat, code: int) -> int:
    if op in ACTIVATIONS:
        return int(apply(op, fmt, np.array([code], values.code_dtype(fmt)))[0])
    operands = (code,) if op != "papow" else (code, fmt.encode(Fraction(1, 2)))
    return spec.evaluate(op, operands, fmt)
