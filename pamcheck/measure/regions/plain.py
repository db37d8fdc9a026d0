"""An interpretation on object arrays of Fractions: what a function of real numbers returns at one point, exactly.

It is written without the partition's forms, from the functions of pamcheck.spec, to check partitions by.
"""

# ruff: noqa: D102, as what the methods do is said in the protocol of an Arithmetic

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from pamcheck import functional, spec

Array = np.ndarray[Any, Any]


class Plain:
    """The real operations of spec section 1 on object arrays of Fractions; exp and log take functional.LOG2_E.

    jumped  whether a floor had a whole number as its operand, where its limits from both sides differ
    least   where asked for, the least magnitude of an operand, other than zero, that a binade was needed of
    """

    name = "exact arrays"

    def __init__(self, watch: bool = False) -> None:
        self.jumped = False
        self.least: Fraction | None = None
        self._watch = watch

    def mul(self, a: Any, b: Any) -> Array:
        return self._binades(spec.pam, a, b)

    def div(self, a: Any, b: Any) -> Array:
        return self._binades(spec.padiv, a, b)

    def exp2(self, x: Any) -> Array:
        return _each(spec.X, x)

    def log2(self, x: Any) -> Array:
        return self._binades(spec.L, x)

    def sqrt(self, x: Any) -> Array:
        return self._binades(spec.pasqrt, x)

    def exp(self, x: Any) -> Array:
        return self.exp2(self.mul(x, functional.LOG2_E))

    def log(self, x: Any) -> Array:
        return self.div(self.log2(x), functional.LOG2_E)

    def matmul(self, a: Any, b: Any) -> Array:
        a, b = as_array(a), as_array(b)
        return self.sum(self.mul(a[..., :, None, :], b.swapaxes(-1, -2)[..., None, :, :]), axis=-1)

    def sum(self, x: Any, axis: Any = None, keepdims: bool = False) -> Array:
        start: Any = Fraction(0)
        return as_array(np.sum(as_array(x), axis=axis, keepdims=keepdims, initial=start))

    def add(self, a: Any, b: Any) -> Array:
        return _each(lambda p, q: p + q, a, b)

    def sub(self, a: Any, b: Any) -> Array:
        return _each(lambda p, q: p - q, a, b)

    def neg(self, x: Any) -> Array:
        return _each(lambda p: -p, x)

    def maximum(self, a: Any, b: Any) -> Array:
        return _each(max, a, b)

    def max(self, x: Any, axis: Any = None, keepdims: bool = False) -> Array:
        return as_array(np.max(as_array(x), axis=axis, keepdims=keepdims))

    def floor(self, x: Any) -> Array:
        found = _each(lambda p: Fraction(math.floor(p)), x)
        self.jumped |= bool((found == as_array(x)).any())
        return found

    def where(self, condition: Any, a: Any, b: Any) -> Array:
        return as_array(np.where(condition, as_array(a), as_array(b)))

    def reshape(self, x: Any, shape: tuple[int, ...]) -> Array:
        return as_array(x).reshape(shape)

    def transpose(self, x: Any, axes: Sequence[int]) -> Array:
        return as_array(x).transpose(axes)

    def take(self, x: Any, indices: Any) -> Array:
        return as_array(np.take(as_array(x), np.asarray(indices, dtype=np.intp), axis=0))

    def value(self, x: Any) -> Any:
        return x

    def own_rule(self, forward: Callable[..., Any], backward: Callable[..., Any], *operands: Any) -> Any:  # noqa: ARG002
        return forward(self, *operands)

    def _binades(self, function: Callable[..., Any], *operands: Any) -> Array:
        if self._watch:
            sizes = [abs(p) for x in operands for p in as_array(x).reshape(-1).tolist() if p]
            self.least = min(sizes if self.least is None else [*sizes, self.least], default=self.least)
        return _each(function, *operands)


def as_array(x: Any) -> Array:
    """Return numbers as an object array of Fractions; -inf stays, as a maximum leaves it out."""
    given = np.asarray(x)
    found = np.empty(given.shape, object)
    found.reshape(-1)[:] = [
        y if isinstance(y, Fraction) or y == -math.inf else Fraction(y) for y in given.reshape(-1).tolist()
    ]
    return found


def _each(function: Callable[..., Any], *operands: Any) -> Array:
    arrays = np.broadcast_arrays(*map(as_array, operands))
    found = np.empty(arrays[0].shape, object)
    columns = (array.reshape(-1).tolist() for array in arrays)
    found.reshape(-1)[:] = [function(*entries) for entries in zip(*columns, strict=True)]
    return found
