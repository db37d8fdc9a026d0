"""Images of digits: scikit-learn's, which need no file, and the 10,000 of MNIST's test set."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from pamcheck.lookup import lookup
from pamcheck.nn.data import idx
from pamcheck.nn.data.digest import digest_of
from pamcheck.nn.data.fetch import DataError, find

Array = np.ndarray[Any, Any]

MNIST_TRAIN = 8000


@dataclass(frozen=True)
class Images:
    """Images as rows of numbers in [0, 1], float32, with their classes, int64, parted into training and test."""

    x: Array
    y: Array
    x_test: Array
    y_test: Array
    side: int

    @property
    def square(self) -> Array:
        """The images to train on as (number, side, side): a view."""
        return self.x.reshape(-1, self.side, self.side)

    @property
    def square_test(self) -> Array:
        """The images to test on as (number, side, side): a view."""
        return self.x_test.reshape(-1, self.side, self.side)

    @property
    def classes(self) -> int:
        """How many classes there are, counted from 0."""
        return int(max(self.y.max(), self.y_test.max())) + 1

    @property
    def digest(self) -> str:
        """The SHA-256 of images and classes: equal where runs see the same data."""
        return digest_of(self.x, self.y, self.x_test, self.y_test)


def images(name: str = "digits") -> Images:
    """Return images of one digit each.

    "digits"  scikit-learn's, 8 by 8: 1,437 to train on and 360 to test, as digits() has them
    "mnist"   MNIST's test set, 28 by 28: in the order of its files 8,000 to train on, then 2,000 to test

    Raises DataError where a file is missing or damaged, UnknownName for another name.
    """
    source = lookup("set of images", name, {"digits": digits, "mnist": _mnist})
    return source()


def digits(seed: int = 0, block: int = 1, test: int = 360) -> Images:
    """Return scikit-learn's 1,797 handwritten digits of 8 by 8 pixels, shuffled.

    block  pixels of so many by so many are averaged into one: 1, 2 or 4
    test   how many of the images are for the test, 1 to 1,796
    """
    from sklearn.datasets import load_digits

    if block not in (1, 2, 4) or not 0 < test < 1797:
        raise ValueError(f"block is {block}, test {test}; they must be 1, 2 or 4, and 1 to 1796")
    data = load_digits()
    side = 8 // block
    pixels = (data.data / 16).reshape(-1, side, block, side, block).mean(axis=(2, 4))
    x = pixels.reshape(len(pixels), -1).astype(np.float32)
    order = np.random.default_rng(seed).permutation(len(x))
    x, y = x[order], data.target[order].astype(np.int64)
    return Images(x[test:], y[test:], x[:test], y[:test], side)


def _mnist() -> Images:
    pixels = idx.read(find("mnist/t10k-images-idx3-ubyte.gz"), axes=3)
    y = idx.read(find("mnist/t10k-labels-idx1-ubyte.gz"), axes=1).astype(np.int64)
    if len(pixels) != len(y) or len(y) <= MNIST_TRAIN or pixels.shape[1] != pixels.shape[2]:
        raise DataError(f"mnist has images of shape {pixels.shape} and {len(y)} labels; they do not match")
    # 1/255 is no float32; this is the nearest to each quotient
    x = (pixels.reshape(len(pixels), -1) / 255).astype(np.float32)
    end = MNIST_TRAIN
    return Images(x[:end], y[:end], x[end:], y[end:], pixels.shape[1])
