"""Values with two derivatives, in rational intervals: the arithmetic of the second checker.

Nothing here uses mpmath. Ends are integers in units of 2^-160, rounded outward after each step; logarithm and
exponential are power series in integers with their remainders added.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from math import isqrt
from typing import NamedTuple

BITS = 160
UNIT = 1 << BITS


class Range(NamedTuple):
    """An interval [low, high] in units of 2^-160."""

    low: int
    high: int

    def __add__(self, other: Range) -> Range:  # type: ignore[override]
        return Range(self.low + other.low, self.high + other.high)

    def __sub__(self, other: Range) -> Range:
        return Range(self.low - other.high, self.high - other.low)

    def __mul__(self, other: Range) -> Range:  # type: ignore[override]
        ends = [a * b for a in self for b in other]
        return Range(min(ends) >> BITS, -(-max(ends) >> BITS))

    def inverse(self) -> Range:
        """Return 1 / x. Raises ZeroDivisionError for an interval that holds 0."""
        if self.low <= 0 <= self.high:
            raise ZeroDivisionError("an interval that holds 0 has no inverse")
        return Range(UNIT * UNIT // self.high, -(-UNIT * UNIT // self.low))


ZERO, ONE = Range(0, 0), Range(UNIT, UNIT)


def exact(low: Fraction, high: Fraction | None = None) -> Range:
    """Return the interval from low to high, or around low."""
    high = low if high is None else high
    return Range(low.numerator * UNIT // low.denominator, -(-high.numerator * UNIT // high.denominator))


@cache
def _ln2() -> Range:
    return _twice_atanh(Fraction(1, 3))


def log(x: Range) -> Range:
    """Return the natural logarithm of an interval above 0."""
    return Range(_log(Fraction(x.low, UNIT)).low, _log(Fraction(x.high, UNIT)).high)


def exp(x: Range) -> Range:
    """Return e^x."""
    return Range(_exp(x.low).low, _exp(x.high).high)


def sqrt(x: Range) -> Range:
    """Return the square root of an interval above 0."""
    return Range(isqrt(x.low << BITS), isqrt(x.high << BITS) + 1)


def ln2() -> Range:
    """Return ln 2."""
    return _ln2()


def _log(x: Fraction) -> Range:
    exponent = x.numerator.bit_length() - x.denominator.bit_length()
    rest = x / Fraction(2) ** exponent  # in (1/2, 2)
    series = _twice_atanh((rest - 1) / (rest + 1))
    return series + Range(exponent * UNIT, exponent * UNIT) * _ln2()


def _twice_atanh(z: Fraction) -> Range:
    """Return 2 (z + z^3/3 + z^5/5 + ...) for |z| <= 1/3, whose remainder is below its last term."""
    power, square = exact(z), exact(z) * exact(z)
    total, k = ZERO, 1
    while max(abs(power.low), abs(power.high)) > 2:
        total += Range(power.low // k, -(-power.high // k))
        power, k = power * square, k + 2
    return Range(2 * total.low - 8, 2 * total.high + 8)


def _exp(x: int) -> Range:
    """Return e^(x 2^-160): 2^k e^r with |r| below ln 2, and the series of e^r to its last bit."""
    k = x * 3 // (2 * UNIT)  # near x / ln 2
    rest = Range(x, x) - Range(k * UNIT, k * UNIT) * _ln2()
    term, total, j = ONE, ONE, 1
    while max(abs(term.low), abs(term.high)) > 2:
        product = term * rest
        term = Range(product.low // j, -(-product.high // j))
        total, j = total + term, j + 1
    total = Range(total.low - 8, total.high + 8)
    return (
        Range(total.low << k, total.high << k) if k >= 0 else Range(total.low >> -k, -(-total.high >> -k))
    )


@dataclass(frozen=True)
class Jet:
    """A value with its first and second derivative."""

    value: Range
    first: Range = ZERO
    second: Range = ZERO

    def __add__(self, other: Jet) -> Jet:
        return Jet(self.value + other.value, self.first + other.first, self.second + other.second)

    def __mul__(self, other: Jet) -> Jet:
        cross = self.first * other.first
        return Jet(
            self.value * other.value,
            self.first * other.value + self.value * other.first,
            self.second * other.value + cross + cross + self.value * other.second,
        )

    def through(self, value: Range, first: Range, second: Range) -> Jet:
        """Return a function of this, given with its derivatives here."""
        return Jet(value, first * self.first, second * self.first * self.first + first * self.second)


def jet_exp(x: Jet) -> Jet:
    """Return e^x."""
    y = exp(x.value)
    return x.through(y, y, y)


def jet_log(x: Jet) -> Jet:
    """Return ln x."""
    y = x.value.inverse()
    return x.through(log(x.value), y, ZERO - y * y)


def jet_sqrt(x: Jet) -> Jet:
    """Return the square root of x."""
    y, half = sqrt(x.value), Range(UNIT // 2, UNIT // 2)
    first = half * y.inverse()
    return x.through(y, first, ZERO - half * first * x.value.inverse())


Curve = Callable[[Jet], Jet]


def never_above_zero(curve: Curve, low: Fraction, high: Fraction, most: int = 20_000) -> bool:
    """Whether a function is proven to be at most 0 on [low, high].

    Second-order Taylor on boxes that are halved until it shows; False where `most` boxes were not enough.
    """
    boxes, count = [(low, high)], 0
    while boxes:
        a, b = boxes.pop()
        count += 1
        if count > most:
            return False
        middle = (a + b) / 2
        middle = Fraction(round(middle * (1 << 60)), 1 << 60) if b - a > Fraction(1, 1 << 50) else middle
        here = curve(Jet(exact(middle), ONE))
        if here.value.low > 0:
            return False
        bend = curve(Jet(exact(a, b), ONE)).second.high
        reach = max(abs(a - middle), abs(b - middle))
        if _most(here, bend, exact(reach).high) > 0:
            boxes += [(a, middle), (middle, b)]
    return True


def _most(here: Jet, bend: int, reach: int) -> int:
    """Return a bound on value + first h + bend h^2 / 2 over |h| <= reach, in units."""
    steep = max(abs(here.first.low), abs(here.first.high))
    at_end = (
        here.value.high + (-(-steep * reach >> BITS)) + max(-(-bend * reach * reach >> 2 * BITS + 1), 0)
    )
    if bend >= 0:
        return at_end
    inside = steep * UNIT // -bend
    if inside >= reach:  # the top of the parabola lies outside: its value at the end
        return here.value.high + (-(-steep * reach >> BITS)) + -(-bend * reach * reach >> 2 * BITS + 1)
    return here.value.high + -(steep * steep // (2 * bend)) + 1
