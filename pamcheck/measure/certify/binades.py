"""ULP errors of one operand in wide formats: on every affine piece, in units of the binade that holds the truth.

A piece is cut where the truth is a power of two. There is no such rational point, so the cut lies a hair inside the
larger binade, and the part that reaches across it is held to the smaller one: the unit is never too large.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import pairwise
from typing import Any

from pamcheck.formats import FloatFormat
from pamcheck.measure.certify.certificate import Box, Interval
from pamcheck.measure.certify.functions import SMALL, Part
from pamcheck.measure.certify.pieces import Affine, OnPiece, pieces
from pamcheck.measure.certify.search import TRUTHS, Extremes, Truth, context, extremes, fraction, to_iv
from pamcheck.measure.certify.subjects import SUBJECTS
from pamcheck.spec.real import floor_log2, power_of_two

NEAR = 64  # times the width of a box where pieces gather: twice the relative error there
_STEPS = 64  # of a bisection


def has_binades(op: str, domain: Interval) -> bool:
    """Whether the truth has finitely many binades on the domain, or no error where it has more."""
    low, high = domain
    logarithm = SUBJECTS[op].truth in ("log", "log2")
    return low is not None and high is not None and not (logarithm and low <= 1 <= high)


def parts_by_binade(op: str, domain: Interval, fmt: FloatFormat) -> Iterator[Part]:
    """Yield boxes of the error in units of the truth's binade, in ascending order; they cover the domain."""
    subject, (low, high) = SUBJECTS[op], domain
    assert low is not None
    assert high is not None
    centre = subject.gathers
    if centre is None or not low <= centre <= high:
        yield from _stretch(op, low, high, fmt)
        return
    if low < centre:
        start = max(low, centre - SMALL)
        yield from _stretch(op, low, start, fmt)
        yield Part(_near(start, centre))
    if high > centre:
        end = min(high, centre + SMALL)
        yield Part(_near(centre, end))
        yield from _stretch(op, end, high, fmt)


def _near(low: Fraction, high: Fraction) -> Box:
    return Box("small", ((low,), (high,)), -NEAR * (high - low), NEAR * (high - low))


def _stretch(op: str, low: Fraction, high: Fraction, fmt: FloatFormat) -> Iterator[Part]:
    if low == high:
        return
    subject = SUBJECTS[op]
    truth = TRUTHS[subject.truth]
    for where, values in list(pieces(subject.function, low, high, OnPiece(fmt))):
        rise = (values.high - values.low) / (where.high - where.low)
        ends = [where.low, *_cuts(truth, where), where.high]
        for a, b in pairwise(ends):
            line = Affine(*(values.low + rise * (end - where.low) for end in (a, b)))
            yield _part(truth, Affine(a, b), line)


def _part(truth: Truth, where: Affine, line: Affine) -> Part:
    """Return the box of a piece in one binade, or in one and a hair of the next, and what was found on it."""
    exponent = floor_log2(min(_size(truth, end)[0] for end in where))
    found = extremes(truth, "absolute", where, line)
    unit = power_of_two(-exponent)
    box = Box(
        "binade",
        ((where.low,), (where.high,), (Fraction(exponent),)),
        found.lower * unit,
        found.upper * unit,
    )
    scaled = [(x, error * unit) for x, error in (found.at_lower, found.at_upper)]
    return Part(box, Extremes(box.lower, box.upper, *scaled))


def _size(truth: Truth, x: Fraction) -> tuple[Fraction, Fraction]:
    """Return an interval that holds the truth's magnitude."""
    iv = context()
    y = truth.whole(iv, to_iv(iv, x))
    low, high = sorted((abs(fraction(y.a)), abs(fraction(y.b))))
    return low, high


def _cuts(truth: Truth, where: Affine) -> list[Fraction]:
    """Return where the truth turns, or enters another binade, inside a piece, in order."""
    turn = _turn(truth, where)
    stretches = [where] if turn is None else [Affine(where.low, turn), Affine(turn, where.high)]
    found = set() if turn is None else {turn}
    for part in stretches:
        small, large = sorted(part, key=lambda x: _size(truth, x)[0])
        least, most = _size(truth, small)[0], _size(truth, large)[0]
        # an end that is all but on a power of two counts as below it
        levels = range(floor_log2(least) + 1, floor_log2(most) + 1)
        found |= {_crossing(truth, small, large, power_of_two(k)) for k in levels}
    return sorted(x for x in found if where.low < x < where.high)


def _crossing(truth: Truth, below: Fraction, above: Fraction, level: Fraction) -> Fraction:
    """Return a point at which the truth's magnitude is at least `level`, next to where it is less."""
    for _ in range(_STEPS):
        middle = (below + above) / 2
        if _size(truth, middle)[0] >= level:
            above = middle
        else:
            below = middle
    return above


def _turn(truth: Truth, where: Affine) -> Fraction | None:
    """Return about where the truth's slope changes its sign, or None where it does not."""
    iv = context()

    def rises(x: Fraction) -> Any:
        return truth.whole_slope(iv, to_iv(iv, x)).a > 0

    low, high = where
    if rises(low) == rises(high):
        return None
    first = rises(low)
    for _ in range(_STEPS):
        middle = (low + high) / 2
        low, high = (middle, high) if rises(middle) == first else (low, middle)
    return low
