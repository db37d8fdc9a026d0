"""AdamW: the published algorithm natively, what is exact under PAM, and where its running averages rest."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pamcheck.arithmetic import Native, Pam
from pamcheck.nn.optimizers import AdamW

FORMS = ("differences", "products")
BETAS = (0.9, 0.99)


def textbook(w: Any, gradients: Any, decayed: int, rate: float, decay: float, epsilon: float) -> Any:
    """AdamW as published, in float64, with the betas that a float32 can hold."""
    b1, b2 = (float(np.float32(beta)) for beta in BETAS)
    w, m, v = w.astype(np.float64), np.zeros(w.shape), np.zeros(w.shape)
    for t, g in enumerate(gradients.astype(np.float64), 1):
        m = b1 * m + (1 - b1) * g
        v = b2 * v + (1 - b2) * g**2
        corrected = m / (1 - b1**t) / (np.sqrt(v / (1 - b2**t)) + epsilon)
        w = w - rate * np.where(np.arange(w.size) < decayed, decay, 0) * w - rate * corrected
    return w


@pytest.mark.parametrize("form", FORMS)
def test_natively_it_is_the_published_algorithm(form: Any, normal: Any, run: Any) -> None:
    w, gradients = normal(64), normal(40, 64, seed=1)
    optimizer = AdamW(1e-2, BETAS, 1e-8, 0.1, form)
    found, _ = run(optimizer, w, gradients, Native(), decayed=40)
    np.testing.assert_allclose(found, textbook(w, gradients, 40, 1e-2, 0.1, 1e-8), rtol=0, atol=3e-6)


@given(
    st.lists(st.floats(1, 2**30, width=32), min_size=1, max_size=8),
    st.sampled_from(FORMS),
    st.tuples(st.floats(0, 0.9999), st.floats(0, 0.9999)),
)
def test_the_first_step_under_pam_is_the_rate_to_the_bit(
    magnitudes: list[float], form: Any, betas: tuple[float, float]
) -> None:
    g = np.array([*magnitudes, *(-x for x in magnitudes)], np.float32)
    w = np.zeros_like(g)
    optimizer = AdamW(1e-3, betas, 1e-8, 0.1, form)
    found, _ = optimizer.step(w, g, optimizer.initial(w), 1e-3, 0, Pam())
    assert (found == np.where(g > 0, np.float32(-1e-3), np.float32(1e-3))).all(), found


@given(st.integers(-8, 8), st.integers(0, 1000), st.sampled_from(FORMS))
def test_gradients_an_octave_larger_take_the_same_steps(octaves: int, seed: int, form: Any) -> None:
    gradients = np.random.default_rng(seed).standard_normal((5, 7)).astype(np.float32)
    w = gradients[0] + np.float32(1)
    ends = []
    for scaled in (gradients, np.ldexp(gradients, octaves)):
        optimizer = AdamW(1e-2, BETAS, 1e-30, 0.0, form)
        x, state = w, optimizer.initial(w)
        for g in scaled:
            x, state = optimizer.step(x, g, state, 1e-2, 0, Pam())
        ends.append(x.view(np.uint32))
    assert (ends[0] == ends[1]).all(), [list(map(hex, end)) for end in ends]


def test_as_differences_the_moments_rest_at_what_they_average(normal: Any, run: Any) -> None:
    g = abs(normal(1000)) + np.float32(0.1)
    _, state = run(AdamW(betas=(0.9, 0.9)), np.zeros_like(g), [g] * 300, Pam())
    np.testing.assert_allclose(state["first"], g, rtol=2e-6)
    np.testing.assert_allclose(state["second"], Pam().mul(g, g), rtol=2e-6)


def test_as_products_the_moments_rest_below_by_up_to_an_octave(normal: Any, run: Any) -> None:
    g = abs(normal(1000)) + np.float32(0.1)
    _, state = run(AdamW(betas=(0.9, 0.9), form="products"), np.zeros_like(g), [g] * 300, Pam())
    share = state["first"] / g
    assert share.min() < 0.61
    assert share.min() >= 0.5
    assert share.max() <= 1.0


@pytest.mark.parametrize("ar", [Native(), Pam()], ids=lambda ar: ar.name)
@pytest.mark.parametrize("form", FORMS)
def test_what_is_left_of_zero_is_a_falling_power_and_never_negative(ar: Any, form: Any) -> None:
    w, optimizer = np.ones(1, np.float32), AdamW(betas=(0.9, 0.5), form=form)
    state, seen = optimizer.initial(w), [1.0]
    for _ in range(700):
        _, state = optimizer.step(w, w, state, 1e-3, 0, ar)
        seen.append(float(state["first_left"]))
    assert seen[1] == np.float32(0.9)
    assert all(0 <= after <= before for before, after in pairwise(seen))
    assert seen[-1] < 1e-30
    assert state["first_left"].shape == ()


@pytest.mark.parametrize("ar", [Native(), Pam()], ids=lambda ar: ar.name)
@pytest.mark.parametrize("form", FORMS)
def test_without_a_gradient_weights_change_by_decay_alone(ar: Any, form: Any, run: Any) -> None:
    w, zero = np.array([1, -2, 3, 0], np.float32), np.zeros(4, np.float32)
    found, state = run(AdamW(0.5, weight_decay=0.25, form=form), w, [zero], ar, decayed=2)
    assert list(found) == [0.875, -1.75, 3, 0]
    assert not state["second"].any()


def test_the_second_moment_is_never_negative(normal: Any, run: Any) -> None:
    gradients = normal(50, 500) * np.exp(normal(50, 500, seed=1) * 5)
    _, state = run(AdamW(betas=(0.9, 0.5)), np.zeros(500, np.float32), gradients, Pam())
    assert (state["second"] >= 0).all()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"betas": (0.9, 1.0)}, r"betas\[1\] is 1.0"),
        ({"betas": (0.9, 1 - 1e-9)}, r"betas\[1\] is"),
        ({"betas": (0.9,)}, "it must be two numbers"),
        ({"epsilon": 0.0}, "epsilon is 0.0"),
        ({"epsilon": 1e-40}, "the smallest normal"),
        ({"rate": -1.0}, "rate is -1.0"),
        ({"weight_decay": float("inf")}, "weight_decay is inf"),
        ({"form": "product"}, "product"),
    ],
)
def test_hyper_parameters_out_of_range_are_refused(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        AdamW(**arguments)
