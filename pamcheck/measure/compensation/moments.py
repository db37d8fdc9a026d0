"""Bias, mean size and mean square of the relative error at an offset: by integral, or by finite sum.

The integrand is analytic between the lines where the affine piece changes, so Gauss-Legendre nodes between
them integrate bias and mean square to machine precision; the mean size has kinks, and is good to 1e-6.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from typing import Protocol

import numpy as np

from pamcheck.measure.compensation.closed_form import ratio_range
from pamcheck.measure.compensation.mantissas import Floats, Mantissas

PANELS, NODES = 12, 10


@dataclass(frozen=True)
class Moments:
    """What the relative error is at one offset, and the slope of its mean square."""

    lower: float
    upper: float
    bias: float
    mred: float
    mean_square: float
    slope: float  # half the derivative of mean_square by the offset


class Pairs(Protocol):
    """Pairs of operands, with their probabilities."""

    @property
    def how(self) -> str:
        """How the moments are found: integral, finite sum, or samples."""

    def moments(self, op: str, offset: float) -> Moments:
        """Return the moments of the relative error of "pam" or "padiv" at an offset in octaves."""


@dataclass(frozen=True)
class Weighted:
    """Finitely many pairs of mantissas f, g with probabilities `weight`: arrays of shape (n,)."""

    f: Floats
    g: Floats
    weight: Floats
    how: str = "finite sum"

    def moments(self, op: str, offset: float) -> Moments:
        """Return the moments, sums over the pairs."""
        error, rise = relative_error(op, self.f, self.g, offset)
        seen = error if np.all(self.weight) else error[self.weight > 0]
        return _moments(error, rise, self.weight, float(seen.min()), float(seen.max()))


@dataclass(frozen=True)
class Continuous:
    """Independent operands with mantissas of known densities that vanish nowhere."""

    first: Mantissas
    second: Mantissas
    how: str = "integral"

    def moments(self, op: str, offset: float) -> Moments:
        """Return the moments, integrals over the unit square; the range is the closed form."""
        ends = [0.0, 1.0, *self.second.breaks]
        # where a line between pieces enters or leaves the square, or crosses a jump of the density
        sign = 1 if op == "pam" else -1
        corners = [n - sign * (offset + end) for n in range(-3, 5) for end in ends]
        f, outer = _nodes(np.array(_inside([0.0, 1.0, *self.first.breaks, *corners])), PANELS)
        lines = [n - f - offset if op == "pam" else f - n - offset for n in range(-3, 5)]
        fixed = [np.full_like(f, end) for end in ends]
        breaks = np.sort(np.stack([*fixed, *(np.clip(line, 0.0, 1.0) for line in lines)]), axis=0)
        parts = []
        for low, high in pairwise(breaks):
            if np.any(high > low):
                parts.append(_nodes(np.stack([low, high]), PANELS // 2))
        g = np.concatenate([part[0] for part in parts])
        inner = np.concatenate([part[1] for part in parts])
        weight = inner * self.second.density(g) * (outer * self.first.density(f))
        error, rise = relative_error(op, f, g, offset)
        low_ratio, high_ratio = ratio_range(op, offset)
        return _moments(error, rise, weight, low_ratio - 1, high_ratio - 1)


def relative_error(op: str, f: Floats, g: Floats, offset: float) -> tuple[Floats, Floats]:
    """Return the relative error at mantissas f, g and its derivative by the offset."""
    s = f + g + offset if op == "pam" else f - g - offset
    whole = np.floor(s)
    true = (1 + f) * (1 + g) if op == "pam" else (1 + f) / (1 + g)
    rise = np.exp2(whole) / true
    return rise * (1 + (s - whole)) - 1, rise if op == "pam" else -rise


def _moments(error: Floats, rise: Floats, weight: Floats, lower: float, upper: float) -> Moments:
    return Moments(
        lower=lower,
        upper=upper,
        bias=float(np.sum(weight * error)),
        mred=float(np.sum(weight * np.abs(error))),
        mean_square=float(np.sum(weight * error**2)),
        slope=float(np.sum(weight * error * rise)),
    )


def _inside(points: Iterable[float]) -> list[float]:
    return sorted({point for point in points if 0 <= point <= 1})


def _nodes(edges: Floats, panels: int) -> tuple[Floats, Floats]:
    """Return Gauss-Legendre nodes and weights between consecutive rows of edges, along the first axis."""
    x, w = np.polynomial.legendre.leggauss(NODES)
    x = np.concatenate([(x + 1 + 2 * panel) / (2 * panels) for panel in range(panels)])
    w = np.tile(w / (2 * panels), panels)
    low, span = edges[:-1, None], np.diff(edges, axis=0)[:, None]
    shape = (1, -1) + (1,) * (edges.ndim - 1)
    nodes, weights = low + span * x.reshape(shape), span * w.reshape(shape)
    return nodes.reshape(-1, *edges.shape[1:]), weights.reshape(-1, *edges.shape[1:])
