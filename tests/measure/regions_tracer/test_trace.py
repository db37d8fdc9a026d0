"""Tracing: known pieces, exact values and slopes at every piece, kinks at the start, and what goes wrong."""

from __future__ import annotations

import re
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from pamcheck import functional
from pamcheck.measure.regions.restriction import operation, segment
from pamcheck.measure.regions.tracer import trace

ONE = np.ones(())


def along(
    function: Callable[..., Any], start: float, step: float, low: float, high: float, **k: Any
) -> Any:
    """Trace a function of one number x = start + t step."""
    origin, direction = {"x": start * ONE}, {"x": step * ONE}
    return trace(segment(lambda v, ar: function(ar, v["x"]), origin, direction, low, high), **k)


@pytest.mark.parametrize(
    ("name", "low", "high", "starts", "causes"),
    [
        ("paexp2", 0, 4, [0, 1, 2, 3], {"integer": 3}),
        ("palog2", 1, 16, [1, 2, 4, 8], {"binade": 3}),
        ("pasqrt", 1, 64, [1, 2, 8, 32], {"binade": 3}),
        ("relu", -1, 1, [-1, 0], {"relu": 1}),
    ],
)
def test_an_operation_has_its_known_pieces(
    name: str, low: float, high: float, starts: list[float], causes: dict[str, int]
) -> None:
    found = trace(operation(name, (low, high)))
    assert found.starts.tolist() == starts
    assert found.by_cause() == causes


def test_a_square_breaks_at_one_half_and_at_powers_of_two() -> None:
    found = along(lambda ar, x: ar.mul(x, x), 0, 1, 1, 4)
    assert [(t, why.cause) for t, why in found.breaks] == [(1.5, "carry"), (2.0, "binade"), (3.0, "carry")]
    assert found.slopes.tolist() == [2.0, 4.0, 4.0, 8.0]
    assert found.values.tolist() == [1.0, 2.0, 4.0, 8.0]


def test_every_piece_of_small_functions_is_exact(
    function: Any, line: Any, exactly: Any, rng: np.random.Generator
) -> None:
    restriction = segment(function, *line, 0, 1)
    found = trace(restriction)
    assert not found.partial
    _hold(found, restriction, exactly, rng, pieces=12, exact_slopes=True)


def test_pieces_of_a_perceptron_are_exact_when_input_and_weights_move(
    mlp: Any, exactly: Any, rng: np.random.Generator
) -> None:
    function, arrays = mlp
    direction = {name: rng.standard_normal(np.shape(x)).astype(np.float32) for name, x in arrays.items()}
    restriction = segment(function, arrays, direction, -0.25, 0.25)
    _hold(trace(restriction), restriction, exactly, rng, pieces=12)


def test_pieces_of_a_transformer_block_are_exact(
    block: Any, exactly: Any, rng: np.random.Generator
) -> None:
    function, arrays = block
    restriction = segment(function, arrays, {"x": rng.standard_normal((1, 3, 4))}, 0, 0.25)
    _hold(trace(restriction), restriction, exactly, rng, pieces=4)


def _hold(
    found: Any,
    restriction: Any,
    exactly: Any,
    rng: np.random.Generator,
    pieces: int,
    exact_slopes: bool = False,
) -> None:
    """Compare values at two points of some pieces, and the slope with the exact quotient of the difference."""
    wide = np.flatnonzero((found.lengths > 1e-6) & ~found.approximate)
    for i in rng.choice(wide, min(pieces, wide.size), replace=False):
        ends = found.starts[i] + found.lengths[i] * np.array([0.25, 0.75])
        p, q = (exactly(restriction.function, restriction.at([Fraction(t)])) for t in ends)
        value = found.at(ends[0])[0]
        scale = max(1e-3, np.abs(value).max())
        assert np.abs(p.astype(float) - value).max() <= 1e-9 * scale, (i, ends[0].hex())
        slope = (q - p) / (Fraction(ends[1]) - Fraction(ends[0]))
        allowed = 0.0 if exact_slopes else 1e-12 * max(1.0, np.abs(found.slopes[i]).max())
        error = np.abs(slope - found.slopes[i].astype(object)).max()
        assert error <= allowed, (i, [float(s).hex() for s in slope.reshape(-1)], found.slopes[i].tolist())


@pytest.mark.parametrize(
    ("start", "step", "slopes", "starts"),
    [
        (2.0, -1.0, [-2.0, -1.0], [0.0, 0.5]),  # from a power of two inwards
        (2.0, 1.0, [1.0], [0.0]),  # and outwards
        (-2.0, 1.0, [2.0, 1.0], [0.0, 0.5]),
        (1.5, 1.0, [2.0, 1.0], [0.0, 0.5]),  # from a carry outwards
        (1.5, -1.0, [-1.0, -2.0], [0.0, 0.5]),  # and inwards
    ],
)
def test_an_operand_on_a_kink_enters_the_piece_it_moves_into(
    start: float, step: float, slopes: list[float], starts: list[float]
) -> None:
    found = along(lambda ar, x: ar.mul(x, 1.5), start, step, 0, 0.75)
    assert found.slopes.tolist() == slopes
    assert found.starts.tolist() == starts


@pytest.mark.parametrize(("step", "slope"), [(1.0, 1.0), (-1.0, 0.0)])
def test_a_relu_that_starts_at_zero_does_too(step: float, slope: float) -> None:
    assert along(functional_relu, 0.0, step, 0, 1).slopes.tolist() == [slope]


def functional_relu(ar: Any, x: Any) -> Any:
    return functional.relu(x, ar)


def test_nothing_breaks_where_nothing_moves() -> None:
    found = along(lambda ar, x: ar.mul(x, 3.0), 1.5, 0.0, 0, 1)
    assert (found.pieces, found.slopes.tolist(), found.values.tolist()) == (1, [0.0], [4.0])


def test_a_product_with_a_power_of_two_has_no_breaks() -> None:
    assert along(lambda ar, x: ar.mul(x, -4.0), 0, 1, -8, 8).pieces == 1
    assert along(lambda ar, x: ar.div(x, 0.25), 0, 1, -8, 8).pieces == 1


def test_breaks_that_coincide_are_one() -> None:
    origin = {"x": np.full(64, 1.1), "y": np.full(64, 1.3)}
    same = trace(segment(lambda v, ar: ar.mul(v["x"], v["y"]), origin, {"x": np.ones(64)}, 0, 8))
    alone = trace(
        segment(
            lambda v, ar: ar.mul(v["x"], v["y"]),
            {n: x[:1] for n, x in origin.items()},
            {"x": np.ones(1)},
            0,
            8,
        )
    )
    assert same.starts.tolist() == alone.starts.tolist()


def test_binades_near_zero_are_told_apart_down_to_the_smallest() -> None:
    found = along(lambda ar, x: ar.mul(x, 1.5), 0, 1, -1, 1, smallest=-4)
    assert found.by_cause()["sign"] == 1
    assert found.approximate.tolist().count(True) == 1
    middle = int(np.flatnonzero(found.approximate)[0])
    assert (found.starts[middle], found.starts[middle + 1]) == (-(2.0**-4), 2.0**-4)
    assert found.slopes[middle] == 1.5


def test_what_is_narrower_than_the_resolution_is_merged_and_the_end_is_right() -> None:
    fine, coarse = (along(lambda ar, x: ar.mul(x, x), 0, 1, 1, 64, resolution=r) for r in (None, 3.0))
    assert coarse.pieces < fine.pieces
    assert (coarse.lengths[:-1] >= 3.0).all()
    assert coarse.at(64.0) == pytest.approx(fine.at(64.0), rel=0.01)


def test_a_floor_and_a_maximum_break_where_they_switch() -> None:
    assert along(lambda ar, x: ar.floor(x), 0, 1, -2, 2).by_cause() == {"floor": 3}
    found = trace(
        segment(
            lambda v, ar: ar.max(v["x"], axis=-1), {"x": np.zeros(3)}, {"x": np.array([1.0, 2, 2])}, -1, 1
        )
    )
    assert (found.starts.tolist(), found.slopes.tolist(), found.by_cause()) == ([-1, 0], [1, 2], {"max": 1})


@pytest.mark.parametrize(
    ("function", "told"),
    [
        (
            lambda ar, x: ar.div(1.0, x),
            r"div \(step 1\): a divisor is 0, or below the smallest binade at t = 1",
        ),
        (lambda ar, x: ar.log2(x), r"log2 \(step 1\): an operand is not above 0"),
        (lambda ar, x: ar.sqrt(x), r"sqrt \(step 1\): an operand is below 0 at t = 1"),
        (lambda ar, x: ar.exp2(ar.mul(ar.sub(1.0, x), 4096.0)), r"exp2 \(step 2\): a value is too large"),
    ],
)
def test_what_is_undefined_in_the_domain_ends_the_trace(function: Any, told: str) -> None:
    found = along(function, 1.0, -1.0, 0, 2)
    assert found.partial
    assert found.pieces > 0
    assert found.end < 2
    assert re.match(told, found.reason), found.reason


def test_a_pole_is_not_jumped_over_at_a_coarse_resolution() -> None:
    found = along(lambda ar, x: ar.div(1.0, x), 1.0, -1.0, 0, 2, resolution=0.3)
    assert found.partial
    assert 0.75 < found.end < 1.25


def test_a_limit_of_pieces_keeps_those_found() -> None:
    found = along(lambda ar, x: ar.log2(x), 0, 1, 1, 64, limit=2)
    assert (found.pieces, found.end, found.partial) == (2, 4.0, True)
    assert "more than 2 pieces" in found.reason
    assert found.lengths.tolist() == [1.0, 2.0]


def test_empty_arrays_and_constants_have_one_piece() -> None:
    empty = np.zeros(0)
    assert trace(segment(lambda v, ar: ar.mul(v["x"], 3.0), {"x": empty}, {"x": empty})).values.shape == (
        1,
        0,
    )
    assert trace(segment(lambda *_: np.float64(3), {"x": ONE}, {"x": ONE})).values.tolist() == [3.0]
    product = trace(
        segment(
            lambda v, ar: ar.matmul(v["x"], np.zeros((0, 3))),
            {"x": np.zeros((2, 0))},
            {"x": np.zeros((2, 0))},
        )
    )
    assert (product.values == 0).all()


@pytest.mark.parametrize(
    ("call", "error", "told"),
    [
        (
            lambda: along(lambda ar, x: ar.div(x, 0.0), 1, 1, 0, 1),
            ValueError,
            "a divisor is the constant 0",
        ),
        (lambda: along(lambda ar, x: ar.mul(x, np.nan), 1, 1, 0, 1), ValueError, "a constant is NaN"),
        (lambda: along(lambda _, x: np.exp(x), 1, 1, 0, 1), TypeError, "recorded values are no arrays"),
        (lambda: along(lambda _, x: x if x else 0, 1, 1, 0, 1), TypeError, "decides nothing"),
        (
            lambda: along(lambda ar, _: ar.log2(np.array(-1.0)), 1, 1, 0, 1),
            ValueError,
            "log2 .step 1.: an operand",
        ),
        (lambda: trace(operation("pam", (1, 2), (1, 2))), ValueError, "the tracer needs a segment"),
        (lambda: trace(operation("palog2", (1, 2)), limit=0), ValueError, "limit is 0"),
        (
            lambda: trace(operation("palog2", (1, 1 + Fraction(1, 1 << 60)))),
            ValueError,
            "domain is narrower",
        ),
        (lambda: trace(operation("palog2", (1, 2)), smallest=1), ValueError, "smallest is 1"),
        (lambda: trace(operation("palog2", (1, 2)), resolution=0.0), ValueError, "resolution is 0.0"),
        (lambda: trace(operation("palog2", (1, 2))).at(3.0), ValueError, "t is outside of the trace"),
    ],
)
def test_bad_input_is_refused_by_name(call: Any, error: type[Exception], told: str) -> None:
    with pytest.raises(error, match=told):
        call()


def test_statistics_weigh_slopes_by_length() -> None:
    found = along(lambda ar, x: ar.exp2(x), 0, 1, 0, 3)
    told = found.statistics()
    assert (told["slope_least"], told["slope_mean"], told["slope_greatest"]) == (1.0, 7 / 3, 4.0)
    assert (told["jump_greatest"], told["per_length"], found.function_pieces) == (2.0, 1.0, 3)
    assert found.by_operation() == {(1, "exp2"): 2}
