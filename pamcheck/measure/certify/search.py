"""Extremes of the error on one affine piece, by bisection in mpmath's intervals.

On a piece the result is affine and the truth smooth. A box is done where the derivative keeps its sign, for then
the extremes are at its ends; or where the mean value form shows that it beats nothing that was seen by more
than the tolerance. Ends are moved outward by 2^-40, which covers what mpmath's directed functions are short by.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from typing import Any

from mpmath.ctx_iv import MPIntervalContext

from pamcheck.measure.certify.certificate import Kind
from pamcheck.measure.certify.pieces import Affine

PAD = Fraction(1, 1 << 40)
TOLERANCE = 2.0**-36
_MOST = 100_000


@cache
def context() -> Any:
    """Return a private interval context of 140 bits: one, as making one takes longer than most proofs."""
    iv = MPIntervalContext()
    iv.prec = 140
    return iv


@dataclass(frozen=True)
class Truth:
    """A true function of one variable and its derivative, in a library of intervals: (iv, x) to an interval.

    gated  the function is x times `value`, and the errors are taken of what is left without that x: near zero
           both it and the result are all but proportional to x, and an interval would not see them cancel
    """

    value: Callable[[Any, Any], Any]
    slope: Callable[[Any, Any], Any]
    gated: bool = False

    def whole(self, iv: Any, x: Any) -> Any:
        """Return the function itself."""
        return x * self.value(iv, x) if self.gated else self.value(iv, x)

    def whole_slope(self, iv: Any, x: Any) -> Any:
        """Return its derivative."""
        return self.value(iv, x) + x * self.slope(iv, x) if self.gated else self.slope(iv, x)


def _sigmoid(iv: Any, x: Any) -> Any:
    return 1 / (1 + iv.exp(-x))


def _gate(rate: Fraction) -> Truth:
    """Return x sigmoid(rate x)."""

    def slope(iv: Any, x: Any) -> Any:
        k = to_iv(iv, rate)
        return k * _sigmoid(iv, k * x) * _sigmoid(iv, -k * x)

    return Truth(lambda iv, x: _sigmoid(iv, to_iv(iv, rate) * x), slope, gated=True)


TRUTHS: dict[str, Truth] = {
    "log2": Truth(lambda iv, x: iv.log(x) / iv.log(2), lambda iv, x: 1 / (x * iv.log(2))),
    "exp2": Truth(lambda iv, x: iv.exp(x * iv.log(2)), lambda iv, x: iv.log(2) * iv.exp(x * iv.log(2))),
    "sqrt": Truth(lambda iv, x: iv.sqrt(x), lambda iv, x: 1 / (2 * iv.sqrt(x))),
    "rsqrt": Truth(lambda iv, x: 1 / iv.sqrt(x), lambda iv, x: -1 / (2 * x * iv.sqrt(x))),
    "log": Truth(lambda iv, x: iv.log(x), lambda _, x: 1 / x),
    "exp": Truth(lambda iv, x: iv.exp(x), lambda iv, x: iv.exp(x)),
    "sigmoid": Truth(_sigmoid, lambda iv, x: _sigmoid(iv, x) * _sigmoid(iv, -x)),
    "silu": _gate(Fraction(1)),
    "gelu": _gate(Fraction(1.702)),
}


@dataclass(frozen=True)
class Extremes:
    """Outer range on a piece, and the points whose errors are the inner range."""

    lower: Fraction
    upper: Fraction
    at_lower: tuple[Fraction, Fraction]  # operand, error
    at_upper: tuple[Fraction, Fraction]


def extremes(truth: Truth, kind: Kind, where: Affine, values: Affine) -> Extremes:
    """Return the range of the error of an affine result against a truth without zeros inside the piece."""
    iv = context()
    error, slope = (
        _relative(iv, truth, where, values) if kind == "relative" else _absolute(iv, truth, where, values)
    )
    scale = 1 + max(abs(fraction(error(iv.mpf(end)).b)) for end in (0, 1))
    (low, at_low), (high, at_high) = _bisect(iv, error, slope, TOLERANCE * float(scale))
    points = [where.low + Fraction(t) * (where.high - where.low) for t, _ in (at_low, at_high)]
    return Extremes(
        fraction(low.a) - PAD * scale,
        fraction(high.b) + PAD * scale,
        (points[0], fraction(at_low[1].b)),
        (points[1], fraction(at_high[1].a)),
    )


def error_at(truth: Truth, kind: Kind, x: Fraction, result: Fraction) -> Any:
    """Return an interval that holds the error of a result at a point."""
    iv = context()
    f = truth.whole(iv, to_iv(iv, x))
    return to_iv(iv, result) / f - 1 if kind == "relative" else to_iv(iv, result) - f


Curve = Callable[[Any], Any]


def _relative(iv: Any, truth: Truth, where: Affine, values: Affine) -> tuple[Curve, Curve]:
    """Return the relative error and its derivative in t, which runs from 0 to 1 over the piece."""
    span = where.high - where.low
    beta = (values.high - values.low) / span
    alpha = values.low - beta * where.low
    x0, width, intercept, steep = (to_iv(iv, part) for part in (where.low, span, alpha, beta))

    def parts(t: Any) -> tuple[Any, Any, Any]:
        x = x0 + t * width
        if truth.gated:
            return x, steep + intercept / x, -intercept / x**2
        return x, intercept + steep * x, steep

    def error(t: Any) -> Any:
        x, p, _ = parts(t)
        return p / truth.value(iv, x) - 1

    def slope(t: Any) -> Any:
        x, p, dp = parts(t)
        f = truth.value(iv, x)
        return width * (dp * f - p * truth.slope(iv, x)) / f**2

    return error, slope


def _absolute(iv: Any, truth: Truth, where: Affine, values: Affine) -> tuple[Curve, Curve]:
    """Return the absolute error and its derivative in t."""
    x0, width = to_iv(iv, where.low), to_iv(iv, where.high - where.low)
    p0, rise = to_iv(iv, values.low), to_iv(iv, values.high - values.low)
    return (
        lambda t: p0 + t * rise - truth.whole(iv, x0 + t * width),
        lambda t: rise - truth.whole_slope(iv, x0 + t * width) * width,
    )


def _bisect(iv: Any, error: Curve, slope: Curve, tolerance: float) -> Any:
    """Return ((outer least, (t, error)), (outer greatest, (t, error))) over t in [0, 1]."""
    low: Any = None
    high: Any = None
    least: Any = None
    greatest: Any = None

    def see(t: float) -> Any:
        nonlocal least, greatest
        here = error(iv.mpf(t))
        least = (t, here) if least is None or here.b < least[1].b else least
        greatest = (t, here) if greatest is None or here.a > greatest[1].a else greatest
        return here

    def reach(part: Any) -> None:
        nonlocal low, high
        low = part if low is None or part.a < low.a else low
        high = part if high is None or part.b > high.b else high

    for end in (0.0, 1.0):
        reach(see(end))
    boxes, count = [(0.0, 1.0)], 0
    while boxes:
        a, b = boxes.pop()
        box, middle = iv.mpf([a, b]), (a + b) / 2
        steep = slope(box)
        if steep.a >= 0 or steep.b <= 0:
            for end in (a, b):
                reach(see(end))
            continue
        part = see(middle) + steep * (box - middle)
        if (part - greatest[1]).b < tolerance and (least[1] - part).b < tolerance:
            reach(part)
        else:
            boxes += [(a, middle), (middle, b)]
        count += 1
        if count > _MOST:
            raise ValueError(
                "the error has no enclosure on this domain: keep it off zeros of the true function"
            )
    return (low, least), (high, greatest)


def to_iv(iv: Any, x: Fraction) -> Any:
    """Return an interval that holds a fraction."""
    return iv.mpf(x.numerator) / x.denominator


def fraction(x: Any) -> Fraction:
    """Return the value of an mpmath number, or of an interval that is a point."""
    sign, man, exp, _ = x._mpi_[0] if hasattr(x, "_mpi_") else x._mpf_
    size = Fraction(int(man)) * Fraction(2) ** exp
    return Fraction(-size if sign else size)
