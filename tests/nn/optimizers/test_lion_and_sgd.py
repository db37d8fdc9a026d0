"""Lion and SGD: the published algorithms natively, and what is exact under PAM."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from pamcheck.arithmetic import Native, Pam
from pamcheck.nn.optimizers import SGD, Lion

FORMS = ("differences", "products")
ARITHMETICS = (Native(), Pam())


@pytest.mark.parametrize("form", FORMS)
def test_natively_lion_is_the_published_algorithm(form: Any, normal: Any, run: Any) -> None:
    w, gradients = normal(64), normal(30, 64, seed=1)
    expected, m = w.astype(np.float64), np.zeros(64)
    for g in gradients.astype(np.float64):
        direction = np.sign(0.9 * m + 0.1 * g)
        expected = expected - 0.01 * (direction + np.where(np.arange(64) < 40, 0.1, 0) * expected)
        m = 0.99 * m + 0.01 * g
    found, _ = run(Lion(0.01, weight_decay=0.1, form=form), w, gradients, Native(), decayed=40)
    np.testing.assert_allclose(found, expected, rtol=0, atol=2e-6)


@pytest.mark.parametrize("form", FORMS)
def test_natively_sgd_is_the_published_algorithm(form: Any, normal: Any, run: Any) -> None:
    w, gradients = normal(64), normal(30, 64, seed=1)
    expected, v = w.astype(np.float64), np.zeros(64)
    for g in gradients.astype(np.float64):
        v = 0.9 * v + g
        expected = expected - 0.01 * np.where(np.arange(64) < 40, 0.1, 0) * expected - 0.01 * v
    found, _ = run(SGD(0.01, 0.9, 0.1, form), w, gradients, Native(), decayed=40)
    np.testing.assert_allclose(found, expected, rtol=0, atol=5e-6)


@pytest.mark.parametrize("ar", ARITHMETICS, ids=lambda ar: ar.name)
def test_lion_steps_by_the_rate_whatever_the_gradient(ar: Any) -> None:
    g = np.array([3, -1e-20, 0, -0.0, 1e30], np.float32)
    w = np.zeros_like(g)
    found, _ = Lion().step(w, g, Lion().initial(w), 0.25, 0, ar)
    assert list(found) == [-0.25, 0.25, 0, 0, -0.25]


@pytest.mark.parametrize("ar", ARITHMETICS, ids=lambda ar: ar.name)
def test_lion_hands_on_a_gradient_that_is_nan(ar: Any) -> None:
    w = np.zeros(1, np.float32)
    found, state = Lion().step(w, w + np.float32(np.nan), Lion().initial(w), 0.25, 0, ar)
    assert np.isnan(found).all()
    assert np.isnan(state["first"]).all()


def test_without_momentum_sgd_under_pam_is_one_product(normal: Any, run: Any) -> None:
    w, g, ar = normal(100), normal(100, seed=1), Pam()
    found, _ = run(SGD(0.3, momentum=0.0), w, [g], ar)
    assert (found == w - ar.mul(g, np.float32(0.3))).all()


def test_as_differences_the_velocity_rests_where_a_quotient_does(normal: Any, run: Any) -> None:
    g, ar = abs(normal(500)) + np.float32(0.1), Pam()
    _, state = run(SGD(), np.zeros_like(g), [g] * 400, ar)
    share = np.float32(1) - np.float32(0.9)
    np.testing.assert_allclose(state["velocity"], ar.div(g, share), rtol=2e-5)


@pytest.mark.parametrize(
    "optimizer", [Lion(form="products"), SGD(form="products"), Lion(), SGD()], ids=repr
)
@pytest.mark.parametrize("ar", ARITHMETICS, ids=lambda ar: ar.name)
def test_without_a_gradient_weights_change_by_nothing(optimizer: Any, ar: Any, run: Any) -> None:
    w = np.array([1, -2, 0], np.float32)
    found, _ = run(optimizer, w, [np.zeros_like(w)] * 2, ar, decayed=3)
    assert list(found) == list(w)


def test_hyper_parameters_out_of_range_are_refused() -> None:
    with pytest.raises(
        ValueError, match=r"momentum is 1.0; it must be at least 0 and, as a float32, below 1"
    ):
        SGD(momentum=1.0)
    with pytest.raises(ValueError, match=r"betas\[0\] is -0.1"):
        Lion(betas=(-0.1, 0.9))
    with pytest.raises(ValueError, match="it must be two numbers"):
        Lion(betas=(0.9,))  # type: ignore[arg-type]
