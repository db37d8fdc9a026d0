"""Whole networks, in every direction of their inputs and weights."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from pamcheck import functional
from pamcheck.measure.regions import Restriction, partition, polygon, recheck, segment
from pamcheck.nn import layers

SEED = 7
SQUARE = [(0, 0), (1, 0), (1, 1), (0, 1)]


def weights(*widths: int) -> dict[str, Any]:
    rng = np.random.default_rng(SEED)
    drawn = layers.perceptron_weights(widths, rng)
    return {name: w if name.endswith("weight") else rng.normal(size=w.shape) for name, w in drawn.items()}


def perceptron(v: Any, ar: Any) -> Any:
    return layers.perceptron(v["x"], {name: w for name, w in v.items() if name != "x"}, ar)


def test_a_perceptron_holds_in_input_space_in_weight_space_and_mixed() -> None:
    rng = np.random.default_rng(SEED)
    origin = weights(2, 2, 2) | {"x": rng.normal(size=(1, 2))}
    by_input = {"x": rng.normal(size=(1, 2)) / 8}
    by_weight = {"0.weight": rng.normal(size=(2, 2)) / 8, "1.bias": rng.normal(size=2)}
    for u, v in (
        (by_input, by_weight),
        (by_weight, by_weight | {"1.bias": np.ones(2)}),
        (by_input, {"x": np.ones((1, 2))}),
    ):
        restriction = polygon(perceptron, origin, u, v, SQUARE)
        found = partition(restriction, smallest=-6)
        assert found.shape == (1, 2)
        assert found.program_pieces > 10
        verdict = recheck(found, restriction, points=0)
        assert verdict.holds, verdict.reason
        causes = {border.cause.cause for border in found.borders}
        assert {"binade", "carry"} <= causes <= {"binade", "carry", "relu"}


def attention(v: Any, ar: Any) -> Any:
    return functional.attention(v["q"], v["k"], v["v"], ar, layers.causal_mask(2))


def block(v: Any, ar: Any) -> Any:
    return layers.transformer_block(
        v["x"], {n: w for n, w in v.items() if n != "x"}, ar, 1, layers.causal_mask(2)
    )


def loss(v: Any, ar: Any) -> Any:
    return functional.mean(
        functional.cross_entropy(ar.take(v["x"], np.array([1, 0])), np.array([1, 0]), ar), ar
    )


def test_attention_holds() -> None:
    rng = np.random.default_rng(SEED)
    origin = {name: rng.normal(size=(2, 2)) for name in "qkv"}
    restriction = segment(
        attention, origin, {name: rng.normal(size=(2, 2)) for name in "qkv"}, 0, Fraction(1, 32)
    )
    found = partition(restriction)
    assert found.program_pieces > 5
    assert recheck(found, restriction, points=0).holds


def test_a_transformer_block_holds() -> None:
    rng = np.random.default_rng(SEED)
    origin = layers.block_weights(2, 3, rng) | {"x": rng.normal(size=(1, 2, 2))}
    restriction = segment(block, origin, {"x": rng.normal(size=(1, 2, 2))}, 0, Fraction(1, 32))
    found = partition(restriction, smallest=-30)
    assert found.program_pieces > 2
    assert found.shape == (1, 2, 2)
    assert recheck(found, restriction, points=0).holds


def test_a_loss_holds() -> None:
    rng = np.random.default_rng(SEED)
    x, u = rng.normal(size=(2, 3)), rng.normal(size=(2, 3))
    restriction = segment(loss, {"x": x}, {"x": u}, 0, Fraction(1, 2))
    found = partition(restriction)
    assert found.shape == ()
    assert found.program_pieces > 10
    assert recheck(found, restriction, points=0).holds


@pytest.mark.parametrize("name", ["sigmoid", "silu", "tanh", "relu", "log_softmax"])
def test_activations_hold(name: str, on_box: Callable[..., Restriction]) -> None:
    restriction = on_box(getattr(functional, name), 1, 2)
    found = partition(restriction)
    assert recheck(found, restriction, points=0).holds
