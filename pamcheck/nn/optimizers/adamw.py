"""AdamW: moments, bias correction and decoupled decay over an Arithmetic  [Loshchilov & Hutter, arXiv 1711.05101]."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from pamcheck.arithmetic import Arithmetic
from pamcheck.arithmetic.rowwise import rowwise
from pamcheck.nn.optimizers.optimizer import (
    Form,
    State,
    average,
    check_arrays,
    check_settings,
    constants,
    remainder,
    scalar,
    where_decayed,
)

TINY = float(np.finfo(np.float32).tiny)


@dataclass(frozen=True)
class AdamW:
    """AdamW  [Kingma & Ba, arXiv 1412.6980, algorithm 1; Loshchilov & Hutter, arXiv 1711.05101, algorithm 2].

    betas         what the running averages of the gradient and of its square keep a step
    epsilon       added to the root of the second moment; a normal float32, as less is a zero to PAM
    weight_decay  a step subtracts rate * weight_decay of each weight that decays
    form          how a running average is written: "differences", old + (1 - beta)(new - old), or
                  "products", beta old + (1 - beta) new

    State: "first" and "second", the moments; "first_left" and "second_left", 0-d, what is left of their
    initial zeros: beta^t, by the recursion of the moments themselves.

    Squares below 2^-126, of gradients below about 1.1e-19, are zeros, as products below it are to PAM.

    Raises ValueError for a hyper-parameter out of range.
    """

    rate: float = 1e-3
    betas: tuple[float, float] = (0.9, 0.999)
    epsilon: float = 1e-8
    weight_decay: float = 0.01
    form: Form = "differences"

    def __post_init__(self) -> None:
        if len(self.betas) != 2:
            raise ValueError(
                f"betas is {self.betas}; it must be two numbers, of the first and second moment"
            )
        named = {f"betas[{at}]": beta for at, beta in enumerate(self.betas)}
        check_settings(
            self.form, named, rate=self.rate, epsilon=self.epsilon, weight_decay=self.weight_decay
        )
        if self.epsilon < TINY:
            raise ValueError(
                f"epsilon is {self.epsilon}; it must be at least {TINY:.4g}, the smallest normal"
            )

    def initial(self, flat: Any) -> State:
        """Return the state before the first step: moments of 0, and all of them left of it."""
        one = scalar(1.0, flat)
        return {
            "first": np.zeros_like(flat),
            "second": np.zeros_like(flat),
            "first_left": one,
            "second_left": one.copy(),
        }

    def step(
        self, flat: Any, gradient: Any, state: State, rate: Any, decayed: int, ar: Arithmetic
    ) -> tuple[Any, State]:
        """Return new weights and the new state, as said in Optimizer."""
        check_arrays(flat=flat, gradient=gradient, first=state["first"], second=state["second"])
        rate = scalar(rate, flat)
        kept = [constants(beta) for beta in self.betas]
        lefts = [
            scalar(remainder(self.form, ar, state[name], *pair), flat)
            for name, pair in zip(("first_left", "second_left"), kept, strict=True)
        ]
        corrections = [ar.sub(1.0, left) for left in lefts]
        numbers = (
            scalar(ar.div(rate, corrections[0]), flat),
            scalar(corrections[1], flat),
            scalar(ar.mul(rate, self.weight_decay), flat),
            self.epsilon,
        )
        moments = state["first"], state["second"]
        text = _TEXTS[self.form]
        weights, first, second = rowwise(
            text, ar, flat, gradient, *moments, where_decayed(flat, decayed), *numbers, *kept[0], *kept[1]
        )
        left = {"first_left": lefts[0], "second_left": lefts[1]}
        return weights, {"first": first, "second": second} | left


def _by_differences(ar: Arithmetic, *operands: Any) -> tuple[Any, Any, Any]:
    return _update("differences", ar, *operands)


def _by_products(ar: Arithmetic, *operands: Any) -> tuple[Any, Any, Any]:
    return _update("products", ar, *operands)


_TEXTS = {"differences": _by_differences, "products": _by_products}


def _update(
    form: Form,
    ar: Arithmetic,
    weights: Any,
    gradient: Any,
    first: Any,
    second: Any,
    decays: Any,
    size: Any,
    correction: Any,
    shrink: Any,
    epsilon: Any,
    keep1: Any,
    share1: Any,
    keep2: Any,
    share2: Any,
) -> tuple[Any, Any, Any]:
    """Return weights and moments. size is the rate over the first moment's correction, shrink rate * decay."""
    first = average(form, ar, first, gradient, keep1, share1)
    second = average(form, ar, second, ar.mul(gradient, gradient), keep2, share2)
    spread = ar.add(ar.sqrt(ar.div(second, correction)), epsilon)
    lost = ar.where(decays, ar.mul(shrink, weights), 0.0)
    return ar.sub(ar.sub(weights, lost), ar.mul(size, ar.div(first, spread))), first, second
