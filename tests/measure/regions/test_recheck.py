"""The second check refuses what is not a partition, or not one of its function."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from pamcheck import functional
from pamcheck.measure.regions import (
    Cell,
    Partition,
    Restriction,
    UndefinedInDomain,
    operation,
    partition,
    recheck,
    segment,
)
from pamcheck.measure.regions.cells import Outline, corner_of
from pamcheck.measure.regions.touching import touching

RESTRICTION = operation("pam", (1, 4), (1, 4))
LINE = operation("paexp", (1, 4))


def changed(found: Partition, number: int, **parts: Any) -> Partition:
    cells = list(found.cells)
    cells[number] = replace(cells[number], **parts)
    return replace(found, cells=tuple(cells))


def moved(cell: Cell, corner: int, by: tuple[Fraction, ...]) -> Cell:
    vertices = list(cell.vertices)
    vertices[corner] = tuple(x + d for x, d in zip(vertices[corner], by, strict=True))
    return replace(cell, outline=Outline(tuple(map(corner_of, vertices)), cell.sides))


def without(found: Partition) -> Partition:
    return replace(found, cells=found.cells[1:])


def twice(found: Partition) -> Partition:
    # one cell in place of its mirror image of the same size: areas still add up
    sizes = [cell.size for cell in found.cells]
    other = next(i for i in range(1, len(sizes)) if sizes[i] == sizes[0])
    return changed(found, other, outline=found.cells[0].outline, forms=found.cells[0].forms)


def steeper(found: Partition) -> Partition:
    (a, b, c, e), *rest = found.cells[3].forms
    return changed(found, 3, forms=((a + 1, b, c, e), *rest))


def higher(found: Partition) -> Partition:
    (a, b, c, e), *rest = found.cells[0].forms
    return changed(found, 0, forms=((a << 40, b << 40, (c << 40) + 1, e + 40), *rest))


def shorter(found: Partition) -> Partition:
    return changed(found, 0, forms=())


def shifted(found: Partition) -> Partition:
    cells = list(found.cells)
    by = (Fraction(1, 1 << 60),) * found.dimensions
    cells[0] = moved(cells[0], 1, by)
    return replace(found, cells=tuple(cells))


def border_moved(found: Partition) -> Partition:
    """Move a corner inside in every part that has it, by very little: areas add up, and nothing overlaps."""
    inside = (v for cell in found.cells for v in cell.vertices if all(1 < x < 4 for x in v))
    corner = next(inside)
    by = (Fraction(1, 1 << 40),) * found.dimensions
    cells = [
        moved(cell, cell.vertices.index(corner), by) if corner in cell.vertices else cell
        for cell in found.cells
    ]
    return replace(found, cells=tuple(cells))


def outside(found: Partition) -> Partition:
    last = len(found.cells) - 1
    cells = [*found.cells[:last], moved(found.cells[last], -1, (Fraction(1),) * found.dimensions)]
    return replace(found, cells=tuple(cells))


def turned(found: Partition) -> Partition:
    cell = found.cells[0]
    return changed(found, 0, outline=Outline(cell.outline.corners[::-1], cell.sides))


def joined(found: Partition) -> Partition:
    return changed(found, 1, piece=found.cells[0].piece)


def divided(found: Partition) -> Partition:
    return changed(found, 1, piece=99)


@pytest.mark.parametrize("restriction", [RESTRICTION, LINE], ids=["polygon", "segment"])
@pytest.mark.parametrize(
    ("tamper", "told"),
    [
        (without, "of the size of the domain"),
        (steeper, "do not agree|are not the function"),
        (higher, "do not agree|are not the function"),
        (shorter, "cell 0 has 0 maps"),
        (shifted, "of the size of the domain|overlap|convex"),
        (border_moved, "do not agree|are not the function"),
        (outside, "beyond the domain|no convex|of the size"),
        (turned, "no convex polygon"),
        (joined, "is not connected"),
    ],
)
def test_a_tampered_partition_is_refused(
    tamper: Callable[[Partition], Partition], told: str, restriction: Restriction
) -> None:
    found = partition(restriction)
    assert recheck(found, restriction).holds
    verdict = recheck(tamper(found), restriction)
    assert not verdict.holds
    assert any(part in verdict.reason for part in told.split("|")), verdict.reason


def test_a_cell_that_is_there_twice_is_refused() -> None:
    found = partition(RESTRICTION)
    assert "overlap" in recheck(twice(found), RESTRICTION).reason


def test_a_border_of_the_remainder_moved_by_very_little_is_refused() -> None:
    restriction = segment(lambda v, ar: ar.mul(v["x"], 1.5), {"x": 0.0}, {"x": 1.0}, 0, 1)
    found = partition(restriction, smallest=-3)
    by = (Fraction(-1, 1 << 40),)
    first = moved(found.cells[0], 0, by)
    band = moved(found.remainder[0], 1, by)
    tampered = replace(found, cells=(first, *found.cells[1:]), remainder=(band,))
    assert "the maps of cell 0 are not the function at (0.125)" in recheck(tampered, restriction).reason


def test_one_piece_under_two_numbers_is_refused() -> None:
    square = segment(lambda v, ar: ar.mul(v["x"], v["x"]), {"x": 0.0}, {"x": 1.0}, 1, 4)
    found = partition(square)
    assert [cell.piece for cell in found.cells] == [0, 1, 1, 2]
    assert recheck(found, square).holds
    assert "have the same maps and meet" in recheck(changed(found, 2, piece=3), square).reason


def test_the_partition_of_another_function_is_refused() -> None:
    found = partition(RESTRICTION)
    verdict = recheck(found, operation("padiv", (1, 4), (1, 4)))
    assert "are not the function" in verdict.reason
    assert "size of the domain" in recheck(found, operation("pam", (1, 5), (1, 4))).reason
    assert "beyond the domain" in recheck(found, operation("pam", (1, 3), (1, 4))).reason


def test_remainder_and_unexplored_parts_are_in_the_count() -> None:
    restriction = operation("pam", (-1, 1), (-1, 1))
    found = partition(restriction, smallest=-3, max_cells=20)
    assert found.remainder
    assert found.unexplored
    assert recheck(found, restriction).holds
    for name in ("remainder", "unexplored"):
        assert "of the size" in recheck(replace(found, **{name: ()}), restriction).reason


def test_parts_that_say_they_have_no_maps_must_have_a_reason() -> None:
    restriction = operation("pam", (-1, 1), (-1, 1))
    found = partition(restriction, smallest=-3)
    hidden = replace(found, cells=found.cells[1:], remainder=(*found.remainder, found.cells[0]))
    number = len(found.remainder)
    hidden = replace(hidden, borders=(), cells=tuple(replace(c, piece=c.piece - 1) for c in hidden.cells))
    assert (
        recheck(hidden, restriction).reason == f"part {number} of the remainder has no operand below 2^-3"
    )
    unsaid = replace(hidden, remainder=found.remainder, unexplored=(found.cells[0],))
    assert "not marked partial" in recheck(unsaid, restriction).reason
    assert recheck(replace(unsaid, partial=True), restriction).holds


def test_cells_where_the_function_is_not_defined_are_refused() -> None:
    with pytest.raises(UndefinedInDomain) as caught:
        partition(operation("palog2", (-1, 1)), smallest=-2)
    found, restriction = caught.value.partition, operation("palog2", (-1, 1))
    assert recheck(found, restriction).holds
    negative = next(c for c in found.remainder if c.vertices[0][0] == -1)
    others = tuple(c for c in found.remainder if c is not negative)
    claimed = replace(negative, forms=((0, 0, 1, 0),), piece=99, left=None)
    tampered = replace(found, cells=(*found.cells, claimed), remainder=others)
    assert "is not defined at (-1)" in recheck(tampered, restriction).reason


def test_borders_are_those_that_the_second_check_finds(on_box: Callable[..., Restriction]) -> None:
    def clipped(x: Any, ar: Any) -> Any:
        # by 2 nothing breaks, so that borders on the other side end in the middle of a side
        return ar.mul(ar.maximum(x[0], 2.0), x[1])

    for restriction in (on_box(functional.softmax, 1, 3), on_box(clipped, 1, 5), LINE):
        found = partition(restriction)
        again = touching([cell.vertices for cell in found.cells])
        expected = {((m.i, m.j), frozenset(m.ends)) for m in again if m.ends}
        dimensions = found.dimensions
        ends = [
            frozenset(tuple(Fraction(x, corner[2]) for x in corner[:dimensions]) for corner in border.ends)
            for border in found.borders
        ]
        assert {(b.cells, e) for b, e in zip(found.borders, ends, strict=True)} == expected
        assert len(found.borders) == len(expected)


def test_the_jumps_of_a_floor_are_allowed_and_others_are_not() -> None:
    def staircase(v: Any, ar: Any) -> Any:
        return ar.add(ar.floor(v["x"]), ar.mul(v["x"], 1.5))

    restriction = segment(staircase, {"x": 0.0}, {"x": 1.0}, 1, 4)
    found = partition(restriction)
    assert recheck(found, restriction).holds
    jump = next(b for b in found.borders if b.cause.cause == "carry")
    a, b, c, e = found.cells[jump.cells[0]].forms[0]
    assert not recheck(changed(found, jump.cells[0], forms=((a, b, c + 1, e),)), restriction).holds


def test_parts_that_touch_in_a_corner_do_not_meet() -> None:
    square = [(Fraction(x), Fraction(y)) for x, y in ((0, 0), (1, 0), (1, 1), (0, 1))]
    others = [[(x + dx, y + dy) for x, y in square] for dx, dy in ((1, 1), (1, Fraction(1, 2)), (3, 0))]
    found = list(touching([square, *others]))
    assert [(m.i, m.j, m.overlap, m.ends) for m in found if m.i == 0] == [
        (0, 2, False, ((1, Fraction(1, 2)), (1, 1)))
    ]
    assert [(m.i, m.j) for m in found if m.overlap] == [(1, 2)]


def test_networks_hold(on_box: Callable[..., Restriction]) -> None:
    gain = np.array([1.0, 0.75])

    def layer(x: Any, ar: Any) -> Any:
        return functional.gelu(functional.layer_norm(x, gain, np.array([0.5, -0.25]), ar), ar)

    restriction = on_box(layer, 1, 3)
    found = partition(restriction, smallest=-5)
    assert found.program_pieces > 20
    assert recheck(found, restriction).holds
