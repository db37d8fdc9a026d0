"""Rounding, by name: of extended codes to integers, and of results to the subnormal grid.

An extended code continues the codes of normal numbers to both sides, as if the exponent had no end, so that
L(value) = (extended - one) / 2^mant_bits for every positive value. Between two of them L is affine: rounding
an extended code that is no integer is rounding the value, with unbounded exponent.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from pamcheck.formats import FloatFormat

EVEN = "to nearest, ties to even"
TOWARD_ZERO = "toward zero"

# whether to go up in magnitude: rest against one half (-1, 0, 1), whether the lower one is odd, and the sign
_UP: dict[str, Callable[[int, bool, bool], bool]] = {
    EVEN: lambda half, odd, _: half > 0 or (half == 0 and odd),
    "to nearest, ties away from zero": lambda half, _, __: half >= 0,
    TOWARD_ZERO: lambda _, __, ___: False,
    "to nearest, ties up": lambda half, _, negative: half > 0 or (half == 0 and not negative),
    "downward": lambda _, __, negative: negative,
    "upward": lambda _, __, negative: not negative,
    "away from zero": lambda _, __, ___: True,
    "to nearest, ties toward zero": lambda half, _, __: half > 0,
}
MODES = tuple(_UP)


def rounded(t: int | Fraction, negative: bool, mode: str, places: int = 0) -> int:
    """Return t >= 0 or below, rounded to a multiple of 2^places; `negative` is the sign of what t stands for."""
    denominator = t.denominator << places
    whole, rest = divmod(t.numerator, denominator)
    if rest:
        half = (2 * rest > denominator) - (2 * rest < denominator)
        whole += _UP[mode](half, bool(whole & 1), negative)
    return whole << places


def to_subnormal(t: int | Fraction, negative: bool, mode: str, fmt: FloatFormat) -> int:
    """Return the subnormal code (or tiny) that an extended code below tiny rounds to, in one rounding."""
    octave, rest = divmod(t, fmt.tiny)
    down = 1 - int(octave)
    if down > fmt.mant_bits + 4:  # below a quarter of the smallest one: only that it is not zero counts
        return rounded(Fraction(1, 16), negative, mode)
    return rounded(Fraction(fmt.tiny + rest) / (1 << down), negative, mode)


def extended(magnitude: int, fmt: FloatFormat) -> int:
    """Return the extended code of a nonzero magnitude: its own for a normal number."""
    if magnitude >= fmt.tiny:
        return magnitude
    places = fmt.mant_bits + 1 - magnitude.bit_length()
    return (magnitude << places) - (places << fmt.mant_bits)


def log_code(value: Fraction, fmt: FloatFormat) -> Fraction:
    """Return the extended code, not rounded, of a value > 0."""
    n, d = value.numerator, value.denominator
    exponent = n.bit_length() - d.bit_length()
    if (n << max(-exponent, 0)) < (d << max(exponent, 0)):
        exponent -= 1
    n, d = n << max(-exponent, 0), d << max(exponent, 0)
    return Fraction(((exponent + fmt.bias) * d + n - d) * fmt.tiny, d)


def value_of(t: int | Fraction, fmt: FloatFormat) -> Fraction:
    """Return the value of an extended code."""
    n, d = t.numerator, t.denominator * fmt.tiny
    octave, rest = divmod(n, d)
    exponent = octave - fmt.bias
    return Fraction((d + rest) << max(exponent, 0), d << max(-exponent, 0))
