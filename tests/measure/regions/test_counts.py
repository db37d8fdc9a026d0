from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest

from pamcheck import functional
from pamcheck.measure.regions import (
    DamagedPartition,
    Restriction,
    counts,
    from_json,
    operation,
    partition,
    recheck,
    segment,
    to_json,
)


def test_the_figures_of_a_product() -> None:
    found = counts(partition(operation("pam", (1, 4), (1, 4))))
    assert (found.program_pieces, found.function_pieces, found.explored) == (8, 8, 9)
    assert found.borders == found.breaks == {"carry": 4, "binade": 4}
    assert found.per_length == Fraction(8, 9)
    assert found.lipschitz_squared == (32,)  # both slopes are 4 where both operands are in [2, 4) and carry
    assert found.lipschitz_max == (8,)
    [slopes] = found.slopes
    assert sum(slope.size for slope in slopes) == 9
    # (2, 2) without a carry in the last pair of binades and with one in the first
    assert next(slope for slope in slopes if slope.by == (2, 2)).size == 2 + Fraction(1, 2)
    assert found.largest_jump is not None
    assert found.largest_jump.jump_squared == 8
    assert found.lengths["binade"] == pytest.approx(6.0)


def test_a_segment_has_pieces_by_length_and_a_largest_jump() -> None:
    found = counts(partition(operation("paexp2", (-2, 3))))
    assert found.per_length == 1
    assert found.breaks == {"integer": 4}
    assert found.lipschitz_squared == (16,)
    assert found.largest_jump is not None
    assert found.largest_jump.jumps == ((2,),)
    assert found.record()["largest_jump_at"] == "integer in exp2, step 1"
    assert found.record()["slopes"][0][0] == {"slope": ["1/4"], "size": "1", "cells": 1}


def test_borders_that_later_operations_cancel_are_no_breaks() -> None:
    square = segment(lambda v, ar: ar.mul(v["x"], v["x"]), {"x": 0.0}, {"x": 1.0}, 1, 8)
    found = counts(partition(square))
    assert found.borders == {"carry": 3, "binade": 2}
    assert found.breaks == {"carry": 3}


def test_a_function_that_jumps_has_no_lipschitz_constant() -> None:
    steps = segment(lambda v, ar: ar.floor(v["x"]), {"x": 0.0}, {"x": 1.0}, 0, 3)
    found = counts(partition(steps))
    assert found.jumps
    assert found.lipschitz_squared is None
    assert found.record()["lipschitz_max"] is None
    assert found.largest_jump is None


def test_a_partition_of_nothing_but_remainder_has_counts() -> None:
    found = counts(partition(operation("pam", (0, 1), (0, 1)), smallest=2))
    assert (found.function_pieces, found.per_length, found.remainder) == (0, 0, 1)
    assert found.record()["slopes"] == []


def test_json_holds_the_whole_partition(on_box: Callable[..., Restriction]) -> None:
    restriction = on_box(functional.softmax, -1, 1)
    found = partition(restriction, smallest=-3, max_cells=40)
    again = from_json(to_json(found))
    assert again == found
    assert counts(again).record() == counts(found).record()
    assert recheck(again, restriction).holds


def test_json_keeps_slopes_above_one() -> None:
    found = partition(operation("pam", (1, 8), (1, 8)))
    assert from_json(to_json(found)) == found


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text[:-5],
        lambda text: "[]" + text[:0],
        lambda text: text.replace('"version": 1', '"version": 2'),
        lambda text: text.replace('"maps": [["', '"maps": [["1/3'),
        lambda text: text.replace('"sides": [0', '"sides": [77'),
        lambda text: text.replace('"vertices": [[', '"vertices": [["1"], ["x"], [', 1),
    ],
)
def test_a_damaged_text_is_refused(change: Any) -> None:
    text = to_json(partition(operation("paexp2", (0, 3))))
    assert change(text) != text
    with pytest.raises(DamagedPartition):
        from_json(change(text))


def test_a_text_with_another_slope_is_read_and_then_refused() -> None:
    restriction = operation("paexp2", (0, 2))
    found = partition(restriction)
    a, b, c, e = found.cells[0].forms[0]
    other = replace(found, cells=(replace(found.cells[0], forms=((a, b, c + 1, e),)), found.cells[1]))
    assert not recheck(from_json(to_json(other)), restriction).holds
