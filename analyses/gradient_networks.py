"""Networks for the gradient studies: gradients of the same weights under several arithmetics."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

import numpy as np

from pamcheck.arithmetic import Mixed, Native, Pam, Pullback
from pamcheck.measure.expectation import expected_error
from pamcheck.nn import layers
from pamcheck.nn.autograd import Tape

Array = np.ndarray[Any, Any]
Weights = Mapping[str, Array]
Network = Callable[[Any, Mapping[str, Any], Any], Any]  # of inputs, weights and an Arithmetic

LMUL = 2.0**-4
HEADS, LENGTH = 2, 8


class Hybrid(Mixed):
    """The values of one arithmetic and the derivative rules of another, so that each can be blamed by itself."""

    def __init__(self, forward: Native | Pam, backward: Native | Pam) -> None:
        super().__init__(forward)
        self.backward = backward
        self.name = f"{forward.name} forward, {backward.name} backward"

    def pullback(self, op: str, operands: Sequence[Any], result: Any) -> Pullback:
        """Return the rule of the other arithmetic, on operands and a result of this one."""
        return self.backward.pullback(op, operands, result)


@cache
def balanced_offset() -> float:
    """Return the offset, a multiple of 2^-20, that leaves pam no mean error with uniform mantissas."""
    low, high = 0.0, LMUL
    while high - low > 2.0**-20:
        middle = (low + high) / 2
        low, high = (middle, high) if expected_error("pam", middle) < 0 else (low, middle)
    return low


def gradients(
    network: Network, x: Array, weights: Weights, cotangent: Array, arithmetic: Native | Pam | Mixed
) -> dict[str, Array]:
    """Return the gradient of <cotangent, network(x)> by every weight, and by x under the name "x"."""
    tape = Tape()
    leaves = {name: tape.variable(value) for name, value in {"x": x, **weights}.items()}
    output = network(leaves["x"], leaves, tape.over(arithmetic))
    tape.backward(output, cotangent)
    return {name: leaf.grad for name, leaf in leaves.items()}


def chain(x: Any, weights: Mapping[str, Any], ar: Any) -> Any:
    """Return x W0 W1 …: a perceptron without activations."""
    return layers.perceptron(x, weights, ar, activation=lambda h, _: h)


def product(x: Any, weights: Mapping[str, Any], ar: Any) -> Any:
    """Return x w0 w1 …, element by element."""
    for n in range(sum(name.endswith(".weight") for name in weights)):
        x = ar.mul(x, weights[f"{n}.weight"])
    return x


def blocks(x: Any, weights: Mapping[str, Any], ar: Any) -> Any:
    """Return transformer blocks one after another, weights "0.query.weight" and so on, causal attention."""
    depth = 1 + max(int(name.partition(".")[0]) for name in weights if name != "x")
    for block in range(depth):
        part = {
            name.partition(".")[2]: value
            for name, value in weights.items()
            if name.partition(".")[0] == str(block)
        }
        x = layers.transformer_block(x, part, ar, HEADS, layers.causal_mask(x.shape[1]))
    return x


def blocks_weights(depth: int, width: int, rng: np.random.Generator) -> dict[str, Array]:
    """Return the weights of `blocks`; the perceptron in each is twice as wide as the block."""
    return {
        f"{block}.{name}": value
        for block in range(depth)
        for name, value in layers.block_weights(width, 2 * width, rng).items()
    }
