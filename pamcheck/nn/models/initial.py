"""The weights that networks start from, as nanoGPT draws them: normal, small, and equal in every arithmetic.

Each weight is drawn by its own name, so that another layer more or less does not move it. Its standard
deviation is put to it by a PAM product, whatever the network computes by afterwards.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from pamcheck import arrays
from pamcheck.nn.random import Threefry

Array = np.ndarray[Any, Any]
DEVIATION = 0.02


class Initial:
    """Weights in the making.

    random  the key that they are drawn by
    bias    whether products and layer norms have one
    depth   sums that the network adds to its residuals: what writes to these is smaller by its square root
    deviation  of a weight that is not told otherwise
    """

    def __init__(self, random: Threefry, bias: bool, depth: int, deviation: float = DEVIATION) -> None:
        self._random, self._bias, self._deviation = random, bias, deviation
        self._joining = deviation / math.sqrt(depth)
        self.weights: dict[str, Array] = {}

    def table(self, name: str, rows: int, columns: int, deviation: float | None = None) -> None:
        """Draw a weight that stands alone, such as an embedding."""
        drawn = self._random.stream(name).normal((rows, columns))
        self.weights[name] = arrays.pam(drawn, self._deviation if deviation is None else deviation)

    def linear(self, name: str, inputs: int, outputs: int, joining: bool = False) -> None:
        """Draw a weight, and a bias of zeros; `joining` is said of what is added to the residuals."""
        self.table(f"{name}.weight", inputs, outputs, self._joining if joining else None)
        if self._bias:
            self.weights[f"{name}.bias"] = np.zeros(outputs, np.float32)

    def norm(self, name: str, width: int) -> None:
        """Make a gain of ones, and a bias of zeros."""
        self.weights[f"{name}.gain"] = np.ones(width, np.float32)
        if self._bias:
            self.weights[f"{name}.bias"] = np.zeros(width, np.float32)

    def block(self, name: str, width: int, hidden: int, cross: bool = False) -> None:
        """Make the weights of a transformer block, with attention to a memory or without."""
        self.norm(f"{name}.norm1", width)
        self.linear(f"{name}.qkv", width, 3 * width)
        self.linear(f"{name}.out", width, width, joining=True)
        if cross:
            self.norm(f"{name}.cross.norm", width)
            self.linear(f"{name}.cross.query", width, width)
            self.linear(f"{name}.cross.kv", width, 2 * width)
            self.linear(f"{name}.cross.out", width, width, joining=True)
        self.norm(f"{name}.norm2", width)
        self.linear(f"{name}.up", width, hidden)
        self.linear(f"{name}.down", hidden, width, joining=True)
