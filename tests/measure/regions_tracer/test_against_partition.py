"""The tracer and the exact partition of a segment find the same breaks, with the same maps between them."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from pamcheck.measure.regions import UndefinedInDomain, partition
from pamcheck.measure.regions.restriction import Restriction, segment
from pamcheck.measure.regions.tracer import trace

SMALLEST = -12
NEAR = 1e-11  # of breaks of a domain of length 1 or 2


def test_both_find_the_same_breaks_and_maps(function: Any, line: Any) -> None:
    _agree(segment(function, *line, 0, 1))


def test_both_do_so_for_a_perceptron_whose_weights_move(mlp: Any, rng: np.random.Generator) -> None:
    function, arrays = mlp
    direction = {"0.weight": rng.standard_normal((4, 5)), "x": rng.standard_normal((1, 4))}
    _agree(segment(function, {n: np.float64(x) for n, x in arrays.items()}, direction, 0, 0.125))


def _agree(restriction: Restriction) -> None:
    exact = partition(restriction, smallest=SMALLEST)
    found = trace(restriction, smallest=SMALLEST)
    assert not exact.partial
    assert not found.partial
    mine = np.append(found.starts, found.high)
    for cell in (*exact.cells, *exact.remainder):
        for (end,) in cell.vertices:
            assert np.abs(mine - float(end)).min() < NEAR, float(end)
    ends = np.array([float(end) for cell in (*exact.cells, *exact.remainder) for (end,) in cell.vertices])
    left = [tuple(float(end) for (end,) in cell.vertices) for cell in exact.remainder]
    for t in mine:  # what is below the smallest binade is not cut any further in the partition
        inside = any(low - NEAR <= t <= high + NEAR for low, high in left)
        assert inside or np.abs(ends - t).min() < NEAR, t
    for cell in exact.cells:
        (low,), (high,) = cell.vertices
        if high - low > 1e-9:
            middle = (low + high) / 2
            at = int(np.searchsorted(found.starts, float(middle), side="right")) - 1
            slopes, values = found.slopes[at].reshape(-1), found.at(float(middle))[0].reshape(-1)
            for (slope, offset), mine_slope, mine_value in zip(cell.maps, slopes, values, strict=True):
                exact_value = slope * Fraction(float(middle)) + offset
                assert abs(mine_slope - float(slope)) <= 1e-12 * max(1, abs(float(slope))), float(middle)
                assert abs(mine_value - float(exact_value)) <= 1e-9, float(middle)


def test_both_name_the_same_operations(function: Any, line: Any) -> None:
    restriction = segment(function, *line, 0, 1)
    exact, found = (f(restriction, smallest=SMALLEST) for f in (partition, trace))
    for border in exact.borders:
        (x, _, w) = border.ends[0]
        t, why = min(found.breaks, key=lambda b: abs(b[0] - float(Fraction(x, w))))
        # where several operations break at once, each says one of them
        assert why.step == border.cause.step, (t, why, border.cause)


def test_both_end_at_a_division_by_zero() -> None:
    restriction = segment(lambda v, ar: ar.div(1.0, v["x"]), {"x": np.zeros(())}, {"x": np.ones(())}, -1, 1)
    with pytest.raises(UndefinedInDomain):
        partition(restriction)
    assert trace(restriction).partial
