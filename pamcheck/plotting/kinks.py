"""Where the slopes of an operation jump: the borders between its affine pieces.

In L, the piecewise affine log2, every operation is a sum; a piece ends where an operand enters its next
binade, and where the sum does: for pam where Ma + Mb + c is an integer, for padiv where Ma - Mb - c is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from math import ceil, floor, frexp, isfinite

import numpy as np
import numpy.typing as npt

from pamcheck.arrays import padiv, paexp2, palog2, pam
from pamcheck.formats import FloatFormat
from pamcheck.kernels.words import make_words
from pamcheck.plotting.grids import Range, binades
from pamcheck.policy import get_policy

Line = npt.NDArray[np.float64]  # shape (n, 2): points of a polyline

_STEPS = np.linspace(0.0, 1.0, 65)
_FINE = np.linspace(0.0, 1.0, 513)  # for a composite, whose kinks have kinks
_MOST = 48  # integer levels of a composite's exponent; more would paint the figure black


def surface_kinks(
    name: str, domains: tuple[Range, Range], fmt: FloatFormat, offset: float = 0.0
) -> list[Line]:
    """Return the kinks of a two-operand operation as polylines in the plane of its operands.

    offset  in octaves. Binades below 1/32 of a domain's length are left out: they crowd towards zero.
    """
    lines = _SUM_KINKS[name](domains, fmt, offset)
    for axis, (lo, hi) in enumerate(domains):
        along = domains[1 - axis][0] + _STEPS * (domains[1 - axis][1] - domains[1 - axis][0])
        for border in _borders(lo, hi, fmt):
            pair = (np.full_like(along, border), along)
            lines.append(np.column_stack(pair if axis == 0 else pair[::-1]))
    return lines


def breakpoints(name: str, domain: Range, fmt: FloatFormat) -> list[float]:
    """Return the operands inside the domain where the slope of a one-operand operation jumps.

    Those that crowd without end, towards palog's 1 and paexp's 0, are left out within 1/32 of the domain.
    """
    lo, hi = domain
    found = set(_BREAKS[name](lo, hi, fmt))
    return sorted(x for x in found if lo < x < hi)


def _borders(lo: float, hi: float, fmt: FloatFormat) -> list[float]:
    """Return ±2^k inside the domain."""
    ends = {sign * 2.0 ** (e + step) for sign, e in binades(lo, hi, fmt) for step in (0, 1)}
    return sorted(end for end in ends if lo < end < hi)


def _product_kinks(
    domains: tuple[Range, Range], fmt: FloatFormat, c: float, steps: Line = _STEPS
) -> list[Line]:
    return _cells(domains, fmt, lambda j: (j - c - 1, j - c), lambda ma, j: j - c - ma, steps)


def _quotient_kinks(domains: tuple[Range, Range], fmt: FloatFormat, c: float) -> list[Line]:
    return _cells(domains, fmt, lambda j: (j + c, j + c + 1), lambda ma, j: ma - c - j, _STEPS)


def _cells(
    domains: tuple[Range, Range],
    fmt: FloatFormat,
    bounds: Callable[[int], tuple[float, float]],
    other: Callable[[npt.NDArray[np.float64], int], npt.NDArray[np.float64]],
    steps: Line,
) -> list[Line]:
    """Return one segment for every pair of binades and every integer j that the sum of mantissas meets."""
    lines = []
    for sign_a, exp_a in binades(*domains[0], fmt):
        for sign_b, exp_b in binades(*domains[1], fmt):
            for j in range(-2, 4):
                low, high = bounds(j)
                low, high = max(low, 0.0), min(high, 1.0)
                if low < high:
                    ma = low + steps * (high - low)
                    a, b = (1 + ma) * 2.0**exp_a, (1 + other(ma, j)) * 2.0**exp_b
                    lines.append(np.column_stack([sign_a * a, sign_b * b]))
    return lines


def _power_kinks(domains: tuple[Range, Range], fmt: FloatFormat, _: float) -> list[Line]:
    """papow is X(pam(L(a), y)): kinks of that product, and its integer levels, carried back to a by X."""
    logs = (float(palog2(domains[0][0])), float(palog2(domains[0][1])))
    lines = _product_kinks((logs, domains[1]), fmt, 0.0, _FINE)
    lo, hi = domains[1]
    y = np.unique([*(lo + _FINE * (hi - lo)), *_borders(lo, hi, fmt)])
    lines += [np.column_stack([np.full_like(y, border), y]) for border in _borders(*logs, fmt)]
    levels = [float(pam(log, end)) for log in logs for end in domains[1]]
    if max(levels) - min(levels) <= _MOST:
        for level in range(ceil(min(levels)), floor(max(levels)) + 1):
            for side in (y[y < 0], y[y > 0]):  # a level runs to infinity on either side of y = 0
                lines.append(np.column_stack([padiv(float(level), side), side]))
    return [np.column_stack([paexp2(line[:, 0]), line[:, 1]]) for line in lines]


_SUM_KINKS: dict[str, Callable[[tuple[Range, Range], FloatFormat, float], list[Line]]] = {
    "pam": _product_kinks,
    "padiv": _quotient_kinks,
    "papow": _power_kinks,
}


def _of_log(lo: float, hi: float, fmt: FloatFormat) -> Iterable[float]:
    """palog divides L(x) by log2 e: the binades of x and of L(x), and where the mantissas agree."""
    logs = (float(palog2(lo)), float(palog2(hi)))
    scale = _mantissa_of_log2e(fmt)
    inner = [s * m * 2.0**e for s, e in binades(*logs, fmt) for m in (1.0, scale, 2.0)]
    return [*_borders(lo, hi, fmt), *(float(paexp2(log)) for log in inner)]


def _of_exp(lo: float, hi: float, fmt: FloatFormat) -> Iterable[float]:
    """paexp is X(pam(x, log2 e)): the carries of that product, and its integers."""
    scale = _mantissa_of_log2e(fmt)
    carries = [s * (3 - scale) * 2.0**e for s, e in binades(lo, hi, fmt)]
    first, last = (float(pam(end, scale)) for end in (lo, hi))
    whole = (
        range(ceil(first), floor(last) + 1)
        if isfinite(last - first) and last - first <= _MOST
        else range(0)
    )
    return [*_borders(lo, hi, fmt), *carries, *(float(padiv(float(n), scale)) for n in whole)]


def _of_sqrt(lo: float, hi: float, fmt: FloatFormat) -> Iterable[float]:
    """pasqrt halves L(x): its slope jumps where L(x) becomes odd, and not where it becomes even."""
    return [border for border in _borders(lo, hi, fmt) if frexp(border)[1] % 2 == 0]


def _of_exp2(lo: float, hi: float, _: FloatFormat) -> Iterable[float]:
    return map(float, range(ceil(lo), floor(hi) + 1)) if hi - lo <= _MOST else ()


def _mantissa_of_log2e(fmt: FloatFormat) -> float:
    """Return log2 e as the format rounds it, in [1, 2)."""
    return fmt.to_float(make_words(fmt, get_policy("ftz")).log2e)


_BREAKS: dict[str, Callable[[float, float, FloatFormat], Iterable[float]]] = {
    "palog2": _borders,
    "pasqrt": _of_sqrt,
    "paexp2": _of_exp2,
    "palog": _of_log,
    "paexp": _of_exp,
}
