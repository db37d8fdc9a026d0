"""What every interpretation on arrays shares: IEEE additions, choices and moves."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from pamcheck.interchange import beside
from pamcheck.operands import format_of, is_weak, rounded


class OnArrays:
    """What every interpretation on arrays shares: IEEE additions, choices and moves."""

    def sum(self, x: Any, axis: Any = None, keepdims: bool = False) -> Any:
        return np.sum(x, axis=axis, keepdims=keepdims, dtype=x.dtype)

    def add(self, a: Any, b: Any) -> Any:
        return np.add(*alike(a, b))

    def sub(self, a: Any, b: Any) -> Any:
        return np.subtract(*alike(a, b))

    def neg(self, x: Any) -> Any:
        return np.negative(x)

    def maximum(self, a: Any, b: Any) -> Any:
        return np.maximum(*alike(a, b))

    def max(self, x: Any, axis: Any = None, keepdims: bool = False) -> Any:
        return np.max(x, axis=axis, keepdims=keepdims)

    def floor(self, x: Any) -> Any:
        return np.floor(x)

    def where(self, condition: Any, a: Any, b: Any) -> Any:
        return chosen(condition, a, b)

    def reshape(self, x: Any, shape: tuple[int, ...]) -> Any:
        return x.reshape(shape)

    def transpose(self, x: Any, axes: Sequence[int]) -> Any:
        return x.transpose(axes)

    def take(self, x: Any, indices: Any) -> Any:
        return x[beside(np.asarray(indices) if isinstance(indices, list) else indices, x)]

    def value(self, x: Any) -> Any:
        return x

    def own_rule(self, forward: Callable[..., Any], backward: Callable[..., Any], *operands: Any) -> Any:  # noqa: ARG002
        return forward(self, *operands)


def alike(*operands: Any) -> list[Any]:
    """Return operands with Python numbers as scalars of the others' dtype, rounded once."""
    dtype = next((x.dtype for x in operands if not is_weak(x)), np.dtype(np.float64))
    return [rounded(x, "number", format_of(dtype)).view(dtype)[()] if is_weak(x) else x for x in operands]


def chosen(condition: Any, a: Any, b: Any) -> Any:
    """Return a where a condition holds, else b. The condition may lie on the host, whatever a and b do."""
    like = next((x for x in (a, b) if not is_weak(x)), None)
    return np.where(beside(condition, like), *alike(a, b))


def reduced(arithmetic: Any, x: Any, shape: tuple[int, ...]) -> Any:
    """Return x summed over the axes along which an operand of that shape was repeated."""
    new = x.ndim - len(shape)
    axes = tuple(at for at in range(x.ndim) if at < new or shape[at - new] != x.shape[at])
    return arithmetic.sum(x, axis=axes, keepdims=True).reshape(shape) if axes else x
