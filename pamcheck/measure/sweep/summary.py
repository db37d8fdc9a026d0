"""The statistics of a tally: those of measure.errors, percentiles as the bin that holds them."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from pamcheck.measure.sweep import loops as m
from pamcheck.measure.sweep.plan import Plan
from pamcheck.measure.sweep.strata import CLASSES, strata
from pamcheck.measure.sweep.tally import Tally, as_floats

REASONS = ("undefined", "infinite", "zero", "flushed", "below", "above", "nonfinite")
COLUMNS = ("n", "different", "compared", "exact", *REASONS)

_JOINED = m.BINS_A_BIT - 2  # bins that are shown as one, as a power of two

_EXTREMES = {
    "min_rel": m.MIN_REL,
    "max_rel": m.MAX_REL,
    "min_error": m.MIN_ERROR,
    "max_error": m.MAX_ERROR,
    "max_ulp": m.MAX_ULP,
    "max_ordinal": m.MAX_ORDINAL,
}


def summarize(tally: Tally, exhaustive: bool) -> dict[str, Any]:
    """Return counts and statistics as defined in measure.errors.DEFINITIONS; None where nothing was compared."""
    total = dict(zip(COLUMNS, tally.arrays.counts.sum(axis=(0, 1)).tolist(), strict=True))
    count = total["compared"]
    names = ("bias", "MRED", "square", "mean_error", "MED", "MSE", "mean_ulp")
    if not count:
        return {**total, **dict.fromkeys((*names, *_EXTREMES, "p50", "p90", "p99"))}
    means = dict(zip(names, (tally.arrays.sums / count).tolist(), strict=True))
    variance = max(means.pop("square") - means["bias"] ** 2, 0.0)
    ends = extremes(tally)
    return {
        **total,
        **means,
        "bias_se": 0.0 if exhaustive or count < 2 else math.sqrt(variance / (count - 1)),
        "WCRE": max(abs(ends["min_rel"]), abs(ends["max_rel"])),
        "WCE": max(abs(ends["min_error"]), abs(ends["max_error"])),
        "NMED": means["MED"] / float(as_floats(tally.arrays.best[0])[m.MAX_TRUTH]),
        "RMSE": math.sqrt(means["MSE"]),
        "EP": 1 - total["exact"] / count,
        **ends,
        **{f"p{share}": percentile(tally, share / 100) for share in (50, 90, 99)},
    }


def extremes(tally: Tally) -> dict[str, Any]:
    """Return the extremes of a tally that compared something."""
    floats = as_floats(tally.arrays.best[0])
    found: dict[str, Any] = {name: float(floats[place]) + 0.0 for name, place in _EXTREMES.items()}
    found["max_ordinal"] = int(tally.arrays.best[0, m.MAX_ORDINAL])
    return found


def worst(tally: Tally, plan: Plan) -> dict[str, dict[str, Any]]:
    """Return for each extreme its value, and the first operands that attain it as values and codes."""
    if not tally.arrays.counts[..., m.COMPARED].any():
        return {}
    fmt, arity = plan.fmt, plan.operation.arity
    rows = {}
    for name, value in extremes(tally).items():
        codes = [int(code) for code in tally.at[_EXTREMES[name]][2 - arity :]]
        rows[name] = {
            "error": value,
            "operands": [fmt.to_float(code) for code in codes],
            "codes": [fmt.hex(code) for code in codes],
        }
    return rows


def bin_edges(place: int) -> tuple[float, float]:
    """Return what sizes of a relative error a bin of the histogram holds: from, and to but not with."""
    if place == 0:
        return 0.0, 0.0
    low, high = (
        float(np.array((step + m.LOWEST) << (52 - m.BINS_A_BIT), np.int64).view(np.float64))
        for step in (place - 2, place - 1)
    )
    return (0.0 if place == 1 else low), (math.inf if place == m.BINS - 1 else high)


def percentile(tally: Tally, share: float) -> list[float]:
    """Return the ends of the bins that hold the neighbours of a percentile of the relative error distance."""
    sizes = tally.arrays.histogram.sum(axis=0).reshape(2, m.BINS).sum(axis=0)
    rank = share * (int(sizes.sum()) - 1)
    places = np.searchsorted(np.cumsum(sizes), [math.floor(rank), math.ceil(rank)], side="right")
    return [bin_edges(int(places[0]))[0], bin_edges(int(places[1]))[1]]


def histogram(tally: Tally) -> list[list[float]]:
    """Return [from, to, count] of the bins that hold something, 4 an octave, the most negative errors first.

    A bin holds sizes from the lower of its ends to, but not with, the higher; [0, 0] holds zeros.
    """
    sides = tally.arrays.histogram.sum(axis=0).reshape(2, m.BINS)
    found: list[list[float]] = []
    for sign, counts in zip((1, -1), sides, strict=True):
        rows: dict[int, list[float]] = {}
        for place in np.flatnonzero(counts).tolist():
            inner = 2 <= place < m.BINS - 1
            start = (place - 2 >> _JOINED << _JOINED) + 2 if inner else place
            low, high = bin_edges(start)[0], bin_edges(start + (1 << _JOINED) - 1 if inner else start)[1]
            row = rows.setdefault(start, [sign * low, sign * high, 0])
            row[2] += int(counts[place])
        if sign < 0:
            found = [*([row[1], row[0], row[2]] for row in reversed(rows.values())), *found]
        else:
            found = list(rows.values())
    return found


def by_class(tally: Tally, arity: int) -> list[dict[str, Any]]:
    """Return the counts for each class of operand, or pair of classes, that occurred."""
    rows = []
    for first, last in np.argwhere(tally.arrays.counts[..., m.N]):
        names = [CLASSES[first], CLASSES[last]][2 - arity :]
        counts = tally.arrays.counts[first, last].tolist()
        rows.append({"operands": names, **dict(zip(COLUMNS, counts, strict=True))})
    return rows


def by_stratum(tally: Tally, plan: Plan) -> list[dict[str, Any]]:
    """Return counts and errors for each operand and each of its classes and binades that occurred."""
    arrays, table = tally.arrays, strata(plan.fmt)
    rows = []
    for axis, place in np.argwhere(arrays.strata_counts[:, :, 0]):
        n, different, compared = arrays.strata_counts[axis, place].tolist()
        row = {"operand": int(axis), "stratum": table.name(place), "n": n, "different": different}
        means, ends = arrays.strata_sums[axis, place], as_floats(arrays.strata_ends[axis, place])
        known = [*(means / compared), *(ends + 0.0)] if compared else [math.nan] * 5
        names = ("bias", "MRED", "min_rel", "max_rel", "max_ulp")
        rows.append({**row, "compared": compared, **dict(zip(names, map(float, known), strict=True))})
    return rows
