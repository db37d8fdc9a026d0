"""Orders in which sums are taken, for rows of numbers at a time: what others do, and the canonical two.

An order takes an array (rows, terms) and returns (rows,), every addition in the array's own dtype. None starts
from +0: whoever asks adds it, which changes nothing but a sum of -0.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import numpy as np

from pamcheck.testing.contractions.adding import Numbers


class Order(NamedTuple):
    """One order, and how a diagnosis names it."""

    words: str
    run: Callable[[Numbers], Numbers]


def sequential(x: Numbers) -> Numbers:
    """Return the sums of rows added one after another."""
    return _in_turn(x, 1)


def blocks(x: Numbers, size: int) -> Numbers:
    """Return the sums of blocks, added one after another, of terms added likewise."""
    return sequential(_in_turn(_cut(x, size), 2))


def lanes(x: Numbers, count: int, fold: Callable[[Numbers], Numbers]) -> Numbers:
    """Return the sums by lanes, term i in lane i mod count, which `fold` then adds up."""
    return fold(_in_turn(_cut(x, count), 1))


def halves(x: Numbers) -> Numbers:
    """Return the sums by halving: the first half's terms plus the second's, until one is left."""
    x = _to_power_of_two(x)
    with np.errstate(all="ignore"):
        while x.shape[1] > 1:
            half = x.shape[1] // 2
            x = x[:, :half] + x[:, half:]
    return x[:, 0]


def pairs(x: Numbers) -> Numbers:
    """Return the sums of neighbours, then of neighbours among these, until one is left."""
    x = _to_power_of_two(x)
    with np.errstate(all="ignore"):
        while x.shape[1] > 1:
            x = x[:, ::2] + x[:, 1::2]
    return x[:, 0]


def by_numpy(x: Numbers) -> Numbers:
    """Return what numpy.sum gives along a contiguous axis."""
    with np.errstate(all="ignore"):
        return np.asarray(np.ascontiguousarray(x).sum(axis=1, dtype=x.dtype))


def _in_turn(x: Numbers, axis: int) -> Numbers:
    """Return sums along an axis, each term added to the sum of those before it."""
    if not x.shape[axis]:
        return np.zeros(np.delete(x.shape, axis), x.dtype)
    with np.errstate(all="ignore"):
        return np.asarray(np.take(np.add.accumulate(x, axis=axis, dtype=x.dtype), -1, axis=axis))


def _cut(x: Numbers, size: int) -> Numbers:
    """Return rows cut into parts of one size: (rows, parts, size)."""
    return _padded(x, size).reshape(len(x), -(-x.shape[1] // size), size)


def _padded(x: Numbers, size: int) -> Numbers:
    """Return rows with zeros after them, to a whole number of `size`: they change no sum but one of -0."""
    padded = np.zeros((len(x), -(-x.shape[1] // size) * size), x.dtype)
    padded[:, : x.shape[1]] = x
    return padded


def _to_power_of_two(x: Numbers) -> Numbers:
    return (
        _padded(x, 1 << max(x.shape[1] - 1, 0).bit_length())
        if x.shape[1]
        else np.zeros((len(x), 1), x.dtype)
    )


BLOCK, LANES = 256, 32

ORDERS: dict[str, Order] = {
    "blocks of 256": Order("in blocks of 256, as a matrix product does", partial(blocks, size=BLOCK)),
    "lanes of 32": Order(
        "in 32 lanes that are folded, as a sum does", partial(lanes, count=LANES, fold=halves)
    ),
    "sequential": Order("one after another", sequential),
    "reversed": Order("one after another from the last", lambda x: sequential(x[:, ::-1])),
    "pairwise": Order("pairwise, neighbours first", pairs),
    "halves": Order("pairwise, halves of the row onto each other", halves),
    "numpy.sum": Order("as numpy.sum adds up a contiguous row", by_numpy),
    **{
        f"blocks of {size}": Order(f"in blocks of {size}", partial(blocks, size=size))
        for size in (512, 128, 64, 32, 16, 8, 4)
    },
    **{
        f"lanes of {count}": Order(
            f"in {count} lanes that are folded", partial(lanes, count=count, fold=halves)
        )
        for count in (256, 128, 64, 16, 8, 4, 2)
    },
    **{
        f"lanes of {count}, in turn": Order(
            f"in {count} lanes that are added one after another",
            partial(lanes, count=count, fold=sequential),
        )
        for count in (32, 16, 8, 4)
    },
}
"""Every order that a diagnosis can name."""

CANONICAL = {"matmul": "blocks of 256", "sum": "lanes of 32"}
