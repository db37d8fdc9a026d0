"""Rules of the operations that are linear or a choice. They multiply nothing, so every arithmetic shares them."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from pamcheck.arithmetic import Pullback
from pamcheck.arithmetic.on_arrays import alike, chosen, reduced, row_indices
from pamcheck.interchange import beside, is_foreign

BLOCK = (
    256  # rows whose cotangents are added up before they join the total, as the terms of a matrix product
)


def pullback(
    op: str, base: Any, values: Sequence[Any], result: Any, *constants: Any, **options: Any
) -> Pullback:
    """Return the rule of an operation; `base` adds up where an operand was broadcast."""
    return _RULES[op](base, values, result, *constants, **options)


def where_pullback(base: Any, condition: Any, values: Sequence[Any]) -> Pullback:
    """Return the rule of a choice between two operands by a constant condition."""
    shapes = [np.shape(x) for x in values]
    condition = condition.copy() if hasattr(condition, "copy") else condition

    def pull(cotangent: Any, needed: Sequence[bool]) -> tuple[Any, ...]:
        parts = (lambda: chosen(condition, cotangent, 0.0), lambda: chosen(condition, 0.0, cotangent))
        return _parts(base, parts, shapes, needed)

    return pull


def _parts(
    base: Any, parts: Sequence[Callable[[], Any]], shapes: Sequence[tuple[int, ...]], needed: Sequence[bool]
) -> tuple[Any, ...]:
    return tuple(
        reduced(base, part(), shape) if take else None
        for part, shape, take in zip(parts, shapes, needed, strict=True)
    )


def _add(base: Any, values: Sequence[Any], result: Any) -> Pullback:  # noqa: ARG001
    shapes = [np.shape(x) for x in values]
    return lambda d, needed: _parts(base, (lambda: d, lambda: d), shapes, needed)


def _sub(base: Any, values: Sequence[Any], result: Any) -> Pullback:  # noqa: ARG001
    shapes = [np.shape(x) for x in values]
    return lambda d, needed: _parts(base, (lambda: d, lambda: base.neg(d)), shapes, needed)


def _neg(base: Any, values: Sequence[Any], result: Any) -> Pullback:  # noqa: ARG001
    return lambda d, _: (base.neg(d),)


def _maximum(base: Any, values: Sequence[Any], result: Any) -> Pullback:  # noqa: ARG001
    """The cotangent goes to the greater one, or to a where one is NaN; to b, not to both, where they are equal."""
    a, b = alike(*values)
    return where_pullback(base, ~(a <= b), values)


def _sum(base: Any, values: Sequence[Any], result: Any, axis: Any, keepdims: bool) -> Pullback:  # noqa: ARG001
    shape = values[0].shape
    return lambda d, _: (np.broadcast_to(_spread(d, shape, axis, keepdims), shape),)


def _max(base: Any, values: Sequence[Any], result: Any, axis: Any, keepdims: bool) -> Pullback:  # noqa: ARG001
    """All of the cotangent goes to the first of the greatest elements."""
    [x] = values
    axes = _axes(axis, x.ndim)
    others = [at for at in range(x.ndim) if at not in axes]
    shape, count = x.shape, math.prod(x.shape[at] for at in axes)
    flat = x.transpose((*others, *axes)).reshape((*(shape[at] for at in others), count))
    first = np.expand_dims(flat.argmax(axis=-1), -1) == beside(np.arange(flat.shape[-1]), x)
    moved = first.reshape(tuple(shape[at] for at in (*others, *axes)))
    mask = moved.transpose(np.argsort((*others, *axes)).tolist())
    return lambda d, _: (chosen(mask, _spread(d, shape, axis, keepdims), 0.0),)


def _spread(cotangent: Any, shape: tuple[int, ...], axis: Any, keepdims: bool) -> Any:
    """Return the cotangent of a reduction with the axes that were reduced as axes of length 1."""
    if keepdims:
        return cotangent
    axes = _axes(axis, len(shape))
    return cotangent.reshape(tuple(1 if at in axes else length for at, length in enumerate(shape)))


def _axes(axis: Any, ndim: int) -> tuple[int, ...]:
    if axis is None or not ndim:  # a 0-d array has an axis 0 by numpy.sum, and nothing to do along it
        return tuple(range(ndim))
    return tuple(at % ndim for at in (axis if isinstance(axis, (tuple, list)) else (axis,)))


def _reshape(base: Any, values: Sequence[Any], result: Any, shape: tuple[int, ...]) -> Pullback:  # noqa: ARG001
    before = values[0].shape
    return lambda d, _: (d.reshape(before),)


def _transpose(base: Any, values: Sequence[Any], result: Any, axes: Sequence[int]) -> Pullback:  # noqa: ARG001
    back = np.argsort([axis % values[0].ndim for axis in axes]).tolist()
    return lambda d, _: (d.transpose(back),)


def _take(base: Any, values: Sequence[Any], result: Any, indices: Any) -> Pullback:  # noqa: ARG001
    shape, held = values[0].shape, row_indices(indices).copy()  # a loader may use its buffer again
    return lambda d, _: (scattered(d, held, shape),)


def scattered(cotangent: Any, indices: Any, shape: tuple[int, ...]) -> Any:
    """Return the sum, for each row of `shape`, of the cotangents of the places that took it.

    As if by a matrix product with rows of zeros and ones: in ascending order of the places, in blocks of 256.
    A device's array is added up on the host, for no device does it in a stated order.
    """
    on_device = is_foreign(cotangent)
    host = cotangent.get() if on_device else cotangent
    rows = (
        np.asarray(indices.get() if hasattr(indices, "get") else indices)
        .ravel()
        .astype(np.intp, copy=False)
    )
    flat = host.reshape(rows.size, math.prod(shape[1:]))
    wide = np.result_type(flat.dtype, np.float32)
    total = np.zeros((shape[0], flat.shape[1]), wide)
    for start in range(0, rows.size, BLOCK):
        block = slice(start, start + BLOCK)
        touched, place = np.unique(rows[block] % shape[0], return_inverse=True)
        part = np.zeros((touched.size, flat.shape[1]), wide)
        np.add.at(part, place, flat[block].astype(wide, copy=False))
        total[touched] += part
    result = total.astype(host.dtype, copy=False).reshape(shape)
    if not on_device:
        return result
    from pamcheck.kernels.gpu import runtime

    return runtime().upload(result)


_RULES: dict[str, Callable[..., Pullback]] = {
    "add": _add,
    "sub": _sub,
    "neg": _neg,
    "maximum": _maximum,
    "sum": _sum,
    "max": _max,
    "reshape": _reshape,
    "transpose": _transpose,
    "take": _take,
}
