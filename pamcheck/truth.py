"""What PAM approximates: the true functions, as values, as float64 pairs and as enclosures.

Everything rests on mpmath's pure functions on raw numbers, which take their precision as an argument, and
on private contexts, a set per thread: mpmath's global precision is neither read nor set. Values come with
their extra bits: take the error first, round afterwards.

Special values are IEEE 754's and C99's, computed by NumPy, but pow is NaN for every a < 0 and takes a base
of -0 as +0. An mpmath number has no signed zero; the heads of `pairs` have.
"""

from __future__ import annotations

import math
from fractions import Fraction
from functools import cache, cmp_to_key, lru_cache
from itertools import product
from threading import get_ident
from typing import Any

import mpmath
import numpy as np
from mpmath import libmp
from mpmath.ctx_iv import MPIntervalContext
from mpmath.ctx_mp import MPContext
from numpy.typing import ArrayLike, NDArray

from pamcheck.contracts import Bound

Number = Fraction | float
Floats = NDArray[np.float64]
Raw = Any  # mpmath's bare number: (sign, mantissa, exponent, bit count)

FUNCTIONS = {"mul": 2, "div": 2, "log2": 1, "exp2": 1, "sqrt": 1, "log": 1, "exp": 1, "pow": 2}
ENCLOSURE_BITS = 160
_GUARD = 16  # bits by which a kernel is better than promised, and an enclosure wider than needed
_LOGS = ("log2", "log", "pow")


def evaluate(name: str, *operands: Number, bits: int = 120) -> mpmath.mpf:
    """Return the function of exact scalar operands to a relative error of at most 2^-bits.

    A Fraction that is not dyadic is enclosed, at rising precision until the result is narrow enough.
    Arithmetic on the result is carried at 32 bits more. Special values: see the top of this module.
    Raises ValueError for an unknown name or a wrong number of operands.
    """
    _check(name, operands)
    mp, _ = _contexts(bits + 32, get_ident())
    stand_ins = [np.float64(_stand_in(x)) for x in operands]
    if _is_special(name, *stand_ins):
        with np.errstate(all="ignore"):
            return mp.mpf(float(_numpy(name, *stand_ins)))
    prec = bits + _GUARD
    while not _is_narrow(ends := _enclosure(name, [_ends(x, prec) for x in operands], prec), bits):
        prec *= 2
    return mp.make_mpf(libmp.mpi_mid(ends, prec))


def pairs(name: str, *operands: ArrayLike) -> tuple[Floats, Floats]:
    """Return the truth as an unevaluated sum head + tail: two float64 arrays of the broadcast shape.

    head is the float64 nearest to the truth, subnormal or infinite if need be; tail is the rest, and 0 for
    a head that is infinite, NaN or exact. Else |head + tail - truth| <= 2^-100 |truth|, and up to 2^-1074
    more for |truth| < 2^-960, where tail meets the subnormal grid.

    operands  whatever NumPy casts safely to float64; integers beyond 2^53 are rounded by that cast
    Raises ValueError as `evaluate` does and for shapes that do not broadcast, TypeError for wider types.
    """
    _check(name, operands)
    cast = (np.asarray(x).astype(np.float64, casting="safe") for x in operands)
    arrays = np.broadcast_arrays(*cast)
    compute = _tabulated if name in _KERNELS else _error_free
    with np.errstate(all="ignore"):
        head, tail = compute(name, *(x.ravel() for x in arrays))
    return head.reshape(arrays[0].shape), tail.reshape(arrays[0].shape)


def enclose(name: str, *intervals: tuple[Number, Number]) -> Any:
    """Return an mpmath interval that holds the function of every point of the intervals (lo, hi).

    Ends are taken exactly. mul, div and sqrt are directed. mpmath's directed log and exp can be an ulp
    short, so the others are computed with 16 bits to spare and moved outward by 2^-160.
    Raises ValueError unless lo <= hi are finite, inside the domain, and off 0 where that is a pole.
    """
    _check(name, intervals)
    ordered = all(-math.inf < lo <= hi < math.inf for lo, hi in intervals)
    start, (lo, hi) = intervals[0][0], intervals[-1]
    pole = (name in _LOGS and start <= 0) or (name == "div" and lo <= 0 <= hi)
    if not ordered or pole or (name == "sqrt" and start < 0):
        shown = ", ".join(f"({lo}, {hi})" for lo, hi in intervals)
        raise ValueError(f"{name} of {shown}: needs finite lo <= hi in the domain of {name}, off its poles")
    raw = [(_ends(lo, ENCLOSURE_BITS)[0], _ends(hi, ENCLOSURE_BITS)[1]) for lo, hi in intervals]
    return _contexts(ENCLOSURE_BITS, get_ident())[1].make_mpf(_enclosure(name, raw, ENCLOSURE_BITS))


def closed_form(bound: Bound, bits: int = 120) -> mpmath.mpf:
    """Return a contract's bound to 2^-bits of itself, if a closed form cancels at most some 60 bits.

    Arithmetic on the result is carried at 64 bits more.
    """
    mp, _ = _contexts(bits + 64, get_ident())
    return +mp.convert(bound if isinstance(bound, Fraction) else bound.evaluate(mp))


def enclose_bound(bound: Bound) -> Any:
    """Return an mpmath interval that holds a contract's bound and is narrower than 2^-150 of it.

    A closed form is evaluated in intervals of 400 bits and moved outward by 2^-160, which covers what
    mpmath's directed functions can be short by. It must not mention a Fraction, which mpmath's intervals
    do not take (NotImplementedError), nor cancel more than 100 bits (ValueError).
    """
    narrow, wide = (_contexts(bits, get_ident())[1] for bits in (ENCLOSURE_BITS, 400))
    if isinstance(bound, Fraction):
        return narrow.make_mpf(_ends(bound, ENCLOSURE_BITS))
    ends = wide.convert(bound.evaluate(wide))._mpi_
    if not _is_narrow(ends, 290):
        raise ValueError(f"closed form {bound} cancels too many bits to be enclosed; rewrite it")
    return narrow.make_mpf(_outward(ends, ENCLOSURE_BITS))


def _check(name: str, operands: tuple[object, ...]) -> None:
    if FUNCTIONS.get(name) != len(operands):
        known = ", ".join(f"{known} of {arity}" for known, arity in FUNCTIONS.items())
        raise ValueError(f"there is no function {name!r} of {len(operands)} operands; there are {known}")


@cache
def _contexts(bits: int, _thread: int) -> tuple[Any, Any]:
    """Return a value and an interval context; per thread, for some methods move the precision a while."""
    mp, iv = MPContext(), MPIntervalContext()
    mp.prec = iv.prec = bits
    return mp, iv


def _numpy(name: str, *x: Any) -> Any:
    """Return NumPy's float64 function: correctly rounded for mul, div, sqrt, exact for special values."""
    if name == "pow":
        return np.where(x[0] < 0, np.nan, np.power(np.abs(x[0]), x[1]))
    return getattr(np, {"mul": "multiply", "div": "divide"}.get(name, name))(*x)


def _is_special(name: str, *x: Any) -> Any:
    """Return where an operand is 0, infinite, NaN or outside the domain."""
    special = (x[0] < 0) & (name in (*_LOGS, "sqrt"))
    for operand in x:
        special = special | ~np.isfinite(operand) | (operand == 0)
    return special


def _stand_in(x: Number) -> float:
    """Return a float that is special as x is, also for a Fraction that no float64 comes near."""
    if x == 0 or not -math.inf < x < math.inf:
        return float(x)
    return (1.0 if abs(x) == 1 else 0.5 if -1 < x < 1 else 2.0) * (-1 if x < 0 else 1)


@cache
def _ln2(prec: int) -> tuple[Raw, Raw]:
    """Return ln 2 and log2 e."""
    ln2 = libmp.mpf_ln2(prec + 8)
    return ln2, libmp.mpf_div(libmp.fone, ln2, prec + 8)


def _log2(x: Raw, prec: int) -> Raw:
    """log2 of 2^e m with m in [3/4, 3/2): exact at powers of two, and e + log2 m does not cancel."""
    _, man, exp, bc = x
    e = exp + bc - (4 * man < 3 << bc)
    fraction = libmp.mpf_mul(libmp.mpf_log(libmp.mpf_shift(x, -e), prec), _ln2(prec)[1], prec)
    return libmp.mpf_add(libmp.from_int(e), fraction, prec)


def _exp2(y: Raw, prec: int) -> Raw:
    """2^n exp(r ln 2), with n the integer nearest to y and r = y - n exact."""
    n = libmp.to_int(libmp.mpf_nint(y, 0))
    rest = libmp.mpf_sub(y, libmp.from_int(n))
    return libmp.mpf_shift(libmp.mpf_exp(libmp.mpf_mul(rest, _ln2(prec)[0], prec), prec), n)


def _pow(a: Raw, y: Raw, prec: int) -> Raw:
    """exp(y log a), but exact where the result is a float64: a tail would put 2^3 into the wrong binade."""
    if a[1] == 1:
        return _exp2(libmp.mpf_mul(y, libmp.from_int(a[2])), prec)
    while y[2] < 0 and a[2] % 2 == 0 and (root := math.isqrt(a[1])) ** 2 == a[1]:
        a, y = libmp.from_man_exp(root, a[2] // 2), libmp.mpf_shift(y, 1)
    if y[2] >= 0 and y[2] + y[3] <= 6:  # 3^34 is beyond 53 bits
        return libmp.mpf_pow_int(a, libmp.to_int(y), prec)
    wp = prec + max(0, y[2] + y[3]) + abs(a[2] + a[3]).bit_length()
    return libmp.mpf_exp(libmp.mpf_mul(y, libmp.mpf_log(a, wp), wp), prec)


# Raw operands that are not special, and a precision, to a raw result good to all but its last few bits.
_KERNELS = {"log2": _log2, "exp2": _exp2, "log": libmp.mpf_log, "exp": libmp.mpf_exp, "pow": _pow}
_DIRECTED = {"mul": libmp.mpi_mul, "div": libmp.mpi_div, "sqrt": libmp.mpi_sqrt}


def _ends(x: Number, prec: int) -> tuple[Raw, Raw]:
    """Return raw numbers below and above x: both are x where x is dyadic."""
    p, q = Fraction(x).as_integer_ratio()
    if q & (q - 1) == 0:
        return (libmp.from_man_exp(p, 1 - q.bit_length()),) * 2
    return libmp.from_rational(p, q, prec, "f"), libmp.from_rational(p, q, prec, "c")


def _enclosure(name: str, intervals: list[tuple[Raw, Raw]], prec: int) -> tuple[Raw, Raw]:
    if name in _DIRECTED:
        lo, hi = _DIRECTED[name](*intervals, prec)
        return lo, hi
    # The others are monotone along each operand, so their extremes lie at corners.
    corners = {_KERNELS[name](*corner, prec + _GUARD) for corner in set(product(*intervals))}
    ordered = sorted(corners, key=cmp_to_key(libmp.mpf_cmp))
    return _outward((ordered[0], ordered[-1]), prec)


def _outward(ends: tuple[Raw, Raw], bits: int) -> tuple[Raw, Raw]:
    """Move both ends outward by 2^-bits of themselves, exactly."""
    lo, hi = (libmp.mpf_shift(libmp.mpf_abs(end), -bits) for end in ends)
    return libmp.mpf_sub(ends[0], lo), libmp.mpf_add(ends[1], hi)


def _is_narrow(ends: tuple[Raw, Raw], bits: int) -> bool:
    """Whether the width is at most 2^-bits of either end."""
    width = libmp.mpf_sub(ends[1], ends[0])
    return all(libmp.mpf_le(width, libmp.mpf_shift(libmp.mpf_abs(end), -bits)) for end in ends)


def _error_free(name: str, *x: Floats) -> tuple[Floats, Floats]:
    """mul, div, sqrt: NumPy rounds the head correctly, an exact remainder of the mantissas is the tail."""
    head = _numpy(name, *x)
    m, e = np.frexp(np.stack(x))
    if name == "mul":
        tail, scale = -_remainder(m[0] * m[1], m[0], m[1]), e[0] + e[1]
    elif name == "div":
        tail, scale = _remainder(m[0], m[0] / m[1], m[1]) / m[1], e[0] - e[1]
    else:
        square = np.ldexp(m[0], e[0] & 1)  # the exponent that is left is even
        root = np.sqrt(square)
        tail, scale = _remainder(square, root, root) / (2 * root), e[0] >> 1
    # A subnormal head is within half a step of the last grid there is: no tail.
    return head, np.where(np.isfinite(head) & (np.abs(head) >= 2.0**-1022), np.ldexp(tail, scale), 0.0)


def _remainder(total: Floats, a: Floats, b: Floats) -> Floats:
    """Return total - a b, exactly if that fits a float64 and a b is near total (Veltkamp, Dekker 1971)."""
    scaled_a, scaled_b = 134217729 * a, 134217729 * b  # 2^27 + 1 splits 53 bits into 26 and 26 and a sign
    ah, bh = scaled_a - (scaled_a - a), scaled_b - (scaled_b - b)
    al, bl = a - ah, b - bh
    p = a * b
    return (total - p) + (((p - ah * bh) - al * bh) - ah * bl - al * bl)


def _tabulated(name: str, *x: Floats) -> tuple[Floats, Floats]:
    """The transcendental functions: mpmath once for each distinct operand, NumPy for special values."""
    special = _is_special(name, *x)
    table = np.zeros((2, special.size))
    table[0, special] = _numpy(name, *(operand[special] for operand in x))
    ordinary = np.stack([operand[~special] for operand in x], axis=-1)
    # Two operands are sorted as one complex number: much faster than as rows.
    key = ordinary.view(np.complex128 if len(x) == 2 else np.float64).ravel()
    distinct, where = np.unique(key, return_inverse=True)
    table[:, ~special] = _evaluated(name, distinct.tobytes())[where].T
    return table[0], table[1]


@lru_cache(maxsize=16)
def _evaluated(name: str, operands: bytes) -> Floats:
    """Return (head, tail) of each distinct operand tuple; studies ask for the same formats more than once."""
    rows = np.frombuffer(operands).reshape(-1, FUNCTIONS[name]).tolist()
    values = [_head_and_tail(_KERNELS[name](*map(libmp.from_float, row), 128 + _GUARD)) for row in rows]
    return np.array(values, dtype=np.float64).reshape(-1, 2)


def _head_and_tail(value: Raw) -> tuple[float, float]:
    head = _nearest(value)
    return head, 0.0 if math.isinf(head) else _nearest(libmp.mpf_sub(value, libmp.from_float(head)))


def _nearest(value: Raw) -> float:
    """Return the nearest float64; on the way to a subnormal, libmp alone would round twice."""
    sign, man, exp, bc = value
    if not man or exp + bc > -1021:
        return float(libmp.to_float(value, rnd="n"))
    size: float = int(man) / (1 << min(-exp, 3000))
    return -size if sign else size
