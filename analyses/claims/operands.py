"""Recomputations that rest on operands drawn or rounded in a certain way, and on the exponential."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import product

import numpy as np
import numpy.typing as npt

from analyses.claims.reading import Reading
from pamcheck.formats import get_format
from pamcheck.measure.compensation import l_mul_offset, uniform_below
from pamcheck.measure.compensation.moments import relative_error
from pamcheck.reporting.records import Settings

Floats = npt.NDArray[np.float64]

DRAWS: dict[str, Callable[[np.random.Generator, int], Floats]] = {
    "mantissas uniform": lambda rng, n: rng.random((2, n)),
    "log-uniform": lambda rng, n: np.exp2(rng.random((2, n))) - 1,
    "normal": lambda rng, n: _fraction(rng.standard_normal((2, n))),
}
ROUNDED: dict[str, Callable[[Floats], Floats]] = {
    "exact in it": np.rint,  # of operands that were drawn on the grid
    "rounded to it": np.rint,
    "truncated to it": np.floor,
}


def ratio_of_sums(settings: Settings, top: float) -> Reading:
    """Return the other bias: the sum of pam over the sum of true products, less 1, for U(0, top)."""
    rng = np.random.default_rng(settings.seed)
    values = top * (1 - rng.random((2, settings.samples(1_000_000, 200_000))))
    true = values[0] * values[1]
    error = _error(_fraction(values))
    ratio = float(np.sum(error * true) / np.sum(true))
    spread = float(np.std((error - ratio) * true) / np.mean(true) / true.size**0.5)
    return _around(f"ratio of sums, uniform on (-{top:g}, {top:g})", ratio, spread)


def percentile(share: float, top: float) -> Reading:
    """Return a percentile of pam's relative error distance for U(-top, top)."""
    low, high = 0.0, 1 / 9
    for _ in range(50):
        middle = (low + high) / 2
        low, high = (low, middle) if share_above(middle, top) < 1 - share else (middle, high)
    return Reading.exact(f"uniform on (-{top:g}, {top:g})", 100 * low)


def share_above(size: float, top: float) -> float:
    """Return the probability, for U(-top, top), of a relative error of pam larger than `size`, below 1/9.

    With f fixed the error grows from g = 0 to g = 1 - f as fg / ((1 + f)(1 + g)) and then falls as
    (1 - f)(1 - g) / ((1 + f)(1 + g)): it is larger than `size` between the roots of two linear equations.
    """
    mantissas = uniform_below(top)
    f = (np.arange(1 << 16) + 0.5) / (1 << 16)
    scaled = size * (1 + f)
    keep = (f > scaled) & (f * (1 - f) > scaled * (2 - f))  # at g = 1 - f
    f, scaled = f[keep], scaled[keep]
    from_g = scaled / (f - scaled)
    to_g = (1 - f - scaled) / (1 - f + scaled)
    inside = mantissas.cumulative(to_g) - mantissas.cumulative(from_g)
    return float(np.sum(mantissas.density(f) * inside) / (1 << 16))


def largest_of(n: int, top: float) -> Reading:
    """Return where the largest error of n pairs from U(-top, top) lies in 98 of 100 samples.

    Near the peak the error falls off by |v|/6 below and v/3 above the line f + g = 1, v being the distance to
    it in the sum, and by u^2/2.25 along it, u being half the difference. So a share of 18 p t^(3/2) of the
    pairs is within a factor 1 - t of the peak, p being the density beside it on the line.
    """
    first, second = (float(uniform_below(top).density(np.array([f]))[0]) for f in (0.4999, 0.5001))
    ends = [(-math.log(q) / (n * 18 * first * second)) ** (2 / 3) for q in (0.01, 0.99)]
    low, high = (100 / 9 * (1 - 8 * t) for t in ends)
    return Reading(f"{n:,} random pairs", low, high)


def bfloat16_unit(settings: Settings, statistic: str) -> Sequence[Reading]:
    """Return a statistic of a bfloat16 PAM unit by how operands became bfloat16, and from what."""
    n = settings.samples(1_000_000, 200_000)
    readings = []
    for (how, rounding), (name, draw) in product(ROUNDED.items(), DRAWS.items()):
        f = draw(np.random.default_rng(settings.seed), n)
        held = rounding(f * 128) / 128
        if how == "exact in it":
            f = held
        error = np.abs((1 + _error(held)) * _true(held) / _true(f) - 1)
        conditions = f"operands {how}, {name}"
        if statistic == "worst":
            # the largest of ten samples of a tenth and of all of them: an interval, as n was not stated
            readings.append(
                Reading(conditions, 100 * float(error[: n // 100].max()), 100 * float(error.max()))
            )
            continue
        seen = error if statistic == "MRED" else (error < 0.05).astype(np.float64)
        readings.append(_around(conditions, float(seen.mean()), float(seen.std() / n**0.5)))
    return readings


def l_mul_against(settings: Settings, mant_bits: int, fmt: str) -> Sequence[Reading]:
    """Return the ratio of RMS relative errors: L-Mul with mant_bits over multiplication in a format."""
    n, bits = settings.samples(300_000, 100_000), get_format(fmt).mant_bits
    readings = []
    for (how, rounding), (name, draw) in product(list(ROUNDED.items())[1:], DRAWS.items()):
        f = draw(np.random.default_rng(settings.seed), n)
        ours, theirs = (rounding(f * 2**m) / 2**m for m in (mant_bits, bits))
        pam = (1 + _error(ours, l_mul_offset(mant_bits))) * _true(ours)
        exact = _true(theirs)
        step = np.where(exact < 2, 1.0, 2.0) / 2**bits
        for kind, value in (("kept exact", exact), ("rounded", np.rint(exact / step) * step)):
            ratio = _rms(pam / _true(f) - 1) / _rms(value / _true(f) - 1)
            readings.append(
                Reading.exact(f"operands {how[:-6]}, {name}, the format's product {kind}", ratio)
            )
    return readings


def exp_offset(minimises: str) -> float:
    """Return the offset c, in octaves, for which X(y - c)/2^y - 1 is best with y uniform.

    With t the fraction of y - c the ratio is p(t) / 2^c, p(t) = (1 + t) / 2^t; the offset only scales it.

    never above  no error is positive: 2^c = max p
    worst        the extremes are balanced: 2^c = (max p + min p)/2, min p being 1
    mean         least mean of |error|: 2^c is the median of p, weighted with p
    rms          least mean square: 2^c = E[p^2]/E[p]
    """
    t = (np.arange(1 << 18) + 0.5) / (1 << 18)
    p = np.sort((1 + t) / np.exp2(t))
    peak = 2 / (math.e * math.log(2))  # at 1 + t = 1/ln 2
    weighed = np.cumsum(p)
    scale = {
        "never above": peak,
        "worst": (peak + 1) / 2,
        "mean": float(p[np.searchsorted(weighed, weighed[-1] / 2)]),
        "rms": float(np.mean(p**2) / np.mean(p)),
    }[minimises]
    return math.log2(scale)


def _around(conditions: str, value: float, spread: float) -> Reading:
    return Reading(conditions, 100 * (value - 4 * spread), 100 * (value + 4 * spread))


def _true(f: Floats) -> Floats:
    values: Floats = (1 + f[0]) * (1 + f[1])
    return values


def _error(f: Floats, offset: float = 0.0) -> Floats:
    return relative_error("pam", f[0], f[1], offset)[0]


def _rms(error: Floats) -> float:
    return float(np.mean(error**2) ** 0.5)


def _fraction(values: Floats) -> Floats:
    mantissa: Floats = np.frexp(np.abs(values))[0]
    return 2 * mantissa - 1
