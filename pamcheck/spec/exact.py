"""Exact derivatives: the slope of each primitive on its affine piece, always a signed power of two, or 0.

Source: docs/explanation/spec.md, section 3.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from fractions import Fraction
from typing import NamedTuple

from pamcheck.formats import FloatFormat, get_format
from pamcheck.policy import Policy, get_policy
from pamcheck.spec.numbers import ZERO, Number, checked, clamp, nan, read, round_to
from pamcheck.spec.real import floor_log2, power_of_two


class Slope(NamedTuple):
    """The slope 2^exponent, or its negative. A slope of 0 is None in place of a Slope."""

    negative: bool
    exponent: int


def scale(delta: int, k: int, fmt: str | FloatFormat, policy: str | Policy = "ftz") -> int:
    """Return the code of delta * 2^k, done on the exponent.

    delta   a code of `fmt`; every code is in the domain: zeros and infinities stay as they are, a NaN
            gives the quiet NaN
    k       any integer; it is not limited to what the format's exponents can hold
    policy  "ftz": a subnormal delta counts as zero, below `tiny` a signed zero, above `largest` an
            overflow. "gradual" and "saturate" change that as they change a product. Not "kosson2023".

    Raises ValueError for a code wider than the format or a policy that has no derivatives.
    Source: spec section 3.
    """
    f, p = get_format(fmt), differentiable(get_policy(policy))
    [code] = checked([delta], f)
    number = read(code, f, p.gradual)
    if number is None:
        return nan(f)
    if number.size is None:
        return code
    exponent = int(clamp(Fraction(operator.index(k)), f))
    return round_to(Number(number.negative, number.size * power_of_two(exponent)), f, p)


def differentiable(p: Policy) -> Policy:
    """Return the policy. Raises ValueError for one that decides by thresholds: it has no derivative."""
    if p.thresholds is not None:
        raise ValueError(f"policy {p.name!r} has no derivative; use 'ftz', 'gradual' or 'saturate'")
    return p


# The slopes. [condition] is int(condition)


def pam_slopes(a: Number, b: Number, c: Fraction = ZERO) -> tuple[Slope | None, Slope | None]:
    """Return 2^(Eb + floor(Ma + Mb + c)) with the sign of b, and 2^(Ea + that floor) with that of a.

    The chain rule through X(L|a| + L|b| + c): X has the slope 2^floor(y), L the slope 2^-E. Without a
    compensation c the floor is [Ma + Mb >= 1].
    """
    (ea, ma), (eb, mb) = _exponent_and_mantissa(a), _exponent_and_mantissa(b)
    carry = math.floor(ma + mb + c)
    return (
        None if b.size == 0 else Slope(b.negative, eb + carry),
        None if a.size == 0 else Slope(a.negative, ea + carry),
    )


def padiv_slopes(a: Number, b: Number, c: Fraction = ZERO) -> tuple[Slope | None, Slope | None]:
    """Return 2^(-Eb + floor(Ma - Mb - c)) with b's sign, 2^(Ea - 2 Eb + that floor) with the opposite of a's.

    The chain rule through X(L|a| - L|b| - c). Without a compensation c the floor is -[Ma < Mb].
    """
    (ea, ma), (eb, mb) = _exponent_and_mantissa(a), _exponent_and_mantissa(b)
    carry = math.floor(ma - mb - c)
    return (
        Slope(b.negative, -eb + carry),
        None if a.size == 0 else Slope(not a.negative, ea - 2 * eb + carry),
    )


def palog2_slopes(x: Number) -> tuple[Slope | None]:
    """Return 2^-E."""
    e, _ = _exponent_and_mantissa(x)
    return (Slope(False, -e),)


def paexp2_slopes(x: Number) -> tuple[Slope | None]:
    """Return 2^floor(x), and 0 at -inf."""
    if x.size is None:
        return (None,)
    return (Slope(False, math.floor(-x.size if x.negative else x.size)),)


def pasqrt_slopes(a: Number) -> tuple[Slope | None]:
    """Return 2^(floor(E / 2) - E - 1)."""
    e, _ = _exponent_and_mantissa(a)
    return (Slope(False, e // 2 - e - 1),)


SLOPES: dict[str, Callable[..., tuple[Slope | None, ...]]] = {
    "pam": pam_slopes,
    "padiv": padiv_slopes,
    "palog2": palog2_slopes,
    "paexp2": paexp2_slopes,
    "pasqrt": pasqrt_slopes,
}


def _exponent_and_mantissa(number: Number) -> tuple[int, Fraction]:
    """Return E and M of a finite number, whatever its sign. A zero has M = 0; its E is not used."""
    if not number.size:
        return 0, ZERO
    e = floor_log2(number.size)
    return e, number.size / power_of_two(e) - 1
