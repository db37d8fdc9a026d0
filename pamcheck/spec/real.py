"""Section 1 of the definition: L, X and the five primitives as real functions, on Fractions.

Source: Kosson & Jaggi, NeurIPS 2023, arXiv 2305.17190; Mitchell, 1962; docs/explanation/spec.md.
"""

from __future__ import annotations

import math
from fractions import Fraction
from functools import lru_cache

# Exhaustive tests of narrow formats meet the same few values a million times.
remembered = lru_cache(maxsize=1 << 14)


@remembered
def L(x: Fraction) -> Fraction:
    """Return the piecewise affine log2: E + M for x = 2^E (1 + M), 0 <= M < 1.

    Raises ValueError unless x > 0. Source: arXiv 2305.17190; spec section 1.
    """
    if x <= 0:
        raise ValueError(f"x is {x}; the piecewise affine log2 needs x > 0")
    exponent = floor_log2(x)
    return exponent + (x / power_of_two(exponent) - 1)


@remembered
def X(y: Fraction) -> Fraction:
    """Return the piecewise affine exp2, 2^n (1 + y - n) with n = floor(y): the inverse of L.

    Every y is in the domain, but the result has about |y| bits. Source: spec section 1.
    """
    n = math.floor(y)
    return power_of_two(n) * (1 + y - n)


def pam(a: Fraction, b: Fraction, c: Fraction = Fraction(0)) -> Fraction:
    """Return sgn a sgn b X(L|a| + L|b| + c), the piecewise affine product; 0 where a or b is 0.

    c is the compensation, in units of log2. Source: arXiv 2305.17190; spec section 1.
    """
    if a == 0 or b == 0:
        return Fraction(0)
    size = X(L(abs(a)) + L(abs(b)) + c)
    return size if (a < 0) == (b < 0) else -size


def padiv(a: Fraction, b: Fraction, c: Fraction = Fraction(0)) -> Fraction:
    """Return sgn a sgn b X(L|a| - L|b| - c), the piecewise affine quotient; 0 where a is 0.

    c is the compensation, in units of log2. Raises ValueError where b is 0. Source: spec section 1.
    """
    if b == 0:
        raise ValueError(f"b is 0; the piecewise affine quotient of {a} needs b != 0")
    if a == 0:
        return Fraction(0)
    size = X(L(abs(a)) - L(abs(b)) - c)
    return size if (a < 0) == (b < 0) else -size


def palog2(x: Fraction) -> Fraction:
    """Return L(x). Raises ValueError unless x > 0. Source: spec section 1."""
    return L(x)


def paexp2(y: Fraction) -> Fraction:
    """Return X(y). Source: spec section 1."""
    return X(y)


def pasqrt(a: Fraction) -> Fraction:
    """Return X(L(a) / 2), and 0 at 0. Raises ValueError where a < 0. Source: spec section 1."""
    if a < 0:
        raise ValueError(f"a is {a}; the piecewise affine square root needs a >= 0")
    return X(L(a) / 2) if a else Fraction(0)


def floor_log2(x: Fraction) -> int:
    """Return E with 2^E <= x < 2^(E+1), for x > 0."""
    exponent = x.numerator.bit_length() - x.denominator.bit_length()
    return exponent if x >= power_of_two(exponent) else exponent - 1


@remembered
def power_of_two(exponent: int) -> Fraction:
    """Return 2^exponent."""
    return Fraction(1 << exponent) if exponent >= 0 else Fraction(1, 1 << -exponent)
