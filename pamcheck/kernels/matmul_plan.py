"""Who multiplies what, and where it lies in memory: one thread's part of a product, and operands as they are."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise, zip_longest
from typing import Any, NamedTuple

import numpy as np

from pamcheck.kernels.launch import thread_count

# Below this many products a part is done before a thread would have started.
PART_MIN = 1 << 22
# Rows in a part, where there are more parts than threads: packing b again for each must not cost much.
ROWS_MIN = 120


class Plan(NamedTuple):
    """One thread's part of a product: strides in elements, and ranges of items, rows and columns."""

    a_row: int
    a_col: int
    b_row: int
    b_col: int
    x_row: int
    x_col: int
    c_row: int
    depth: int
    first_item: int
    last_item: int
    first_row: int
    last_row: int
    first_col: int
    last_col: int


def parts(plan: Plan, step: tuple[int, int]) -> list[Plan]:
    """Cut a plan into one part a thread: by items, by rows, or by columns, whichever there are enough of."""
    rows, cols = plan.last_row, plan.last_col
    worth = plan.last_item * rows * cols * plan.depth // PART_MIN
    count = min(thread_count(), worth) if worth > 1 else 1
    if count == 1:
        return [plan]
    if plan.last_item >= count:
        cuts = pairwise(plan.last_item * part // count for part in range(count + 1))
        return [plan._replace(first_item=low, last_item=high) for low, high in cuts]
    by_rows = rows >= count * step[0] or rows >= cols
    size, unit = (rows, step[0]) if by_rows else (cols, step[1])
    # more parts than threads, so that none waits for one that started late
    count = max(count, min(4 * count, worth, rows // ROWS_MIN)) if by_rows else count
    tiles = -(-size // unit)
    cuts = pairwise(min(size, tiles * part // count * unit) for part in range(count + 1))
    if by_rows:
        return [plan._replace(first_row=low, last_row=high) for low, high in cuts]
    return [plan._replace(first_col=low, last_col=high) for low, high in cuts]


def broadcast(shapes: list[tuple[int, ...]]) -> tuple[int, ...]:
    """Return the common shape of shapes that fit each other; numpy.broadcast_shapes stops at 32 axes."""
    if all(shape == shapes[0] for shape in shapes):
        return shapes[0]
    lengths = zip_longest(*(shape[::-1] for shape in shapes), fillvalue=1)
    return tuple(next((n for n in each if n != 1), 1) for each in lengths)[::-1]


def as_it_lies(array: Any, batch: Sequence[int]) -> tuple[Any, Any, tuple[int, int]]:
    """Return the memory of an array as it lies, where each of its matrices starts, and their two strides."""
    contiguous, size = array.flags.c_contiguous, array.itemsize
    if not array.flags.aligned or (not contiguous and any(stride % size for stride in array.strides)):
        array, contiguous = array.copy(), True
    steps, start = [stride // size for stride in array.strides], 0
    if contiguous:
        flat = array.reshape(-1)
    else:
        spans = [(length - 1) * step for length, step in zip(array.shape, steps, strict=True)]
        start = -sum(span for span in spans if span < 0)
        corner = array[tuple(slice(-1, None) if span < 0 else slice(0, 1) for span in spans)]
        extent = 1 + sum(abs(span) for span in spans)
        flat = np.lib.stride_tricks.as_strided(corner, (extent,), (size,))
    flat = flat.view()
    flat.flags.writeable = False  # one type for the compiled loops, whatever the caller's array is
    starts: Any = start
    if batch:
        new = len(batch) - array.ndim + 2
        own, outer = (1,) * new + array.shape[:-2], [0] * new + steps[:-2]
        for length, have, step in zip(batch, own, outer, strict=True):
            starts = np.add.outer(starts, np.arange(length) * (step if have > 1 else 0)).reshape(-1)
    return flat, starts, (steps[-2], steps[-1])
