"""Statistics by measure.errors, with head and tail of 106 bits: for float64, and formats nearly as wide."""

from __future__ import annotations

from typing import Any

import numpy as np

from pamcheck.measure.errors import Errors, errors_of
from pamcheck.measure.sampling import Sample
from pamcheck.measure.sweep import loops as m
from pamcheck.measure.sweep.blocks import Piece
from pamcheck.measure.sweep.plan import Plan
from pamcheck.measure.sweep.strata import Strata
from pamcheck.measure.sweep.tally import Tally, ordered


def take(plan: Plan, piece: Piece, both: tuple[Any, Any], got: Any, strata: Strata, tally: Tally) -> None:
    """Take one piece into the tally, one pair of classes after the other."""
    arity = plan.operation.arity
    segment = np.searchsorted(piece.stops, np.arange(got.size), side="right")
    first, last = piece.first[segment], piece.last[segment]
    one, other = strata.classes[first], strata.classes[last]
    for classes in np.argwhere(np.bincount(5 * one + other, minlength=25).reshape(5, 5)):
        places = np.flatnonzero((one == classes[0]) & (other == classes[1]))
        operands = tuple(codes[places] for codes in both[2 - arity :])
        sample = Sample(plan.fmt, operands, "")
        errors = errors_of(plan.operation.approximates, sample, got[places], plan.policy)
        _count(errors, tally.arrays.counts[classes[0], classes[1]])
        if errors.compared.any():
            _add_up(errors, tally)
            _extremes(errors, places, tally)
        for axis, stratum in enumerate((first, last)[2 - arity :]):
            _into_strata(errors, axis, stratum[places], strata.size, tally)
    tally.place(*both)


def _count(errors: Errors, counts: Any) -> None:
    counts[m.N] += errors.compared.size
    counts[m.COMPARED] += np.count_nonzero(errors.compared)
    counts[m.EXACT] += np.count_nonzero(errors.compared & (errors.absolute == 0))
    for place, count in enumerate(errors.excluded.values()):
        counts[m.UNDEFINED + place] += count


def _add_up(errors: Errors, tally: Tally) -> None:
    kept = errors.compared
    relative, error, ulp = errors.relative[kept], errors.absolute[kept], errors.ulp[kept]
    tally.arrays.sums[...] += [
        relative.sum(),
        np.abs(relative).sum(),
        (relative**2).sum(),
        error.sum(),
        np.abs(error).sum(),
        (error**2).sum(),
        ulp.sum(),
    ]
    size = np.abs(relative)
    bins = (size.view(np.int64) >> (52 - m.BINS_A_BIT)) - m.LOWEST + 2
    bins = np.where(size == 0, 0, np.clip(bins, 1, m.BINS - 1))
    np.add.at(tally.arrays.histogram[0], bins + m.BINS * (relative < 0), 1)


def _extremes(errors: Errors, places: Any, tally: Tally) -> None:
    kept = np.flatnonzero(errors.compared)
    best = tally.arrays.best
    wanted = {
        m.MIN_REL: errors.relative,
        m.MAX_REL: errors.relative,
        m.MIN_ERROR: errors.absolute,
        m.MAX_ERROR: errors.absolute,
        m.MAX_ULP: errors.ulp,
        m.MAX_TRUTH: np.abs(errors.head),
    }
    for which, found in wanted.items():
        keys = ordered(found[kept])
        least = which in (m.MIN_REL, m.MIN_ERROR)
        place = int(np.argmin(keys) if least else np.argmax(keys))
        if (keys[place] < best[0, which]) if least else (keys[place] > best[0, which]):
            best[:, which] = keys[place], places[kept[place]]
    place = int(np.argmax(errors.ordinal[kept]))
    if errors.ordinal[kept[place]] > best[0, m.MAX_ORDINAL]:
        best[:, m.MAX_ORDINAL] = errors.ordinal[kept[place]], places[kept[place]]


def _into_strata(errors: Errors, axis: int, stratum: Any, count: int, tally: Tally) -> None:
    arrays, kept = tally.arrays, errors.compared
    arrays.strata_counts[axis, :, 0] += np.bincount(stratum, minlength=count)
    arrays.strata_counts[axis, :, 2] += np.bincount(stratum[kept], minlength=count)
    at, relative = stratum[kept], errors.relative[kept]
    arrays.strata_sums[axis, :, 0] += np.bincount(at, relative, minlength=count)
    arrays.strata_sums[axis, :, 1] += np.bincount(at, np.abs(relative), minlength=count)
    ends, keys = arrays.strata_ends[axis], ordered(relative)
    np.minimum.at(ends[:, 0], at, keys)
    np.maximum.at(ends[:, 1], at, keys)
    np.maximum.at(ends[:, 2], at, ordered(errors.ulp[kept]))
