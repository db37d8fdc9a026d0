"""Restrictions that several tests of the partition use."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from pamcheck.arithmetic import Arithmetic
from pamcheck.measure.regions import Restriction, polygon

Layer = Callable[[Any, Arithmetic], Any]


@pytest.fixture(scope="session")
def on_box() -> Callable[..., Restriction]:
    """A function of a row, its first two entries in [low, high], the others as they stand."""

    def build(function: Layer, low: float, high: float, rest: tuple[float, ...] = ()) -> Restriction:
        first, second = np.eye(2 + len(rest))[:2]
        return polygon(
            lambda v, ar: function(v["x"], ar),
            {"x": np.array([0.0, 0.0, *rest])},
            {"x": first},
            {"x": second},
            [(low, low), (high, low), (high, high), (low, high)],
        )

    return build
