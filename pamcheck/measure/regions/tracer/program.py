"""A recorded function: where its inputs and outputs are, and memory to run it in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from pamcheck.arithmetic import Arithmetic
from pamcheck.measure.regions.tracer.layout import REASONS, STATUS, STATUS_STEP, Code, Memory
from pamcheck.measure.regions.tracer.recorded import Recorded
from pamcheck.measure.regions.tracer.recording import Recorder
from pamcheck.measure.regions.tracer.store import Store

Array = np.ndarray[Any, Any]
Function = Callable[[Mapping[str, Any], Arithmetic], Any]

LEAST = -1100  # below the exponent of every float64


@dataclass(frozen=True)
class Program:
    """Instructions and where inputs and outputs are.

    inputs      places of the scalars that move, by name of their array, of its shape
    outputs     places of the result, of its shape
    operations  names of the operations that break, in the order of the run: step 1 is the first
    """

    store: Store
    inputs: Mapping[str, Array]
    outputs: Array
    operations: tuple[str, ...]

    @cached_property
    def code(self) -> Code:
        """The instructions."""
        return self.store.code()

    def memory(self) -> Memory:
        """Return memory in which everything that does not move is computed.

        Raises ValueError where that has no value, naming the operation.
        """
        found = self.store.memory()
        # a constant is never too small: only operands that move come through infinitely many binades
        self.evaluate(self.code.still, found, LEAST)
        return found

    def evaluate(self, table: Array, memory: Memory, smallest: int) -> None:
        """Run instructions once where nothing moves. Raises ValueError where there is no result, as `memory` does."""
        from pamcheck.measure.regions.tracer.drive import advance

        none = np.empty(0, np.int64)
        block = (
            np.empty(0),
            np.empty((0, 2), np.int64),
            np.empty(0, np.bool_),
            np.empty((0, 0)),
            np.empty((0, 0)),
        )
        clock, last = np.zeros(4), np.zeros(4, np.int64)
        advance(table, self.code.pool, memory, none, np.empty(0), none, clock, smallest, last, *block)
        if memory.event[STATUS]:
            raise ValueError(self.told(int(memory.event[STATUS]), int(memory.event[STATUS_STEP])))

    def told(self, status: int, step: int) -> str:
        """Return what went wrong, and in which operation."""
        where = f"{self.operations[step - 1]} (step {step})" if step else "the result"
        return f"{where}: {REASONS[status]}"


def record(function: Function, origin: Mapping[str, Array], moving: Mapping[str, Any]) -> Program:
    """Run a function once and return what it does.

    moving  booleans by name, of the shape of the array or one for all of it: what may move. The rest is constant

    Python's own decisions in the function are taken once; it sees no values, so it cannot decide by them.
    """
    store = Store()
    places = {}
    for name, array in origin.items():
        mask = np.broadcast_to(moving.get(name, False), array.shape)
        places[name] = store.place(array, mask, leaf=True)
    store.leaf.array[store.moves.array] = False
    recorder: Any = Recorder(store)
    arguments: Any = {name: Recorded(at) for name, at in places.items()}
    result = function(arguments, recorder)
    outputs = recorder._places(result)
    return Program(store, {name: places[name] for name in moving}, outputs, tuple(store.operations))
