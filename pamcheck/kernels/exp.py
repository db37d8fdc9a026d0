"""PAM natural exponential: paexp2 of the PAM product with log2 e  [spec section 2]."""

from __future__ import annotations

from pamcheck.kernels.exp2 import exp2, exp2_slope
from pamcheck.kernels.product import product, product_slope_a
from pamcheck.kernels.words import Words


def exp(x: int, w: Words) -> int:
    """Return the PAM exponential of a code, as a code. The relative error grows with |x|."""
    return exp2(product(x, w.log2e, w), w)


def exp_slope(delta: int, x: int, w: Words) -> int:
    """Return the exact cotangent of x, by the chain rule through both primitives."""
    through = exp2_slope(delta, product(x, w.log2e, w), w)
    return product_slope_a(through, x, w.log2e, w)


def exp_mimic(delta: int, x: int, w: Words) -> int:
    """Return the mimic cotangent of x: pam(e^x, delta); NaN where x is NaN or infinite  [spec section 3]."""
    if (x & w.magnitude) > w.largest:
        return w.nan
    return product(exp(x, w), delta, w)
