"""How a gradient agrees with another one: gain and residual, cosine, flipped signs, and intervals over seeds.

A gradient got is split along the reference g into got = gain g + r with r orthogonal to g:

    gain      <g, got> / <g, g>
    residual  |r| / |g|
    cosine    <g, got> / (|g| |got|)
    flipped   share of the elements with g != 0 where got has the other sign; a zero has not

A gain other than 1 is a learning rate that is off by that factor, and an optimiser that normalises does not
see it. A residual is another direction. cosine = gain / sqrt(gain^2 + residual^2).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import mpmath
import numpy as np
import numpy.typing as npt


@dataclass(frozen=True)
class Agreement:
    """What `agreement` found; count is the number of elements with a nonzero reference."""

    gain: float
    residual: float
    cosine: float
    flipped: float
    count: int

    @property
    def relative_residual(self) -> float:
        """The residual over the gain: the part that is noise once the gain is divided out; NaN at gain 0."""
        return self.residual / abs(self.gain) if self.gain else math.nan


def agreement(got: npt.ArrayLike, reference: npt.ArrayLike) -> Agreement:
    """Return how `got` agrees with `reference`: arrays of one shape, each read as one vector, in float64.

    Where an element of either is NaN or infinite, or the reference is zero everywhere, every number is NaN;
    where only `got` is zero, gain and residual are 0 and the cosine is NaN. Neither is scaled out of range
    on the way, however large or small it is. Raises ValueError for arrays of different shapes.
    """
    a, g = (np.asarray(x).astype(np.float64) for x in (got, reference))
    if a.shape != g.shape:
        raise ValueError(f"got has shape {a.shape}; it must be {g.shape}, that of reference")
    a, g = a.ravel(), g.ravel()
    count = int(np.count_nonzero(g))
    if not count or not (np.isfinite(a).all() and np.isfinite(g).all()):
        return Agreement(math.nan, math.nan, math.nan, math.nan, count)
    (a, shift_a), (g, shift_g) = _scaled(a), _scaled(g)
    norm_a, norm_g = (math.sqrt(float(np.sum(x * x))) for x in (a, g))
    gain = float(np.sum(a * g)) / float(np.sum(g * g))
    rest = a - gain * g
    residual = math.sqrt(float(np.sum(rest * rest))) / norm_g
    cosine = gain * norm_g / norm_a if norm_a else math.nan
    flipped = int(np.count_nonzero(np.sign(a) * np.sign(g) < 0)) / count
    back = shift_a - shift_g
    return Agreement(
        float(np.ldexp(gain, back)),
        float(np.ldexp(residual, back)),
        float(np.clip(cosine, -1.0, 1.0)),  # rounding may leave it a hair outside
        flipped,
        count,
    )


@dataclass(frozen=True)
class Interval:
    """A mean over independent runs, and half the width of its confidence interval: mean ± half."""

    mean: float
    half: float
    runs: int

    @property
    def low(self) -> float:
        """The lower end."""
        return self.mean - self.half

    @property
    def high(self) -> float:
        """The upper end."""
        return self.mean + self.half

    def shown(self, spec: str = ".4f") -> str:
        """Return the interval as text, both numbers by one format specification."""
        return f"{self.mean:{spec}} ± {self.half:{spec.replace('+', '')}}"


def interval(values: Sequence[float] | npt.NDArray[Any], level: float = 0.95) -> Interval:
    """Return the mean of independent runs with its confidence interval by Student's t.

    half = t s / sqrt(n), where s is the sample standard deviation, with n - 1, and t the (1 + level) / 2
    quantile of Student's distribution with n - 1 degrees of freedom. Exact for normal values, fair for the
    means that are shown with it. One run has no interval: half is NaN. Raises ValueError for no runs, or a
    level outside (0, 1).
    """
    x = np.asarray(values, np.float64).ravel()
    if not x.size:
        raise ValueError("values is empty; it must hold at least one run")
    if not 0 < level < 1:
        raise ValueError(f"level is {level}; it must lie between 0 and 1")
    mean = float(np.mean(x))
    if x.size == 1:
        return Interval(mean, math.nan, 1)
    spread = float(np.std(x, ddof=1)) / math.sqrt(x.size)
    return Interval(mean, student_quantile((1 + level) / 2, x.size - 1) * spread, x.size)


@cache
def student_quantile(p: float, degrees: int) -> float:
    """Return the p quantile, 1/2 <= p < 1, of Student's t distribution, from the incomplete beta function."""
    if not (0.5 <= p < 1 and degrees >= 1):
        raise ValueError(f"p is {p}, degrees is {degrees}; they must be in [1/2, 1) and at least 1")
    tail = mpmath.mpf(1 - p)

    def excess(t: Any) -> Any:
        share = degrees / (degrees + t * t)
        return mpmath.betainc(mpmath.mpf(degrees) / 2, 0.5, 0, share, regularized=True) / 2 - tail

    high = mpmath.mpf(1)
    while excess(high) > 0:
        high *= 2
    low = mpmath.mpf(0)
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if excess(middle) > 0 else (low, middle)
    return float((low + high) / 2)


def _scaled(x: npt.NDArray[np.float64]) -> tuple[npt.NDArray[np.float64], int]:
    """Return x with its largest magnitude in [1/2, 1), and the power of two that was taken out."""
    _, shift = np.frexp(np.max(np.abs(x)))
    return np.ldexp(x, -int(shift)), int(shift)
