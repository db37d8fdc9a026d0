"""PAM power: paexp2 of the PAM product of palog2 a and y  [spec section 2]."""

from __future__ import annotations

from pamcheck.kernels.exp2 import exp2
from pamcheck.kernels.log2 import log2
from pamcheck.kernels.product import product
from pamcheck.kernels.words import Words


def power(a: int, y: int, w: Words) -> int:
    """Return the PAM power a^y of two codes, as a code. Domain: a > 0; 0^0 is NaN, being inf * 0."""
    return exp2(product(log2(a, w), y, w), w)
