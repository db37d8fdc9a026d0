"""Parts of networks over an Arithmetic: a perceptron and a transformer block, as functions of their weights.

Weights are a mapping from names to arrays or Variables, so that one text serves training, analysis and any
interpretation. Rows of a weight are inputs, columns outputs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from pamcheck import functional
from pamcheck.arithmetic import Arithmetic

Weights = Mapping[str, Any]
Activation = Callable[[Any, Arithmetic], Any]


def causal_mask(length: int) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Return which of the keys, the columns, each query may see: itself and those before it."""
    return np.tril(np.ones((length, length), np.bool_))


def perceptron(x: Any, weights: Weights, ar: Arithmetic, activation: Activation = functional.relu) -> Any:
    """Return the last layer of weights "0.weight", "0.bias", "1.weight", …, activated but for the last.

    A bias may be missing.
    """
    depth = sum(name.endswith(".weight") for name in weights)
    for layer in range(depth):
        x = functional.linear(x, weights[f"{layer}.weight"], weights.get(f"{layer}.bias"), ar)
        x = activation(x, ar) if layer + 1 < depth else x
    return x


def transformer_block(
    x: Any,
    weights: Weights,
    ar: Arithmetic,
    heads: int,
    mask: Any = None,
    activation: Activation = functional.gelu,
) -> Any:
    """Return one pre-norm block of (batch, length, width): x plus attention, plus a perceptron of one layer.

    heads  number of heads; raises ValueError where it does not divide the width
    mask   constant booleans that broadcast against (batch, heads, length, length)
    """
    normed = functional.layer_norm(x, weights["norm1.gain"], weights["norm1.bias"], ar)
    x = ar.add(x, self_attention(normed, weights, ar, heads, mask))
    normed = functional.layer_norm(x, weights["norm2.gain"], weights["norm2.bias"], ar)
    hidden = activation(functional.linear(normed, weights["up.weight"], weights["up.bias"], ar), ar)
    return ar.add(x, functional.linear(hidden, weights["down.weight"], weights["down.bias"], ar))


def self_attention(x: Any, weights: Weights, ar: Arithmetic, heads: int, mask: Any = None) -> Any:
    """Return multi-head attention of (batch, length, width) to itself; mask as in transformer_block."""
    batch, length, width = x.shape
    if heads < 1 or width % heads:
        raise ValueError(f"heads is {heads}; it must divide the width, {width}")

    def split(name: str) -> Any:
        projected = functional.linear(x, weights[f"{name}.weight"], weights[f"{name}.bias"], ar)
        parted = ar.reshape(projected, (batch, length, heads, width // heads))
        return ar.transpose(parted, (0, 2, 1, 3))

    mixed = functional.attention(split("query"), split("key"), split("value"), ar, mask)
    joined = ar.reshape(ar.transpose(mixed, (0, 2, 1, 3)), (batch, length, width))
    return functional.linear(joined, weights["out.weight"], weights["out.bias"], ar)


def perceptron_weights(
    widths: Sequence[int], rng: np.random.Generator, bias: bool = True, gain: float = 2.0
) -> dict[str, np.ndarray[Any, Any]]:
    """Return float32 weights for layers of these widths: normal with variance gain / inputs, biases 0."""
    weights: dict[str, np.ndarray[Any, Any]] = {}
    for layer, (inputs, outputs) in enumerate(pairwise(widths)):
        weights[f"{layer}.weight"] = _normal(rng, inputs, outputs, gain)
        if bias:
            weights[f"{layer}.bias"] = np.zeros(outputs, np.float32)
    return weights


def block_weights(width: int, hidden: int, rng: np.random.Generator) -> dict[str, np.ndarray[Any, Any]]:
    """Return float32 weights of a transformer block: normal with variance 1 / inputs, biases 0, gains 1."""
    shapes = dict.fromkeys(("query", "key", "value", "out"), (width, width))
    shapes |= {"up": (width, hidden), "down": (hidden, width)}
    weights: dict[str, np.ndarray[Any, Any]] = {}
    for name, (inputs, outputs) in shapes.items():
        weights[f"{name}.weight"] = _normal(rng, inputs, outputs, 1.0)
        weights[f"{name}.bias"] = np.zeros(outputs, np.float32)
    for name in ("norm1", "norm2"):
        weights[f"{name}.gain"] = np.ones(width, np.float32)
        weights[f"{name}.bias"] = np.zeros(width, np.float32)
    return weights


def _normal(rng: np.random.Generator, inputs: int, outputs: int, gain: float) -> np.ndarray[Any, Any]:
    drawn: np.ndarray[Any, Any] = rng.standard_normal((inputs, outputs)) * np.sqrt(gain / inputs)
    return drawn.astype(np.float32)
