"""palog, paexp and papow by the chain rule: where it gives no element of Clarke's subdifferential.

Each primitive takes its piece on a break by magnitude (pam, padiv) or to the right (palog2, paexp2). Behind a negative
intermediate result these are opposite sides, and the slopes of two pieces that never meet are multiplied.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pamcheck.formats import FloatFormat
from pamcheck.kernels.launch import run_codes
from pamcheck.kernels.words import make_words
from pamcheck.measure.differentiability.exact import RAYS, in_hull
from pamcheck.measure.differentiability.grids import evaluate, exp, exp_rise, log, returned, unit
from pamcheck.measure.differentiability.tally import finite_values
from pamcheck.measure.values import Floats, decode, encode
from pamcheck.policy import get_policy
from pamcheck.spec import LOG2_E

_CHUNK = 64  # rows of a plane at a time


@dataclass(frozen=True)
class Chain:
    """A composite at the operands of a format whose exact result is normal.

    operands   arrays of the operands, one an operand
    smooth     whether the real function is differentiable
    right      whether the chain rule, intermediate results exact, gives the derivative; where smooth
    member     whether it gives an element of Clarke's subdifferential
    rounded    the same with intermediate results rounded to the format, as they are computed; None if not tried
    """

    operands: tuple[Floats, ...]
    smooth: np.ndarray
    right: np.ndarray
    member: np.ndarray
    rounded: np.ndarray | None = None


def log2_e(fmt: FloatFormat) -> float:
    """Return log2 e as the format rounds it."""
    return float(fmt.decode(fmt.encode(LOG2_E)))


def examine_line(name: str, fmt: FloatFormat) -> Chain:
    """Return what holds at every operand of palog or paexp; formats of 16 bits or fewer."""
    values, c = finite_values(fmt), log2_e(fmt)
    if name == "palog":
        x = values[values > 0]
        at, step = log(x), unit(x) * 2.0 ** -(2 * fmt.mant_bits + 4)  # near 1, L has twice as many bits
        middle = _product("padiv", at, c)
        left = (middle - _product("padiv", log(x - step), c)) / step
        right = (_product("padiv", log(x + step), c) - middle) / step
    else:
        x = values[np.abs(values) <= 2.0 ** (fmt.exp_bits + 1)]
        x = x[_inside(_product("pam", x, c), fmt)]
        at, step = _product("pam", x, c), unit(np.where(x == 0, 1.0, x)) * 2.0 ** -(fmt.mant_bits + 6)
        left = -exp_rise(at, _product("pam", x - step, c) - at) / step
        right = exp_rise(at, _product("pam", x + step, c) - at) / step
    low, high = np.minimum(left, right), np.maximum(left, right)
    whole = unit(np.float64(c))
    zero = at == 0  # infinitely many pieces meet: a factor 2 from either function
    span = (1 / (2 * whole), 2 / whole) if name == "palog" else (whole / 2, 2 * whole)
    low, high = np.where(zero, span[0], low), np.where(zero, span[1], high)
    rules = [_chain(name, x, u, c) for u in (at, _rounded(name, x, at, fmt))]
    smooth = (low == high) & ~zero
    member, rounded = ((low <= slope) & (slope <= high) for slope in rules)
    return Chain((x,), smooth, ~smooth | (rules[0] == low), member, rounded)


def examine_plane(fmt: FloatFormat) -> Chain:
    """Return what holds at every pair of papow with a > 0, a != 1, y != 0; formats of 8 bits or fewer.

    u = L(a) and y are followed along the rays of pam; w = pam(u, y) crosses an integer along one of them too.
    """
    values = finite_values(fmt)
    a, y = values[(values > 0) & (values != 1)], values[values != 0]
    parts = [_plane(rows, y, fmt) for rows in np.array_split(a, max(1, a.size // _CHUNK))]
    joined = [np.concatenate(part) for part in zip(*parts, strict=True)]
    return Chain((joined[0], joined[1]), joined[2], joined[3], joined[4])


def _plane(rows: Floats, y: Floats, fmt: FloatFormat) -> tuple[np.ndarray, ...]:
    a, y = (grid.ravel() for grid in np.meshgrid(rows, y, indexing="ij"))
    inside = _inside(evaluate("pam", log(a), y), fmt)
    a, y = a[inside], y[inside]
    u, step = log(a), 2.0 ** -(2 * fmt.mant_bits + 12)
    w = evaluate("pam", u, y)
    rise = [
        (exp(evaluate("pam", u + step * p * unit(u), y + step * q * unit(y))) - exp(w)) / step
        for p, q in RAYS
    ]
    d_u, d_y = _cells(rise)
    # a grows with u, so the cells with p < 0 are those to the left of a, where L is steeper at a power of two
    left = np.array([p + r < 0 for (p, _), (r, _) in zip(RAYS, (*RAYS[1:], RAYS[0]), strict=True)])[:, None]
    steeper = np.where(left & (a == unit(a)), 2.0, 1.0)
    cells = d_u / unit(u) * steeper / unit(a), d_y / unit(y)
    [outer], (of_u, of_y), [of_a] = returned("paexp2", w), returned("pam", u, y), returned("palog2", a)
    got = outer * of_u * of_a, outer * of_y
    smooth = np.all((cells[0] == cells[0][0]) & (cells[1] == cells[1][0]), axis=0)
    met = np.any((cells[0] == got[0]) & (cells[1] == got[1]), axis=0)
    member = met.copy()
    for at in np.flatnonzero(~met & ~smooth):
        points = np.stack([cells[0][:, at] / unit(got[0][at]), cells[1][:, at] / unit(got[1][at])], axis=1)
        point = got[0][at] / unit(got[0][at]), got[1][at] / unit(got[1][at])
        member[at] = in_hull(point, [tuple(map(float, one)) for one in points])
    return a, y, smooth, ~smooth | met, member


def _cells(rise: list[Floats]) -> tuple[Floats, Floats]:
    following = [*rise[1:], rise[0]]
    turned = (*RAYS[1:], RAYS[0])
    first = [
        one * s - two * q for (_, q), (_, s), one, two in zip(RAYS, turned, rise, following, strict=True)
    ]
    second = [
        two * p - one * r for (p, _), (r, _), one, two in zip(RAYS, turned, rise, following, strict=True)
    ]
    return np.array(first), np.array(second)


def _chain(name: str, x: Floats, at: Floats, c: float) -> Floats:
    """Return the chain rule's slope at x, the intermediate result being `at`."""
    constant = np.float64(c)
    if name == "palog":
        return returned("palog2", x)[0] * returned("padiv", at, constant)[0]
    return returned("pam", x, constant)[0] * returned("paexp2", at)[0]


def _rounded(name: str, x: Floats, at: Floats, fmt: FloatFormat) -> Floats:
    """Return the intermediate result as the format computes it."""
    words, codes = make_words(fmt, get_policy("ftz")), encode(x, fmt)
    if name == "palog":
        result = run_codes("palog2", [codes], words)
    else:
        result = run_codes("pam", [codes, encode(np.full_like(x, log2_e(fmt)), fmt)], words)
    values = decode(result, fmt)
    return np.where(np.isfinite(values), values, at)


def _product(op: str, x: Floats, c: float) -> Floats:
    inside = np.where(x == 0, 1.0, x)
    return np.where(x == 0, 0.0, evaluate(op, inside, np.float64(c)))


def _inside(w: Floats, fmt: FloatFormat) -> np.ndarray:
    """Return where X(w) is normal."""
    return np.asarray((w >= 1 - fmt.bias) & (w <= (fmt.largest - fmt.one) / fmt.tiny))
