"""PAM power: paexp2 of the PAM product of palog2 a and y  [spec section 2]."""

from __future__ import annotations

from pamcheck.kernels.exp2 import exp2, exp2_mimic, exp2_slope
from pamcheck.kernels.log2 import log2, log2_mimic, log2_slope
from pamcheck.kernels.product import (
    product,
    product_mimic_a,
    product_mimic_b,
    product_slope_a,
    product_slope_b,
)
from pamcheck.kernels.words import Words


def power(a: int, y: int, w: Words) -> int:
    """Return the PAM power a^y of two codes, as a code. Domain: a > 0; 0^0 is NaN, being inf * 0."""
    return exp2(product(log2(a, w), y, w), w)


def power_slope_a(delta: int, a: int, y: int, w: Words) -> int:
    """Return the exact cotangent of a, by the chain rule through the three primitives."""
    base = log2(a, w)
    through = exp2_slope(delta, product(base, y, w), w)
    return log2_slope(product_slope_a(through, base, y, w), a, w)


def power_slope_y(delta: int, a: int, y: int, w: Words) -> int:
    """Return the exact cotangent of y, by the chain rule."""
    base = log2(a, w)
    through = exp2_slope(delta, product(base, y, w), w)
    return product_slope_b(through, base, y, w)


def power_mimic_a(delta: int, a: int, y: int, w: Words) -> int:
    """Return the mimic cotangent of a, by the chain rule through the three primitives."""
    base = log2(a, w)
    through = exp2_mimic(delta, product(base, y, w), w)
    return log2_mimic(product_mimic_a(through, base, y, w), a, w)


def power_mimic_y(delta: int, a: int, y: int, w: Words) -> int:
    """Return the mimic cotangent of y, by the chain rule."""
    base = log2(a, w)
    through = exp2_mimic(delta, product(base, y, w), w)
    return product_mimic_b(through, base, y, w)
