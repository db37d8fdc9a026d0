"""Data to train small networks on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Images:
    """Images as rows of numbers in [0, 1], float32, with their classes, parted into training and test."""

    x: Array
    y: Array
    x_test: Array
    y_test: Array
    side: int


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
    images = (data.data / 16).reshape(-1, side, block, side, block).mean(axis=(2, 4))
    x = images.reshape(len(images), -1).astype(np.float32)
    order = np.random.default_rng(seed).permutation(len(x))
    x, y = x[order], data.target[order].astype(np.int64)
    return Images(x[test:], y[test:], x[:test], y[:test], side)
