"""Networks that several files trace: small ones, so that they can be evaluated in fractions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from pamcheck import functional
from pamcheck.measure.regions.tracer import Exact
from pamcheck.nn import layers

SEED = 20317


def perceptron(v: Any, ar: Any) -> Any:
    return layers.perceptron(v["x"], {name: x for name, x in v.items() if name != "x"}, ar)


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(SEED)


@pytest.fixture
def mlp(rng: np.random.Generator) -> tuple[Callable[..., Any], dict[str, Any]]:
    weights = layers.perceptron_weights((4, 5, 3), rng)
    weights["0.bias"] = rng.standard_normal(5).astype(np.float32)
    return perceptron, {"x": rng.standard_normal((1, 4)).astype(np.float32), **weights}


@pytest.fixture
def block(rng: np.random.Generator) -> tuple[Callable[..., Any], dict[str, Any]]:
    weights = layers.block_weights(4, 4, rng)
    return lambda v, ar: layers.transformer_block(v["x"], weights, ar, 2), {
        "x": rng.standard_normal((1, 3, 4))
    }


@pytest.fixture
def exactly() -> Callable[..., Any]:
    """The value of a function at exact arrays, as an object array of Fractions."""
    return lambda function, arrays: function(arrays, Exact())


def _layer_norm(v: Any, ar: Any) -> Any:
    return functional.layer_norm(v["x"], np.array([1.0, 0.7, 1.3]), np.array([0.1, 0.0, 0.3]), ar, 0.1)


# Functions of x and y, three numbers each.
FUNCTIONS: dict[str, Callable[..., Any]] = {
    "mul": lambda v, ar: ar.mul(v["x"], v["y"]),
    "div": lambda v, ar: ar.div(v["x"], ar.maximum(v["y"], 0.25)),
    "sqrt": lambda v, ar: ar.sqrt(ar.add(ar.mul(v["x"], v["x"]), 0.5)),
    "log": lambda v, ar: ar.log(ar.add(ar.mul(v["x"], v["x"]), 0.5)),
    "softmax": lambda v, ar: functional.softmax(v["x"], ar),
    "log_softmax": lambda v, ar: functional.log_softmax(v["x"], ar),
    "layer_norm": _layer_norm,
    "gelu": lambda v, ar: functional.gelu(v["x"], ar),
    "matmul": lambda v, ar: ar.matmul(ar.reshape(v["x"], (1, 3)), ar.reshape(v["y"], (3, 1))),
    "attention": lambda v, ar: functional.attention(
        *(ar.reshape(v[name], (3, 1)) for name in "xyx"), ar, layers.causal_mask(3)
    ),
    "max": lambda v, ar: ar.max(ar.mul(v["x"], v["y"]), axis=-1),
}


@pytest.fixture(params=FUNCTIONS)
def function(request: pytest.FixtureRequest) -> Callable[..., Any]:
    return FUNCTIONS[request.param]


@pytest.fixture
def line(rng: np.random.Generator) -> tuple[dict[str, Any], dict[str, Any]]:
    """Where a line through x and y starts, and its direction: numbers of few bits, so that slopes are exact."""
    start, direction = ({name: rng.integers(-64, 65, 3) / 32 for name in "xy"} for _ in range(2))
    return start, direction
