"""PAM base-2 exponential: a fixed-point number, read as a bit pattern.

2^(n + f) becomes 2^n (1 + f) for integer n and 0 <= f < 1: the inverse of the PAM log2  [spec section 1].
"""

from __future__ import annotations

from fractions import Fraction

from pamcheck.contracts import ClosedForm, Contract
from pamcheck.kernels.edges import finish, infinite, overflowed, shift_round
from pamcheck.kernels.product import product
from pamcheck.kernels.scale import scale
from pamcheck.kernels.words import Words


def exp2(x: int, w: Words) -> int:
    """Return the piecewise affine 2^x of a code, as a code.

    Every code is in the domain; ±0 give 1, -inf gives +0. Error: see CONTRACT.
    """
    magnitude = x & w.magnitude
    if magnitude > w.inf:
        return w.nan
    if magnitude > w.largest:
        return infinite(0, w) if x & w.sign == 0 else 0
    if magnitude < w.least:
        return w.one
    field = magnitude >> w.mant_bits
    significand = magnitude & (w.tiny - 1)
    if field > 0:
        significand |= w.tiny
    places = max(field, 1) - w.bias
    if places >= w.far:
        return overflowed(0, w) if x & w.sign == 0 else 0
    # |x| * 2^mant_bits, to the nearest integer: an exponent change, then the bits below one are rounded off
    n = significand << places if places >= 0 else shift_round(significand, min(-places, w.mant_bits + 2))
    if x & w.sign != 0:
        return finish(0, w.one - n, w)
    return overflowed(0, w) if n > w.largest - w.one else w.one + n


def exp2_slope(delta: int, x: int, w: Words) -> int:
    """Return the exact cotangent delta * 2^floor(x); +0 at -inf, NaN at +inf  [spec section 3]."""
    magnitude = x & w.magnitude
    if magnitude > w.inf or (delta & w.magnitude) > w.inf:
        return w.nan
    if magnitude > w.largest:
        return w.nan if x & w.sign == 0 else 0
    return scale(delta, floor(x, w), w)


def exp2_mimic(delta: int, x: int, w: Words) -> int:
    """Return the mimic cotangent pam(pam(2^x, ln 2), delta); NaN where x or delta is NaN, and at x = +inf."""
    magnitude = x & w.magnitude
    if magnitude > w.inf or (magnitude > w.largest and x & w.sign == 0):
        return w.nan
    return product(product(exp2(x, w), w.ln2, w), delta, w)


def floor(x: int, w: Words) -> int:
    """Return the integer below or at a finite code's value; `reach`, with its sign, for one beyond it."""
    magnitude = x & w.magnitude
    if magnitude < w.least:
        return 0
    field = magnitude >> w.mant_bits
    significand = magnitude & (w.tiny - 1)
    if field > 0:
        significand |= w.tiny
    places = max(field, 1) - w.bias - w.mant_bits
    if places + w.mant_bits > w.far:
        return w.reach if x & w.sign == 0 else -w.reach
    # |x| is below 2^(far + 1) here, so the shift to the left stays small
    below = significand << places if places >= 0 else significand >> min(-places, w.mant_bits + 1)
    if x & w.sign == 0:
        return below
    exact = places >= 0 or below << min(-places, w.mant_bits + 1) == significand
    return -below if exact else -below - 1


CONTRACT = Contract(
    approximates="exp2",
    kind="relative",
    lower=Fraction(0),
    upper=ClosedForm("2/(e ln 2) - 1", lambda m: 2 / (m.exp(1) * m.log(2)) - 1),
    witness=("0x1.c551d94ae0bf8p-2",),  # 1 / ln 2 - 1
    attained=False,
    source="Schraudolph 1999; kosson2023",
)
