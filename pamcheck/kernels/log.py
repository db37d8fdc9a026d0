"""PAM natural logarithm: palog2 over log2 e, by the PAM quotient  [spec section 2]."""

from __future__ import annotations

from pamcheck.kernels.log2 import log2, log2_slope
from pamcheck.kernels.quotient import quotient, quotient_slope_a
from pamcheck.kernels.words import Words


def log(x: int, w: Words) -> int:
    """Return the PAM logarithm of a code, as a code. Domain: x > 0, as for palog2."""
    return quotient(log2(x, w), w.log2e, w)


def log_slope(delta: int, x: int, w: Words) -> int:
    """Return the exact cotangent of x, by the chain rule through both primitives."""
    through = quotient_slope_a(delta, log2(x, w), w.log2e, w)
    return log2_slope(through, x, w)


def log_mimic(delta: int, x: int, w: Words) -> int:
    """Return the mimic cotangent of x: padiv(delta, x); NaN unless 0 < x < inf  [spec section 3]."""
    if x < w.least or x > w.largest:
        return w.nan
    return quotient(delta, x, w)
