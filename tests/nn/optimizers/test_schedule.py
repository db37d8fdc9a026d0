"""The schedule: exact ends, monotone, its own mirror image, and as near to a cosine as said."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pamcheck.arithmetic import Native, Pam
from pamcheck.nn.optimizers import Cosine

ARITHMETICS = (Native(), Pam())
NEAR = {"native": 0.0009, "PAM exact": 0.06}  # of rate - minimum: the docstring of Cosine
arithmetics = st.sampled_from(ARITHMETICS)


def rates(schedule: Cosine, ar: Any) -> np.ndarray:
    return np.array([schedule.at(step, ar) for step in range(schedule.steps + 2)])


@given(st.integers(1, 30), st.integers(0, 29), st.floats(1e-5, 1), st.floats(0, 1), arithmetics)
@example(2, 0, 1e-3, 0.1, Pam())
def test_it_rises_to_the_rate_and_falls_to_the_minimum(
    steps: int, warmup: int, rate: float, share: float, ar: Any
) -> None:
    warmup = min(warmup, steps - 1)
    schedule = Cosine(rate, rate * share, warmup, steps)
    found = rates(schedule, ar)
    assert found.dtype == np.float32
    assert found[warmup] == np.float32(rate)
    assert (found[steps:] == np.float32(rate * share)).all()
    assert (found[:warmup] > 0).all()
    assert (np.diff(found[: warmup + 1]) >= 0).all()
    # both halves end at rate - span / 2, each rounded in its own way
    assert (np.diff(found[warmup:]) <= np.spacing(np.float32(rate))).all()


@given(st.integers(1, 60), arithmetics)
def test_its_halves_mirror_each_other_to_the_bit(steps: int, ar: Any) -> None:
    schedule = Cosine(1.0, 0.0, 0, steps)
    found = rates(schedule, ar)[: steps + 1]
    for after, before in zip(found, found[::-1], strict=True):
        low, high = sorted((after, before))
        assert high == np.float32(1) - low, (high, low)


@given(st.integers(2, 60), st.floats(1, 2, width=32), arithmetics)
@example(170, 1.5, Pam())
def test_it_is_as_near_to_a_cosine_as_said(steps: int, rate: float, ar: Any) -> None:
    found = rates(Cosine(rate, 0.0, 0, steps), ar)[: steps + 1] / rate
    cosine = (1 + np.cos(np.pi * np.arange(steps + 1) / steps)) / 2
    assert abs(found - cosine).max() < NEAR[ar.name]


def test_natively_the_warm_up_is_linear() -> None:
    found = rates(Cosine(1.0, warmup=3, steps=9), Native())
    assert list(found[:4]) == [0.25, 0.5, 0.75, 1.0]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"rate": -1.0}, "rate is -1.0"),
        ({"rate": 1.0, "minimum": 2.0}, "minimum is 2.0; it must be at most 1.0"),
        ({"rate": 1.0, "warmup": 5, "steps": 5}, "warmup is 5; it must be 0 or more and below steps, 5"),
        ({"rate": float("nan")}, "rate is nan"),
    ],
)
def test_unfit_rates_and_steps_are_refused(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Cosine(**arguments)


def test_a_step_before_the_first_is_refused() -> None:
    with pytest.raises(ValueError, match="step is -1"):
        Cosine(1.0).at(-1, Native())
