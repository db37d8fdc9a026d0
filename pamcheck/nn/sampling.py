"""Which examples a step sees, as a function of the step alone: a run that is resumed sees what it would have seen.

Drawn with the numbers of `random.stream("batches")`, which no other draw moves.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from pamcheck.nn.batches import ImageBatch, Pairs, Sentences, Tokens, Windows, lengths, padded, positive
from pamcheck.nn.random import Threefry

Array = np.ndarray[Any, Any]


class RandomWindows:
    """Windows of a text that begin anywhere, drawn anew for each step."""

    def __init__(self, tokens: Array, context: int, batch: int, random: Threefry) -> None:
        """Take symbols (length,). Raises ValueError where they are too few for a window, or batch is below 1."""
        self._windows, self._batch = Windows(tokens, context), positive("batch", batch)
        self._random = random.stream("batches")

    def at(self, step: int) -> Tokens:
        """Return the batch of a step, counted from 0."""
        return self._windows.at(self._random.at(step).below(self._windows.starts, (self._batch,)))


class ShuffledImages:
    """Images in an order of its own for each epoch."""

    def __init__(self, images: Array, labels: Array, batch: int, random: Threefry) -> None:
        """Take images (number, side, side) and labels (number,). Raises ValueError where they are too few."""
        self._images, self._labels = images, labels
        self._epochs = Epochs(len(images), batch, random)

    def at(self, step: int) -> ImageBatch:
        """Return the batch of a step, counted from 0 through all epochs."""
        chosen = self._epochs.at(step)
        return ImageBatch(self._images[chosen], self._labels[chosen])


class BucketedPairs:
    """Pairs of sentences in an order of its own for each epoch, in batches of nearly equal length."""

    def __init__(self, pairs: Sentences, batch: int, random: Threefry) -> None:
        """Take pairs without BEGIN and END. Raises ValueError where they are fewer than a batch."""
        self._pairs = pairs
        self._epochs = Epochs(len(pairs), batch, random, lengths(pairs))

    def at(self, step: int) -> Pairs:
        """Return the batch of a step, counted from 0 through all epochs."""
        return padded([self._pairs[chosen] for chosen in self._epochs.at(step).tolist()])


class Epochs:
    """Which of `count` examples make the batch of a step.

    An epoch has `steps` batches, all of the same size; what is left over, less than a batch, is left out, and is
    other examples in each epoch. With lengths (count, sides), examples that are alike in all of them are put
    together, and the batches then shuffled.
    """

    def __init__(self, count: int, batch: int, random: Threefry, lengths: Array | None = None) -> None:
        """Raises ValueError where there are fewer examples than a batch has."""
        if count < positive("batch", batch):
            raise ValueError(f"batch is {batch}; there are {count} examples, and it must not be more")
        self.steps = count // batch
        self._count, self._batch, self._lengths = count, batch, lengths
        self._random = random.stream("batches")
        self._kept: tuple[int, Array] | None = None

    def at(self, step: int) -> Array:
        """Return the numbers of the examples of a step, int64 (batch,)."""
        epoch, position = divmod(step, self.steps)
        if self._kept is None or self._kept[0] != epoch:
            self._kept = epoch, self._order(epoch)
        chosen: Array = self._kept[1][position]
        return chosen

    def _order(self, epoch: int) -> Array:
        random = self._random.at(epoch)
        order: Array = random.permutation(self._count)[: self.steps * self._batch]
        if self._lengths is None:
            return order.reshape(self.steps, self._batch)
        order = order[np.lexsort(self._lengths[order].T)]  # stable: equal ones stay in random order
        buckets = order.reshape(self.steps, self._batch)
        mixed: Array = buckets[random.stream("buckets").permutation(self.steps)]
        return mixed
