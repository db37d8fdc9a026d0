"""An interpretation that records a function as instructions over scalars.

A value is an array of places. Reshaping, transposing, indexing, broadcasting and `where` move places and cost nothing
later; everything else emits instructions, apart for what moves and what does not.
"""

# ruff: noqa: D102, as what the methods do is said in the protocol of an Arithmetic

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from pamcheck.functional import LOG2_E
from pamcheck.measure.regions.tracer import instructions, layout, matrices
from pamcheck.measure.regions.tracer.recorded import Recorded
from pamcheck.measure.regions.tracer.store import Store

Array = np.ndarray[Any, Any]


class Recorder:
    """The operations of spec section 1 on Recorded values of one store."""

    name = "recorded"

    def __init__(self, store: Store) -> None:
        self._store = store

    def mul(self, a: Any, b: Any) -> Recorded:
        return self._begun("mul", instructions.mul, a, b)

    def div(self, a: Any, b: Any) -> Recorded:
        return self._begun("div", instructions.div, a, b)

    def exp2(self, x: Any) -> Recorded:
        return self._begun("exp2", instructions.exp2, x)

    def log2(self, x: Any) -> Recorded:
        return self._begun("log2", instructions.log2, x)

    def sqrt(self, x: Any) -> Recorded:
        return self._begun("sqrt", instructions.sqrt, x)

    def exp(self, x: Any) -> Recorded:
        product = self._begun("exp", instructions.mul, x, LOG2_E)
        return Recorded(instructions.exp2(self._store, product.at))

    def log(self, x: Any) -> Recorded:
        logs = self._begun("log", instructions.log2, x)
        return self._run(instructions.div, logs, LOG2_E)

    def matmul(self, a: Any, b: Any) -> Recorded:
        a, b = self._places(a), self._places(b)
        if min(a.ndim, b.ndim) < 2 or a.shape[-1] != b.shape[-2]:
            shapes = f"operands of shapes {a.shape} and {b.shape}"
            raise ValueError(f"matmul: {shapes}; they must be (..., m, k) and (..., k, n)")
        self._store.operations.append("matmul")
        return Recorded(matrices.matmul(self._store, a, b))

    def sum(self, x: Any, axis: Any = None, keepdims: bool = False) -> Recorded:
        return self._reduced(instructions.total, x, axis, keepdims)

    def add(self, a: Any, b: Any) -> Recorded:
        return self._run(instructions.linear(layout.ADD), a, b)

    def sub(self, a: Any, b: Any) -> Recorded:
        return self._run(instructions.linear(layout.SUB), a, b)

    def neg(self, x: Any) -> Recorded:
        return self._run(instructions.linear(layout.SCALE), x, -1.0)

    def maximum(self, a: Any, b: Any) -> Recorded:
        a, b = np.broadcast_arrays(self._places(a), self._places(b))
        return self._begun("maximum", instructions.greatest, Recorded(np.stack([a, b], axis=-1)))

    def max(self, x: Any, axis: Any = None, keepdims: bool = False) -> Recorded:
        self._store.operations.append("max")
        return self._reduced(instructions.greatest, x, axis, keepdims)

    def floor(self, x: Any) -> Recorded:
        return self._begun("floor", instructions.floor, x)

    def where(self, condition: Any, a: Any, b: Any) -> Recorded:
        chosen = np.asarray(condition)
        if chosen.dtype != np.bool_:
            raise TypeError(f"where: condition is of {chosen.dtype}; it must be constant booleans")
        return Recorded(np.where(chosen, self._places(a), self._places(b)))

    def reshape(self, x: Any, shape: tuple[int, ...]) -> Recorded:
        return Recorded(self._places(x).reshape(shape))

    def transpose(self, x: Any, axes: Sequence[int]) -> Recorded:
        return Recorded(self._places(x).transpose(axes))

    def take(self, x: Any, indices: Any) -> Recorded:
        return Recorded(np.take(self._places(x), np.asarray(indices, dtype=np.intp), axis=0))

    def value(self, x: Any) -> Any:
        return x

    def own_rule(self, forward: Callable[..., Any], backward: Callable[..., Any], *operands: Any) -> Any:  # noqa: ARG002
        return forward(self, *operands)

    def _places(self, x: Any) -> Array:
        """Return the places of an operand; numbers and arrays become constants, taken exactly."""
        if isinstance(x, Recorded):
            return x.at
        array = np.asarray(x)
        if (
            array.dtype == np.object_
            or np.isnan(array := array.astype(np.float64)).any()
            or (array == math.inf).any()
        ):
            raise ValueError(
                "a constant is NaN, infinite or no number; only -inf is taken, and only by a maximum"
            )
        return self._store.place(array, np.zeros(array.shape, np.bool_), leaf=True)

    def _begun(self, operation: str, emit: Callable[..., Array], *operands: Any) -> Recorded:
        self._store.operations.append(operation)
        return self._run(emit, *operands)

    def _run(self, emit: Callable[..., Array], *operands: Any) -> Recorded:
        return Recorded(emit(self._store, *np.broadcast_arrays(*map(self._places, operands))))

    def _reduced(self, emit: Callable[..., Array], x: Any, axis: Any, keepdims: bool) -> Recorded:
        at = self._places(x)
        axes = (
            tuple(range(at.ndim)) if axis is None else tuple(int(a) % at.ndim for a in np.atleast_1d(axis))
        )
        kept = tuple(a for a in range(at.ndim) if a not in axes)
        rows = at.transpose(kept + axes).reshape(
            *(at.shape[a] for a in kept), math.prod(at.shape[a] for a in axes)
        )
        found = emit(self._store, rows)
        full = tuple(1 if a in axes else length for a, length in enumerate(at.shape))
        return Recorded(found.reshape(full) if keepdims else found)
