"""The interpretation that writes down what a text does, and the rules it is differentiated by."""

# ruff: noqa: D102, as what the methods do is said in the protocol of an Arithmetic

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from pamcheck.formats import FloatFormat
from pamcheck.fusion.symbols import CONDITIONS, Graph, Node, Outer, Settings, Symbol, Untraceable
from pamcheck.kernels.table import cotangents
from pamcheck.operands import is_weak, rounded

BODY_OF = {
    "mul": "pam",
    "div": "padiv",
    "exp2": "paexp2",
    "log2": "palog2",
    "sqrt": "pasqrt",
    "exp": "paexp",
    "log": "palog",
}
TAKES_OFFSET = ("mul", "div")


class Tracer:
    """The operations of pamcheck on Symbols of one graph.

    shape  what every operand is broadcast to: rows along the last axis
    """

    name = "traced"

    def __init__(self, settings: Settings, fmt: FloatFormat, dtype: Any, shape: tuple[int, ...]) -> None:
        self.graph, self.settings, self.fmt, self.dtype, self.shape = Graph(), settings, fmt, dtype, shape

    def operand(self, index: int, shape: tuple[int, ...], boolean: bool) -> Symbol:
        """Return the symbol of an operand."""
        wide = bool(shape) and shape[-1] == self.shape[-1]
        dtype = np.dtype(np.bool_) if boolean else self.dtype
        at = self.graph.add(Node("operand", (), wide, boolean=boolean, detail=index))
        return Symbol(at, shape, dtype, self.combine)

    def combine(self, op: str, *operands: Any, shifted: bool = False) -> Symbol:
        """Return the symbol of a step or a body, applied to operands broadcast against each other."""
        if any(isinstance(x, Outer) for x in operands):
            raise Untraceable(f"{op} of a sum over rows")
        symbols = [self._symbol(x) for x in operands]
        nodes = [self.graph.nodes[x.at] for x in symbols]
        boolean = op in CONDITIONS
        shape = np.broadcast_shapes(*(x.shape for x in symbols))
        wide = any(node.wide for node in nodes)
        at = self.graph.add(Node(op, tuple(x.at for x in symbols), wide, boolean, shifted))
        return Symbol(at, shape, np.dtype(np.bool_) if boolean else self.dtype, self.combine)

    def _symbol(self, x: Any) -> Symbol:
        if isinstance(x, Symbol):
            return x
        if isinstance(x, np.generic) or (isinstance(x, np.ndarray) and x.ndim == 0):
            if x.dtype != self.dtype:
                raise Untraceable(f"a constant of {x.dtype}")
            code = int(np.asarray(x).view(f"u{x.dtype.itemsize}"))
        elif is_weak(x):
            code = int(rounded(x, "number", self.fmt))
        else:
            raise Untraceable(f"a constant of {type(x).__name__}")
        return Symbol(
            self.graph.add(Node("constant", (), False, detail=code)), (), self.dtype, self.combine
        )

    def _body(self, op: str, *operands: Any) -> Symbol:
        shifted = op in TAKES_OFFSET and bool(self.settings.offset)
        return self.combine(BODY_OF[op], *operands, shifted=shifted)

    def mul(self, a: Any, b: Any) -> Symbol:
        return self._body("mul", a, b)

    def div(self, a: Any, b: Any) -> Symbol:
        return self._body("div", a, b)

    def exp2(self, x: Any) -> Symbol:
        return self._body("exp2", x)

    def log2(self, x: Any) -> Symbol:
        return self._body("log2", x)

    def sqrt(self, x: Any) -> Symbol:
        return self._body("sqrt", x)

    def exp(self, x: Any) -> Symbol:
        return self._body("exp", x)

    def log(self, x: Any) -> Symbol:
        return self._body("log", x)

    def add(self, a: Any, b: Any) -> Any:
        if isinstance(a, Outer) and isinstance(b, Outer):
            return Outer("add", (a, b), np.broadcast_shapes(a.shape, b.shape), self.dtype)
        return self.combine("add", a, b)

    def sub(self, a: Any, b: Any) -> Symbol:
        return self.combine("sub", a, b)

    def neg(self, x: Any) -> Any:
        return Outer("neg", (x,), x.shape, self.dtype) if isinstance(x, Outer) else self.combine("neg", x)

    def maximum(self, a: Any, b: Any) -> Symbol:
        return self.combine("maximum", a, b)

    def floor(self, x: Any) -> Symbol:
        return self.combine("floor", x)

    def where(self, condition: Any, a: Any, b: Any) -> Symbol:
        return self.combine("where", condition, a, b)

    def sum(self, x: Any, axis: Any = None, keepdims: bool = False) -> Any:
        axes = _axes(axis, x.ndim)
        if axes == (x.ndim - 1,) and isinstance(x, Symbol):
            return self._reduced("sum", x, keepdims)
        if not keepdims or isinstance(x, Outer) or x.shape[:-1] != self.shape[:-1]:
            raise Untraceable("a sum over other axes than the last")
        shape = tuple(1 if at in axes else length for at, length in enumerate(x.shape))
        return Outer("sum", (self._spread(x),), shape, self.dtype, axes)

    def max(self, x: Any, axis: Any = None, keepdims: bool = False) -> Symbol:
        if _axes(axis, x.ndim) != (x.ndim - 1,):
            raise Untraceable("a maximum over other axes than the last")
        return self._reduced("max", x, keepdims)

    def _reduced(self, op: str, x: Symbol, keepdims: bool) -> Symbol:
        if not keepdims:
            raise Untraceable(f"a {op} that drops the axis")
        shape = (*x.shape[:-1], 1)
        if x.shape[-1] != self.shape[-1]:  # of one element, which a sum still adds to +0
            return x if op == "max" else self.combine("alone", x)
        return Symbol(
            self.graph.add(Node(op, (self._spread(x).at,), False)), shape, self.dtype, self.combine
        )

    def _spread(self, x: Symbol) -> Symbol:
        """Return a symbol whose node is wide if its shape is."""
        if self.graph.nodes[x.at].wide or x.shape[-1] != self.shape[-1]:
            return x
        return Symbol(self.graph.add(Node("spread", (x.at,), True)), x.shape, x.dtype, self.combine)

    def reshape(self, x: Any, shape: tuple[int, ...]) -> Any:
        return x.reshape(tuple(shape))

    def transpose(self, *_: Any, **__: Any) -> Any:
        raise Untraceable("elements that move")

    take = matmul = transpose

    def value(self, x: Any) -> Any:
        return x

    def own_rule(self, forward: Callable[..., Any], backward: Callable[..., Any], *operands: Any) -> Any:  # noqa: ARG002
        return forward(self, *operands)

    def pullback(self, op: str, operands: Sequence[Any], result: Any) -> Any:  # noqa: ARG002
        """Return the rule of an operation, as derivatives.vjp has it."""
        if op == "matmul":
            raise Untraceable("a matrix product")
        names = cotangents(BODY_OF[op], self.settings.mode)
        shifted = op in TAKES_OFFSET and bool(self.settings.offset)

        def pull(cotangent: Any, needed: Sequence[bool]) -> tuple[Any, ...]:
            return tuple(
                self._summed(self.combine(name, cotangent, *operands, shifted=shifted), np.shape(x))
                if take
                else None
                for name, x, take in zip(names, operands, needed, strict=True)
            )

        return pull

    def _summed(self, x: Symbol, shape: tuple[int, ...]) -> Any:
        """Return x summed over the axes along which an operand of that shape was repeated."""
        new = x.ndim - len(shape)
        axes = tuple(at for at in range(x.ndim) if at < new or shape[at - new] != x.shape[at])
        return self.sum(x, axis=axes, keepdims=True).reshape(shape) if axes else x


def _axes(axis: Any, ndim: int) -> tuple[int, ...]:
    if not ndim:
        raise Untraceable("a reduction of an array without axes")
    if axis is None:
        return tuple(range(ndim))
    return tuple(sorted(at % ndim for at in (axis if isinstance(axis, (tuple, list)) else (axis,))))
