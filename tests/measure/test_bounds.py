"""Error ranges and enclosures: never exceeded on a fine grid, attained where they say, tight, and able to fail."""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import mpmath
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from mpmath.ctx_iv import MPIntervalContext

from pamcheck import spec, truth
from pamcheck.kernels.table import OPS
from pamcheck.measure import bounds
from pamcheck.measure.bounds import Range, enclose_extreme, product_range, quotient_range

MOGAMI = Fraction(0x3F800000 - 0x3F76D000, 1 << 23)
OFFSETS = [
    Fraction(0), Fraction(1, 16), MOGAMI, Fraction(-1, 16), Fraction(1, 3), Fraction(-2, 3), Fraction(15, 16),
    Fraction(1), Fraction(-1), Fraction(5, 2), Fraction(-7, 2), Fraction(6),
]  # fmt: skip
FINE = [Fraction(i, 48) for i in range(49)]
PRIMITIVES = ("palog2", "paexp2", "pasqrt")


def product_error(f: Fraction, g: Fraction, c: Fraction) -> Fraction:
    a, b = 1 + f, 1 + g
    return spec.pam(a, b, c) / (a * b) - 1


def quotient_error(f: Fraction, g: Fraction, c: Fraction) -> Fraction:
    a, b = 1 + f, 1 + g
    return spec.padiv(a, b, c) / (a / b) - 1


Error = Callable[[Fraction, Fraction, Fraction], Fraction]
CASES: list[tuple[Callable[[Fraction], Range], Error]] = [
    (product_range, product_error),
    (quotient_range, quotient_error),
]


@pytest.mark.parametrize(("find", "error"), CASES, ids=["product", "quotient"])
@pytest.mark.parametrize("offset", OFFSETS, ids=str)
def test_no_error_on_a_fine_grid_leaves_the_range(
    find: Callable[[Fraction], Range], error: Error, offset: Fraction
) -> None:
    found = find(offset)
    outside = [(f, g) for f in FINE for g in FINE if not found.lower <= error(f, g, offset) <= found.upper]
    assert not outside, outside[:5]


@pytest.mark.parametrize(("find", "error"), CASES, ids=["product", "quotient"])
@pytest.mark.parametrize("offset", OFFSETS, ids=str)
def test_both_ends_are_attained_where_the_range_says_and_there_the_error_is_a_mantissas(
    find: Callable[[Fraction], Range], error: Error, offset: Fraction
) -> None:
    found = find(offset)
    assert error(*found.at_lower, offset) == found.lower
    assert error(*found.at_upper, offset) == found.upper
    assert all(0 <= part <= 1 for point in (found.at_lower, found.at_upper) for part in point)


@given(
    st.fractions(-3, 3, max_denominator=1 << 20),
    st.fractions(0, 1, max_denominator=1 << 20),
    st.fractions(0, 1, max_denominator=1 << 20),
)
@example(Fraction(5, 2), Fraction(1, 2), Fraction(1, 2))
@example(MOGAMI, (1 - MOGAMI) / 2, (1 - MOGAMI) / 2)
def test_no_rational_point_leaves_the_range_of_any_offset(c: Fraction, f: Fraction, g: Fraction) -> None:
    for find, error in CASES:
        found = find(c)
        assert found.lower <= error(f, g, c) <= found.upper, (c, f, g)


@pytest.mark.parametrize(("op", "find"), [("pam", product_range), ("padiv", quotient_range)])
def test_without_an_offset_the_range_is_the_contract(op: str, find: Callable[[], Range]) -> None:
    contract, found = OPS[op].contract, find()
    assert contract is not None
    assert (found.lower, found.upper) == (contract.lower, contract.upper)
    extreme = found.at_lower if contract.extreme == contract.lower else found.at_upper
    assert tuple(float(1 + part) for part in extreme) == contract.operands


@pytest.mark.parametrize(("find", "error"), CASES, ids=["product", "quotient"])
def test_a_range_that_misses_the_kink_would_be_noticed(
    find: Callable[[Fraction], Range], error: Error
) -> None:
    """The corners alone, without the points on the borders of the pieces, give a smaller range."""
    corners = [error(Fraction(f), Fraction(g), Fraction(1, 16)) for f in (0, 1) for g in (0, 1)]
    found = find(Fraction(1, 16))
    assert found.lower < min(corners) or max(corners) < found.upper


def test_an_offset_of_whole_octaves_scales_the_ratio() -> None:
    for find in (product_range, quotient_range):
        base, up = find(Fraction(1, 5)), find(Fraction(16, 5))
        scale = Fraction(8) if find is product_range else Fraction(1, 8)
        assert (1 + up.lower, 1 + up.upper) == (scale * (1 + base.lower), scale * (1 + base.upper))


# Enclosures of the one-operand functions


@pytest.mark.parametrize("op", PRIMITIVES)
@pytest.mark.parametrize("tolerance", [1e-6, 1e-12, 1e-15])
def test_the_enclosure_holds_the_closed_form_of_the_contract_and_is_tight(
    op: str, tolerance: float
) -> None:
    contract = OPS[op].contract
    assert contract is not None
    found = enclose_extreme(contract.approximates, tolerance)
    extreme = abs(truth.closed_form(contract.extreme))
    assert found.lower <= extreme <= found.upper, (found.lower.hex(), found.upper.hex())
    assert found.upper - found.lower <= 1.1 * tolerance


@pytest.mark.parametrize("op", PRIMITIVES)
def test_the_lower_end_is_the_error_at_the_point_named(op: str) -> None:
    contract = OPS[op].contract
    assert contract is not None
    found = enclose_extreme(contract.approximates)
    at = Fraction(found.at)
    operand = at if op == "paexp2" else spec.X(at)
    with mpmath.workdps(40):
        true = truth.evaluate(contract.approximates, operand)
        value = getattr(spec, op)(operand)
        result = mpmath.mpf(value.numerator) / value.denominator
        error = result - true if contract.kind == "absolute" else result / true - 1
        assert mpmath.sign(error) == mpmath.sign(truth.closed_form(contract.extreme))
        assert abs(abs(error) - found.lower) < 1e-16, found.at.hex()


@pytest.mark.parametrize("op", PRIMITIVES)
def test_no_operand_of_a_period_beats_the_enclosure(op: str) -> None:
    contract = OPS[op].contract
    assert contract is not None
    found = enclose_extreme(contract.approximates)
    for step in range(-512, 1025):
        y = Fraction(step, 256)
        operand = y if op == "paexp2" else spec.X(y)
        value, true = getattr(spec, op)(operand), truth.evaluate(contract.approximates, operand)
        error = mpmath.mpf(value.numerator) / value.denominator - true
        size = abs(error if contract.kind == "absolute" else error / true)
        assert size <= found.upper, y


@pytest.mark.parametrize("function", bounds._PIECES)
def test_each_slope_is_the_derivative_of_its_error(function: str) -> None:
    with mpmath.workdps(60):
        for low, high, error, slope in bounds._PIECES[function][1]:
            for step in range(1, 32):
                t = mpmath.mpf(low) + (mpmath.mpf(high) - low) * step / 32
                h = mpmath.mpf(10) ** -20
                measured = (error(mpmath.mp, t + h) - error(mpmath.mp, t - h)) / (2 * h)
                assert abs(measured - slope(mpmath.mp, t)) < mpmath.mpf(10) ** -30, (function, t)


@pytest.mark.parametrize("function", bounds._PIECES)
def test_each_error_is_that_of_the_definition_and_the_pieces_join(function: str) -> None:
    op = {"log2": "palog2", "exp2": "paexp2", "sqrt": "pasqrt"}[function]
    pieces = bounds._PIECES[function][1]
    assert [low for low, *_ in pieces] == [float(i) for i in range(len(pieces))]
    assert [high for _, high, *_ in pieces] == [float(i + 1) for i in range(len(pieces))]
    with mpmath.workdps(40):
        for low, high, error, _ in pieces:
            for step in range(17):
                t = Fraction(low) + (Fraction(high) - Fraction(low)) * step / 16
                operand = t if function == "exp2" else spec.X(t)
                value, true = getattr(spec, op)(operand), truth.evaluate(function, operand)
                result = mpmath.mpf(value.numerator) / value.denominator
                expected = result - true if function == "log2" else result / true - 1
                got = error(mpmath.mp, mpmath.mpf(t.numerator) / t.denominator)
                assert abs(got - expected) < 1e-33, (function, t)


@pytest.mark.parametrize("function", bounds._PIECES)
@pytest.mark.parametrize(("factor", "holds"), [(1.0, True), (0.5, False)])
def test_the_mean_value_form_holds_the_error_of_every_box_and_with_half_the_slope_does_not(
    function: str, factor: float, holds: bool
) -> None:
    iv = MPIntervalContext()
    iv.prec = 120
    lost = []
    for low, high, error, slope in bounds._PIECES[function][1]:
        for step in range(16):
            left, right = low + (high - low) * step / 16, low + (high - low) * (step + 1) / 16
            middle, box = (left + right) / 2, iv.mpf([left, right])
            reach = error(iv, iv.mpf(middle)) + factor * slope(iv, box) * (box - middle)
            if not all(error(iv, iv.mpf(end)) in reach for end in (left, right)):
                lost.append(middle.hex())
    assert (not lost) == holds, lost


def zero_slope(pieces: list[Any]) -> list[Any]:
    return [(low, high, error, lambda _, t: 0 * t) for low, high, error, _ in pieces]


def test_the_search_trusts_the_slope(monkeypatch: pytest.MonkeyPatch) -> None:
    """With a slope of zero the search stops at the first box, so the slopes above are what it rests on."""
    sign, pieces = bounds._PIECES["log2"]
    monkeypatch.setitem(bounds._PIECES, "log2", (sign, zero_slope(pieces)))
    found = enclose_extreme("log2")
    contract = OPS["palog2"].contract
    assert contract is not None
    assert found.upper < abs(truth.closed_form(contract.extreme))


def test_an_error_of_the_other_sign_does_not_go_unseen(monkeypatch: pytest.MonkeyPatch) -> None:
    """|error| is enclosed: where the far error has the sign not searched for, the search must not settle."""
    _, pieces = bounds._PIECES["sqrt"]
    seen: list[int] = []

    def counted(error: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
        def run(m: Any, t: Any) -> Any:
            seen.append(1)
            if len(seen) > 3000:
                raise TimeoutError
            return error(m, t)

        return run

    flipped = [(low, high, counted(error), slope) for low, high, error, slope in pieces]
    monkeypatch.setitem(bounds._PIECES, "sqrt", (-1, flipped))
    with pytest.raises(TimeoutError):
        enclose_extreme("sqrt", 1e-6)


@pytest.mark.parametrize("tolerance", [0.0, -1.0, 1e-18, math.nan])
def test_a_tolerance_that_cannot_be_met_is_refused(tolerance: float) -> None:
    with pytest.raises(ValueError, match="tolerance is"):
        enclose_extreme("log2", tolerance)


def test_an_unknown_function_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="unknown function 'log3'"):
        enclose_extreme("log3")
