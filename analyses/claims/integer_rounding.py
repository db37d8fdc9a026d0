"""Operations on codes by one integer operation, as an eight-bit unit would do them: how are results rounded?

A code less that of 1.0 is i = E 2^m + M, the base-2 logarithm in units of 2^-m. So a product is i + j, a square 2 i,
a quotient i - j, a reciprocal -i, a root i >> 1, a reciprocal root -i >> 1, each with a constant of its own added.
All mantissas are tried, and for roots both parities of the exponent; other exponents give the same mantissas.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from functools import cache
from itertools import product
from typing import Literal, NamedTuple

Rounding = Literal["faithful", "nearest", "toward zero", "away from zero"]
CONSTANTS = (0, 1, -1, 2, -2)


class Operation(NamedTuple):
    """One operation: on numbers, to the power `power`, and on their integers. Roots take both parities."""

    true: Callable[..., Fraction]
    power: int  # the true result raised to this power is rational
    integer: Callable[..., int]
    arity: int = 1


OPERATIONS = {
    "product": Operation(lambda a, b: a * b, 1, lambda i, j: i + j, 2),
    "square": Operation(lambda a: a * a, 1, lambda i: 2 * i),
    "quotient": Operation(lambda a, b: a / b, 1, lambda i, j: i - j, 2),
    "reciprocal": Operation(lambda a: 1 / a, 1, lambda i: -i),
    "root": Operation(lambda a: a, 2, lambda i: i >> 1),
    "reciprocal root": Operation(lambda a: 1 / a, 2, lambda i: -i >> 1),
}


@cache
def achieved(mant_bits: int, rounding: Rounding) -> tuple[str, ...]:
    """Return the operations that a constant makes faithful, or that a constant and a carry make correctly rounded.

    A carry is 0 or 1, whichever the operands ask for.
    """
    return tuple(name for name in OPERATIONS if achieving_constant(name, mant_bits, rounding) is not None)


def achieving_constant(name: str, mant_bits: int, rounding: Rounding) -> int | None:
    """Return the constant that does it, None where none does."""
    wanted = list(_wanted(OPERATIONS[name], mant_bits, rounding))
    for constant in CONSTANTS:
        if rounding == "faithful":
            good = all(low <= found + constant <= high for found, low, high in wanted)
        else:
            good = all(found + constant in (low - 1, low) for found, low, _ in wanted)
        if good:
            return constant
    return None


def _wanted(operation: Operation, mant_bits: int, rounding: Rounding) -> Iterator[tuple[int, int, int]]:
    """Yield the integer result and the least and the greatest result that are right, for all operands."""
    span = range(operation.power << mant_bits)
    for integers in product(span, repeat=operation.arity):
        true = operation.true(*(_number(i, mant_bits) for i in integers))
        below = _below(true, operation.power, mant_bits)
        exact = _number(below, mant_bits) ** operation.power == true
        above = below if exact else below + 1
        found = operation.integer(*integers)
        if rounding == "faithful":
            yield found, below, above
        else:
            right = {"toward zero": below, "away from zero": above}.get(rounding)
            right = _nearest(true, operation.power, below, mant_bits) if right is None else right
            yield found, right, right


def _number(i: int, mant_bits: int) -> Fraction:
    """Return X(i / 2^m)."""
    exponent, mantissa = i >> mant_bits, i & ((1 << mant_bits) - 1)
    return Fraction(2) ** exponent * (1 + Fraction(mantissa, 1 << mant_bits))


def _below(true: Fraction, power: int, mant_bits: int) -> int:
    """Return the greatest integer whose number is not above the true result."""
    i = 0
    while _number(i, mant_bits) ** power > true:
        i -= 1
    while _number(i + 1, mant_bits) ** power <= true:
        i += 1
    return i


def _nearest(true: Fraction, power: int, below: int, mant_bits: int) -> int:
    middle = ((_number(below, mant_bits) + _number(below + 1, mant_bits)) / 2) ** power
    if true == middle:
        return below + (below & 1)
    return below + (true > middle)
