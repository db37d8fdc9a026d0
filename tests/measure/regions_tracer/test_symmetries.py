"""Symmetries: which hold exactly, which PAM breaks, and what shows it."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from pamcheck.measure.regions.tracer import (
    compare,
    permute_neurons,
    scale_neuron,
    shift_logits,
    symmetries,
)


@pytest.fixture
def case(mlp: Any, rng: np.random.Generator) -> tuple[Any, dict[str, Any], list[dict[str, Any]]]:
    function, arrays = mlp
    weights = {name: x for name, x in arrays.items() if name != "x"}
    return function, weights, [{"x": rng.standard_normal((1, 4))} for _ in range(3)]


def test_only_powers_of_two_and_permutations_leave_a_relu_network_as_it_is(case: Any) -> None:
    found = {s.name: s for s in symmetries(*case, neuron=2)}
    assert [name for name, s in found.items() if s.holds] == [
        "neuron scaled by 4",
        "neuron scaled by 1/2",
        "neurons reversed",
    ]
    broken = found["neuron scaled by 3/2"]
    assert 0 < broken.relative < 0.3
    assert broken.witness is not None
    at, entry, before, after = broken.witness
    assert float(abs(before - after)) == broken.largest
    assert "broken by up to" in str(broken)
    assert "holds at 3 points" in str(found["neurons reversed"])
    assert at in range(3)
    assert len(entry) == 2


def test_a_neuron_without_activation_may_be_turned(case: Any) -> None:
    _, weights, points = case

    def linear(v: Any, ar: Any) -> Any:
        return ar.matmul(ar.add(ar.matmul(v["x"], v["0.weight"]), v["0.bias"]), v["1.weight"])

    turned = scale_neuron(weights, 0, 2, -1)
    assert compare("sign", linear, weights, turned, points).holds


def test_softmax_may_be_moved_by_whole_octaves_only(rng: np.random.Generator) -> None:
    logits = rng.standard_normal((4, 3))
    assert shift_logits(logits, 3, octaves=True).holds
    assert shift_logits(logits, -1, octaves=True).holds
    assert not shift_logits(logits, Fraction(1, 2), octaves=True).holds
    assert not shift_logits(logits, 1).holds


def test_the_same_is_the_same_and_another_is_not(case: Any) -> None:
    function, weights, points = case
    assert compare("none", function, weights, weights, points).holds
    other = {**weights, "1.weight": np.asarray(weights["1.weight"]) * 2}
    assert not compare("twice", function, weights, other, points).holds


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda w: scale_neuron(w, 1, 0, 2), "layer is 1"),
        (lambda w: scale_neuron(w, 0, 5, 2), "neuron is 5"),
        (lambda w: scale_neuron(w, 0, 0, 0), "factor is 0"),
        (lambda w: permute_neurons(w, 0, [0, 0, 1, 2, 3]), "order has 5"),
        (lambda w: compare("x", lambda v, _: v, w, w, []), "points are none"),
    ],
)
def test_changes_that_cannot_be_are_refused(case: Any, change: Any, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        change(case[1])
