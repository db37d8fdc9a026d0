"""The numbers of the gradient study."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from pamcheck import truth
from pamcheck.measure import gradients
from pamcheck.measure.gradients import BIASES, Moments, Sampled

Key = tuple[str, str, gradients.Mode]
MODES: tuple[gradients.Mode, ...] = ("exact", "mimic")
NORMAL95 = 1.959963984540054  # of a 95% interval of a mean


def name_of(key: Key) -> str:
    """Return what a page calls a factor: the operation and the cotangent."""
    return f"{key[0]} d{key[1]}"


@dataclass(frozen=True)
class Row:
    """One factor on one distribution: expected and sampled.

    total is the bias of a sum of cotangents; NaN where exponents vary with the operands' distribution
    """

    key: Key
    distribution: str
    closed: str  # the closed form, or nothing
    agrees: bool  # whether closed form and quadrature agree
    bias: float
    deviation: float
    total: float
    sampled: float
    error: float  # the standard error of the sampled mean
    sampled_deviation: float
    sampled_total: float
    total_error: float
    smallest: float
    largest: float
    n: int

    @classmethod
    def of(cls, key: Key, distribution: str, expected: Moments, found: Sampled) -> Row:
        """Return a row from moments and a sample; a closed form, where there is one, gives the bias."""
        closed = BIASES.get((*key, distribution)) if found.offset == 0 else None
        bias = truth.closed_form(closed) if closed is not None else expected.bias
        no_total = distribution == "normal"
        return cls(
            key=key,
            distribution=distribution,
            closed="" if closed is None else str(closed),
            agrees=abs(bias - expected.bias) < 1e-13,
            bias=float(bias),
            deviation=float(expected.deviation),
            total=float("nan") if no_total else float(expected.total),
            sampled=found.bias,
            error=found.error,
            sampled_deviation=found.deviation,
            sampled_total=float("nan") if no_total else found.total,
            total_error=found.total_error,
            smallest=float(np.min(found.relative)),
            largest=float(np.max(found.relative)),
            n=found.relative.size,
        )

    @property
    def sigmas(self) -> float:
        """How many standard errors the sampled mean is off."""
        return (self.sampled - self.bias) / self.error

    @property
    def total_sigmas(self) -> float:
        """How many standard errors the sampled total is off."""
        return (self.sampled_total - self.total) / self.total_error

    @property
    def low(self) -> float:
        """The lower end of the 95% confidence interval of the sampled mean."""
        return self.sampled - NORMAL95 * self.error

    @property
    def high(self) -> float:
        """Its upper end."""
        return self.sampled + NORMAL95 * self.error

    @property
    def shown(self) -> str:
        """The sampled mean with its 95% confidence interval."""
        return f"{100 * self.sampled:+.3f} ± {100 * NORMAL95 * self.error:.3f} %"

    @property
    def words(self) -> str:
        """Which row it is."""
        return f"{name_of(self.key)}, {self.distribution}"


@dataclass(frozen=True)
class Compensated:
    """A factor of pam or padiv with an offset, every mantissa uniform."""

    label: str
    octaves: Fraction
    row: Row


@dataclass(frozen=True)
class Composite:
    """A cotangent of a composite over a sample, whose operands `words` describes."""

    op: str
    partial: str
    mode: str
    words: str
    sampled: Sampled


@dataclass(frozen=True)
class Measured:
    """Means, ranges, compensations, composites, sums over grids, and how far the truth is from mpmath's."""

    rows: list[Row]
    compensated: list[Compensated]
    composites: list[Composite]
    sums: dict[
        str, dict[str, int]
    ]  # format -> pair -> largest difference from the unbiased sum, half units
    truth_error: float  # of the float64 partials, relative, on the operands that were checked
    relative: dict[Key, Any]  # errors with uniform mantissas, for the figures
    carries: dict[str, tuple[Any, Any]]  # distribution -> mantissas of b, relative errors of exact pam
