from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from pamcheck.measure.regions import operation, polygon, segment
from pamcheck.measure.regions.restriction import Restriction

SQUARE = [(0, 0), (1, 0), (1, 1), (0, 1)]


def identity(v: Any, ar: Any) -> Any:  # noqa: ARG001
    return v["x"]


def test_a_point_is_the_origin_plus_the_directions_exactly() -> None:
    x, w = np.array([0.1, 1.0], np.float32), np.array(0.5)
    restriction = polygon(identity, {"x": x, "w": w}, {"x": np.ones(2)}, {"w": [2.0][0]}, SQUARE)
    found = restriction.at((Fraction(1, 3), Fraction(1, 7)))
    assert found["x"].tolist() == [Fraction(float(x[0])) + Fraction(1, 3), Fraction(4, 3)]
    assert found["w"][()] == Fraction(1, 2) + Fraction(2, 7)
    with pytest.raises(ValueError, match="point has 1 coordinates; it must have 2"):
        restriction.at((0,))


def test_ends_of_a_segment_may_be_given_either_way() -> None:
    assert segment(identity, {"x": 0.0}, {"x": 1.0}, 2, 1).domain == ((1,), (2,))


@pytest.mark.parametrize(
    "vertices",
    [
        [(0, 0), (1, 1)],
        [(0, 0), (1, 1), (3, 3)],
        [(0, 0), (4, 0), (1, 1), (0, 4)],
        [(0, 0), (1, 0), (0, 1), (1, 1)],
        [(0, 0), (0, 0), (1, 0), (1, 1)],
        [(0, 4), (3, -3), (-4, 1), (4, 1), (-3, -3)],
        [(0,), (1,), (2,)],
        [(0, 0), (2.0**1001, 0), (1, 1)],
    ],
)
def test_a_domain_that_is_no_convex_polygon_with_an_area_is_refused(vertices: Any) -> None:
    with pytest.raises(ValueError, match=r"^domain (is|has)"):
        polygon(identity, {"x": 0.0}, {"x": 1.0}, {}, vertices)


def test_vertices_may_lie_on_a_side() -> None:
    assert polygon(identity, {"x": 0.0}, {"x": 1.0}, {}, [(0, 0), (1, 0), (2, 0), (2, 2)])


def test_names_shapes_dtypes_and_numbers_are_checked() -> None:
    with pytest.raises(ValueError, match="directions name 'y'; origin has x"):
        segment(identity, {"x": 0.0}, {"y": 1.0})
    with pytest.raises(ValueError, match=r"'x' of shape \(1,\); it must be \(\)"):
        segment(identity, {"x": 0.0}, {"x": [1.0]})
    with pytest.raises(ValueError, match="origin has entries of 'x' that are not finite"):
        segment(identity, {"x": np.inf}, {"x": 1.0})
    with pytest.raises(ValueError, match=r"domain is \(1\), \(1\); it must be two different ends"):
        segment(identity, {"x": 0.0}, {"x": 1.0}, 1, 1)
    with pytest.raises(TypeError, match="'x' of int64; it must be an array of float64 or float32"):
        Restriction(identity, {"x": np.arange(2)}, ({},), ((Fraction(0),), (Fraction(1),)))
    with pytest.raises(ValueError, match="directions are 3"):
        Restriction(identity, {"x": np.zeros(2)}, ({}, {}, {}), ((Fraction(0),), (Fraction(1),)))
    with pytest.raises(TypeError, match="no Fractions"):
        Restriction(identity, {"x": np.zeros(2)}, ({},), ((0,), (1,)))  # type: ignore[arg-type]


def test_unknown_operations_and_wrong_numbers_of_intervals_are_refused() -> None:
    with pytest.raises(ValueError, match="unknown operation 'pan'; did you mean 'pam'"):
        operation("pan", (1, 2), (1, 2))
    with pytest.raises(ValueError, match="intervals of pam are 1; it takes 2"):
        operation("pam", (1, 2))
