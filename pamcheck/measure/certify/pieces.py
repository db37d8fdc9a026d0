"""An interpretation on affine pieces: a value is a function of one variable that is affine on [low, high].

Every operation of the definition is piecewise affine, also jointly in two operands, so a composite of them is
piecewise affine in its variable, and running its own text finds the pieces: an operation whose operand crosses
a breakpoint asks for the interval to be split there, exactly. Values are kept as those at the two ends.
"""

# ruff: noqa: D102, as what the methods do is said in the protocol of an Arithmetic

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, NamedTuple

from pamcheck import spec
from pamcheck.formats import FloatFormat
from pamcheck.spec.real import floor_log2, power_of_two

MOST = 2048  # pieces; a domain of more is refused


class Affine(NamedTuple):
    """The values at the two ends of the interval."""

    low: Fraction
    high: Fraction


class Split(Exception):
    """The interval has to be split where an operand with these values at its ends takes a value."""

    def __init__(self, operand: Affine, value: Fraction) -> None:
        super().__init__(f"operand {operand} crosses {value}")
        self.share = (value - operand.low) / (operand.high - operand.low)


@dataclass(frozen=True)
class OnPiece:
    """The real operations of spec section 1 on Affine values; constants are rounded to `fmt`, if there is one."""

    fmt: FloatFormat | None = None
    name: str = "affine pieces"

    @property
    def log2_e(self) -> Fraction:
        """The constant of exp and log."""
        return self._affine(spec.LOG2_E).low

    def mul(self, a: Any, b: Any) -> Affine:
        return self._joined(a, b, 1)

    def div(self, a: Any, b: Any) -> Affine:
        return self._joined(a, b, -1)

    def exp2(self, x: Any) -> Affine:
        return _exp2(self._affine(x))

    def log2(self, x: Any) -> Affine:
        return _log2(self._affine(x))

    def sqrt(self, x: Any) -> Affine:
        y = _log2(self._affine(x))
        return _exp2(Affine(y.low / 2, y.high / 2))

    def exp(self, x: Any) -> Affine:
        return self.exp2(self.mul(x, spec.LOG2_E))

    def log(self, x: Any) -> Affine:
        return self.div(self.log2(x), spec.LOG2_E)

    def add(self, a: Any, b: Any) -> Affine:
        return Affine(*(p + q for p, q in zip(self._affine(a), self._affine(b), strict=True)))

    def sub(self, a: Any, b: Any) -> Affine:
        return self.add(a, self.neg(b))

    def neg(self, x: Any) -> Affine:
        return Affine(*(-p for p in self._affine(x)))

    def own_rule(self, forward: Callable[..., Any], backward: Callable[..., Any], *operands: Any) -> Any:  # noqa: ARG002
        return forward(self, *operands)

    def _affine(self, x: Any) -> Affine:
        if isinstance(x, Affine):
            return x
        value = Fraction(x) if self.fmt is None else self.fmt.decode(self.fmt.encode(Fraction(x)))
        return Affine(value, value)

    def _joined(self, a: Any, b: Any, sign: int) -> Affine:
        """Return X(L|a| + L|b|), or with the sign -1 the difference, under the operands' sign."""
        a, b = self._affine(a), self._affine(b)
        for one, other, turned in ((b, a, False), (a, b, True)):
            if one.low == one.high and _is_power(abs(one.low)) and (sign == 1 or not turned):
                scale = one.low**sign  # exact, and without the breakpoints of the other operand
                return Affine(other.low * scale, other.high * scale)
        (one_a, size_a), (one_b, size_b) = _sized(a), _sized(b)
        p, q = _log2(size_a), _log2(size_b)
        y = _exp2(Affine(p.low + sign * q.low, p.high + sign * q.high))
        return y if one_a == one_b else Affine(-y.low, -y.high)


def pieces(
    function: Callable[[Any, Any], Affine], low: Fraction, high: Fraction, arithmetic: OnPiece
) -> Iterator[tuple[Affine, Affine]]:
    """Yield (interval, values at its ends) for each affine piece of a function on [low, high], in order.

    Raises ValueError for a domain with more than 2048 pieces.
    """
    waiting, found = [Affine(low, high)], 0
    while waiting:
        here = waiting.pop()
        try:
            values = function(here, arithmetic)
        except Split as split:
            middle = here.low + split.share * (here.high - here.low)
            waiting += [Affine(middle, here.high), Affine(here.low, middle)]
        else:
            found += 1
            yield here, values
        if found + len(waiting) > MOST:
            raise ValueError(f"domain {low}:{high} has more than {MOST} affine pieces; take a smaller one")


def at_point(function: Callable[[Any, Any], Affine], x: Fraction, arithmetic: OnPiece) -> Fraction:
    """Return the value at one point, exactly."""
    return function(Affine(x, x), arithmetic).low


def _is_power(x: Fraction) -> bool:
    return x > 0 and x == power_of_two(floor_log2(x))


def _sized(x: Affine) -> tuple[bool, Affine]:
    """Return whether x is negative, and |x|."""
    if min(x) < 0 < max(x):
        raise Split(x, Fraction(0))
    return (True, Affine(-x.low, -x.high)) if min(x) < 0 else (False, x)


def _log2(x: Affine) -> Affine:
    exponent = floor_log2((x.low + x.high) / 2)
    _hold(x, power_of_two(exponent), power_of_two(exponent + 1))
    scale = power_of_two(-exponent)
    return Affine(*(exponent + end * scale - 1 for end in x))


def _exp2(y: Affine) -> Affine:
    n = math.floor((y.low + y.high) / 2)
    _hold(y, Fraction(n), Fraction(n + 1))
    scale = power_of_two(n)
    return Affine(*(scale * (1 + end - n) for end in y))


def _hold(x: Affine, least: Fraction, most: Fraction) -> None:
    if min(x) < least:
        raise Split(x, least)
    if max(x) > most:
        raise Split(x, most)
