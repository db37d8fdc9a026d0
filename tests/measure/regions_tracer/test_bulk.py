"""Many lines at once: what each has is what it has alone."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from pamcheck.measure.regions.causes import CAUSES
from pamcheck.measure.regions.restriction import segment
from pamcheck.measure.regions.tracer import trace, trace_many

LINES = 5


@pytest.fixture
def lines(mlp: Any, rng: np.random.Generator) -> tuple[Any, dict[str, Any], dict[str, Any]]:
    function, arrays = mlp
    starts = {"x": rng.standard_normal((LINES, 1, 4)), "0.bias": rng.standard_normal((LINES, 5))}
    steps = {"x": rng.standard_normal((LINES, 1, 4)), "0.bias": np.zeros((LINES, 5))}
    return function, {**arrays, **starts}, steps


def test_every_line_has_the_pieces_that_it_has_alone(lines: Any) -> None:
    function, origin, direction = lines
    found = trace_many(function, origin, direction, 0, 0.5, keep=True, threads=2)
    for i in range(LINES):
        start = {name: x[i] if name in direction else x for name, x in origin.items()}
        alone = trace(segment(function, start, {name: x[i] for name, x in direction.items()}, 0, 0.5))
        assert found.traces[i].starts.tolist() == alone.starts.tolist()
        assert found.traces[i].slopes.tolist() == alone.slopes.tolist()
        told = alone.statistics()
        assert found.pieces[i] == told["pieces"]
        assert found.per_length[i] == told["per_length"]
        for key in ("slope_least", "slope_mean", "slope_greatest", "jump_greatest"):
            assert getattr(found, key)[i] == told[key]
        assert {
            c: n for c, n in zip(CAUSES, found.causes[i].tolist(), strict=True) if n
        } == alone.by_cause()


def test_counts_add_up_and_traces_are_not_kept_unless_asked_for(lines: Any) -> None:
    found = trace_many(*lines, 0, 0.5, limit=20)
    assert found.traces == ()
    assert (found.causes.sum(axis=1) == found.pieces - 1).all()
    assert (found.operations.sum(axis=1) == found.pieces - 1).all()
    assert found.operations.shape == (LINES, len(found.names))
    assert (found.partial == (found.length < 0.5)).all()
    assert found.partial.any()
    rate = sum(found.by_cause().values())
    assert rate == pytest.approx((found.pieces - 1).sum() / found.length.sum())


@pytest.mark.parametrize(
    ("origin", "direction", "told"),
    [
        ({"x": np.zeros((2, 3))}, {"y": np.zeros((2, 3))}, "direction names"),
        ({"x": np.zeros((2, 3))}, {}, "direction names nothing"),
        ({"x": np.zeros((2, 3))}, {"x": np.zeros((1, 3))}, "of shape"),
        ({"x": np.zeros((0, 3))}, {"x": np.zeros((0, 3))}, "one line or more"),
        (
            {"x": np.zeros(2), "y": np.zeros(3)},
            {"x": np.zeros(2), "y": np.zeros(3)},
            "numbers of lines that differ",
        ),
        ({"x": np.array([0.0, np.inf])}, {"x": np.ones(2)}, "not finite"),
    ],
)
def test_lines_that_do_not_fit_are_refused(origin: Any, direction: Any, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        trace_many(lambda v, ar: ar.mul(v["x"], 3.0), origin, direction)
