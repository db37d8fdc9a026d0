"""Many lines at once: one recorded function, one memory for each line, and threads over the lines.

found = trace_many(function, origin, direction, 0, 1)      # arrays that move have a leading axis of lines
found.per_length, found.causes
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np

from pamcheck.measure.regions.causes import CAUSES
from pamcheck.measure.regions.restriction import segment
from pamcheck.measure.regions.tracer.program import Function, record
from pamcheck.measure.regions.tracer.result import Trace
from pamcheck.measure.regions.tracer.trace import LIMIT, SMALLEST, check, ends, follow

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Bulk:
    """Statistics of many lines; every array has the lines along its first axis.

    pieces          int64
    length          of t that was traced
    causes          int64 (lines, causes): breaks by cause, in the order of causes.CAUSES
    operations      int64 (lines, operations): breaks by operation, the first column is step 1
    slope_least, slope_mean, slope_greatest   size of the slope: largest entry; the mean is by length
    jump_greatest   largest change of slope at one break
    partial         whether the line was not traced to its end
    names           of the operations
    traces          the traces themselves, where they were asked for
    """

    pieces: Array
    length: Array
    causes: Array
    operations: Array
    slope_least: Array
    slope_mean: Array
    slope_greatest: Array
    jump_greatest: Array
    partial: Array
    names: tuple[str, ...]
    traces: tuple[Trace, ...] = ()

    @property
    def per_length(self) -> Array:
        """Pieces per unit length of t, of each line."""
        none = np.full(len(self.pieces), np.nan)
        found: Array = np.divide(self.pieces, self.length, out=none, where=self.length > 0)
        return found

    def by_cause(self) -> dict[str, float]:
        """Return breaks per unit length over all lines, of each cause."""
        total = self.length.sum()
        return {
            name: float(n / total) for name, n in zip(CAUSES, self.causes.sum(axis=0).tolist(), strict=True)
        }


def trace_many(
    function: Function,
    origin: Mapping[str, Any],
    direction: Mapping[str, Any],
    low: float = 0.0,
    high: float = 1.0,
    *,
    smallest: int = SMALLEST,
    limit: int = LIMIT,
    resolution: float | None = None,
    threads: int | None = None,
    keep: bool = False,
) -> Bulk:
    """Return the pieces of origin + t direction for low <= t <= high, on many lines.

    origin      arrays by name; those named in `direction` have a leading axis of lines, the others are shared
    direction   arrays by name, with that axis; the function sees arrays without it
    threads     how many lines at a time; all processors where it is None
    keep        also the traces: their memory grows with all pieces of all lines
    others      as in `trace`

    Raises ValueError as `trace` and `segment` do, for lines of different numbers, and where there is none.
    """
    check(smallest, limit, resolution)
    fixed, starts, steps = _sorted(origin, direction)
    lines = len(next(iter(steps.values())))
    domain = (0.0, 0.0)
    for at in range(lines):  # refuses what is no line
        found = segment(function, {**fixed, **_line(starts, at)}, _line(steps, at), low, high)
        domain = ends(found)
    program = record(function, {**fixed, **_line(starts, 0)}, dict.fromkeys(steps, True))
    program.memory()  # refuses constants without a value, and compiles, before there are threads

    def one(at: int) -> tuple[dict[str, Any], Trace | None]:
        memory, ends = program.memory(), (_line(starts, at), _line(steps, at))
        found = follow(program, memory, *ends, domain, smallest, limit, resolution)
        return _summary(found), found if keep else None

    with ThreadPoolExecutor(threads or os.cpu_count() or 1) as pool:
        done = list(pool.map(one, range(lines)))
    columns: dict[str, Any] = {key: np.array([summary[key] for summary, _ in done]) for key in done[0][0]}
    traces = tuple(found for _, found in done if found is not None)
    return Bulk(**columns, names=program.operations, traces=traces)


def _sorted(origin: Mapping[str, Any], direction: Mapping[str, Any]) -> tuple[dict[str, Array], ...]:
    """Return what is shared, where lines start, and their directions. Raises ValueError for what does not fit."""
    unknown = set(direction) - set(origin)
    if unknown or not direction:
        raise ValueError(f"direction names {sorted(unknown) or 'nothing'}; origin has {', '.join(origin)}")
    shared = {name: np.asarray(x) for name, x in origin.items() if name not in direction}
    starts, steps = (
        {name: np.asarray(x[name], np.float64) for name in direction} for x in (origin, direction)
    )
    shared = {name: x if x.dtype == np.float32 else x.astype(np.float64) for name, x in shared.items()}
    for name, x in starts.items():
        if x.shape != steps[name].shape or not x.ndim or not len(x):
            raise ValueError(
                f"direction has {name!r} of shape {steps[name].shape} and origin {x.shape}; "
                "they must be the same, with one line or more along the first axis"
            )
    if len({len(x) for x in steps.values()}) > 1:
        told = ", ".join(f"{name!r} {len(x)}" for name, x in steps.items())
        raise ValueError(f"direction has numbers of lines that differ: {told}")
    return shared, starts, steps


def _line(arrays: Mapping[str, Array], at: int) -> dict[str, Array]:
    return {name: np.ascontiguousarray(x[at]).reshape(x.shape[1:]) for name, x in arrays.items()}


def _summary(found: Trace) -> dict[str, Any]:
    """Return what Bulk keeps of one line; slopes are NaN where there is no piece."""
    told = found.statistics()
    return {
        "pieces": found.pieces,
        "length": found.end - found.low,
        "causes": np.bincount(found.causes, minlength=len(CAUSES)),
        "operations": np.bincount(found.steps, minlength=len(found.operations) + 1)[1:],
        **{
            key: told.get(key, float("nan"))
            for key in ("slope_least", "slope_mean", "slope_greatest", "jump_greatest")
        },
        "partial": found.partial,
    }
