"""Agreement of gradients, and intervals over seeds: definitions, special cases, known quantiles."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as nps

from pamcheck.measure.agreement import Agreement, agreement, interval, student_quantile

SEED = 20240601
VALUES = st.floats(-1e3, 1e3).map(lambda x: round(x, 6))
VECTORS = st.integers(1, 12).flatmap(
    lambda n: st.tuples(*(nps.arrays(np.float64, n, elements=VALUES),) * 2)
)


def is_nan(found: Agreement) -> bool:
    return all(map(math.isnan, (found.gain, found.residual, found.cosine, found.flipped)))


def test_a_scaled_gradient_is_all_gain() -> None:
    g = np.random.default_rng(SEED).standard_normal((5, 7))
    found = agreement(0.75 * g, g)
    assert found.gain == pytest.approx(0.75)
    assert found.residual < 1e-15
    assert found.cosine == pytest.approx(1)
    assert (found.flipped, found.count) == (0, 35)


def test_an_orthogonal_part_is_all_residual() -> None:
    found = agreement([1.0, 2.0], [1.0, 0.0])
    assert (found.gain, found.residual, found.count) == (1, 2, 1)
    assert found.cosine == pytest.approx(5**-0.5)
    assert found.relative_residual == 2


def test_signs_are_counted_where_the_reference_is_not_zero_and_a_zero_is_not_flipped() -> None:
    found = agreement([-1.0, 0.0, -5.0, 1.0], [1.0, 1.0, 0.0, 1.0])
    assert (found.flipped, found.count) == (1 / 3, 3)


@given(VECTORS)
def test_the_parts_are_those_of_the_definition(pair: tuple[np.ndarray, np.ndarray]) -> None:
    got, g = pair
    found = agreement(got, g)
    if not g.any():
        assert is_nan(found)
        return
    gain = (got @ g) / (g @ g)
    assert found.gain == pytest.approx(gain, rel=1e-9, abs=1e-9)
    residual = np.linalg.norm(got - gain * g) / np.linalg.norm(g)
    assert found.residual == pytest.approx(residual, rel=1e-9, abs=1e-7)
    if got.any():
        norm = np.linalg.norm(got) * np.linalg.norm(g)
        assert found.cosine == pytest.approx((got @ g) / norm, rel=1e-9, abs=1e-9)
        assert -1 <= found.cosine <= 1


def test_a_zero_reference_has_no_agreement_and_a_zero_gradient_no_cosine() -> None:
    assert is_nan(agreement(np.ones(3), np.zeros(3)))
    assert agreement(np.ones(3), np.zeros(3)).count == 0
    found = agreement(np.zeros(3), np.ones(3))
    assert (found.gain, found.residual, found.flipped) == (0, 0, 0)
    assert math.isnan(found.cosine)
    assert math.isnan(found.relative_residual)
    assert is_nan(agreement([], []))


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_a_value_that_is_not_finite_makes_every_number_nan(bad: float) -> None:
    assert is_nan(agreement([1.0, bad], [1.0, 2.0]))
    assert is_nan(agreement([1.0, 2.0], [1.0, bad]))


@pytest.mark.parametrize("shift", [-1000, -500, 500, 1000])
def test_neither_gradient_is_scaled_out_of_range(shift: int) -> None:
    rng = np.random.default_rng(SEED)
    got, g = rng.standard_normal((2, 20))
    plain = agreement(got, g)
    both = agreement(np.ldexp(got, shift), np.ldexp(g, shift))
    assert (both.gain, both.residual, both.cosine) == (plain.gain, plain.residual, plain.cosine)
    one = agreement(np.ldexp(got, shift), g)
    assert (one.gain, one.residual) == (np.ldexp(plain.gain, shift), np.ldexp(plain.residual, shift))


def test_narrow_dtypes_are_read_exactly() -> None:
    g = np.float32([1, 2, 3])
    assert agreement(g.astype(np.float16), g) == agreement(g.astype(np.float64), g)


def test_shapes_that_differ_are_refused_by_name() -> None:
    with pytest.raises(ValueError, match=r"got has shape \(2,\); it must be \(3,\)"):
        agreement(np.ones(2), np.ones(3))


@pytest.mark.parametrize(
    ("p", "degrees", "expected"),
    [
        (0.975, 1, 12.7062),
        (0.975, 2, 4.30265),
        (0.975, 7, 2.36462),
        (0.995, 9, 3.24984),
        (0.95, 30, 1.69726),
    ],
)
def test_quantiles_are_those_of_the_printed_tables(p: float, degrees: int, expected: float) -> None:
    assert student_quantile(p, degrees) == pytest.approx(expected, abs=6e-5)


def test_the_median_is_zero_and_many_degrees_are_normal() -> None:
    assert student_quantile(0.5, 4) == pytest.approx(0, abs=1e-12)
    assert student_quantile(0.975, 1_000_000) == pytest.approx(1.959964, abs=1e-5)


def test_an_interval_is_t_times_the_standard_error() -> None:
    found = interval([1.0, 2.0, 4.0, 5.0])
    s = math.sqrt((4 + 1 + 1 + 4) / 3)
    assert (found.mean, found.runs) == (3, 4)
    assert found.half == pytest.approx(3.18245 * s / 2, rel=1e-5)
    assert (found.low, found.high) == (3 - found.half, 3 + found.half)
    assert found.shown(".1f") == "3.0 ± 2.9"


def test_intervals_cover_the_mean_as_often_as_they_say() -> None:
    drawn = np.random.default_rng(SEED).standard_normal((2000, 5))
    covered = np.mean([interval(x).low <= 0 <= interval(x).high for x in drawn])
    assert abs(covered - 0.95) < 4 * math.sqrt(0.95 * 0.05 / 2000)


def test_one_run_has_no_interval_and_none_is_refused() -> None:
    assert interval([2.0]).mean == 2
    assert math.isnan(interval([2.0]).half)
    with pytest.raises(ValueError, match="values is empty"):
        interval([])
    with pytest.raises(ValueError, match="level is 1"):
        interval([1.0, 2.0], level=1)
    with pytest.raises(ValueError, match="degrees is 0"):
        student_quantile(0.9, 0)
