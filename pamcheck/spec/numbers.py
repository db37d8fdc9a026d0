"""Between codes and numbers: what a code stands for under a policy, and the one rounding on the way back.

A real number has no signed zero and no infinity, so a code is read as a Number, which has both. NaN is
None in place of a Number. Source: docs/explanation/spec.md, section 2.
"""

from __future__ import annotations

import operator
from collections.abc import Sequence
from fractions import Fraction
from typing import NamedTuple

from pamcheck.formats import FloatFormat
from pamcheck.policy import Policy
from pamcheck.spec.real import floor_log2, power_of_two, remembered


class Number(NamedTuple):
    """A real or infinite number whose zero has a sign. NaN is None in place of a Number."""

    negative: bool
    size: Fraction | None  # None is infinity


ZERO = Fraction(0)
INF = Number(False, None)


def checked(codes: Sequence[int], f: FloatFormat) -> list[int]:
    """Return the codes as Python integers, which do not wrap around as NumPy's do.

    Raises ValueError for a code wider than the format.
    """
    numbers = [operator.index(code) for code in codes]
    for code in numbers:
        if not 0 <= code <= f.sign | f.magnitude:
            raise ValueError(f"code {code:#x} does not fit the {f.width} bits of {f.name}")
    return numbers


@remembered
def read(code: int, f: FloatFormat, gradual: bool) -> Number | None:
    """Return what a code stands for; subnormals are zeros of their sign unless underflow is gradual."""
    if f.is_nan(code):
        return None
    negative = bool(code & f.sign)
    if f.is_inf(code):
        return Number(negative, None)
    subnormal = code & f.magnitude < f.tiny
    return Number(negative, ZERO if subnormal and not gradual else abs(f.decode(code)))


@remembered
def round_to(number: Number, f: FloatFormat, p: Policy) -> int:
    """Return the code of a number: rounded once, ties to even, then the edges of the format."""
    sign = f.sign if number.negative else 0
    if number.size is None:
        return f.too_large(sign)
    if number.size == 0:
        return sign
    exponent = floor_log2(number.size)
    if p.gradual:  # the grid of the smallest normal binade continues down to zero
        exponent = max(exponent, 1 - f.bias)
    step = power_of_two(exponent - f.mant_bits)
    nearest = round(number.size / step) * step  # round() takes ties to even
    if nearest > f.decode(f.largest):
        return sign | f.largest if p.saturate else f.too_large(sign)
    if nearest < f.decode(f.tiny) and not p.gradual:
        return sign
    return sign | f.encode(nearest)


def nan(f: FloatFormat) -> int:
    """Return the quiet NaN, sign clear; without one, -0, as ml_dtypes casts it."""
    return f.sign if f.nan is None else f.nan


def negated(code: int, f: FloatFormat) -> int:
    """Return the code with its sign flipped; a NaN is the quiet NaN, sign clear, as any result of NaN."""
    return nan(f) if f.is_nan(code) else code ^ f.sign


def clamp(y: Fraction, f: FloatFormat) -> Fraction:
    """Return y, or the nearest exponent so large that no operands bring the result back in range.

    X is increasing, so a result that overflows or vanishes still does; 2^y itself may not fit memory.
    """
    reach = (2 << f.exp_bits) + 4 * f.mant_bits
    return min(max(y, Fraction(-reach)), Fraction(reach))
