"""Clipping by the global norm: at, below and above the limit, and what is not finite."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pamcheck.arithmetic import Native, Pam
from pamcheck.nn.autograd import NonFiniteGradient
from pamcheck.nn.optimizers import clip

ARITHMETICS = (Native(), Pam())
TOLD = (0.942, 1.061), (0.837, 1.194)  # of the norm, of a clipped gradient's: the docstring of clip


@pytest.mark.parametrize("ar", ARITHMETICS, ids=lambda ar: ar.name)
@pytest.mark.parametrize("limit", [4.0, 8.0, float("inf")])
def test_at_or_below_the_limit_the_gradient_is_returned_as_it_is(ar: Any, limit: float) -> None:
    g = np.array([2, -2, 2, -2], np.float32)
    found, norm = clip(g, limit, ar)
    assert found is g
    assert norm == 4.0


@pytest.mark.parametrize("ar", ARITHMETICS, ids=lambda ar: ar.name)
def test_above_the_limit_it_is_scaled_down_to_it(ar: Any) -> None:
    found, norm = clip(np.array([2, -2, 2, -2], np.float32), 2.0, ar)
    assert list(found) == [1, -1, 1, -1]
    assert norm == 4.0


@given(st.integers(0, 1000), st.integers(1, 300), st.floats(0.01, 10))
def test_under_pam_norms_are_as_near_as_said(seed: int, size: int, limit: float) -> None:
    g = np.random.default_rng(seed).standard_normal(size).astype(np.float32)
    true = float(np.linalg.norm(g.astype(np.float64)))
    found, norm = clip(g, limit, Pam())
    assert TOLD[0][0] <= norm / true <= TOLD[0][1]
    if norm > limit:
        clipped = float(np.linalg.norm(found.astype(np.float64)))
        assert TOLD[1][0] <= clipped / limit <= TOLD[1][1]


@pytest.mark.parametrize("ar", ARITHMETICS, ids=lambda ar: ar.name)
@pytest.mark.parametrize("size", [0, 5])
def test_a_gradient_of_zeros_has_norm_zero(ar: Any, size: int) -> None:
    found, norm = clip(np.zeros(size, np.float32), 1.0, ar)
    assert norm == 0
    assert not found.any()


@pytest.mark.parametrize("ar", ARITHMETICS, ids=lambda ar: ar.name)
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_a_gradient_that_is_not_finite_is_told_by_its_first_element(ar: Any, bad: float) -> None:
    g = np.array([1, 2, bad, bad], np.float32)
    with pytest.raises(
        NonFiniteGradient, match=rf"2 of 4 elements are infinite or NaN, the first {bad} at 2"
    ):
        clip(g, 1.0, ar)


def test_a_finite_gradient_whose_squares_overflow_is_told_so() -> None:
    with pytest.raises(
        NonFiniteGradient, match=r"their squares overflow, the greatest magnitude being 1e\+30"
    ):
        clip(np.array([1e30, -1], np.float32), 1.0, Pam())


def test_squares_that_underflow_are_zeros() -> None:
    assert clip(np.full(9, 1e-20, np.float32), 1.0, Pam())[1] == 0


@pytest.mark.parametrize("limit", [0.0, -1.0, float("nan")])
def test_a_limit_that_is_not_above_zero_is_refused(limit: float) -> None:
    with pytest.raises(ValueError, match=r"limit is .*; it must be above 0"):
        clip(np.zeros(1, np.float32), limit, Pam())
