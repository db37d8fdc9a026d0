"""Whether a function is one affine piece on an interval, decided from its middle.

Values carry their slope at the middle. Each operation takes the piece of the definition that holds its operand
there, and then asks whether the operand, followed along its slope, is still in that piece at both ends. By
induction over the operations that is so exactly where the function is affine on all of the interval.
"""

# ruff: noqa: D102, as what the methods do is said in the protocol of an Arithmetic

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, NamedTuple

from pamcheck import spec
from pamcheck.formats import FloatFormat
from pamcheck.spec.real import floor_log2, power_of_two


class Line(NamedTuple):
    """The value at the middle, and the slope."""

    value: Fraction
    slope: Fraction


class Crossed(Exception):
    """An operand leaves its piece before an end of the interval."""


def affine_on(
    function: Callable[[Any, Any], Any], low: Fraction, high: Fraction, fmt: FloatFormat | None
) -> tuple[Fraction, Fraction] | None:
    """Return (intercept, slope) of a function that is affine on [low, high], or None where it is not."""
    middle = (low + high) / 2
    try:
        line = function(Line(middle, Fraction(1)), FromMiddle((high - low) / 2, fmt))
    except Crossed:
        return None
    return line.value - line.slope * middle, line.slope


@dataclass(frozen=True)
class FromMiddle:
    """The real operations of spec section 1 on Lines; `reach` is half the width of the interval, `fmt` what constants
    are rounded to."""

    reach: Fraction
    fmt: FloatFormat | None
    name: str = "lines"

    def exp2(self, x: Any) -> Line:
        y = self._line(x)
        n = math.floor(y.value)
        self._within(y, Fraction(n), Fraction(n + 1))
        return Line(spec.X(y.value), y.slope * power_of_two(n))

    def log2(self, x: Any) -> Line:
        a = self._line(x)
        exponent = floor_log2(a.value)
        self._within(a, power_of_two(exponent), power_of_two(exponent + 1))
        return Line(spec.L(a.value), a.slope / power_of_two(exponent))

    def sqrt(self, x: Any) -> Line:
        y = self.log2(x)
        return self.exp2(Line(y.value / 2, y.slope / 2))

    def mul(self, a: Any, b: Any) -> Line:
        return self._combined(self._line(a), self._line(b), 1)

    def div(self, a: Any, b: Any) -> Line:
        return self._combined(self._line(a), self._line(b), -1)

    def exp(self, x: Any) -> Line:
        return self.exp2(self.mul(x, spec.LOG2_E))

    def log(self, x: Any) -> Line:
        return self.div(self.log2(x), spec.LOG2_E)

    def add(self, a: Any, b: Any) -> Line:
        p, q = self._line(a), self._line(b)
        return Line(p.value + q.value, p.slope + q.slope)

    def neg(self, x: Any) -> Line:
        p = self._line(x)
        return Line(-p.value, -p.slope)

    def sub(self, a: Any, b: Any) -> Line:
        return self.add(a, self.neg(b))

    def own_rule(self, forward: Callable[..., Any], backward: Callable[..., Any], *operands: Any) -> Any:  # noqa: ARG002
        return forward(self, *operands)

    def _line(self, x: Any) -> Line:
        if isinstance(x, Line):
            return x
        return Line(
            Fraction(x) if self.fmt is None else self.fmt.decode(self.fmt.encode(Fraction(x))), Fraction(0)
        )

    def _combined(self, a: Line, b: Line, sign: int) -> Line:
        if _is_power(b):  # exact whatever the other operand is
            scale = b.value**sign
            return Line(a.value * scale, a.slope * scale)
        if sign == 1 and _is_power(a):
            return self._combined(b, a, 1)
        turn = -1 if (a.value < 0) != (b.value < 0) else 1
        p, q = self.log2(_size(a)), self.log2(_size(b))
        y = self.exp2(Line(p.value + sign * q.value, p.slope + sign * q.slope))
        return Line(turn * y.value, turn * y.slope)

    def _within(self, x: Line, least: Fraction, most: Fraction) -> None:
        swing = abs(x.slope) * self.reach
        if x.value - swing < least or x.value + swing > most:
            raise Crossed


def _size(x: Line) -> Line:
    if x.value == 0:
        raise Crossed
    return x if x.value > 0 else Line(-x.value, -x.slope)


def _is_power(x: Line) -> bool:
    size = abs(x.value)
    return x.slope == 0 and size > 0 and size == power_of_two(floor_log2(size))
