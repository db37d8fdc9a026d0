"""What a sweep counts, in arrays that add up: of a block, and of all blocks joined in their order.

Counts and extremes are integers, so they come out the same however the operands are cut. A sum is of float64 and
is added up in lanes within a block, then in the order of the blocks: the same on any number of threads or machines
whose NumPy gives the same truths.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from pamcheck.measure.sweep import loops
from pamcheck.measure.sweep.digest import EMPTY, Digest, joined

KEPT = 16  # operands of differences that are listed; all are counted

Ints = np.ndarray[Any, np.dtype[np.int64]]
_LEAST, _MOST = np.iinfo(np.int64).min, np.iinfo(np.int64).max
_MINIMA = (loops.MIN_REL, loops.MIN_ERROR)


class Arrays(NamedTuple):
    """The arrays that the compiled loops add to.

    counts         [class of the first, of the last operand, column]; the first is normal where there is one
    sums           relative, |relative|, its square, error, |error|, its square, ULP
    histogram      [part, bin of the relative error, those of negative ones after the others]: the parts add up
    best           [extreme as an ordered integer, place in the piece]
    strata_counts  [operand, stratum, (n, different, compared)]
    strata_sums    [operand, stratum, (relative, |relative|)]
    strata_ends    [operand, stratum, (least, greatest relative error, greatest ULP)], ordered integers
    """

    counts: Ints
    sums: Any
    histogram: Ints
    best: Ints
    strata_counts: Ints
    strata_sums: Any
    strata_ends: Ints


def new_arrays(arity: int, strata: int) -> Arrays:
    """Return arrays of nothing."""
    best = np.full((2, 7), _LEAST)
    best[0, list(_MINIMA)], best[1] = _MOST, -1
    ends = np.full((arity, strata, 3), _LEAST)
    ends[:, :, 0] = _MOST
    return Arrays(
        counts=np.zeros((5, 5, 11), np.int64),
        sums=np.zeros(7),
        histogram=np.zeros((loops.PARTS, 2 * loops.BINS), np.int64),
        best=best,
        strata_counts=np.zeros((arity, strata, 3), np.int64),
        strata_sums=np.zeros((arity, strata, 2)),
        strata_ends=ends,
    )


@dataclass
class Tally:
    """The counts of some operands.

    at           operand codes of each extreme, least codes first where several attain it; uint64
    differences  rows of operand codes, result and oracle's result; the first KEPT
    """

    arrays: Arrays
    at: np.ndarray[Any, np.dtype[np.uint64]]
    digest: Digest = EMPTY
    differences: list[tuple[int, ...]] = field(default_factory=list)
    cpu_seconds: float = 0.0

    @classmethod
    def empty(cls, arity: int, strata: int) -> Tally:
        """Return the tally of nothing."""
        return cls(new_arrays(arity, strata), np.zeros((7, 2), np.uint64))

    def place(self, a: Any, b: Any) -> None:
        """Turn the places of new extremes within a piece into operand codes."""
        best = self.arrays.best
        for which in np.flatnonzero(best[1] >= 0):
            self.at[which] = a[best[1, which]], b[best[1, which]]
        best[1] = -1

    def note(self, first: Any, last: Any, classes: Any) -> None:
        """Count differences by the strata of their operands."""
        np.add.at(self.arrays.counts, (classes[first], classes[last], loops.DIFFERENT), 1)
        strata_counts = self.arrays.strata_counts
        for axis, stratum in enumerate((first, last)[-len(strata_counts) :]):
            np.add.at(strata_counts, (axis, stratum, 1), 1)

    def add(self, later: Tally) -> None:
        """Take in the tally of operands that come after these."""
        mine, others = self.arrays, later.arrays
        for name in ("counts", "sums", "histogram", "strata_counts", "strata_sums"):
            with np.errstate(over="ignore"):  # squares of errors in float64
                getattr(mine, name)[...] += getattr(others, name)
        mine.strata_ends[:, :, 0] = np.minimum(mine.strata_ends[:, :, 0], others.strata_ends[:, :, 0])
        mine.strata_ends[:, :, 1:] = np.maximum(mine.strata_ends[:, :, 1:], others.strata_ends[:, :, 1:])
        for which in range(7):
            new, old = others.best[0, which], mine.best[0, which]
            if (new < old) if which in _MINIMA else (new > old):
                mine.best[0, which], self.at[which] = new, later.at[which]
        self.digest = joined(self.digest, later.digest)
        self.differences = [*self.differences, *later.differences][:KEPT]
        self.cpu_seconds += later.cpu_seconds


def as_floats(integers: Ints) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Return the floats that ordered integers stand for."""
    return _flipped(integers).view(np.float64)


def ordered(floats: np.ndarray[Any, np.dtype[np.float64]]) -> Ints:
    """Return integers that order as the floats do."""
    return _flipped(np.ascontiguousarray(floats).view(np.int64))


def _flipped(integers: Ints) -> Ints:
    return integers ^ ((integers >> 63) & np.int64(_MOST))
