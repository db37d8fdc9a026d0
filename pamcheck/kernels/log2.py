"""PAM base-2 logarithm: the bit pattern, read as a fixed-point number.

log2 of 2^E (1 + f) becomes E + f: Mitchell's approximation  [spec section 1].
"""

from __future__ import annotations

from fractions import Fraction

from pamcheck.contracts import ClosedForm, Contract
from pamcheck.kernels.edges import extended, finish, infinite, overflowed, shift_round, top_bit
from pamcheck.kernels.quotient import quotient
from pamcheck.kernels.scale import exponent, scale
from pamcheck.kernels.words import Words


def log2(x: int, w: Words) -> int:
    """Return the piecewise affine log2 of a code, as a code.

    Domain: x > 0; log2(±0) is -inf, a negative operand gives NaN. Error: see CONTRACT.
    """
    magnitude = x & w.magnitude
    if magnitude > w.inf:
        return w.nan
    if magnitude < w.least:
        return infinite(w.sign, w)
    if x & w.sign != 0:
        return w.nan
    if magnitude > w.largest:
        return infinite(0, w)
    return from_fixed(extended(magnitude, w) - w.one, w)


def from_fixed(n: int, w: Words) -> int:
    """Return the code nearest to n / 2^mant_bits, ties to even."""
    if n == 0:
        return 0
    sign = w.sign if n < 0 else 0
    n = abs(n)
    places = top_bit(n) - w.mant_bits
    # the hidden bit is left in, so it adds one to the exponent field, as a carry from rounding does
    significand = n << -places if places < 0 else shift_round(n, places)
    total = ((places + w.bias - 1) << w.mant_bits) + significand
    return overflowed(sign, w) if total > w.largest else finish(sign, total, w)


def log2_slope(delta: int, x: int, w: Words) -> int:
    """Return the exact cotangent delta * 2^-E; NaN unless 0 < x < inf and delta is no NaN  [spec section 3]."""
    if x < w.least or x > w.largest:
        return w.nan
    return scale(delta, -exponent(x, w), w)


def log2_mimic(delta: int, x: int, w: Words) -> int:
    """Return the mimic cotangent padiv(padiv(delta, x), ln 2); NaN as for the exact one  [spec section 3]."""
    if x < w.least or x > w.largest:
        return w.nan
    return quotient(quotient(delta, x, w), w.ln2, w)


CONTRACT = Contract(
    approximates="log2",
    kind="absolute",
    lower=ClosedForm("(1 + ln ln 2)/ln 2 - 1", lambda m: (1 + m.log(m.log(2))) / m.log(2) - 1),
    upper=Fraction(0),
    witness=("0x1.71547652b82fep+0",),  # 1 / ln 2
    attained=False,
    source="Mitchell 1962",
)
