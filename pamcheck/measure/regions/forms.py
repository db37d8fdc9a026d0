"""Affine forms in integers: (a, b, c, e) is (a t + b s + c) / 2^e, at the parameters t, or (t, s).

PAM keeps binary fractions: its slopes are powers of two, so from inputs that are floats no other denominator ever
comes up, and aligning two forms is a shift. Corners of cells are any fractions, in homogeneous integers (x, y, w)
for (x / w, y / w), w > 0; a form there is an integer over w 2^e.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from fractions import Fraction

Form = tuple[int, int, int, int]
Corner = tuple[int, int, int]

ZERO: Form = (0, 0, 0, 0)
ONE: Form = (0, 0, 1, 0)


def constant(value: float | int | Fraction) -> Form:
    """Return a number as a form. Raises ValueError unless it is finite and a binary fraction, as a float is."""
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError(f"a constant is {value}; the affine pieces need finite ones")
    top, bottom = Fraction(value).as_integer_ratio()
    if bottom & (bottom - 1):
        raise ValueError(f"a constant is {value}; it must be a binary fraction, as every float is")
    return (0, 0, top, bottom.bit_length() - 1)


def add(f: Form, g: Form) -> Form:
    """Return f + g."""
    e = f[3] - g[3]
    if e == 0:
        return (f[0] + g[0], f[1] + g[1], f[2] + g[2], f[3])
    if e < 0:
        f, g, e = g, f, -e
    return (f[0] + (g[0] << e), f[1] + (g[1] << e), f[2] + (g[2] << e), f[3])


def neg(f: Form) -> Form:
    """Return -f."""
    return (-f[0], -f[1], -f[2], f[3])


def sub(f: Form, g: Form) -> Form:
    """Return f - g."""
    return add(f, (-g[0], -g[1], -g[2], g[3]))


def shifted(f: Form, n: int) -> Form:
    """Return 2^n f."""
    return (f[0], f[1], f[2], f[3] - n)


def plus(f: Form, n: int, k: int = 0) -> Form:
    """Return f + n 2^k for integers n and k."""
    return add(f, (0, 0, n, -k))


def total(forms: Sequence[Form]) -> Form:
    """Return the sum of forms; of none, zero."""
    if not forms:
        return ZERO
    most = max(f[3] for f in forms)
    a = b = c = 0
    for p, q, r, e in forms:
        d = most - e
        a += p << d
        b += q << d
        c += r << d
    return (a, b, c, most)


def reduced(f: Form) -> Form:
    """Return f with no factor of two in common, and zero as ZERO: equal functions become equal tuples."""
    every = f[0] | f[1] | f[2]
    if not every:
        return ZERO
    twos = (every & -every).bit_length() - 1
    return (f[0] >> twos, f[1] >> twos, f[2] >> twos, f[3] - twos)


def is_constant(f: Form) -> bool:
    """Whether f does not depend on the parameters."""
    return not (f[0] or f[1])


def at_corners(f: Form, corners: Iterable[Corner]) -> list[int]:
    """Return f at corners: integers over w 2^e, whose signs are those of f."""
    a, b, c, _ = f
    if not b:
        return [a * x + c * w for x, _, w in corners]
    return [a * x + b * y + c * w for x, y, w in corners]


def floor_log2(top: int, bottom: int) -> tuple[int, bool]:
    """Return E with 2^E <= |top| / bottom < 2^(E+1), and whether 2^E is attained, for top not 0, bottom > 0.

    The quotient of integers is rounded once and monotonically, so only a power of two leaves a doubt.
    """
    try:
        mantissa, exponent = math.frexp(top / bottom)
        if abs(mantissa) != 0.5 and -1000 < exponent < 1000:
            return exponent - 1, False
    except OverflowError:
        pass
    top = abs(top)
    exponent = top.bit_length() - bottom.bit_length()
    left, right = (top, bottom << exponent) if exponent >= 0 else (top << -exponent, bottom)
    # a power of two has exactly this difference of lengths
    return (exponent - 1, False) if left < right else (exponent, left == right)


def fractions(f: Form) -> tuple[Fraction, Fraction, Fraction]:
    """Return the coefficients of t, of s, and the constant."""
    scale = Fraction(2) ** -f[3]
    return f[0] * scale, f[1] * scale, f[2] * scale
