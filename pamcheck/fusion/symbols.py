"""What a text is traced with: symbols that stand for arrays, and the graph of what was done to them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from pamcheck.operands import Number


class Untraceable(Exception):
    """A text does what no program of rows can; it is run operation by operation instead."""


class Settings(NamedTuple):
    """What an arithmetic of pamcheck is told: see pamcheck.arithmetic.Pam."""

    mode: str
    offset: Number
    policy: str


class Node(NamedTuple):
    """One value of a program.

    op       name of a body of kernels.table.BODIES or of fusion.steps, "sum", "max", "operand" or "constant"
    args     places of the operands in the graph
    wide     whether it differs along a row; otherwise there is one a row
    boolean  whether it is a condition
    shifted  whether the body takes the compensation offset
    detail   which operand it is, or the code of a constant
    """

    op: str
    args: tuple[int, ...]
    wide: bool
    boolean: bool = False
    shifted: bool = False
    detail: int = 0


@dataclass
class Graph:
    """Nodes in the order in which they were met; what was computed before is not computed again."""

    nodes: list[Node] = field(default_factory=list)
    places: dict[Node, int] = field(default_factory=dict)

    def add(self, node: Node) -> int:
        """Return the place of a node."""
        place = self.places.setdefault(node, len(self.nodes))
        if place == len(self.nodes):
            self.nodes.append(node)
        return place


Combine = Callable[..., "Symbol"]


class Symbol(np.lib.mixins.NDArrayOperatorsMixin):
    """An array that is not there: a place in a graph, the shape it has, and a dtype.

    NumPy hands its functions over to `combine`, so that a rule may compare, ask for NaN and choose in NumPy's words.
    """

    def __init__(self, at: int, shape: tuple[int, ...], dtype: Any, combine: Combine) -> None:
        self.at, self.shape, self.dtype, self.combine = at, shape, dtype, combine

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return len(self.shape)

    def copy(self) -> Symbol:
        """Return the same: what has no memory shares none."""
        return self

    def reshape(self, shape: tuple[int, ...]) -> Symbol:
        """Return the same in its own shape. Raises Untraceable for any other."""
        if tuple(shape) != self.shape:
            raise Untraceable(f"a reshape of {self.shape} to {tuple(shape)}")
        return self

    def __bool__(self) -> bool:
        raise Untraceable("a decision that depends on an array's elements")

    def __array__(self, *_: Any, **__: Any) -> Any:
        raise Untraceable("an array was asked for")

    def __array_ufunc__(self, ufunc: Any, method: str, *operands: Any, **options: Any) -> Any:
        name = UFUNCS.get(ufunc.__name__)
        if name is None or method != "__call__" or options:
            raise Untraceable(f"numpy.{ufunc.__name__}")
        return self.combine(name, *operands)

    def __array_function__(self, function: Any, _types: Any, args: Any, options: Any) -> Any:
        if function is np.shape:
            return args[0].shape
        if function is np.where and len(args) == 3:
            return self.combine("where", *args)
        if function is np.broadcast_to:
            return Symbol(args[0].at, tuple(args[1]), self.dtype, self.combine)
        raise Untraceable(f"numpy.{function.__name__}")

    def __getattr__(self, name: str) -> Any:
        if not name.startswith("_") and hasattr(np.ndarray, name):
            raise Untraceable(f"{name} of an array")
        raise AttributeError(name)


UFUNCS = {
    "less": "less",
    "less_equal": "less_equal",
    "greater": "greater",
    "greater_equal": "greater_equal",
    "equal": "equal",
    "not_equal": "not_equal",
    "isnan": "isnan",
    "isfinite": "isfinite",
    "bitwise_and": "and",
    "bitwise_or": "or",
    "logical_and": "and",
    "logical_or": "or",
    "invert": "not",
    "logical_not": "not",
}
"""NumPy's functions that give conditions, by the name of the step that does the same."""

CONDITIONS = frozenset(UFUNCS.values())


@dataclass(frozen=True)
class Outer:
    """A value that is computed after the program: a sum over rows, or what is made of such sums.

    op       "sum" (of a Symbol, over `axes`), "add", "neg" or "reshape"
    """

    op: str
    args: tuple[Any, ...]
    shape: tuple[int, ...]
    dtype: Any
    axes: tuple[int, ...] = ()

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return len(self.shape)

    def copy(self) -> Outer:
        """Return the same."""
        return self

    def reshape(self, shape: tuple[int, ...]) -> Outer:
        """Return the elements in another shape."""
        return self if tuple(shape) == self.shape else Outer("reshape", (self,), tuple(shape), self.dtype)
