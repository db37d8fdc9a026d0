"""Parameters: named views of one array, those that decay first."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pamcheck.nn.optimizers import Parameters, has_axes

WEIGHTS = {
    "embedding": np.arange(6, dtype=np.float32).reshape(3, 2),
    "gain": np.array([10, 11], np.float32),
    "out": np.arange(20, 24, dtype=np.float32).reshape(2, 2),
    "scale": np.array(30, np.float32),
}


def test_those_that_decay_lie_first_and_both_parts_are_in_order_of_name() -> None:
    found = Parameters.of(WEIGHTS, has_axes)
    assert list(found.flat) == [0, 1, 2, 3, 4, 5, 20, 21, 22, 23, 10, 11, 30]
    assert found.decayed == 10
    assert list(found.views()) == ["embedding", "out", "gain", "scale"]


def test_the_order_of_the_mapping_makes_no_difference() -> None:
    turned = dict(reversed(list(WEIGHTS.items())))
    assert (Parameters.of(turned).flat == Parameters.of(WEIGHTS).flat).all()


def test_views_show_the_weights_and_share_the_memory() -> None:
    found = Parameters.of(WEIGHTS)
    for name, view in found.views().items():
        assert (view == WEIGHTS[name]).all()
        assert view.shape == WEIGHTS[name].shape
        assert np.shares_memory(view, found.flat)


def test_weights_are_copied() -> None:
    found = Parameters.of(WEIGHTS)
    found.flat[:] = 0
    assert WEIGHTS["embedding"].any()


@given(st.lists(st.tuples(st.lists(st.integers(0, 3), max_size=3), st.booleans()), min_size=1, max_size=6))
def test_gathered_views_are_the_flat_array(shapes: list[tuple[list[int], bool]]) -> None:
    weights = {str(i): np.full(shape, i, np.float32) for i, (shape, _) in enumerate(shapes)}
    found = Parameters.of(weights, lambda name, _: shapes[int(name)][1])
    assert (found.gather(found.views()) == found.flat).all()
    assert found.decayed == sum(weights[str(i)].size for i, (_, decays) in enumerate(shapes) if decays)


def test_gradients_that_are_none_are_zeros() -> None:
    found = Parameters.of(WEIGHTS)
    gradients: dict[str, Any] = {**WEIGHTS, "embedding": None}
    assert list(found.gather(gradients)) == [0] * 6 + [20, 21, 22, 23, 10, 11, 30]


def test_other_values_keep_names_and_decay() -> None:
    found = Parameters.of(WEIGHTS)
    other = found.replaced(found.flat + np.float32(1))
    assert other.views()["scale"] == 31
    assert other.decayed == found.decayed
    with pytest.raises(ValueError, match=r"flat has shape \(3,\); it must be \(13,\)"):
        found.replaced(found.flat[:3])


def test_unfit_arrays_are_refused_by_name() -> None:
    found = Parameters.of(WEIGHTS)
    with pytest.raises(ValueError, match="weights is empty"):
        Parameters.of({})
    with pytest.raises(TypeError, match="'w' is of float64; it must be an array of float32"):
        Parameters.of({"w": np.zeros(2)})
    with pytest.raises(TypeError, match="'gain' is of float16"):
        found.gather({**WEIGHTS, "gain": np.zeros(2, np.float16)})
    with pytest.raises(KeyError, match="gradients has no 'embedding'"):
        found.gather({})
    with pytest.raises(ValueError, match=r"the gradient of 'gain' has shape \(3,\); it must be \(2,\)"):
        found.gather({**WEIGHTS, "gain": np.zeros(3, np.float32)})
