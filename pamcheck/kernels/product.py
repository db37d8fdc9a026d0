"""PAM product: multiply by adding bit patterns.

(1 + f)(1 + g) becomes 1 + f + g, or 2 (f + g) once f + g reaches 1  [kosson2023, section 2].
"""

from __future__ import annotations

from fractions import Fraction

from pamcheck.contracts import Contract
from pamcheck.kernels.edges import extended, finish, infinite, overflowed
from pamcheck.kernels.scale import exponent, mantissa, scale
from pamcheck.kernels.words import Words


def product(a: int, b: int, w: Words) -> int:
    """Return the PAM product of two codes, as a code.

    Every code is in the domain; zeros, infinities and NaN as in spec section 2. Error: see CONTRACT.
    """
    sign = (a ^ b) & w.sign
    ma, mb = a & w.magnitude, b & w.magnitude
    if ma > w.inf or mb > w.inf:
        return w.nan
    zero = ma < w.least or mb < w.least
    if ma > w.largest or mb > w.largest:
        return w.nan if zero else infinite(sign, w)
    if zero:
        return sign
    excess = extended(ma, w) - w.shift
    other = extended(mb, w)
    # the sum of two magnitudes may not fit a signed word, so overflow is decided before adding
    if other > w.largest - max(excess, 0):
        return overflowed(sign, w)
    return finish(sign, excess + other, w)


def product_slope_a(delta: int, a: int, b: int, w: Words) -> int:
    """Return the exact cotangent of a: sgn b * delta * 2^(Eb + carry), +0 where b is 0  [spec section 3].

    The carry is floor(Ma + Mb + offset). NaN where delta is NaN or an operand is NaN or infinite.
    """
    ma, mb = a & w.magnitude, b & w.magnitude
    if max(ma, mb) > w.largest or (delta & w.magnitude) > w.inf:
        return w.nan
    if mb < w.least:
        return 0
    carry = (mantissa(ma, w) + mantissa(mb, w) + (w.one - w.shift)) >> w.mant_bits
    return scale(delta ^ (b & w.sign), exponent(mb, w) + carry, w)


def product_slope_b(delta: int, a: int, b: int, w: Words) -> int:
    """Return the exact cotangent of b: that of a with the operands exchanged."""
    return product_slope_a(delta, b, a, w)


def product_mimic_a(delta: int, a: int, b: int, w: Words) -> int:
    """Return the mimic cotangent of a: pam(delta, b)  [spec section 3].

    NaN where delta is NaN or an operand is NaN or infinite.
    """
    if (a & w.magnitude) > w.largest or (b & w.magnitude) > w.largest:
        return w.nan
    return product(delta, b, w)


def product_mimic_b(delta: int, a: int, b: int, w: Words) -> int:
    """Return the mimic cotangent of b: that of a with the operands exchanged."""
    return product_mimic_a(delta, b, a, w)


CONTRACT = Contract(
    approximates="mul",
    kind="relative",
    lower=Fraction(-1, 9),
    upper=Fraction(0),
    witness=("0x1.8p+0", "0x1.8p+0"),
    attained=True,
    source="Mitchell 1962; kosson2023",
)
