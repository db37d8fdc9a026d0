"""An interpretation on cells: every value is affine in the parameters on every cell, exactly.

An operation that breaks inside a cell cuts it there, at all of its breaks at once; what follows sees the parts.
The operations are those of section 1 of the definition, without rounding, and exp and log take log2 e as the float
that pamcheck.functional takes.
"""

# ruff: noqa: D102, as what the methods do is said in the protocol of an Arithmetic

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from pamcheck.arithmetic.on_arrays import row_indices
from pamcheck.functional import LOG2_E
from pamcheck.measure.regions import elementwise, products
from pamcheck.measure.regions.cells import Outline
from pamcheck.measure.regions.forms import Form, add, neg, sub, total
from pamcheck.measure.regions.products import Pairs
from pamcheck.measure.regions.sweep import Part, Row, Sweep, finite
from pamcheck.measure.regions.values import Value, axes_of, constants, grouped

Work = Callable[[int, Outline], Sequence[Part]]
Joined = Callable[[Sweep, Outline, Row, Row, Pairs], list[Part]]


class OnCells:
    """The real operations of spec section 1 on Values of one sweep."""

    name = "affine cells"

    def __init__(self, sweep: Sweep) -> None:
        self._sweep = sweep

    def mul(self, a: Any, b: Any) -> Value:
        self._sweep.begin("mul")
        return self._pairwise(products.multiplied, a, b)

    def div(self, a: Any, b: Any) -> Value:
        self._sweep.begin("div")
        return self._pairwise(products.divided, a, b)

    def exp2(self, x: Any) -> Value:
        self._sweep.begin("exp2")
        return self._each(elementwise.exp2, x)

    def log2(self, x: Any) -> Value:
        self._sweep.begin("log2")
        return self._each(elementwise.log2, x)

    def sqrt(self, x: Any) -> Value:
        self._sweep.begin("sqrt")
        return self._each(elementwise.sqrt, x)

    def exp(self, x: Any) -> Value:
        self._sweep.begin("exp")
        return self._each(elementwise.exp2, self._pairwise(products.multiplied, x, LOG2_E))

    def log(self, x: Any) -> Value:
        self._sweep.begin("log")
        return self._pairwise(products.divided, self._each(elementwise.log2, x), LOG2_E)

    def matmul(self, a: Any, b: Any) -> Value:
        self._sweep.begin("matmul")
        a, b = self._value(a), self._value(b)
        if min(a.ndim, b.ndim) < 2 or a.shape[-1] != b.shape[-2]:
            raise ValueError(
                f"matmul: operands of shapes {a.shape} and {b.shape}; they must be (..., m, k) and (..., k, n)"
            )
        # all products as (..., m, n, k), then sums over k
        left, right = np.broadcast_arrays(
            a.numbers()[..., :, None, :], b.numbers().swapaxes(-1, -2)[..., None, :, :]
        )
        length = left.shape[-1]
        if not length:
            return constants(self._sweep, np.zeros(left.shape[:-1]))

        def work(sweep: Sweep, cell: Outline, p: Row, q: Row, pairs: Pairs) -> list[Part]:
            parts = products.multiplied(sweep, cell, p, q, pairs)
            return [(part, products.sums(sweep, row, length)) for part, row in parts]

        return self._paired(work, a, b, left, right, left.shape[:-1])

    def sum(self, x: Any, axis: Any = None, keepdims: bool = False) -> Value:
        x = self._value(x)
        return self._summed(x, axes_of(axis, x.ndim), keepdims)

    def add(self, a: Any, b: Any) -> Value:
        return self._two(add, a, b)

    def sub(self, a: Any, b: Any) -> Value:
        return self._two(sub, a, b)

    def neg(self, x: Any) -> Value:
        return self._mapped(lambda f: neg(finite(f, self._sweep)), self._value(x))

    def maximum(self, a: Any, b: Any) -> Value:
        self._sweep.begin("maximum")
        return self._pairwise(elementwise.maximum, a, b)

    def max(self, x: Any, axis: Any = None, keepdims: bool = False) -> Value:
        self._sweep.begin("max")
        x = self._value(x)
        axes = axes_of(axis, x.ndim)
        groups, shape = grouped(x, axes, keepdims)
        if groups.size == 0 and groups.shape[0]:
            raise ValueError(
                f"max of an array of shape {x.shape} over axes {axes}: there is nothing to choose from"
            )
        lists = groups.tolist()
        rows = self._expand(lambda i, cell: elementwise.greatest(self._sweep, cell, x.row(i), lists))
        return Value(self._sweep, shape, rows)

    def floor(self, x: Any) -> Value:
        self._sweep.begin("floor")
        return self._each(elementwise.floor, x)

    def where(self, condition: Any, a: Any, b: Any) -> Value:
        a, b = self._value(a), self._value(b)
        chosen = np.asarray(condition)
        if chosen.dtype != np.bool_:
            raise TypeError(f"where: condition is of {chosen.dtype}; it must be constant booleans")
        chosen, left, right = np.broadcast_arrays(chosen, a.numbers(), b.numbers())
        picks = list(zip(*(x.reshape(-1).tolist() for x in (chosen, left, right)), strict=True))
        rows = [
            [p[i] if first else q[j] for first, i, j in picks]
            for p, q in ((a.row(cell), b.row(cell)) for cell in self._cells(a, b))
        ]
        return Value(self._sweep, chosen.shape, rows, a.fixed and b.fixed)

    def reshape(self, x: Any, shape: tuple[int, ...]) -> Value:
        value = self._value(x)
        return value.moved(value.numbers().reshape(shape))

    def transpose(self, x: Any, axes: Sequence[int]) -> Value:
        value = self._value(x)
        return value.moved(value.numbers().transpose(axes))

    def take(self, x: Any, indices: Any) -> Value:
        value = self._value(x)
        return value.moved(np.take(value.numbers(), row_indices(indices), axis=0))

    def value(self, x: Any) -> Any:
        return x

    def own_rule(self, forward: Callable[..., Any], backward: Callable[..., Any], *operands: Any) -> Any:  # noqa: ARG002
        return forward(self, *operands)

    def _value(self, x: Any) -> Value:
        return x if isinstance(x, Value) else constants(self._sweep, x)

    def _cells(self, *values: Value) -> range:
        return range(1 if all(value.fixed for value in values) else len(self._sweep.outlines))

    def _expand(self, work: Work) -> list[Row]:
        return self._sweep.expand(work)

    def _each(self, work: Callable[[Sweep, Outline, Row], list[Part]], x: Any) -> Value:
        x = self._value(x)
        rows = self._expand(lambda i, cell: work(self._sweep, cell, x.row(i)))
        return Value(self._sweep, x.shape, rows)

    def _pairwise(self, work: Joined, a: Any, b: Any) -> Value:
        a, b = self._value(a), self._value(b)
        left, right = np.broadcast_arrays(a.numbers(), b.numbers())
        return self._paired(work, a, b, left, right)

    def _paired(
        self, work: Joined, a: Value, b: Value, left: Any, right: Any, shape: tuple[int, ...] | None = None
    ) -> Value:
        pairs = list(zip(left.reshape(-1).tolist(), right.reshape(-1).tolist(), strict=True))
        rows = self._expand(lambda i, cell: work(self._sweep, cell, a.row(i), b.row(i), pairs))
        return Value(self._sweep, left.shape if shape is None else shape, rows)

    def _two(self, join: Callable[[Form, Form], Form], a: Any, b: Any) -> Value:
        a, b = self._value(a), self._value(b)
        left, right = np.broadcast_arrays(a.numbers(), b.numbers())
        pairs = list(zip(left.reshape(-1).tolist(), right.reshape(-1).tolist(), strict=True))
        rows: list[Row] = [
            [join(finite(p[i], self._sweep), finite(q[j], self._sweep)) for i, j in pairs]
            for p, q in ((a.row(cell), b.row(cell)) for cell in self._cells(a, b))
        ]
        return Value(self._sweep, left.shape, rows, a.fixed and b.fixed)

    def _mapped(self, function: Callable[[Form | None], Form], x: Value) -> Value:
        rows: list[Row] = [[function(f) for f in x.row(cell)] for cell in self._cells(x)]
        return Value(self._sweep, x.shape, rows, x.fixed)

    def _summed(self, x: Value, axes: tuple[int, ...], keepdims: bool) -> Value:
        groups, shape = grouped(x, axes, keepdims)
        lists = groups.tolist()
        rows: list[Row] = [
            [total([finite(row[i], self._sweep) for i in group]) for group in lists]
            for row in map(x.row, self._cells(x))
        ]
        return Value(self._sweep, shape, rows, x.fixed)
