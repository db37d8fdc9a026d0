"""The oracle: every operation once more, from the definition of L and X, in exact integers.

Read the codes, apply the row of the table of special values or the real function, round once. The kernels
add codes; here nothing is added but exponents to exponents and fractions to fractions. tests/measure hold it
to pamcheck.spec on every pair of the 8-bit formats. Source: docs/explanation/spec.md, sections 1 and 2.
"""

from __future__ import annotations

from typing import Any

from pamcheck.measure.sweep.compiling import inlined
from pamcheck.measure.sweep.reals import (
    INFINITE,
    NAN,
    NUMBER,
    ONE,
    UNIT,
    ZERO,
    infinity,
    leading_zeros,
    read,
    write,
)


@inlined
def pam(a: Any, b: Any, t: Any) -> Any:
    """X(L|a| + L|b| + c) with the sign of the product."""
    kind_a, negative_a, n_a, f_a = read(a, t)
    kind_b, negative_b, n_b, f_b = read(b, t)
    negative = negative_a ^ negative_b
    if kind_a == NUMBER and kind_b == NUMBER:
        n, f = n_a + n_b + t.whole, f_a + f_b + t.part
        n, f = n + (f >> UNIT), f & (ONE - 1)  # whole octaves of the fractions
        return write(negative, n, f, t)
    zero = (kind_a == ZERO) | (kind_b == ZERO)
    infinite = (kind_a == INFINITE) | (kind_b == INFINITE)
    if (kind_a == NAN) | (kind_b == NAN) | (zero & infinite):
        return t.nan
    if infinite:
        return infinity(negative, t)
    return t.sign if negative == 1 else 0


@inlined
def padiv(a: Any, b: Any, t: Any) -> Any:
    """X(L|a| - L|b| - c) with the sign of the quotient."""
    kind_a, negative_a, n_a, f_a = read(a, t)
    kind_b, negative_b, n_b, f_b = read(b, t)
    negative = negative_a ^ negative_b
    if kind_a == NUMBER and kind_b == NUMBER:
        n, f = n_a - n_b - t.whole, f_a - f_b - t.part
        n, f = n + (f >> UNIT), f & (ONE - 1)
        return write(negative, n, f, t)
    if kind_a == NAN or kind_b == NAN or (kind_a == kind_b and kind_a != NUMBER):
        return t.nan
    if kind_a == INFINITE or kind_b == ZERO:
        return infinity(negative, t)
    return t.sign if negative == 1 else 0


@inlined
def palog2(_: Any, x: Any, t: Any) -> Any:
    """L(x): the fixed-point number n + f / 2^60 as a float."""
    kind, negative, n, f = read(x, t)
    if kind == NAN:
        return t.nan
    if kind == ZERO:
        return infinity(1, t)
    if negative == 1:
        return t.nan
    if kind == INFINITE:
        return infinity(0, t)
    # in units of 2^-52: f has 52 bits at most, and |n| < 2^11
    y = (n << 52) + (f >> (UNIT - 52))
    if y == 0:
        return 0
    size = abs(y)
    place = 63 - leading_zeros(size)
    short, excess = max(UNIT - place, 0), max(place - UNIT, 0)
    size = (size << short >> excess) | (1 if size & ((1 << excess) - 1) != 0 else 0)
    return write(1 if y < 0 else 0, place - 52, size - ONE, t)


@inlined
def paexp2(_: Any, y: Any, t: Any) -> Any:
    """X(y): the whole part of y is the exponent, the rest the fraction."""
    kind, negative, n, f = read(y, t)
    if kind == NAN:
        return t.nan
    if kind == INFINITE:
        return 0 if negative == 1 else infinity(0, t)
    if kind == ZERO:
        return write(0, 0, 0, t)
    size = ONE + f
    if n >= 12:  # beyond every exponent there is
        whole, part = 1 << 12, 0
    elif n >= 0:
        whole = size >> (UNIT - n)
        part = (size - (whole << (UNIT - n))) << n
    else:
        whole, places = 0, min(-n, 62)
        part = size >> places
        part |= 1 if part << places != size else 0
    if negative == 1 and part > 0:
        return write(0, -whole - 1, ONE - part, t)
    return write(0, -whole if negative == 1 else whole, part, t)


@inlined
def pasqrt(_: Any, a: Any, t: Any) -> Any:
    """X(L(a) / 2)."""
    kind, negative, n, f = read(a, t)
    if kind == NAN:
        return t.nan
    if kind == ZERO:
        return t.sign if negative == 1 else 0
    if negative == 1:
        return t.nan
    if kind == INFINITE:
        return infinity(0, t)
    half = n >> 1
    return write(0, half, (f + (n - half - half) * ONE) >> 1, t)


@inlined
def palog(_: Any, x: Any, t: Any) -> Any:
    """padiv(palog2(x), log2 e)."""
    return padiv(palog2(0, x, t), t.log2_e, t)


@inlined
def paexp(_: Any, x: Any, t: Any) -> Any:
    """paexp2(pam(x, log2 e))."""
    return paexp2(0, pam(x, t.log2_e, t), t)


@inlined
def papow(a: Any, y: Any, t: Any) -> Any:
    """paexp2(pam(palog2(a), y))."""
    return paexp2(0, pam(palog2(0, a, t), y, t), t)


ORACLES = {
    "pam": pam,
    "padiv": padiv,
    "palog2": palog2,
    "paexp2": paexp2,
    "pasqrt": pasqrt,
    "palog": palog,
    "paexp": paexp,
    "papow": papow,
}
"""Every operation as a function of two codes and the facts; one operand is the second code."""
