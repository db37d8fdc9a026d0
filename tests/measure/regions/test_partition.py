"""What the partition does at its limits: zero, ties, constants, max_cells, and where a function is not defined."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from pamcheck import functional
from pamcheck.measure.regions import (
    Partition,
    Restriction,
    UndefinedInDomain,
    operation,
    partition,
    polygon,
    recheck,
    segment,
)

Box = Callable[..., Restriction]


def line(
    function: Callable[[Any, Any], Any], low: float = -1, high: float = 1, **options: int
) -> Partition:
    """Partition a function of one number, and check it again."""
    restriction = segment(lambda v, ar: function(v["x"], ar), {"x": 0.0}, {"x": 1.0}, low, high)
    found = partition(restriction, **options)
    assert recheck(found, restriction).holds, recheck(found, restriction).reason
    return found


def starts(found: Partition) -> list[Fraction]:
    return [cell.vertices[0][0] for cell in found.cells]


def test_the_map_of_a_cell_is_that_of_the_definition() -> None:
    found = partition(operation("pam", (1, 2), (2, 4)))
    assert {cell.maps for cell in found.cells} == {((2, 1, -2),), ((4, 2, -8),)}
    assert found.cells[0].size == found.cells[1].size == 1


def test_sides_name_their_cause_and_operation() -> None:
    found = partition(operation("papow", (1, 2), (3, 5)))
    causes = {(border.cause.cause, border.cause.operation, border.cause.step) for border in found.borders}
    assert ("integer", "exp2", 3) in causes
    assert all(side.cause for cell in found.cells for side in cell.sides)
    assert sum(side.cause == "domain" for cell in found.cells for side in cell.sides) >= 4


def test_around_zero_the_band_below_the_smallest_binade_is_left() -> None:
    found = line(lambda x, ar: ar.mul(x, 1.5), smallest=-3)
    assert [cell.vertices for cell in found.remainder] == [((Fraction(-1, 8),), (Fraction(1, 8),))]
    assert found.remainder_size == Fraction(1, 4)
    assert str(found.remainder[0].left) == "smallest in mul, step 1"
    assert found.program_pieces == 2 * 3 * 2
    assert not found.partial


def test_a_domain_that_lies_below_the_smallest_binade_is_all_remainder() -> None:
    found = line(lambda x, ar: ar.mul(x, 1.5), Fraction(-1, 8), Fraction(1, 16), smallest=-3)
    assert (found.program_pieces, found.function_pieces, found.remainder_size) == (0, 0, Fraction(3, 16))


@pytest.mark.parametrize("factor", [0.0, 1.0, -4.0, 0.25])
def test_zero_and_powers_of_two_multiply_without_breaks_across_zero(factor: float) -> None:
    assert line(lambda x, ar: ar.mul(x, factor)).program_pieces == 1
    assert line(lambda x, ar: ar.mul(factor, x)).program_pieces == 1
    if factor:
        assert line(lambda x, ar: ar.div(x, factor)).program_pieces == 1


def test_small_constants_are_no_remainder() -> None:
    assert line(lambda x, ar: ar.mul(x, 3 * 2.0**-40), 1, 2, smallest=-3).program_pieces == 2


def test_a_quotient_of_equal_operands_is_one_piece_of_the_function() -> None:
    found = line(lambda x, ar: ar.div(x, x), 1, 8)
    assert (found.program_pieces, found.function_pieces) == (3, 1)


def test_ties_of_equal_operands_are_no_breaks() -> None:
    def tied(x: Any, ar: Any) -> Any:
        row = ar.add(np.array([0.0, 0.0, 0.5]), x)
        return ar.maximum(ar.max(row, axis=-1), ar.add(x, 0.5))

    def tied_otherwise(x: Any, ar: Any) -> Any:
        # 1/2 x + 1/2 x and x + 0 x: the same function by another sum
        halves = ar.mul(np.array([0.5, 1.0]), x), ar.mul(np.array([0.5, 0.0]), x)
        return ar.max(ar.add(*halves), axis=-1)

    assert line(tied).program_pieces == 1
    assert line(tied_otherwise).program_pieces == 1


def test_a_maximum_of_many_breaks_only_where_it_changes() -> None:
    def upper(x: Any, ar: Any) -> Any:
        return ar.max(ar.sum(ar.mul(np.array([-1.0, 0.0, 1.0, 0.0]), x), axis=0, keepdims=True), axis=-1)

    def envelope(x: Any, ar: Any) -> Any:
        slopes = ar.mul(np.array([-1.0, 0.0, 1.0, 0.0]), x)
        return ar.max(ar.add(slopes, np.array([0.0, 0.25, 0.0, -9.0])), axis=-1)

    found = line(envelope)
    assert starts(found) == [-1, Fraction(-1, 4), Fraction(1, 4)]
    assert {border.cause.cause for border in found.borders} == {"max"}
    assert line(upper).shape == (1,) or line(upper).shape == ()


def test_relu_and_floor_name_their_breaks() -> None:
    assert [str(b.cause) for b in line(functional.relu).borders] == ["relu in maximum, step 1"]
    found = line(lambda x, ar: ar.floor(x), -2, 2)
    assert starts(found) == [-2, -1, 0, 1]
    assert {border.cause.cause for border in found.borders} == {"floor"}


def test_a_function_without_breaks_is_one_cell_and_a_constant_is_too() -> None:
    assert line(lambda x, ar: ar.neg(x)).program_pieces == 1
    assert line(lambda x, ar: np.ones((2, 3)), -1, 1).shape == (2, 3)  # noqa: ARG005


def test_empty_arrays_give_empty_maps() -> None:
    nothing = np.zeros((0, 3))
    restriction = segment(lambda v, ar: ar.mul(v["x"], v["x"]), {"x": nothing}, {"x": nothing})
    found = partition(restriction)
    assert (found.shape, found.cells[0].maps) == ((0, 3), ())
    assert recheck(found, restriction).holds
    total = partition(
        segment(lambda v, ar: ar.matmul(v["x"], v["x"].T), {"x": nothing.T}, {"x": nothing.T})
    )
    assert total.cells[0].maps == ((0, 0),) * 9


@pytest.mark.parametrize("at_once", [1, 3, 50])
def test_cells_do_not_depend_on_how_many_are_evaluated_together(
    at_once: int, on_box: Box, monkeypatch: pytest.MonkeyPatch
) -> None:
    restriction = on_box(functional.softmax, 1, 3)
    expected = partition(restriction)
    monkeypatch.setattr("pamcheck.measure.regions.run.AT_ONCE", at_once)
    monkeypatch.setattr("pamcheck.measure.regions.run.TOGETHER", 2)
    found = partition(restriction)
    assert [(set(c.vertices), c.maps, c.piece) for c in found.cells] == [
        (set(c.vertices), c.maps, c.piece) for c in expected.cells
    ]
    assert len(found.borders) == len(expected.borders)


@pytest.mark.parametrize("most", [1, 10, 127])
def test_more_cells_than_allowed_leave_the_rest_unexplored(most: int) -> None:
    restriction = operation("pam", (1, 2**8), (1, 2**8))
    found = partition(restriction, max_cells=most)
    assert found.partial
    assert len(found.cells) == most
    assert "max_cells" in found.reason
    assert found.unexplored_size + sum(cell.size for cell in found.cells) == found.size
    assert recheck(found, restriction).holds


def test_a_count_that_just_fits_is_whole() -> None:
    found = partition(operation("pam", (1, 2**8), (1, 2**8)), max_cells=128)
    assert (found.partial, found.reason, found.unexplored) == (False, "", ())


def test_a_million_levels_are_never_listed() -> None:
    found = partition(operation("paexp2", (0, 10**6)), max_cells=20)
    assert (found.program_pieces, found.partial) == (20, True)


@pytest.mark.parametrize(
    ("name", "intervals", "told"),
    [
        (
            "padiv",
            ((1, 2), (-1, 1)),
            "div (step 1) is undefined in the domain: a divisor is 0 at t = 1, s = 0",
        ),
        ("padiv", ((1, 2), (0, 1)), "a divisor is 0 at t = 1, s = 0"),
        (
            "palog2",
            ((-1, 1),),
            "log2 (step 1) is undefined in the domain: an operand is not above 0 at t = -1",
        ),
        ("palog2", ((0, 1),), "not above 0 at t = 0"),
        ("pasqrt", ((-1, 1),), "an operand is below 0 at t = -1"),
    ],
)
def test_a_domain_beyond_that_of_an_operation_is_refused_with_what_was_found(
    name: str, intervals: tuple[tuple[int, int], ...], told: str
) -> None:
    restriction = operation(name, *intervals)
    with pytest.raises(UndefinedInDomain) as caught:
        partition(restriction, smallest=-4)
    found = caught.value.partition
    assert told in str(caught.value)
    assert found.partial
    assert found.cells
    assert (
        found.undefined[0][1:3] == (found.remainder[0].left.operation, 1)
        if found.remainder[0].left
        else False
    )
    assert recheck(found, restriction).holds


def test_a_divisor_that_is_zero_everywhere_leaves_no_cell() -> None:
    with pytest.raises(UndefinedInDomain) as caught:
        line(lambda x, ar: ar.div(x, 0.0))
    assert caught.value.partition.cells == ()
    assert caught.value.partition.remainder_size == 2


def test_a_root_may_begin_at_zero() -> None:
    assert starts(line(lambda x, ar: ar.sqrt(x), 0, 1, smallest=-4)) == [
        Fraction(1, 16),
        Fraction(1, 8),
        Fraction(1, 2),
    ]


def test_a_polygon_may_be_any_convex_one_either_way_round_with_corners_that_are_no_binary_fractions() -> (
    None
):
    corners = [(Fraction(1, 3), 1), (4, Fraction(5, 7)), (3, 3), (1, 2)]
    one, zero = np.ones(()), np.zeros(())
    found = [
        polygon(
            lambda v, ar: ar.mul(v["a"], v["b"]), {"a": zero, "b": zero}, {"a": one}, {"b": one}, around
        )
        for around in (corners, corners[::-1])
    ]
    one_way, other_way = map(partition, found)
    assert recheck(one_way, found[1]).holds
    assert recheck(other_way, found[0]).holds
    assert [set(c.vertices) for c in one_way.cells] == [set(c.vertices) for c in other_way.cells]


def test_numbers_that_are_no_binary_fractions_and_arrays_of_numpy_are_refused() -> None:
    with pytest.raises(ValueError, match="a constant is 1/3; it must be a binary fraction"):
        line(lambda x, ar: ar.mul(x, Fraction(1, 3)))
    with pytest.raises(ValueError, match="a constant is nan"):
        line(lambda x, ar: ar.add(x, float("nan")))
    with pytest.raises(TypeError, match="compute with the methods of the Arithmetic"):
        line(lambda x, ar: np.exp(x))  # noqa: ARG005
    with pytest.raises(ValueError, match="max_cells is 0"):
        line(functional.relu, max_cells=0)
    with pytest.raises(ValueError, match="matmul: operands of shapes"):
        line(lambda x, ar: ar.matmul(x, x))
