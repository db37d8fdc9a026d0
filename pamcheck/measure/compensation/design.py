"""Design of a compensation: the offset that minimises the worst error, the bias or the mean square."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt

from pamcheck.formats import FloatFormat, get_format
from pamcheck.measure.compensation.closed_form import minimax_offset
from pamcheck.measure.compensation.mantissas import Mantissas, get_mantissas
from pamcheck.measure.compensation.moments import Continuous, Moments, Pairs, Weighted
from pamcheck.measure.values import decode, encode

Objective = Literal["worst", "bias", "mse"]
Samples = tuple[npt.ArrayLike, npt.ArrayLike]
Distribution = str | Mantissas | tuple[Mantissas, Mantissas] | Samples

MOGAMI = (0x3F800000 - 0x3F76D000) / 2**23  # arXiv 2012.03458
MOST_PAIRS = 1 << 20
SEARCH = (-0.5, 0.5)


@dataclass(frozen=True)
class Achieved:
    """What an offset achieves: signed range, bias, MRED and mean square of the relative error."""

    octaves: float
    codes: int | None  # None where the offset is not rounded to a format
    lower: float
    upper: float
    bias: float
    mred: float
    mse: float

    @property
    def worst(self) -> float:
        """Largest size of the relative error."""
        return max(-self.lower, self.upper)

    @property
    def rms(self) -> float:
        """Root of the mean square of the relative error."""
        return math.sqrt(self.mse)


@dataclass(frozen=True)
class Design:
    """The offset found, and what it and the published ones achieve.

    octaves   the optimum among all real offsets; `achieved["optimum"]`
    codes     the best among the offsets of the result's format, in its codes; None for real operands
    achieved  by name: none, L-Mul, Mogami, optimum, and for formats "rounded"; the published ones as
              rounded to the format
    how       integral, finite sum, or samples
    """

    op: str
    formats: tuple[str, str] | None
    distribution: str
    objective: Objective
    how: str
    octaves: float
    codes: int | None
    achieved: Mapping[str, Achieved]


def design(
    op: str,
    formats: tuple[str | FloatFormat, str | FloatFormat] | None = None,
    distribution: Distribution = "uniform",
    objective: Objective = "worst",
) -> Design:
    """Return the offset of "pam" or "padiv" that minimises an objective for operands of a distribution.

    formats       of the two operands, or None for real ones. The result has the wider mantissa, in which it is
                  exact. Pairs of grids with more than 2^20 points are taken as real
    distribution  "uniform" (mantissas), "log-uniform", "normal", a Mantissas, a pair of Mantissas, or a pair of
                  arrays of samples; zeros and what is not finite are left out
    objective     "worst": largest |relative error|; "bias": |mean|; "mse": mean square, all of the relative error

    Range and exponent limits are left out: nothing overflows or is flushed. Raises ValueError for another
    operation or objective, and for samples of different sizes or without a pair to compare.
    """
    if op not in ("pam", "padiv"):
        raise ValueError(f"op is {op!r}; compensation is designed for 'pam' or 'padiv'")
    if objective not in get_args(Objective):
        raise ValueError(f"objective is {objective!r}; give one of {', '.join(get_args(Objective))}")
    pair = None if formats is None else (get_format(formats[0]), get_format(formats[1]))
    name, pairs = operand_pairs(pair, distribution)
    octaves = _optimum(op, pairs, objective)
    mant_bits = None if pair is None else max(fmt.mant_bits for fmt in pair)
    offsets = {"none": 0.0, "L-Mul": l_mul_offset(23 if mant_bits is None else mant_bits), "Mogami": MOGAMI}
    codes = None
    if mant_bits is not None:
        offsets = {key: _codes(value, mant_bits) / 2**mant_bits for key, value in offsets.items()}
        near = {math.floor(octaves * 2**mant_bits), math.ceil(octaves * 2**mant_bits)}
        cost = {k: _cost(pairs.moments(op, k / 2**mant_bits), objective) for k in sorted(near, key=abs)}
        codes = min(cost, key=lambda k: cost[k])
        offsets["rounded"] = codes / 2**mant_bits
    achieved = {key: _achieved(pairs, op, value, mant_bits) for key, value in offsets.items()}
    achieved["optimum"] = _achieved(pairs, op, octaves, None)
    names = None if pair is None else (pair[0].name, pair[1].name)
    return Design(op, names, name, objective, pairs.how, octaves, codes, achieved)


def l_mul_offset(mant_bits: int) -> float:
    """Return L-Mul's offset 2^-l(m) in octaves: l(m) = m up to 3 bits, 3 for 4, 4 above (arXiv 2410.00907)."""
    return 2.0 ** -(mant_bits if mant_bits <= 3 else 3 if mant_bits == 4 else 4)


def operand_pairs(
    formats: tuple[FloatFormat, FloatFormat] | None, distribution: Distribution
) -> tuple[str, Pairs]:
    """Return the words for a distribution, and the pairs of mantissas it makes in the formats."""
    if isinstance(distribution, tuple) and not isinstance(distribution[0], Mantissas):
        return "samples", _sampled(formats, np.asarray(distribution[0]), np.asarray(distribution[1]))
    both = distribution if isinstance(distribution, tuple) else (distribution, distribution)
    first, second = (get_mantissas(one) for one in both)
    name = first.name if first.name == second.name else f"{first.name} and {second.name}"
    if formats is None or sum(fmt.mant_bits for fmt in formats) > MOST_PAIRS.bit_length() - 1:
        return name, Continuous(first, second)
    f, g = (np.arange(1 << fmt.mant_bits) / (1 << fmt.mant_bits) for fmt in formats)
    weights = np.outer(first.on_grid(formats[0].mant_bits), second.on_grid(formats[1].mant_bits))
    return name, Weighted(np.repeat(f, g.size), np.tile(g, f.size), weights.ravel())


def _sampled(
    formats: tuple[FloatFormat, FloatFormat] | None, *samples: npt.NDArray[np.float64]
) -> Weighted:
    values = [np.asarray(sample, np.float64).ravel() for sample in samples]
    if values[0].size != values[1].size:
        raise ValueError(f"samples have {values[0].size} and {values[1].size} values; give as many of each")
    if formats is not None:
        values = [decode(encode(value, fmt), fmt) for value, fmt in zip(values, formats, strict=True)]
    keep = np.all([np.isfinite(value) & (value != 0) for value in values], axis=0)
    count = int(np.count_nonzero(keep))
    if not count:
        raise ValueError("samples have no pair of finite numbers other than 0; a relative error needs one")
    f, g = (2 * np.frexp(np.abs(value[keep]))[0] - 1 for value in values)
    return Weighted(f, g, np.full(count, 1 / count), "samples")


def _optimum(op: str, pairs: Pairs, objective: Objective) -> float:
    if objective == "worst":
        if isinstance(pairs, Continuous):
            return minimax_offset(op)

        def residue(found: Moments) -> float:
            return found.upper + found.lower
    elif objective == "bias":

        def residue(found: Moments) -> float:
            return found.bias
    else:

        def residue(found: Moments) -> float:
            return found.slope

    # every error of pam grows with the offset, every error of padiv falls; the slope grows in both
    sign = -1.0 if op == "padiv" and objective != "mse" else 1.0
    return _root(lambda c: sign * residue(pairs.moments(op, c)), *SEARCH)


def _root(function: Callable[[float], float], low: float, high: float) -> float:
    """Return the zero of a continuous function, below 0 at `low`, above at `high`: Illinois false position."""
    at_low, at_high, side = function(low), function(high), 0
    for _ in range(100):
        middle = (low * at_high - high * at_low) / (at_high - at_low)
        value = function(middle)
        if abs(value) < 1e-15 or high - low < 1e-14:
            return middle
        if value > 0:
            high, at_high = middle, value
            at_low, side = (at_low / 2, 1) if side == 1 else (at_low, 1)
        else:
            low, at_low = middle, value
            at_high, side = (at_high / 2, -1) if side == -1 else (at_high, -1)
    return (low + high) / 2


def _cost(found: Moments, objective: Objective) -> float:
    return {
        "worst": max(-found.lower, found.upper),
        "bias": abs(found.bias),
        "mse": found.mean_square,
    }[objective]


def _codes(octaves: float, mant_bits: int) -> int:
    return round(octaves * (1 << mant_bits))


def _achieved(pairs: Pairs, op: str, octaves: float, mant_bits: int | None) -> Achieved:
    found = pairs.moments(op, octaves)
    codes = None if mant_bits is None else _codes(octaves, mant_bits)
    return Achieved(octaves, codes, found.lower, found.upper, found.bias, found.mred, found.mean_square)
