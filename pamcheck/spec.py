"""The definition of every operation, in exact fractions: slow, obvious, and what kernels are held to.

Three layers, each short enough to check against the page it comes from (docs/explanation/spec.md):

    section 1, real functions        L, X, pam, padiv, palog2, paexp2, pasqrt on Fractions
    section 2, special values        the same on signed extended reals: zeros, infinities, NaN
    section 2, floating point        read codes, apply, round once, treat the edges as the policy says

Source: Kosson & Jaggi, NeurIPS 2023, arXiv 2305.17190; the policy `kosson2023` is their CUDA code's.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Sequence
from fractions import Fraction
from functools import lru_cache
from typing import NamedTuple

from pamcheck.formats import FloatFormat, get_format
from pamcheck.lookup import lookup
from pamcheck.policy import Policy, get_policy

OPERATIONS: dict[str, int] = {
    "pam": 2,
    "padiv": 2,
    "palog2": 1,
    "paexp2": 1,
    "pasqrt": 1,
    "palog": 1,
    "paexp": 1,
    "papow": 2,
}
"""Every operation and its number of operands."""

LOG2_E = Fraction("1.442695040888963407359924681001892137426645954152985934")
"""log2 e to 54 decimals; to reproduce: `mpmath.mp.dps = 60; 1 / mpmath.log(2)`."""

_OFFSETTABLE = ("pam", "padiv")

# Exhaustive tests of narrow formats meet the same few values a million times.
_remembered = lru_cache(maxsize=1 << 14)


# Real functions (section 1)


@_remembered
def L(x: Fraction) -> Fraction:
    """Return the piecewise affine log2: E + M for x = 2^E (1 + M), 0 <= M < 1.

    Raises ValueError unless x > 0. Source: arXiv 2305.17190; spec section 1.
    """
    if x <= 0:
        raise ValueError(f"x is {x}; the piecewise affine log2 needs x > 0")
    exponent = _floor_log2(x)
    return exponent + (x / _power_of_two(exponent) - 1)


@_remembered
def X(y: Fraction) -> Fraction:
    """Return the piecewise affine exp2, 2^n (1 + y - n) with n = floor(y): the inverse of L.

    Every y is in the domain, but the result has about |y| bits. Source: spec section 1.
    """
    n = math.floor(y)
    return _power_of_two(n) * (1 + y - n)


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


def _floor_log2(x: Fraction) -> int:
    """Return E with 2^E <= x < 2^(E+1), for x > 0."""
    exponent = x.numerator.bit_length() - x.denominator.bit_length()
    return exponent if x >= _power_of_two(exponent) else exponent - 1


@_remembered
def _power_of_two(exponent: int) -> Fraction:
    return Fraction(1 << exponent) if exponent >= 0 else Fraction(1, 1 << -exponent)


# Floating point (section 2)


def evaluate(
    op: str,
    codes: Sequence[int],
    fmt: str | FloatFormat,
    policy: str | Policy = "ftz",
    offset: int = 0,
) -> int:
    """Return the code of one operation on the codes of its operands.

    op      a key of OPERATIONS
    codes   that many codes of `fmt`; every code is in the domain, special values as in spec section 2
    policy  "ftz", "gradual", "saturate", or "kosson2023", which knows pam and padiv only, in formats
            of 8 exponent bits or more
    offset  compensation of pam (added) or padiv (subtracted), in codes: units of 2^-mant_bits in log2

    Raises ValueError for an unknown operation, a wrong number of operands, a code wider than the
    format, an offset the operation does not take, or a policy that does not fit.
    Source: arXiv 2305.17190; spec section 2.
    """
    f, p = get_format(fmt), get_policy(policy)
    codes = [operator.index(code) for code in codes]  # NumPy's integers would wrap around
    _check(op, codes, f, p, offset)
    if op in _COMPOSITES:
        return _COMPOSITES[op](codes, f, p)
    if p.thresholds is not None:
        return _thresholded(op, codes, f, p.thresholds, offset)
    operands = [number for code in codes if (number := _read(code, f, p.gradual)) is not None]
    if len(operands) < len(codes):
        return _nan(f)
    result = _PRIMITIVES[op](operands, _clamp(Fraction(offset, f.tiny), f) if offset else _ZERO, f)
    return _nan(f) if result is None else _round(result, f, p)


def _check(op: str, codes: Sequence[int], f: FloatFormat, p: Policy, offset: int) -> None:
    count = lookup("op", op, OPERATIONS)
    if len(codes) != count:
        raise ValueError(f"codes has {len(codes)} entries; {op} takes {count}")
    for code in codes:
        if not 0 <= code <= f.sign | f.magnitude:
            raise ValueError(f"code {code:#x} does not fit the {f.width} bits of {f.name}")
    if offset and op not in _OFFSETTABLE:
        raise ValueError(f"offset is {offset}; {op} takes none, only {' and '.join(_OFFSETTABLE)} do")
    if p.thresholds is not None and op not in _OFFSETTABLE:
        raise ValueError(f"policy {p.name!r} is published for pam and padiv only, not for {op}; use 'ftz'")
    if p.thresholds is not None and f.exp_bits < 8:
        raise ValueError(
            f"policy {p.name!r} compares with 1e-37 and 1e37, out of reach of the {f.exp_bits} exponent "
            f"bits of {f.name}; use a format with 8 or more, such as 'float32'"
        )


class _Number(NamedTuple):
    """A real or infinite number whose zero has a sign. NaN is None in place of a _Number."""

    negative: bool
    size: Fraction | None  # None is infinity


_ZERO = Fraction(0)
_INF = _Number(False, None)


@_remembered
def _read(code: int, f: FloatFormat, gradual: bool) -> _Number | None:
    """Return what a code stands for; subnormals are zeros of their sign unless underflow is gradual."""
    if f.is_nan(code):
        return None
    negative = bool(code & f.sign)
    if f.is_inf(code):
        return _Number(negative, None)
    subnormal = code & f.magnitude < f.tiny
    return _Number(negative, _ZERO if subnormal and not gradual else abs(f.decode(code)))


@_remembered
def _round(number: _Number, f: FloatFormat, p: Policy) -> int:
    """Return the code of a number: rounded once, ties to even, then the edges of the format."""
    sign = f.sign if number.negative else 0
    if number.size is None:
        return f.too_large(sign)
    if number.size == 0:
        return sign
    exponent = _floor_log2(number.size)
    if p.gradual:  # the grid of the smallest normal binade continues down to zero
        exponent = max(exponent, 1 - f.bias)
    step = _power_of_two(exponent - f.mant_bits)
    nearest = round(number.size / step) * step  # round() takes ties to even
    if nearest > f.decode(f.largest):
        return sign | f.largest if p.saturate else f.too_large(sign)
    if nearest < f.decode(f.tiny) and not p.gradual:
        return sign
    return sign | f.encode(nearest)


def _nan(f: FloatFormat) -> int:
    """Return the quiet NaN, sign clear; without one, -0, as ml_dtypes casts it."""
    return f.sign if f.nan is None else f.nan


def _clamp(y: Fraction, f: FloatFormat) -> Fraction:
    """Return y, or the nearest exponent so large that no operands bring the result back in range.

    X is increasing, so a result that overflows or vanishes still does; 2^y itself may not fit memory.
    """
    reach = (2 << f.exp_bits) + 4 * f.mant_bits
    return min(max(y, Fraction(-reach)), Fraction(reach))


# Special values, row by row of the table in section 2; the last line of each is the real function


def _pam(operands: list[_Number], c: Fraction, _: FloatFormat) -> _Number | None:
    a, b = operands
    negative = a.negative != b.negative
    if a.size is None or b.size is None:
        return None if a.size == 0 or b.size == 0 else _Number(negative, None)
    return _Number(negative, pam(a.size, b.size, c))


def _padiv(operands: list[_Number], c: Fraction, _: FloatFormat) -> _Number | None:
    a, b = operands
    negative = a.negative != b.negative
    if (a.size is None and b.size is None) or a.size == b.size == 0:
        return None
    if a.size is None or b.size == 0:
        return _Number(negative, None)
    if b.size is None:
        return _Number(negative, _ZERO)
    return _Number(negative, padiv(a.size, b.size, c))


def _palog2(operands: list[_Number], _: Fraction, __: FloatFormat) -> _Number | None:
    [x] = operands
    if x.size == 0:
        return _Number(True, None)
    if x.negative:
        return None
    if x.size is None:
        return _INF
    y = palog2(x.size)
    return _Number(y < 0, abs(y))


def _paexp2(operands: list[_Number], _: Fraction, f: FloatFormat) -> _Number | None:
    [y] = operands
    if y.size is None:
        return _Number(False, _ZERO) if y.negative else _INF
    return _Number(False, paexp2(_clamp(-y.size if y.negative else y.size, f)))


def _pasqrt(operands: list[_Number], _: Fraction, __: FloatFormat) -> _Number | None:
    [a] = operands
    if a.size == 0:
        return a
    if a.negative:
        return None
    return _INF if a.size is None else _Number(False, pasqrt(a.size))


_PRIMITIVES: dict[str, Callable[[list[_Number], Fraction, FloatFormat], _Number | None]] = {
    "pam": _pam,
    "padiv": _padiv,
    "palog2": _palog2,
    "paexp2": _paexp2,
    "pasqrt": _pasqrt,
}


def _palog(codes: Sequence[int], f: FloatFormat, p: Policy) -> int:
    return evaluate("padiv", (evaluate("palog2", codes, f, p), f.encode(LOG2_E)), f, p)


def _paexp(codes: Sequence[int], f: FloatFormat, p: Policy) -> int:
    return evaluate("paexp2", (evaluate("pam", (*codes, f.encode(LOG2_E)), f, p),), f, p)


def _papow(codes: Sequence[int], f: FloatFormat, p: Policy) -> int:
    a, y = codes
    return evaluate("paexp2", (evaluate("pam", (evaluate("palog2", (a,), f, p), y), f, p),), f, p)


_COMPOSITES: dict[str, Callable[[Sequence[int], FloatFormat, Policy], int]] = {
    "palog": _palog,
    "paexp": _paexp,
    "papow": _papow,
}


def _thresholded(
    op: str, codes: Sequence[int], f: FloatFormat, thresholds: tuple[Fraction, Fraction], offset: int
) -> int:
    """Return pam or padiv as published: the true result c decides, then raw integers are added.

    +0 where c < low, NaN unless c < high. A sum that a large offset drives out of range wraps around
    below the sign bit, as integers do.
    """
    low, high = thresholds
    a, b = (_read(code, f, True) for code in codes)
    c = None if a is None or b is None else _true_size(op, a, b)
    if c is None or c >= high:
        return _nan(f)
    if c < low:
        return 0
    ma, mb = (code & f.magnitude for code in codes)
    total = ma + mb - f.one + offset if op == "pam" else ma - mb + f.one - offset
    return (codes[0] ^ codes[1]) & f.sign | total & f.magnitude


def _true_size(op: str, a: _Number, b: _Number) -> Fraction | None:
    """Return |a b| or |a / b|; None where that is infinite or undefined."""
    if a.size is None:
        return None
    if op == "pam":
        return None if b.size is None else a.size * b.size
    if b.size is None:
        return _ZERO
    return None if b.size == 0 else a.size / b.size
