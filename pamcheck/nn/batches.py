"""Batches of examples: what a model's loss takes. They are made on the host; `placed` moves one beside the weights."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple, TypeVar

import numpy as np

from pamcheck.interchange import beside
from pamcheck.nn.data.subwords import BEGIN, END, PADDING

Array = np.ndarray[Any, Any]
Sentences = Sequence[tuple[Array, Array]]

NO_TARGET = -1


class Tokens(NamedTuple):
    """Symbols and what follows each of them: int64 (batch, length)."""

    inputs: Any
    targets: Any


class ImageBatch(NamedTuple):
    """Images, float32 (batch, side, side) in [0, 1], and their classes, int64 (batch,)."""

    images: Any
    labels: Any


class Pairs(NamedTuple):
    """Sentences and their translations, padded to the longest: int64 (batch, length), of two lengths.

    source       ends with END, then padding
    source_mask  bool, True where there is no padding
    inputs       the translation after BEGIN, then padding
    targets      what follows each input: the translation, END, then -1 for padding
    """

    source: Any
    source_mask: Any
    inputs: Any
    targets: Any


Batch = TypeVar("Batch", Tokens, ImageBatch, Pairs)


def placed(batch: Batch, like: Any) -> Batch:
    """Return a batch on the device where `like` lies."""
    return type(batch)(*(beside(array, like) for array in batch))


def windows_in_order(tokens: Array, context: int, batch: int) -> Iterator[Tokens]:
    """Yield windows one after the other, each symbol the target of one at most; the last batch may be smaller.

    What is left at the end, less than a window, is left out. Raises ValueError as Windows does.
    """
    windows = Windows(tokens, context)
    starts = np.arange(0, windows.starts, context)
    return (windows.at(starts[at]) for at in _slices(len(starts), batch))


def images_in_order(images: Array, labels: Array, batch: int) -> Iterator[ImageBatch]:
    """Yield images in their order; the last batch may be smaller."""
    return (ImageBatch(images[at], labels[at]) for at in _slices(len(images), batch))


def pairs_in_order(pairs: Sentences, batch: int) -> Iterator[Pairs]:
    """Yield pairs in their order; the last batch may be smaller."""
    return (padded(pairs[at]) for at in _slices(len(pairs), batch))


def lengths(pairs: Sentences) -> Array:
    """Return the lengths of both sides with BEGIN or END, int64 (pairs, 2): a model's context must hold the largest."""
    return np.array([(len(source) + 1, len(target) + 1) for source, target in pairs], np.int64).reshape(
        -1, 2
    )


def padded(pairs: Sentences) -> Pairs:
    """Return pairs of sentences as one batch. Raises ValueError for no pairs."""
    if not pairs:
        raise ValueError("pairs is empty; it must have one pair at least")
    source = _filled([[*source, END] for source, _ in pairs], PADDING)
    inputs = _filled([[BEGIN, *target] for _, target in pairs], PADDING)
    targets = _filled([[*target, END] for _, target in pairs], NO_TARGET)
    counts = np.array([len(source) + 1 for source, _ in pairs])
    return Pairs(source, np.arange(source.shape[1]) < counts[:, None], inputs, targets)


class Windows:
    """Windows of a text: `context` symbols, and for each the one that follows.

    starts  how many places a window can begin at
    """

    def __init__(self, tokens: Array, context: int) -> None:
        """Take symbols (length,). Raises ValueError where they are too few for one window."""
        if len(tokens) <= positive("context", context):
            raise ValueError(
                f"context is {context}; the text has {len(tokens)} symbols, and it must be shorter than that"
            )
        self._tokens, self._offsets = tokens, np.arange(context + 1)
        self.starts = len(tokens) - context

    def at(self, starts: Array) -> Tokens:
        """Return the windows that begin at the given places, int64 (batch,)."""
        windows = self._tokens[starts[:, None] + self._offsets].astype(np.int64, copy=False)
        # copies, as what is cut from a window is not contiguous
        return Tokens(windows[:, :-1].copy(), windows[:, 1:].copy())


def _slices(count: int, batch: int) -> list[slice]:
    return [slice(start, start + batch) for start in range(0, count, positive("batch", batch))]


def _filled(rows: Sequence[Sequence[int]], filling: int) -> Array:
    table = np.full((len(rows), max(map(len, rows))), filling, np.int64)
    for into, row in zip(table, rows, strict=True):
        into[: len(row)] = row
    return table


def positive(name: str, value: int) -> int:
    """Return a number that counts something. Raises ValueError below 1."""
    if value < 1:
        raise ValueError(f"{name} is {value}; it must be 1 or more")
    return value
