"""A constant is never too small: its pieces are those of the exact partition, whatever the smallest binade is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from pamcheck.measure.regions import partition, segment
from pamcheck.measure.regions.tracer import trace

TINY = 1.5 * 2.0**-13


@pytest.mark.parametrize(
    "function",
    [lambda v, ar: ar.matmul(v["x"], np.array([[TINY]])), lambda v, ar: ar.mul(v["x"], TINY)],
    ids=["matmul", "mul"],
)
def test_a_constant_below_the_smallest_binade_carries(function: Callable[..., Any]) -> None:
    one = np.ones((1, 1))
    restriction = segment(function, {"x": one}, {"x": one}, 0, 1)
    found = trace(restriction, smallest=-12)
    assert found.pieces == partition(restriction, smallest=-12).program_pieces == 2
    assert not found.approximate.any()
    assert found.breaks[0][0] == 0.5  # 1.5 from 1 on: mantissas of a half and a half
