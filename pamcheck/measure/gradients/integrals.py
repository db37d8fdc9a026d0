"""Expectations of a cotangent factor over distributed mantissas, by Gauss-Legendre between the breaks.

The ratio jumps or has a kink where s is an integer. Variables are integrated one after another, each cut
where the sum so far passes an integer: an end of an inner variable adds an integer to s, so what the inner
integral leaves is smooth between these cuts. Densities are analytic, so 16 nodes a panel are good to
float64, and 20 to some 24 digits in mpmath; nothing is sampled.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

from pamcheck.measure.gradients.densities import density
from pamcheck.measure.gradients.factors import FLOAT64, MP, Factor, Numbers, Values

_NODES = {"float64": 16, "mpmath": 20}
_NODES_3D = {"float64": 16, "mpmath": 10}  # of three variables; 10 nodes are good to 15 digits


@dataclass(frozen=True)
class Moments:
    """What a factor's relative error g_PAM / g_true - 1 is on average.

    bias       its mean
    deviation  its standard deviation
    total      the mean of g_PAM over the mean of g_true, minus 1, with exponents fixed: what a sum of many
               cotangents is off by
    """

    bias: Any
    deviation: Any
    total: Any


def moments(
    factor: Factor, distribution: str, offset: Fraction | float = 0, numbers: Numbers = FLOAT64
) -> Moments:
    """Return the moments of a factor whose operands and incoming cotangent share a distribution.

    offset   compensation in octaves, for pam and padiv
    numbers  FLOAT64, or MPMATH for more digits
    Raises ValueError for an unknown distribution, and for an offset where it means nothing.
    """
    if offset and not factor.offset:
        raise ValueError(f"offset is {offset} for {factor.op}; only pam and padiv take one")
    c = numbers.number(offset)
    sums: list[Any] = [numbers.number(0)] * 5
    for parity in factor.parities:
        mantissas, weight = _nodes(factor, distribution, parity, c, numbers)
        ratio = factor.ratio(numbers, parity, mantissas, c)
        true = factor.true(numbers, parity, mantissas) * weight
        terms = (weight, weight * ratio, weight * ratio**2, true, true * ratio)
        sums = [so_far + np.sum(term) for so_far, term in zip(sums, terms, strict=True)]
    mass, first, second, true, got = sums
    mean = first / mass
    variance = second / mass - mean**2
    return Moments(mean - 1, numbers.sqrt(max(variance, 0 * variance)), got / true - 1)


def conditional(factor: Factor, distribution: str, at: Values) -> Values:
    """Return the mean relative error given the factor's outermost variable, at an array of its values.

    For the a of pam and of padiv that variable is the mantissa of b, all that the true partial depends on.
    """
    at = np.asarray(at, dtype=np.float64)
    total, mass = np.zeros(at.size), np.zeros(at.size)
    for parity in factor.parities:
        mantissas, weight = _nodes(factor, distribution, parity, 0.0, FLOAT64, at)
        row = mantissas.pop("row")
        total += np.bincount(row, weight * factor.ratio(FLOAT64, parity, mantissas), at.size)
        mass += np.bincount(row, weight, at.size)
    return total / mass - 1


def _nodes(
    factor: Factor, distribution: str, parity: int, offset: Any, numbers: Numbers, given: Values = None
) -> tuple[dict[str, Values], Values]:
    """Return the nodes of every variable and their weights, density included, as flat arrays.

    given  values at which the outermost variable is held; "row" then says which one a node belongs to
    """
    count = (_NODES_3D if len(factor.slopes) > 2 else _NODES)[numbers.name]
    partial = np.array([factor.constant(numbers, parity) + factor.offset * offset + numbers.number(0)])
    weight = np.array([numbers.number(1)])
    done: dict[str, Values] = {}
    for variable, k in factor.slopes.items():
        which = parity if variable == "x" and len(factor.parities) > 1 else None
        if given is not None and not done:
            rows, at, width = np.zeros(given.size, dtype=int), given, np.ones(given.size)
            done["row"] = np.zeros(1, dtype=int)
        else:
            rows, at, width = _panels(partial, k, numbers, count)
        weight = weight[rows] * width * density(numbers, distribution, variable, which)(at)
        partial = partial[rows] + numbers.number(k) * at
        done = {name: values[rows] for name, values in done.items()} | {variable: at}
        if given is not None and len(done) == 2:
            done["row"] = np.arange(given.size)
    return done, weight


def _panels(
    partial: Values, k: Fraction, numbers: Numbers, count: int
) -> tuple[npt.NDArray[np.intp], Values, Values]:
    """Return, for every partial sum, nodes in [0, 1] and their weights, and whose they are; all flat."""
    zero, one = partial * 0, partial * 0 + 1
    inner = []
    whole = numbers.floor(partial)
    for n in range(-math.ceil(abs(k)), math.ceil(abs(k)) + 2) if k else ():
        line = (whole + n - partial) / numbers.number(k)
        inner.append(np.where(line < 0, zero, np.where(line > 1, one, line)))
    edges = np.sort(np.stack([zero, *inner, one], axis=-1), axis=-1)
    x, w = _gauss(numbers.name, count)
    low, high = edges[:, :-1, None], edges[:, 1:, None]
    at, width = (low + high) / 2 + (high - low) / 2 * x, (high - low) / 2 * w
    rows = np.repeat(np.arange(len(partial)), at[0].size)
    kept = width.ravel() > 0
    return rows[kept], at.ravel()[kept], width.ravel()[kept]


@cache
def _gauss(kind: str, count: int) -> tuple[Values, Values]:
    """Return Gauss-Legendre nodes and weights on [-1, 1], in mpmath refined from the float64 ones."""
    x, w = np.polynomial.legendre.leggauss(count)
    if kind == "float64":
        return x, w
    roots, weights = [], []
    for start in x:
        root = MP.mpf(float(start))
        for _ in range(4):
            value, slope = _legendre(count, root)
            root -= value / slope
        roots.append(root)
        weights.append(2 / ((1 - root**2) * _legendre(count, root)[1] ** 2))
    return np.array(roots), np.array(weights)


def _legendre(n: int, x: Any) -> tuple[Any, Any]:
    """Return the Legendre polynomial of degree n and its derivative."""
    before, now = MP.mpf(1), x
    for k in range(2, n + 1):
        before, now = now, ((2 * k - 1) * x * now - (k - 1) * before) / k
    return now, n * (x * now - before) / (x**2 - 1)
