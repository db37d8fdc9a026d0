"""PAM square root: halve the bit pattern about one.

sqrt of 2^E (1 + f) becomes 2^(E/2) (1 + f/2) for even E, 2^((E-1)/2) (3/2 + f/2) for odd E.
"""

from __future__ import annotations

from fractions import Fraction

from pamcheck.contracts import ClosedForm, Contract
from pamcheck.kernels.edges import extended, infinite, overflowed, subnormal
from pamcheck.kernels.quotient import quotient
from pamcheck.kernels.scale import exponent, scale
from pamcheck.kernels.words import Words


def sqrt(x: int, w: Words) -> int:
    """Return the piecewise affine square root of a code, as a code.

    Domain: x >= 0; ±0 give ±0, a negative operand gives NaN. Error: see CONTRACT.
    """
    magnitude = x & w.magnitude
    if magnitude > w.inf:
        return w.nan
    if magnitude < w.least:
        return x & w.sign
    if x & w.sign != 0:
        return w.nan
    if magnitude > w.largest:
        return infinite(0, w)
    code = extended(magnitude, w)
    # (code + one) / 2 without the carry that the sum might have; one is even
    whole, half = (code >> 1) + (w.one >> 1), code & 1
    if whole < w.tiny and w.gradual:
        return subnormal((whole << 1) + half, w)
    rounded = whole + (half & whole)
    return rounded if rounded >= w.tiny else 0


def sqrt_slope(delta: int, x: int, w: Words) -> int:
    """Return the exact cotangent delta * 2^(floor(E/2) - E - 1); NaN unless 0 < x < inf  [spec section 3]."""
    if x < w.least or x > w.largest:
        return w.nan
    e = exponent(x, w)
    return scale(delta, (e >> 1) - e - 1, w)


def sqrt_mimic(delta: int, x: int, w: Words) -> int:
    """Return the mimic cotangent padiv(delta, 2 sqrt x); NaN as for the exact one  [spec section 3]."""
    if x < w.least or x > w.largest:
        return w.nan
    root = sqrt(x, w)
    # scale(root, 1) of what is no infinity and not near the largest number; twice a subnormal is a shift
    twice = root + w.tiny if root >= w.tiny else root << 1
    return quotient(delta, overflowed(0, w) if twice > w.largest else twice, w)


CONTRACT = Contract(
    approximates="sqrt",
    kind="relative",
    lower=Fraction(0),
    upper=ClosedForm("3/(2 sqrt 2) - 1", lambda m: 3 / (2 * m.sqrt(2)) - 1),
    witness=("0x1p+1",),
    attained=True,
    source="Blinn 1997; kosson2023",
)
