"""Arrays that grow while a function is recorded: places of scalars, slots, states, instructions."""

from __future__ import annotations

from typing import Any

import numpy as np

from pamcheck.measure.regions.tracer.layout import WIDTH, Code, Memory

Array = np.ndarray[Any, Any]


class Growing:
    """A flat array that is appended to."""

    def __init__(self, dtype: Any) -> None:
        self._array, self.size = np.zeros(1024, dtype), 0

    def append(self, entries: Any) -> int:
        """Append entries and return the place of the first."""
        entries = np.asarray(entries).reshape(-1)
        first, self.size = self.size, self.size + entries.size
        if self.size > self._array.size:
            more = np.zeros(max(self.size, 2 * self._array.size), self._array.dtype)
            more[:first] = self._array[:first]
            self._array = more
        self._array[first : self.size] = entries
        return first

    @property
    def array(self) -> Array:
        """The entries, as a view that can be written to."""
        return self._array[: self.size]


class Store:
    """Everything that a recorded function consists of.

    Instructions whose operands do not move are kept apart: they run once.
    """

    def __init__(self) -> None:
        self.values, self.moves = Growing(np.float64), Growing(np.bool_)
        self.leaf = Growing(np.bool_)  # constants that were given, not computed
        self.slot_of = Growing(np.int64)
        self.loud = Growing(np.bool_)  # slots whose binades are breaks whatever they meet
        self.states = 0
        self.pool = Growing(np.int64)
        self.tables: tuple[list[list[int]], list[list[int]]] = ([], [])
        self.operations: list[str] = []

    @property
    def step(self) -> int:
        """The number of the operation that is being recorded."""
        return len(self.operations)

    def place(self, values: Any, moves: Any, leaf: bool) -> Array:
        """Return new places for scalars, of the shape of `moves`."""
        moves = np.asarray(moves, np.bool_)
        first = self.values.append(np.broadcast_to(values, moves.shape))
        self.moves.append(moves)
        self.leaf.append(np.full(moves.shape, leaf))
        self.slot_of.append(np.full(moves.shape, -1))
        return np.arange(first, first + moves.size).reshape(moves.shape)

    def new_states(self, count: int) -> int:
        """Return the first of new states."""
        first, self.states = self.states, self.states + count
        return first

    def emit(self, moving: bool, columns: dict[int, int]) -> None:
        """Append an instruction."""
        row = [0] * WIDTH
        for column, entry in {**columns, 1: self.step}.items():
            row[column] = int(entry)
        self.tables[moving].append(row)

    def is_simple(self, at: Array) -> Array:
        """Return which of the scalars are given constants that are zero or a power of two up to sign."""
        values = self.values.array[at]
        found: Array = self.leaf.array[at] & ((values == 0) | (np.abs(np.frexp(values)[0]) == 0.5))
        return found

    def is_zero(self, at: Array) -> Array:
        """Return which of the scalars are given constants that are zero."""
        found: Array = self.leaf.array[at] & (self.values.array[at] == 0)
        return found

    def code(self) -> Code:
        """Return the instructions as arrays."""
        still, moving = (np.array(table, np.int64).reshape(-1, WIDTH) for table in self.tables)
        return Code(still, moving, self.pool.array.copy())

    def memory(self) -> Memory:
        """Return memory with the constants in it, before the first pass."""
        slots, unknown = np.zeros(self.loud.size), np.full(self.loud.size, np.nan)
        return Memory(
            v=self.values.array.copy(),
            d=np.zeros(self.values.size),
            r=slots.copy(),
            dr=slots.copy(),
            scale=unknown,
            inverse=unknown.copy(),
            exponent=slots.copy(),
            side=slots,
            changed=np.zeros(self.loud.size, np.bool_),
            loud=self.loud.array.copy(),
            state=np.full(self.states, np.nan),
            near=np.zeros(1),
            event=np.zeros(9, np.int64),
        )
