"""Running a scalar body over arrays of codes on the GPU: broadcasting, strides, alignment.

Operands that lie as the result does, or are one element, are read 16 bytes at a time; all others where
they are, by strides, so that a broadcast operand never takes up memory of the result's size.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from pamcheck.kernels import device
from pamcheck.kernels.cpu import word_bits
from pamcheck.kernels.gpu import Runtime, constants
from pamcheck.kernels.words import Words

THREADS = 256
AXES = 8  # that the strided kernel takes, once neighbouring ones are joined
VECTOR_BYTES = 16
LARGEST = 1 << 30  # elements of one strided launch: their positions must divide exactly in 32 bits


def run_codes(
    name: str, operands: Sequence[Any], w: Words, out: Any | None = None, *, runtime: Runtime
) -> Any:
    """Apply a body of kernels.table.BODIES, or of device.IEEE, to device arrays of codes, broadcast against each other.

    All arrays have one unsigned integer dtype, that of the format's storage; `out`, if given, has the
    broadcast shape and may overlap an operand. Returns `out` or a new array in C order.
    """
    shape = np.broadcast_shapes(*(operand.shape for operand in operands))
    dtype = np.dtype(operands[0].dtype)
    unit = device.elementwise(name, _without_offset(w), 8 * dtype.itemsize)
    direct = (
        out is not None and out.flags.c_contiguous and not any(_meet(out, x, runtime) for x in operands)
    )
    result: Any = out if direct else runtime.empty(shape, dtype)
    bits = word_bits(w)
    shift = np.array(w.shift & ((1 << bits) - 1), dtype=f"u{bits // 8}").view(f"i{bits // 8}")[()]
    if result.size:
        _fill(unit, [_broadcast(x, shape) for x in operands], result, shift, runtime)
    if out is None or direct:
        return result
    out[...] = result
    return out


def _fill(unit: device.Unit, operands: list[Any], out: Any, shift: Any, runtime: Runtime) -> None:
    """Run the kernels that fill a contiguous, nonempty result."""
    joined = collapse(out.shape, [_element_strides(x) for x in operands])
    lengths: Sequence[int] = joined[0]
    strides: list[Sequence[int]] = [*joined[1]]
    steps = [stride[0] if stride else 0 for stride in strides]
    if len(lengths) <= 1 and set(steps) <= {0, 1}:
        done = _vectors(unit, operands, steps, out, shift, runtime)
        if done == out.size:
            return
        if done:
            operands = [
                _flat(x, step)[done if step else 0 :] for x, step in zip(operands, steps, strict=True)
            ]
            out, lengths, strides = _flat(out, 1)[done:], [out.size - done], [[step] for step in steps]
    if out.size > LARGEST:
        first = next(axis for axis, length in enumerate(out.shape) if length > 1)
        half = out.shape[first] // 2
        for part in (slice(None, half), slice(half, None)):
            at = (slice(None),) * first + (part,)
            _fill(unit, [x[at] for x in operands], out[at], shift, runtime)
        return
    if len(lengths) > AXES:
        copies = [x.copy() for x in operands]
        _fill(unit, copies, out, shift, runtime)
        return
    _strided(unit, operands, lengths, strides, out, shift, runtime)


def _vectors(
    unit: device.Unit, operands: list[Any], steps: list[int], out: Any, shift: Any, runtime: Runtime
) -> int:
    """Do as many elements as whole vectors hold; return how many, 0 where something is not aligned."""
    moving = [x for x, step in zip(operands, steps, strict=True) if step] + [out]
    if any(runtime.address(x) % VECTOR_BYTES for x in moving):
        return 0
    width = VECTOR_BYTES // out.dtype.itemsize
    count = out.size // width
    if count:
        padded = [*operands, *operands[:1] * 2][:3]
        flags = [np.int32(step) for step in (steps + steps[:1] * 2)[:3]]
        runtime.kernel(unit, "vectors")(
            (-(-count // THREADS),), (THREADS,), (*padded, out, np.int64(count), *flags, shift)
        )
    return int(count * width)


def _strided(
    unit: device.Unit,
    operands: list[Any],
    lengths: Sequence[int],
    strides: list[Sequence[int]],
    out: Any,
    shift: Any,
    runtime: Runtime,
) -> None:
    three = [*strides, *strides[:1] * 2][:3]
    entries = [
        (length, *divisor(length), *(stride[axis] for stride in three))
        for axis, length in enumerate(lengths)
    ] or [(1, *divisor(1), 0, 0, 0)]
    layout = constants(runtime, np.array(entries[::-1], dtype=np.int64).ravel())
    padded = [*operands, *operands[:1] * 2][:3]
    arguments = (*padded, out, np.int32(out.size), np.int32(len(entries)), layout, shift)
    runtime.kernel(unit, "strided")((-(-out.size // THREADS),), (THREADS,), arguments)


def divisor(d: int) -> tuple[int, int]:
    """Return (magic, places) with n // d == (((magic * n) >> 32) + n) >> places for 0 <= n < 2^31.

    Source: Granlund & Montgomery, Division by invariant integers using multiplication, PLDI 1994, figure 4.1.
    """
    if not 1 <= d < 1 << 31:
        raise ValueError(f"d is {d}; it must be in [1, 2^31)")
    places = (d - 1).bit_length()
    return ((1 << 32) * ((1 << places) - d)) // d + 1, places


def collapse(
    shape: tuple[int, ...], strides: Sequence[Sequence[int]]
) -> tuple[tuple[int, ...], list[tuple[int, ...]]]:
    """Return the shape and every operand's strides without unit axes and with axes joined where all allow it."""
    lengths: list[int] = []
    joined: list[list[int]] = [[] for _ in strides]
    for axis, length in enumerate(shape):
        if length == 1:
            continue
        if lengths and all(
            kept[-1] == stride[axis] * length for kept, stride in zip(joined, strides, strict=True)
        ):
            lengths[-1] *= length
            for kept, stride in zip(joined, strides, strict=True):
                kept[-1] = stride[axis]
        else:
            lengths.append(length)
            for kept, stride in zip(joined, strides, strict=True):
                kept.append(stride[axis])
    return tuple(lengths), [tuple(kept) for kept in joined]


@lru_cache(maxsize=1024)
def _without_offset(w: Words) -> Words:
    return w._replace(shift=w.one)


def _element_strides(x: Any) -> list[int]:
    return [stride // x.dtype.itemsize for stride in x.strides]


def _broadcast(x: Any, shape: tuple[int, ...]) -> Any:
    """Return a view of the shape; along an axis that it repeats the stride is 0."""
    view: Any = np.broadcast_to(x, shape)  # CuPy's arrays answer with their own
    return view


def _flat(x: Any, step: int) -> Any:
    """Return a contiguous array as one axis, or the one element of a repeated one."""
    return x.reshape(-1) if step else x[(slice(0, 1),) * x.ndim].reshape(-1)


def _meet(a: Any, b: Any, runtime: Runtime) -> bool:
    """Whether two arrays may share memory, other than by being the same elements in the same places."""
    low_a, high_a = _extent(a, runtime)
    low_b, high_b = _extent(b, runtime)
    same = low_a == low_b and a.shape == b.shape and a.strides == b.strides
    return low_a < high_b and low_b < high_a and not same


def _extent(x: Any, runtime: Runtime) -> tuple[int, int]:
    """Return the addresses that an array's elements lie between."""
    start = runtime.address(x)
    if math.prod(x.shape) == 0:
        return start, start
    reach = [(length - 1) * stride for length, stride in zip(x.shape, x.strides, strict=True)]
    low = sum(part for part in reach if part < 0)
    high = sum(part for part in reach if part > 0)
    return start + low, start + high + int(x.dtype.itemsize)
