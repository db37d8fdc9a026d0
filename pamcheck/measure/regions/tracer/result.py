"""What a trace found: pieces in order along a line, as plain arrays."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from pamcheck.measure.regions.causes import CAUSES, Break

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Trace:
    """The pieces of a function along a line, in order. Piece i is [starts[i], starts[i + 1]] in t.

    low, high    the domain
    end          where the trace ends: `high`, or less where it is partial
    starts       float64 (pieces,); the first is `low`
    values       float64 (pieces, ...): the result at the start of each piece, by the map of that piece
    slopes       float64 (pieces, ...): its derivative by t on the piece
    causes       uint8 (pieces - 1,): places in causes.CAUSES of what broke between pieces i and i + 1
    steps        int32 (pieces - 1,): number of the operation that broke
    approximate  bool (pieces,): an operand that moves is below 2^smallest, so that the map is the chord of many
    operations   names of the operations that break; operation 1 is the first
    resolution   pieces narrower than this are merged with what follows
    partial      whether the trace ends before `high`, and why
    """

    low: float
    high: float
    end: float
    starts: Array
    values: Array
    slopes: Array
    causes: Array
    steps: Array
    approximate: Array
    operations: tuple[str, ...]
    smallest: int
    resolution: float
    partial: bool = False
    reason: str = ""

    @property
    def pieces(self) -> int:
        """How many pieces of the program there are: on each every operation stays on one of its pieces."""
        return len(self.starts)

    @property
    def _entries(self) -> int:
        return math.prod(self.slopes.shape[1:])

    @property
    def lengths(self) -> Array:
        """The length of each piece, float64 (pieces,)."""
        return np.diff(self.starts, append=self.end)

    @property
    def per_length(self) -> float:
        """Pieces per unit length of t."""
        return self.pieces / (self.end - self.low) if self.end > self.low else float("nan")

    @property
    def jumps(self) -> Array:
        """The largest change of slope of any entry of the result at each break, float64 (pieces - 1,)."""
        change = np.abs(np.diff(self.slopes, axis=0)).reshape(max(self.pieces - 1, 0), self._entries)
        found: Array = change.max(axis=1, initial=0.0)
        return found

    @property
    def function_pieces(self) -> int:
        """How many pieces remain where those with the same slopes, up to rounding, are one."""
        if not self.pieces:
            return 0
        size = np.abs(self.slopes).reshape(self.pieces, self._entries).max(axis=1, initial=0.0)
        return 1 + int(np.count_nonzero(self.jumps > 2.0**-40 * np.maximum(size[1:], size[:-1])))

    @property
    def breaks(self) -> tuple[tuple[float, Break], ...]:
        """Where pieces meet, and what broke there."""
        found = zip(self.starts[1:].tolist(), self.causes.tolist(), self.steps.tolist(), strict=True)
        return tuple((t, Break(CAUSES[cause], self.operations[step - 1], step)) for t, cause, step in found)

    def by_cause(self) -> dict[str, int]:
        """Return the number of breaks of each cause that occurs."""
        return {CAUSES[cause]: n for cause, n in sorted(Counter(self.causes.tolist()).items())}

    def by_operation(self) -> dict[tuple[int, str], int]:
        """Return the number of breaks of each operation that breaks, by its number and name."""
        counted = sorted(Counter(self.steps.tolist()).items())
        return {(step, self.operations[step - 1]): n for step, n in counted}

    def at(self, t: Any) -> Array:
        """Return the result at points t in [low, end], (points, ...). Raises ValueError for a point outside."""
        t = np.atleast_1d(np.asarray(t, np.float64))
        if not self.pieces or (t < self.low).any() or (t > self.end).any():
            raise ValueError(f"t is outside of the trace; it must be in [{self.low}, {self.end}]")
        piece = np.searchsorted(self.starts, t, side="right") - 1
        step = (t - self.starts[piece]).reshape(-1, *(1,) * (self.values.ndim - 1))
        found: Array = self.values[piece] + step * self.slopes[piece]
        return found

    def statistics(self) -> Mapping[str, float]:
        """Return pieces per unit length, least, mean and greatest size of slope by length, and the greatest jump.

        The size of a slope is its largest entry; the mean is by length. On the line it is the local Lipschitz
        constant in the sup norm of the result.
        """
        if not self.pieces:
            return {}
        size = np.abs(self.slopes).reshape(self.pieces, self._entries).max(axis=1, initial=0.0)
        length = self.end - self.low
        return {
            "pieces": float(self.pieces),
            "function_pieces": float(self.function_pieces),
            "per_length": self.per_length,
            "slope_least": float(size.min()),
            "slope_mean": float(size @ self.lengths / length) if length else float(size.mean()),
            "slope_greatest": float(size.max()),
            "jump_greatest": float(self.jumps.max(initial=0.0)),
        }
