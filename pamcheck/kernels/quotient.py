"""PAM quotient: divide by subtracting bit patterns.

(1 + f) / (1 + g) becomes 1 + f - g, or (2 + f - g) / 2 where f < g  [spec section 1].
"""

from __future__ import annotations

from fractions import Fraction

from pamcheck.contracts import Contract
from pamcheck.kernels.edges import extended, finish, infinite, overflowed
from pamcheck.kernels.product import product
from pamcheck.kernels.scale import exponent, mantissa, scale
from pamcheck.kernels.words import Words


def quotient(a: int, b: int, w: Words) -> int:
    """Return the PAM quotient a / b of two codes, as a code.

    Every code is in the domain; zeros, infinities and NaN as in spec section 2. Error: see CONTRACT.
    """
    sign = (a ^ b) & w.sign
    ma, mb = a & w.magnitude, b & w.magnitude
    if ma > w.inf or mb > w.inf:
        return w.nan
    if ma < w.least:
        return w.nan if mb < w.least else sign
    if ma > w.largest:
        return w.nan if mb > w.largest else infinite(sign, w)
    if mb < w.least:
        return infinite(sign, w)
    if mb > w.largest:
        return sign
    dividend, divisor = extended(ma, w), extended(mb, w)
    # in this order no difference leaves a signed word, whatever the operands
    if dividend - (w.largest - w.shift) > divisor:
        return overflowed(sign, w)
    return finish(sign, (w.shift - divisor) + dividend, w)


def quotient_slope_a(delta: int, a: int, b: int, w: Words) -> int:
    """Return the exact cotangent of a: sgn b * delta * 2^(-Eb + carry)  [spec section 3].

    The carry is floor(Ma - Mb - offset), -1 or 0 without an offset. NaN where delta is NaN, an operand is
    NaN or infinite, or b is 0.
    """
    ma, mb = a & w.magnitude, b & w.magnitude
    if max(ma, mb) > w.largest or mb < w.least or (delta & w.magnitude) > w.inf:
        return w.nan
    carry = (mantissa(ma, w) - mantissa(mb, w) - (w.one - w.shift)) >> w.mant_bits
    return scale(delta ^ (b & w.sign), carry - exponent(mb, w), w)


def quotient_slope_b(delta: int, a: int, b: int, w: Words) -> int:
    """Return the exact cotangent of b: -sgn a * delta * 2^(Ea - 2 Eb + carry), +0 where a is 0.

    Carry and NaN as for the cotangent of a  [spec section 3].
    """
    ma, mb = a & w.magnitude, b & w.magnitude
    if max(ma, mb) > w.largest or mb < w.least or (delta & w.magnitude) > w.inf:
        return w.nan
    if ma < w.least:
        return 0
    carry = (mantissa(ma, w) - mantissa(mb, w) - (w.one - w.shift)) >> w.mant_bits
    k = exponent(ma, w) - exponent(mb, w) - exponent(mb, w) + carry
    return scale(delta ^ ((a & w.sign) ^ w.sign), k, w)


def quotient_mimic_a(delta: int, a: int, b: int, w: Words) -> int:
    """Return the mimic cotangent of a: padiv(delta, b); NaN as for the exact one  [spec section 3]."""
    ma, mb = a & w.magnitude, b & w.magnitude
    if ma > w.largest or mb > w.largest or mb < w.least:
        return w.nan
    return quotient(delta, b, w)


def quotient_mimic_b(delta: int, a: int, b: int, w: Words) -> int:
    """Return the mimic cotangent of b: -padiv(pam(a, delta), pam(b, b)); NaN as for that of a."""
    ma, mb = a & w.magnitude, b & w.magnitude
    if ma > w.largest or mb > w.largest or mb < w.least:
        return w.nan
    size = quotient(product(a, delta, w), product(b, b, w), w)
    return w.nan if (size & w.magnitude) > w.inf else size ^ w.sign


CONTRACT = Contract(
    approximates="div",
    kind="relative",
    lower=Fraction(0),
    upper=Fraction(1, 8),
    witness=("0x1p+0", "0x1.8p+0"),
    attained=True,
    source="spec section 1; the case split printed in kosson2023 is inconsistent",
)
