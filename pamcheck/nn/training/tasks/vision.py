"""Images of digits: which digit is it?"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from pamcheck.nn.batches import ImageBatch, images_in_order
from pamcheck.nn.data import images
from pamcheck.nn.data.digest import digest_of
from pamcheck.nn.groups import Groups
from pamcheck.nn.random import Threefry
from pamcheck.nn.sampling import ShuffledImages
from pamcheck.nn.training.config import Config, ConfigError
from pamcheck.nn.training.digest import on_host
from pamcheck.nn.training.modelling import vision_model
from pamcheck.nn.training.tasks.task import some
from pamcheck.nn.training.tasks.yardstick import Look, look_at

SHADES = " .:-=+*#%@"
SHOWN, WIDEST = 4, 14  # images at the end, and pixels of a row of one


class Vision:
    """A transformer on patches that learns classes of images."""

    def __init__(self, config: Config) -> None:
        model, train = config.model, config.train
        self.images = images(config.task.data)
        held = self.images
        self.digest = digest_of(held.x, held.y, held.x_test, held.y_test)
        if held.side % model.patch:
            raise ConfigError(
                f"model.patch is {model.patch}, which does not divide the {held.side} pixels of an image's side"
            )
        if train.batch > len(held.y):
            raise ConfigError(f"train.batch is {train.batch}; {config.task.data} has {len(held.y)} images")
        self.model = vision_model(model, held.side, held.classes)
        random = Threefry(train.seed)
        self._shuffled = ShuffledImages(held.square, held.y, train.batch, random)
        self._shift, self._shifts = config.task.shift, random.stream("shifts")
        self._evaluated_at_once = train.evaluate_batch

    def batch(self, step: int) -> ImageBatch:
        """Return images of the training part, each moved by some pixels."""
        batch = self._shuffled.at(step)
        if not self._shift:
            return batch
        moves = self._shifts.at(step).below(2 * self._shift + 1, (2, len(batch.labels)))
        return ImageBatch(shifted(batch.images, moves, self._shift), batch.labels)

    def look(
        self, weights: Mapping[str, Any], ars: Groups, batches: int, placed: Callable[[Any], Any]
    ) -> Look:
        """Return loss and accuracy on the test part."""
        held = self.images
        batches_in_order = images_in_order(held.square_test, held.y_test, self._evaluated_at_once)
        return look_at(
            some(batches_in_order, batches),
            lambda batch: self.model.logits(weights, placed(batch).images, ars),
            lambda batch: batch.labels,
            ars.loss,
            classes=True,
        )

    def measures(self, *_: Any) -> dict[str, float]:
        """Return nothing: loss and accuracy say it."""
        return {}

    def examples(self, weights: Mapping[str, Any], ars: Groups, placed: Callable[[Any], Any]) -> list[str]:
        """Return the first images of the test part as text, with what they were taken for."""
        held = self.images
        batch = ImageBatch(held.square_test[:SHOWN], held.y_test[:SHOWN])
        found = on_host(self.model.logits(weights, placed(batch).images, ars)).argmax(axis=-1)
        pictures = [picture(image) for image in batch.images]
        lines = ["   ".join(parts).rstrip() for parts in zip(*pictures, strict=True)]
        width = len(pictures[0][0])
        told = [f"taken for {a}, is {b}".ljust(width) for a, b in zip(found, batch.labels, strict=True)]
        return [*lines, "   ".join(told).rstrip()]


def shifted(squares: Any, moves: Any, most: int) -> Any:
    """Return images (number, side, side), each moved by its own column of `moves` less `most`; zeros come in."""
    side = squares.shape[1]
    wide = np.pad(squares, ((0, 0), (most, most), (most, most)))
    rows, columns = (np.arange(side) + move[:, None] for move in moves)
    return wide[np.arange(len(squares))[:, None, None], rows[:, :, None], columns[:, None, :]]


def picture(image: Any) -> list[str]:
    """Return an image with numbers in [0, 1] as lines of text, two letters a pixel."""
    step = math.ceil(image.shape[0] / WIDEST)
    levels = np.minimum((image[::step, ::step] * len(SHADES)).astype(int), len(SHADES) - 1)
    return ["".join(2 * SHADES[level] for level in row) for row in levels]
