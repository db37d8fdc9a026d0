"""The linear interpreter: an exact map on a piece that ends where it says."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from pamcheck.measure.regions.restriction import exact, segment
from pamcheck.measure.regions.tracer import linear_interpreter, trace


def test_the_map_is_the_function_all_over_the_piece(
    mlp: Any, block: Any, exactly: Any, rng: np.random.Generator
) -> None:
    for function, arrays in (mlp, block):
        piece = linear_interpreter(function, arrays, ["x"])
        assert piece.radius > 0
        for share in (0.5, -1.0, 0.999):
            d = rng.uniform(-1, 1, len(piece.entries))
            d *= share * piece.radius / np.abs(d).max()
            moved = {**arrays, "x": np.float64(arrays["x"]) + d.reshape(arrays["x"].shape)}
            value = exactly(function, {name: exact(x) for name, x in moved.items()}).astype(float)
            assert np.abs(piece(d) - value).max() <= 1e-13 * np.abs(value).max()


def test_a_piece_ends_along_each_direction_where_the_tracer_breaks(mlp: Any) -> None:
    function, arrays = mlp
    arrays = {name: np.float64(x) for name, x in arrays.items()}
    piece = linear_interpreter(function, arrays, ["x", "0.bias"])
    for i, (name, index) in enumerate(piece.entries):
        for sign, reach in ((1.0, piece.plus[i]), (-1.0, piece.minus[i])):
            direction = np.zeros_like(arrays[name])
            direction[index] = sign
            found = trace(segment(function, arrays, {name: direction}, 0, 8))
            end = found.starts[1] if found.pieces > 1 else np.inf
            assert min(reach, 8.0) == pytest.approx(min(end, 8.0), rel=1e-9), (name, index, sign)
            assert found.slopes[0] == pytest.approx(sign * piece.matrix[..., i], rel=1e-12)


def test_what_ends_the_radius_is_a_break_there(mlp: Any) -> None:
    function, arrays = mlp
    arrays = {name: np.float64(x) for name, x in arrays.items()}
    piece = linear_interpreter(function, arrays, ["x"])
    assert piece.limit is not None
    corners = np.array(np.meshgrid(*[[-1.0, 1.0]] * 4)).reshape(4, -1).T
    ends = []
    for corner in corners:
        found = trace(segment(function, arrays, {"x": corner.reshape(1, 4)}, 0, 8 * piece.radius))
        ends += [(t, why) for t, why in found.breaks[:1]]
    first = min(ends, key=lambda end: end[0])
    assert first[0] == pytest.approx(piece.radius, rel=1e-9)
    assert first[1] == piece.limit


def test_chunks_change_nothing(block: Any) -> None:
    whole, parts = (linear_interpreter(*block, ["x"], chunk=chunk) for chunk in (None, 5))
    assert np.array_equal(whole.matrix, parts.matrix)
    assert np.array_equal(whole.plus, parts.plus)
    assert np.array_equal(whole.minus, parts.minus)
    assert whole.radius == pytest.approx(parts.radius, rel=1e-14)


def test_on_a_break_the_radius_is_zero_and_the_piece_that_to_the_right_in_magnitude() -> None:
    piece = linear_interpreter(lambda v, ar: ar.mul(v["x"], 1.25), {"x": np.array(-2.0)}, ["x"])
    assert (float(piece.matrix[0]), piece.radius) == (1.0, 0.0)
    assert (piece.plus[0], piece.minus[0]) == (0.0, 1.5)


def test_an_entry_that_is_zero_can_be_left_out() -> None:
    arrays = {"x": np.array([0.0, 1.25])}
    both, one = (
        linear_interpreter(lambda v, ar: ar.mul(v["x"], 1.5), arrays, ["x"], only=only)
        for only in (None, {"x": arrays["x"] != 0})
    )
    assert both.approximate
    assert both.radius == 2.0**-40
    assert not one.approximate
    assert one.entries == (("x", (1,)),)
    assert one.radius == 0.25


@pytest.mark.parametrize(
    ("names", "only", "told"),
    [
        (["y"], None, "names are"),
        ([], None, "names are none"),
        (["x"], {"x": np.ones(2)}, "only has 'x'"),
        (["x"], {"x": np.ones(3, np.bool_)}, "only has 'x'"),
    ],
)
def test_names_and_masks_that_do_not_fit_are_refused(names: Any, only: Any, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        linear_interpreter(lambda v, _: v["x"], {"x": np.ones(2)}, names, only=only)


def test_a_point_where_the_function_is_not_defined_is_refused() -> None:
    with pytest.raises(ValueError, match=r"log2 \(step 1\): an operand is not above 0"):
        linear_interpreter(lambda v, ar: ar.log2(v["x"]), {"x": np.array(-1.0)}, ["x"])
