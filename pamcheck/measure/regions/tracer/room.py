"""How far it is to the next break: along each direction, and in all directions at once."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]
Key = tuple[int, ...]


class Room:
    """Distances to breaks, gathered over operations and over chunks of directions.

    least        the smallest binade
    approximate  whether an operand that moves is below it
    """

    def __init__(self, least: float) -> None:
        self.least, self.approximate = least, False
        self._gaps: dict[Key, tuple[Array, int, int]] = {}
        self._norms: dict[Key, Array] = {}
        self._plus: list[Array] = []
        self._minus: list[Array] = []

    def begin(self, directions: int) -> None:
        """Begin a chunk of directions: the same operations come again."""
        self._plus.append(np.full(directions, np.inf))
        self._minus.append(np.full(directions, np.inf))

    def see(self, key: Key, below: Array, above: Array, slopes: Array, cause: int, step: int) -> None:
        """Take up operands with gaps (elements,) below and above, and slopes (elements, directions).

        key  the same for the same operands in each chunk
        """
        size = np.abs(slopes)
        with np.errstate(divide="ignore", invalid="ignore"):
            down, up = (np.where(size > 0, gap[:, None] / size, np.inf) for gap in (below, above))
        plus = np.where(slopes > 0, up, down).min(axis=0, initial=np.inf)
        minus = np.where(slopes > 0, down, up).min(axis=0, initial=np.inf)
        for kept, found in ((self._plus, plus), (self._minus, minus)):
            np.minimum(kept[-1], found, out=kept[-1])
        gap, norm = np.minimum(below, above), size.sum(axis=1)
        self._gaps[key] = gap, cause, step
        self._norms[key] = norm + self._norms.get(key, 0.0)

    def radius(self) -> tuple[float, int, int]:
        """Return the largest radius in the sup norm of all directions, and cause and step of what ends it."""
        best, why = math.inf, (0, 0)
        for key, (gap, *reason) in self._gaps.items():
            norm = self._norms[key]
            with np.errstate(divide="ignore", invalid="ignore"):
                found = float(np.where(norm > 0, gap / norm, np.inf).min(initial=np.inf))
            if found < best:
                best, why = found, (reason[0], reason[1])
        return max(best, 0.0), *why

    def distances(self) -> tuple[Array, Array]:
        """Return how far it is along each direction, and against it."""
        plus, minus = (np.maximum(np.concatenate(parts), 0.0) for parts in (self._plus, self._minus))
        return plus, minus
