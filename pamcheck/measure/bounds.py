"""Exact error ranges of the real functions: where an extremum can be, and what it is there.

Products and quotients, with any rational offset c: the ratio X(s)/(true value) is continuous and, on each
affine piece, so simple that its extrema lie at finitely many points. They are evaluated in Fractions, so
the range is a theorem, not a measurement. One-argument functions: bisection with mpmath's intervals.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from mpmath.ctx_iv import MPIntervalContext

from pamcheck import spec
from pamcheck.lookup import lookup

ZERO, ONE = Fraction(0), Fraction(1)
Point = tuple[Fraction, Fraction]


@dataclass(frozen=True)
class Range:
    """The exact range of a relative error, and the mantissas (f, g) that attain its ends."""

    lower: Fraction
    upper: Fraction
    at_lower: Point
    at_upper: Point


def product_range(offset: Fraction = ZERO) -> Range:
    """Return the range of pam_c(a, b)/(ab) - 1 over all nonzero real operands.

    On the piece n <= f + g + c < n + 1 the ratio is 2^n (1 + f + g + c - n)/((1 + f)(1 + g)): monotone
    along either axis, so its extrema lie on the piece's border; and on a border f + g = n - c it is a
    constant over (1 + f)(1 + g), a concave quadratic, so at the border's ends or its middle.
    """
    return _range(candidates("pam", offset), lambda f, g: spec.X(f + g + offset) / ((1 + f) * (1 + g)))


def quotient_range(offset: Fraction = ZERO) -> Range:
    """Return the range of padiv_c(a, b)/(a/b) - 1 over all nonzero real operands.

    On the piece n <= f - g - c < n + 1 the ratio is 2^n (1 + f - g - c - n)(1 + g)/(1 + f): monotone in
    f, so its extrema lie on f = 0, f = 1 or f = g + c + n. On the first two it is a concave quadratic in
    g with its top at (f - c - n)/2; on the third it is monotone, so they lie at the border's ends.
    """
    return _range(candidates("padiv", offset), lambda f, g: spec.X(f - g - offset) * (1 + g) / (1 + f))


def candidates(op: str, offset: Fraction = ZERO) -> list[Point]:
    """Return mantissas (f, g) of the unit square among which every piece of pam or padiv has its extrema."""
    points = list(_corners())
    if op == "pam":
        for n in range(math.floor(offset), math.floor(offset) + 4):
            total = n - offset
            points += [(total - end, end) for end in (ZERO, ONE)] + [
                (end, total - end) for end in (ZERO, ONE)
            ]
            points.append((total / 2, total / 2))
    else:
        for n in range(math.floor(-offset) - 1, math.floor(-offset) + 3):
            shift = offset + n
            points += [(end + shift, end) for end in (ZERO, ONE)] + [
                (end, end - shift) for end in (ZERO, ONE)
            ]
            points += [(end, (end - shift) / 2) for end in (ZERO, ONE)]
    return [(f, g) for f, g in points if ZERO <= f <= ONE and ZERO <= g <= ONE]


@dataclass(frozen=True)
class Enclosure:
    """A proven enclosure of the extreme error: |extreme| lies in [lower, upper], `at` is where lower is."""

    lower: float
    upper: float
    at: float
    boxes: int


def enclose_extreme(function: str, tolerance: float = 1e-12) -> Enclosure:
    """Return an enclosure, about `tolerance` wide, of the largest |error| of palog2, paexp2 or pasqrt.

    function is the one approximated: "log2" (absolute error), "exp2" or "sqrt" (relative). Breadth-first
    bisection of the mantissas in interval arithmetic: a box is done when the mean value form shows that
    nothing in it beats the largest error seen by more than the tolerance. The form's overestimate
    shrinks with the square of the box, so boxes around the extremum stay few.
    Raises ValueError for another function or a tolerance below 1e-15, which float64 ends cannot show.
    """
    if not tolerance >= 1e-15:
        raise ValueError(f"tolerance is {tolerance}; it needs to be 1e-15 or more")
    iv = MPIntervalContext()
    iv.prec = 120
    sign, pieces = lookup("function", function, _PIECES)
    best, at, count, slack = iv.mpf(0), 0.0, 0, iv.mpf(tolerance / 2)
    for lo, hi, error, slope in pieces:
        boxes = [(lo, hi)]
        while boxes:
            count += len(boxes)
            open_boxes = []
            for left, right in boxes:
                middle = (left + right) / 2
                value = sign * error(iv, iv.mpf(middle))
                for end in (left, right, middle):
                    reached = sign * error(iv, iv.mpf(end))
                    if reached.a > best.a:
                        best, at = reached, end
                box = iv.mpf([left, right])
                reach = value + sign * slope(iv, box) * (box - middle)
                if not ((reach - best).b < slack.a and (-reach - best).b < slack.a):
                    open_boxes.append((left, right))
            boxes = [half for box in open_boxes for half in _halves(*box)]
    lower = math.nextafter(float(best.a), 0.0)  # float() rounds to nearest
    return Enclosure(lower, lower + tolerance, at, count)


def _halves(left: float, right: float) -> tuple[tuple[float, float], tuple[float, float]]:
    middle = (left + right) / 2
    return (left, middle), (middle, right)


# For each function: the sign of its error, and its pieces as (from, to, error, slope of the error), in
# the variable L(x) for log2 and sqrt and in y for exp2. One period is enough: a power of two more in
# the operand changes neither error.
_Interval = Any
_Piece = tuple[float, float, Callable[[Any, _Interval], _Interval], Callable[[Any, _Interval], _Interval]]
_PIECES: dict[str, tuple[int, list[_Piece]]] = {
    "log2": (
        -1,
        [(0.0, 1.0, lambda m, t: t - m.log(1 + t) / m.log(2), lambda m, t: 1 - 1 / ((1 + t) * m.log(2)))],
    ),
    "exp2": (
        1,
        [
            (
                0.0,
                1.0,
                lambda m, t: (1 + t) * m.exp(-t * m.log(2)) - 1,
                lambda m, t: m.exp(-t * m.log(2)) * (1 - (1 + t) * m.log(2)),
            )
        ],
    ),
    "sqrt": (
        1,
        [
            (
                0.0,
                1.0,
                lambda m, t: (1 + t / 2) / m.sqrt(1 + t) - 1,
                lambda m, t: t / (4 * m.sqrt(1 + t) ** 3),
            ),
            (
                1.0,
                2.0,
                lambda m, t: (1 + t / 2) / m.sqrt(2 * t) - 1,
                lambda m, t: (t / 2 - 1) / m.sqrt(2 * t) ** 3,
            ),
        ],
    ),
}


def _corners() -> Iterable[Point]:
    return ((f, g) for f in (ZERO, ONE) for g in (ZERO, ONE))


def _range(points: Iterable[Point], ratio: Callable[[Fraction, Fraction], Fraction]) -> Range:
    """Return the extremes of ratio - 1 over the points."""
    errors = [(ratio(f, g) - 1, (f, g)) for f, g in points]
    lower, upper = min(errors)[0], max(errors)[0]
    first = dict(sorted(errors, reverse=True))  # of equal extremes the smallest point stays
    return Range(lower, upper, first[lower], first[upper])
