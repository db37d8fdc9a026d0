"""Who multiplies what, and where it lies in memory: one thread's part of a product, and operands as they are."""

from __future__ import annotations

from functools import lru_cache
from itertools import pairwise, zip_longest
from math import prod
from typing import Any, NamedTuple

import numpy as np

from pamcheck.kernels.launch import thread_count

DEPTH = 256  # k in a block: part of the definition, spec section 4
# Below this many products a part is done before another thread would have noticed.
PART_MIN = 1 << 20
# Rows or columns in a part, where there are more parts than threads: each packs the whole of the other operand.
SIDE_MIN = 360

# Items whose places are remembered from one product to the next.
KEPT_ITEMS = 1 << 10

Shape = tuple[int, ...]


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


class Lie(NamedTuple):
    """How an array lies in memory: its shape, its strides in elements, and where its first element is."""

    shape: Shape
    steps: Shape
    start: int


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
    # the longer side: what every part packs again is the operand that has the other
    by_rows = (rows >= cols and rows >= count * step[0]) or cols < count * step[1]
    size, unit = (rows, step[0]) if by_rows else (cols, step[1])
    # more parts than threads, so that none waits for one that started late
    count = max(count, min(4 * count, worth, size // SIDE_MIN))
    tiles = -(-size // unit)
    cuts = pairwise(min(size, tiles * part // count * unit) for part in range(count + 1))
    if by_rows:
        return [plan._replace(first_row=low, last_row=high) for low, high in cuts]
    return [plan._replace(first_col=low, last_col=high) for low, high in cuts]


def broadcast(shapes: list[Shape]) -> Shape:
    """Return the common shape of shapes that fit each other; numpy.broadcast_shapes stops at 32 axes."""
    first = shapes[0]
    if all(shape == first for shape in shapes):
        return first
    lengths = zip_longest(*(shape[::-1] for shape in shapes), fillvalue=1)
    return tuple(next((n for n in each if n != 1), 1) for each in lengths)[::-1]


def whole(batch: Shape, rows: int, cols: int, depth: int, lies: tuple[Lie, Lie, Lie]) -> tuple[Any, Plan]:
    """Return where each item of a product begins in a, b, x and c, an int64 array, and the plan of it all."""
    kept = prod(batch) <= KEPT_ITEMS  # a training run asks for the same few again and again
    return (_whole_kept if kept else _whole)(batch, rows, cols, depth, lies)


def _whole(batch: Shape, rows: int, cols: int, depth: int, lies: tuple[Lie, Lie, Lie]) -> tuple[Any, Plan]:
    items = prod(batch)
    starts = np.empty((items, 4), np.int64)
    for at, lie in enumerate(lies):
        starts[:, at] = _firsts(lie, batch)
    starts[:, 3] = np.arange(0, items * rows * cols, rows * cols)
    strides = [step for lie in lies for step in lie.steps[-2:]]
    return starts, Plan._make((*strides, cols, depth, 0, items, 0, rows, 0, cols))


_whole_kept = lru_cache(maxsize=512)(_whole)


def _firsts(lie: Lie, batch: Shape) -> Any:
    """Return where each matrix of an array begins, repeated over a batch."""
    starts: Any = np.array([lie.start])
    new = len(batch) - len(lie.shape) + 2
    own, outer = (1,) * new + lie.shape[:-2], (0,) * new + lie.steps[:-2]
    for length, have, step in zip(batch, own, outer, strict=True):
        starts = np.add.outer(starts, np.arange(length) * (step if have > 1 else 0)).reshape(-1)
    return starts


def as_it_lies(array: Any) -> tuple[Any, Lie]:
    """Return the memory of an array as a flat array, read-only, and how the array lies in it.

    Nothing is copied but what does not lie on whole elements.
    """
    if not array.flags.aligned or any(stride % array.itemsize for stride in array.strides):
        array = array.copy()
    steps = tuple([stride // array.itemsize for stride in array.strides])
    flat, start = packed(array), 0
    if flat is None:
        spans = [(length - 1) * step for length, step in zip(array.shape, steps, strict=True)]
        start = -sum(span for span in spans if span < 0)
        corner = array[tuple(slice(-1, None) if span < 0 else slice(0, 1) for span in spans)]
        extent = 1 + sum(abs(span) for span in spans)
        flat = np.lib.stride_tricks.as_strided(corner, (extent,), (array.itemsize,))
    flat = flat.view()
    flat.flags.writeable = False  # one type for the compiled loops, whatever the caller's array is
    return flat, Lie(array.shape, steps, start)


def packed(array: Any) -> Any:
    """Return the memory of an array as a flat view, if that holds its elements and nothing else, or None."""
    if array.flags.c_contiguous:
        return array.reshape(-1)
    strides = array.strides
    turned = array.transpose(sorted(range(array.ndim), key=lambda axis: -strides[axis]))
    return turned.reshape(-1) if turned.flags.c_contiguous else None
