"""Certificates of a softmax: trees over regions, a row that comes near each end, and what rounding adds in a format."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import numpy as np

from pamcheck import functional, spec
from pamcheck.arithmetic import Pam
from pamcheck.formats import FloatFormat
from pamcheck.measure.certify.certificate import Box, Certificate, Interval, Witness
from pamcheck.measure.certify.curve import Curve, constant, power
from pamcheck.measure.certify.forms import rounding_of_sum
from pamcheck.measure.certify.functions import SMALL, TIGHT
from pamcheck.measure.certify.rows import OnRows, Row
from pamcheck.measure.certify.search import context, fraction, to_iv
from pamcheck.measure.certify.share_tree import Search, boxes_of
from pamcheck.measure.certify.shares import Side
from pamcheck.measure.certify.softmax_rows import best_nearby
from pamcheck.operands import dtype_of

DOMAIN: Interval = (Fraction(-1), Fraction(1))
_ROWS: Any = OnRows()
_SIDES: tuple[Side, Side] = ("below", "above")


def certify_softmax(
    size: int, domain: Interval | None = None, fmt: FloatFormat | None = None
) -> Certificate:
    """Return the certificate of the relative error of an entry, every input in the domain.

    Raises ValueError for a domain without 0 inside, or wider than 64, or whose powers a format cannot hold.
    """
    low, high = domain or DOMAIN
    if low is None or high is None or not low <= -SMALL < SMALL <= high or high - low > 64:
        raise ValueError(f"domain of softmax is {low}:{high}; it takes LOW < 0 < HIGH, at most 64 apart")
    low, high = _on_grid(low, high, fmt) if fmt else _outward(low, high)
    slack, curve = slack_of(size, (low, high), fmt), Curve(low, high, fmt)
    searches = [Search(curve, side, size) for side in _SIDES]
    boxes = [Box("line", ((a,), (b,)), *(power(t, curve.log2_e) for t in (a, b)))
             for a, b in zip(curve.cuts, curve.cuts[1:], strict=False)]  # fmt: skip
    for search in searches:
        search.run()
        boxes += boxes_of(search.root)
    real = tuple(
        pick(getattr(box, end) for box in boxes if box.rule == side)
        for pick, end, side in ((min, "lower", "below"), (max, "upper", "above"))
    )
    lower, upper = widened(real, slack)
    rows = [
        Row([Fraction(s.entry), *(Fraction(t) for t, k in s.others for _ in range(k))]) for s in searches
    ]
    if fmt is not None:
        rows = [
            best_nearby(row, (low, high), fmt, up=up) for row, up in zip(rows, (False, True), strict=True)
        ]
    at = [witness(row, fmt, outward=turn) for row, turn in zip(rows, (-1, 1), strict=True)]
    certificate = Certificate(
        op="softmax", format=fmt.name if fmt else "", offset=Fraction(0), kind="relative", domain=((low, high),),
        scope="each entry of the result, all inputs in the domain" + (", normal or 0" if fmt else ""),
        lower=lower, upper=upper, at_lower=at[0], at_upper=at[1], closed_forms=("", ""), boxes=tuple(boxes),
        evidence="proof", holds=True, reason="", slack=(real[0] - lower, upper - real[1]), size=size,
    )  # fmt: skip
    return _judged(certificate)


def _judged(certificate: Certificate) -> Certificate:
    gap = certificate.gap
    inside = (
        certificate.lower <= certificate.at_lower.error <= certificate.at_upper.error <= certificate.upper
    )
    regions = sum(box.rule in ("above", "below") for box in certificate.boxes)
    found = f"{regions} regions hold every row; outer and inner range differ by {float(gap):.1e}"
    if certificate.format:
        return certificate.but(holds=inside, reason=found + ", rounding included")
    if gap > TIGHT * (1 + certificate.upper):
        found += ": the search ended before they met"
    return certificate.but(holds=inside, reason=found)


def widened(real: tuple[Fraction, ...], slack: Fraction) -> tuple[Fraction, Fraction]:
    """Return the range of the rounded softmax from that of the real one."""
    lower, upper = real
    return (1 + lower) * (1 - slack) - 1, (1 + upper) * (1 + slack) - 1


def slack_of(size: int, domain: tuple[Fraction, Fraction], fmt: FloatFormat | None) -> Fraction:
    """Return by what share rounding may change an entry  [docs: proofs].

    In units u of half a code: an argument z - n below 2^(j + 1) is rounded by 2^j u, or by u/2 and then once more by
    u. That moves the dividend once and, through a logarithm whose slope is below 2, the sum twice.
    Raises ValueError where a power is below the normal numbers.
    """
    if fmt is None:
        return Fraction(0)
    low, high = (spec.pam(end, constant(fmt)) for end in domain)
    widest = max(math.ceil(math.floor(high) - low), 1)  # of z - n, which is below 1
    if widest >= fmt.bias - 1:
        raise ValueError(f"domain of softmax is {domain[0]}:{domain[1]}; the powers leave {fmt.name}")
    units = max(Fraction(3, 2), Fraction(1 << (widest - 1).bit_length(), 2))
    total = rounding_of_sum(size, fmt)
    moved = 3 * units * Fraction(1, 2 * fmt.tiny) + 2 * total * (1 + total)
    return moved * (1 + moved)


def _outward(low: Fraction, high: Fraction) -> tuple[Fraction, Fraction]:
    """Return the ends as float64 has them, at or beyond the given ones."""
    ends = [float(low), float(high)]
    if ends[0] > low:
        ends[0] = math.nextafter(ends[0], -math.inf)
    if ends[1] < high:
        ends[1] = math.nextafter(ends[1], math.inf)
    return Fraction(ends[0]), Fraction(ends[1])


def _on_grid(low: Fraction, high: Fraction, fmt: FloatFormat) -> tuple[Fraction, Fraction]:
    """Return the least and the greatest of the format's numbers in a domain."""
    ends = []
    for end, inward in ((low, 1), (high, -1)):
        code = fmt.encode(end)
        size = code & fmt.magnitude
        if inward * (fmt.decode(code) - end) < 0:
            code = (code & fmt.sign) | (size - 1)
        ends.append(fmt.decode(code))
    return ends[0], ends[1]


def witness(row: Row, fmt: FloatFormat | None, *, outward: int) -> Witness:
    """Return the witness of a row's first entry: the composite itself, the truth in intervals.

    outward  -1 for the least error, whose upper end counts, 1 for the greatest
    """
    iv = context()
    codes: tuple[str, ...] = ()
    if fmt is None:
        result = functional.softmax(row, _ROWS)[0]
    else:
        encoded = [fmt.encode(x) for x in row]
        row, codes = Row(map(fmt.decode, encoded)), tuple(map(fmt.hex, encoded))
        result = _run(encoded, fmt)
    x = [to_iv(iv, v) for v in row]
    powers = {v: iv.exp(w) for v, w in zip(row, x, strict=True)}
    error = to_iv(iv, result) * sum((powers[v] for v in row), iv.mpf(0)) / powers[row[0]] - 1
    return Witness(tuple(row), fraction(error.b if outward < 0 else error.a), codes)


def _run(codes: list[int], fmt: FloatFormat) -> Fraction:
    """Return the first entry that pamcheck.functional has in the format."""
    dtype = np.dtype(dtype_of(fmt))
    words = np.array(codes, f"u{dtype.itemsize}")
    result = functional.softmax(words.view(dtype), Pam())
    return fmt.decode(int(np.asarray(result).view(words.dtype)[0]))
