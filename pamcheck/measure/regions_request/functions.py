"""The functions that an expression may name: how many arguments each takes, and what it computes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from pamcheck import functional
from pamcheck.arithmetic import Arithmetic

Body = Callable[..., Any]  # takes the Arithmetic, then the arguments

ELEMENTS, VECTOR, NUMBER = "elements", "vector", "number"


@dataclass(frozen=True)
class Function:
    """One function.

    body   takes the Arithmetic and the arguments
    arity  how many arguments; None for any number that is `least` or more
    kind   "elements": acts on each, and on numbers beside vectors; "vector": joins numbers to a vector, or takes
           one, and returns a vector of its length; "number": likewise, and returns a number
    """

    body: Body
    arity: int | None = 1
    kind: str = ELEMENTS
    least: int = 1

    @property
    def form(self) -> str:
        """What it takes, in words."""
        if self.arity is not None:
            return f"{self.arity} argument{'s' if self.arity > 1 else ''}"
        return (
            f"{self.least} or more numbers, or a vector"
            if self.least == 1
            else f"{self.least} or more numbers"
        )


def joined(ar: Arithmetic, parts: Sequence[Any]) -> Any:
    """Return numbers as a vector. A choice by constant conditions, which breaks nowhere."""
    first = np.arange(len(parts)) == 0
    vector = ar.where(first, parts[0], parts[-1])
    for place, part in enumerate(parts[1:-1], 1):
        vector = ar.where(np.arange(len(parts)) == place, part, vector)
    return vector


def _dot(ar: Arithmetic, vector: Any) -> Any:
    half = vector.shape[0] // 2
    left, right = (ar.take(vector, np.arange(half) + start) for start in (0, half))
    return ar.sum(ar.mul(left, right))


FUNCTIONS: dict[str, Function] = {
    "pam": Function(lambda ar, a, b: ar.mul(a, b), 2),
    "padiv": Function(lambda ar, a, b: ar.div(a, b), 2),
    "papow": Function(lambda ar, a, b: ar.exp2(ar.mul(ar.log2(a), b)), 2),
    "paexp2": Function(lambda ar, x: ar.exp2(x)),
    "palog2": Function(lambda ar, x: ar.log2(x)),
    "paexp": Function(lambda ar, x: ar.exp(x)),
    "palog": Function(lambda ar, x: ar.log(x)),
    "pasqrt": Function(lambda ar, x: ar.sqrt(x)),
    "floor": Function(lambda ar, x: ar.floor(x)),
    "relu": Function(lambda ar, x: functional.relu(x, ar)),
    "sigmoid": Function(lambda ar, x: functional.sigmoid(x, ar)),
    "silu": Function(lambda ar, x: functional.silu(x, ar)),
    "gelu": Function(lambda ar, x: functional.gelu(x, ar)),
    "tanh": Function(lambda ar, x: functional.tanh(x, ar)),
    "softmax": Function(lambda ar, x: functional.softmax(x, ar), None, VECTOR),
    "log_softmax": Function(lambda ar, x: functional.log_softmax(x, ar), None, VECTOR),
    "layer_norm": Function(lambda ar, x: functional.layer_norm(x, 1.0, 0.0, ar), None, VECTOR, least=2),
    "max": Function(lambda ar, x: ar.max(x, axis=-1), None, NUMBER),
    "sum": Function(lambda ar, x: ar.sum(x), None, NUMBER),
    "dot": Function(_dot, None, NUMBER, least=2),
}
"""The functions by name. dot takes the entries of one vector, then those of the other."""
