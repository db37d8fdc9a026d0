"""Stochastic gradient descent with momentum and decoupled decay."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from pamcheck.arithmetic import Arithmetic
from pamcheck.arithmetic.rowwise import rowwise
from pamcheck.nn.optimizers.optimizer import (
    Form,
    State,
    check_arrays,
    check_settings,
    constants,
    remainder,
    scalar,
    where_decayed,
)


@dataclass(frozen=True)
class SGD:
    """SGD with momentum  [Sutskever et al., ICML 2013, as PyTorch writes it], and decay as AdamW's.

    momentum      what the velocity keeps a step: velocity = momentum * velocity + gradient
    weight_decay  a step subtracts rate * weight_decay of each weight that decays; not part of the gradient
    form          how the velocity is kept: "differences", v - (1 - momentum) v, or "products", momentum v

    State: "velocity", from 0.

    Raises ValueError for a hyper-parameter out of range.
    """

    rate: float = 1e-2
    momentum: float = 0.9
    weight_decay: float = 0.0
    form: Form = "differences"

    def __post_init__(self) -> None:
        numbers = {"rate": self.rate, "weight_decay": self.weight_decay}
        check_settings(self.form, {"momentum": self.momentum}, **numbers)

    def initial(self, flat: Any) -> State:
        """Return the state before the first step: a velocity of 0."""
        return {"velocity": np.zeros_like(flat)}

    def step(
        self, flat: Any, gradient: Any, state: State, rate: Any, decayed: int, ar: Arithmetic
    ) -> tuple[Any, State]:
        """Return new weights and the new state, as said in Optimizer."""
        check_arrays(flat=flat, gradient=gradient, velocity=state["velocity"])
        rate = scalar(rate, flat)
        shrink = scalar(ar.mul(rate, self.weight_decay), flat)
        operands = flat, gradient, state["velocity"], where_decayed(flat, decayed), rate, shrink
        weights, velocity = rowwise(_TEXTS[self.form], ar, *operands, *constants(self.momentum))
        return weights, {"velocity": velocity}


def _by_differences(ar: Arithmetic, *operands: Any) -> tuple[Any, Any]:
    return _update("differences", ar, *operands)


def _by_products(ar: Arithmetic, *operands: Any) -> tuple[Any, Any]:
    return _update("products", ar, *operands)


_TEXTS = {"differences": _by_differences, "products": _by_products}


def _update(
    form: Form,
    ar: Arithmetic,
    weights: Any,
    gradient: Any,
    velocity: Any,
    decays: Any,
    rate: Any,
    shrink: Any,
    keep: Any,
    share: Any,
) -> tuple[Any, Any]:
    """Return weights and velocity."""
    velocity = ar.add(remainder(form, ar, velocity, keep, share), gradient)
    lost = ar.where(decays, ar.mul(shrink, weights), 0.0)
    return ar.sub(ar.sub(weights, lost), ar.mul(rate, velocity)), velocity
