"""An Arithmetic that computes nothing: shapes come out right, and every operation is written down.

Values are twos without memory of their own (every stride is 0), so that a step of ten million weights is
counted in a moment, and so that a text may look at what it computed: nothing in it is infinite or NaN.
"""

# ruff: noqa: D102, as what the methods of an Arithmetic do is said once, in its protocol

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod
from typing import Any

import numpy as np

from pamcheck.arithmetic import Pullback
from pamcheck.arithmetic.on_arrays import OnArrays, reduced
from pamcheck.lookup import lookup
from pamcheck.measure.cost.ledger import Ledger
from pamcheck.measure.cost.rules import BACKWARD, FORWARD
from pamcheck.operands import is_weak, matmul_shape


def stand_in(shape: tuple[int, ...], dtype: Any = np.float32) -> Any:
    """Return an array of a shape that holds a single number, 2, which a limit of 1 clips."""
    return np.lib.stride_tricks.as_strided(np.full(1, 2, dtype), shape, (0,) * len(shape))


class Counting(OnArrays):
    """Stands in for native floats, or for PAM with exact or mimic derivatives, in one group of operations.

    kind    "native", "exact" or "mimic"; raises ValueError for another
    group   what its operations are written down under, in `ledger`
    """

    def __init__(self, kind: str, group: str, ledger: Ledger) -> None:
        self.kind, self.group, self.ledger = kind, group, ledger
        self._forward, self._backward = lookup("kind", kind, FORWARD), BACKWARD[kind]
        self.name = f"counting {kind}"

    def _write(self, operations: Sequence[str], count: int) -> None:
        for operation in operations:
            self.ledger.write(self.group, operation, count)

    def _elementwise(self, operations: Sequence[str], *operands: Any) -> Any:
        shape = np.broadcast_shapes(*(np.shape(x) for x in operands))
        self._write(operations, prod(shape))
        dtype = next((x.dtype for x in operands if not is_weak(x)), np.dtype(np.float64))
        return stand_in(shape, dtype)

    def mul(self, a: Any, b: Any) -> Any:
        return self._elementwise(self._forward["mul"], a, b)

    def div(self, a: Any, b: Any) -> Any:
        return self._elementwise(self._forward["div"], a, b)

    def exp2(self, x: Any) -> Any:
        return self._elementwise(self._forward["exp2"], x)

    def log2(self, x: Any) -> Any:
        return self._elementwise(self._forward["log2"], x)

    def sqrt(self, x: Any) -> Any:
        return self._elementwise(self._forward["sqrt"], x)

    def exp(self, x: Any) -> Any:
        return self._elementwise(self._forward["exp"], x)

    def log(self, x: Any) -> Any:
        return self._elementwise(self._forward["log"], x)

    def add(self, a: Any, b: Any) -> Any:
        return self._elementwise(("float add",), a, b)

    def sub(self, a: Any, b: Any) -> Any:
        return self._elementwise(("float add",), a, b)

    def neg(self, x: Any) -> Any:
        return self._elementwise(("sign",), x)

    def maximum(self, a: Any, b: Any) -> Any:
        return self._elementwise(("compare",), a, b)

    def floor(self, x: Any) -> Any:
        return self._elementwise(("floor",), x)

    def where(self, condition: Any, a: Any, b: Any) -> Any:
        return self._elementwise((), np.empty(np.shape(condition), np.bool_), a, b).astype(
            next(x.dtype for x in (a, b) if not is_weak(x)), copy=False
        )

    def matmul(self, a: Any, b: Any) -> Any:
        return self._product(self._forward["mul"], a, b)

    def sum(self, x: Any, axis: Any = None, keepdims: bool = False) -> Any:
        self._write(("float add",), x.size)
        return self._reduction(x, axis, keepdims)

    def max(self, x: Any, axis: Any = None, keepdims: bool = False) -> Any:
        self._write(("compare",), x.size)
        return self._reduction(x, axis, keepdims)

    def take(self, x: Any, indices: Any) -> Any:
        return stand_in((*np.shape(indices), *x.shape[1:]), x.dtype)

    def pullback(self, op: str, operands: Sequence[Any], result: Any) -> Pullback:  # noqa: ARG002
        """Return the rule of an operation of PULLED, as a count."""
        if op == "matmul":
            return self._product_rule(*operands)
        parts = lookup("operation", op, self._backward)
        shapes = [np.shape(x) for x in operands]

        def pull(cotangent: Any, needed: Sequence[bool]) -> tuple[Any, ...]:
            return tuple(
                reduced(self, self._elementwise(part, cotangent), shape) if take else None
                for part, shape, take in zip(parts, shapes, needed, strict=True)
            )

        return pull

    def _product_rule(self, a: Any, b: Any) -> Pullback:
        term = self._backward["mul"][0]
        parts: tuple[Callable[[Any], Any], ...] = (
            lambda d: reduced(self, self._product(term, d, b.swapaxes(-1, -2)), a.shape),
            lambda d: reduced(self, self._product(term, a.swapaxes(-1, -2), d), b.shape),
        )
        return lambda d, needed: tuple(
            part(d) if take else None for part, take in zip(parts, needed, strict=True)
        )

    def _product(self, term: Sequence[str], a: Any, b: Any) -> Any:
        """Write down a product: a term and an addition for each element of the result and each k."""
        shape = matmul_shape("matmul", [a, b])
        self._write((*term, "float add"), prod(shape) * a.shape[-1])
        return stand_in(shape, a.dtype)

    @staticmethod
    def _reduction(x: Any, axis: Any, keepdims: bool) -> Any:
        axes = range(x.ndim) if axis is None else axis if isinstance(axis, (tuple, list)) else (axis,)
        gone = {at % max(x.ndim, 1) for at in axes}
        shape = [
            1 if at in gone else length for at, length in enumerate(x.shape) if keepdims or at not in gone
        ]
        return stand_in(tuple(shape), x.dtype)
