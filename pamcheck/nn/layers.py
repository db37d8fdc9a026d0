"""Parts of networks over an Arithmetic: a perceptron and a transformer block, as functions of their weights.

Weights are a mapping from names to arrays or Variables, so that one text serves training, analysis and any
interpretation. Rows of a weight are inputs, columns outputs.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from pamcheck import functional
from pamcheck.arithmetic import Arithmetic
from pamcheck.nn.attention import Weights, attend
from pamcheck.nn.dropout import NONE, Dropout
from pamcheck.nn.groups import Groups, groups_of

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
    ar: Arithmetic | Groups,
    heads: int,
    mask: Any = None,
    activation: Activation = functional.gelu,
    *,
    memory: Any = None,
    memory_mask: Any = None,
    dropout: Dropout = NONE,
) -> Any:
    """Return one pre-norm block of (batch, length, width): x plus attention, plus a perceptron of one layer.

    ar           one arithmetic, or one for each group
    heads        number of heads; raises ValueError where it does not divide the width
    mask         constant booleans that broadcast against (batch, heads, length, length)
    memory       (batch, s, width): a sequence that x attends to after itself, by the weights "cross.…"
    memory_mask  as mask, for the s keys of memory
    dropout      of the weights of attention and of each sum that is added to x

    Biases may be missing; pamcheck.nn.attention says how projections are named.
    """
    ars = groups_of(ar)

    def join(x: Any, change: Any, place: int) -> Any:
        return ars.matmul.add(x, dropout.at(place)(change, ars.activation))

    normed = norm(x, weights, "norm1", ars)
    x = join(x, attend(normed, None, weights, ars, heads, mask, dropout.at(0)), 1)
    if memory is not None:
        cross = part_of(weights, "cross")
        normed = norm(x, cross, "norm", ars)
        x = join(x, attend(normed, memory, cross, ars, heads, memory_mask, dropout.at(2)), 3)
    normed = norm(x, weights, "norm2", ars)
    hidden = functional.linear(normed, weights["up.weight"], weights.get("up.bias"), ars.matmul)
    hidden = activation(hidden, ars.activation)
    return join(
        x, functional.linear(hidden, weights["down.weight"], weights.get("down.bias"), ars.matmul), 4
    )


def norm(x: Any, weights: Weights, name: str, ars: Groups) -> Any:
    """Return layer_norm by the weights of a name; its bias may be missing."""
    bias = weights.get(f"{name}.bias", 0.0)
    return functional.layer_norm(x, weights[f"{name}.gain"], bias, ars.layer_norm)


def part_of(weights: Weights, name: str) -> dict[str, Any]:
    """Return the weights under a name, without it: "cross.out.weight" of "cross" is "out.weight"."""
    start = f"{name}."
    return {key.removeprefix(start): weight for key, weight in weights.items() if key.startswith(start)}


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
