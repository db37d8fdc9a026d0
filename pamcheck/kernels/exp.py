"""PAM natural exponential: paexp2 of the PAM product with log2 e  [spec section 2]."""

from __future__ import annotations

from pamcheck.kernels.exp2 import exp2
from pamcheck.kernels.product import product
from pamcheck.kernels.words import Words


def exp(x: int, w: Words) -> int:
    """Return the PAM exponential of a code, as a code. The relative error grows with |x|."""
    return exp2(product(x, w.log2e, w), w)
