"""An interpretation on object arrays of Fractions: section 1 of the definition to the last digit, at one point.

Slow and plain; what the tracer is held against, and what symmetries are judged by.
"""

# ruff: noqa: D102, as what the methods do is said in the protocol of an Arithmetic

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from pamcheck import spec
from pamcheck.functional import LOG2_E

Array = np.ndarray[Any, Any]


class Exact:
    """The real operations on arrays of Fractions; floats among the operands are taken exactly."""

    name = "exact arrays"

    def mul(self, a: Any, b: Any) -> Array:
        return _each(spec.pam, a, b)

    def div(self, a: Any, b: Any) -> Array:
        return _each(spec.padiv, a, b)

    def exp2(self, x: Any) -> Array:
        return _each(spec.X, x)

    def log2(self, x: Any) -> Array:
        return _each(spec.L, x)

    def sqrt(self, x: Any) -> Array:
        return _each(spec.pasqrt, x)

    def exp(self, x: Any) -> Array:
        return self.exp2(self.mul(x, LOG2_E))

    def log(self, x: Any) -> Array:
        return self.div(self.log2(x), LOG2_E)

    def matmul(self, a: Any, b: Any) -> Array:
        left, right = fractions(a)[..., :, None, :], fractions(b).swapaxes(-1, -2)[..., None, :, :]
        return self.sum(self.mul(left, right), axis=-1)

    def sum(self, x: Any, axis: Any = None, keepdims: bool = False) -> Array:
        return np.asarray(np.sum(fractions(x), axis=_axis(axis), keepdims=keepdims), object)

    def add(self, a: Any, b: Any) -> Array:
        return np.asarray(fractions(a) + fractions(b), object)

    def sub(self, a: Any, b: Any) -> Array:
        return np.asarray(fractions(a) - fractions(b), object)

    def neg(self, x: Any) -> Array:
        return np.asarray(-fractions(x), object)

    def maximum(self, a: Any, b: Any) -> Array:
        return _each(max, a, b)

    def max(self, x: Any, axis: Any = None, keepdims: bool = False) -> Array:
        return np.asarray(np.max(fractions(x), axis=_axis(axis), keepdims=keepdims), object)

    def floor(self, x: Any) -> Array:
        return _each(lambda p: Fraction(math.floor(p)), x)

    def where(self, condition: Any, a: Any, b: Any) -> Array:
        return np.where(np.asarray(condition), fractions(a), fractions(b))

    def reshape(self, x: Any, shape: tuple[int, ...]) -> Array:
        return fractions(x).reshape(shape)

    def transpose(self, x: Any, axes: Sequence[int]) -> Array:
        return fractions(x).transpose(axes)

    def take(self, x: Any, indices: Any) -> Array:
        return np.take(fractions(x), np.asarray(indices, np.intp), axis=0)

    def value(self, x: Any) -> Any:
        return x

    def own_rule(self, forward: Callable[..., Any], backward: Callable[..., Any], *operands: Any) -> Any:  # noqa: ARG002
        return forward(self, *operands)


def fractions(x: Any) -> Array:
    """Return numbers as an object array of Fractions; -inf stays, to be left out by a maximum."""
    given = np.asarray(x)
    if given.dtype == np.object_:
        return given
    found = np.empty(given.shape, object)
    found.reshape(-1)[:] = [Fraction(y) if math.isfinite(y) else y for y in given.reshape(-1).tolist()]
    return found


def _axis(axis: Any) -> Any:
    return tuple(axis) if isinstance(axis, list) else axis


def _each(function: Callable[..., Fraction], *operands: Any) -> Array:
    arrays = np.broadcast_arrays(*map(fractions, operands))
    found = np.empty(arrays[0].shape, object)
    found.reshape(-1)[:] = [
        function(*p) for p in zip(*(x.reshape(-1).tolist() for x in arrays), strict=True)
    ]
    return found
