"""Lion: steps of one size, in the direction of a running average  [Chen et al., arXiv 2302.06675]."""

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
    scalar,
    where_decayed,
)


@dataclass(frozen=True)
class Lion:
    """Lion  [Chen et al., arXiv 2302.06675, algorithm 2].

    betas         what the average keeps for the direction of this step, and what it keeps for the next
    weight_decay  a step subtracts rate * weight_decay of each weight that decays
    form          how an average is written, as in AdamW

    State: "first", the running average of gradients. Where direction is 0 or subnormal, no step is taken.

    Raises ValueError for a hyper-parameter out of range.
    """

    rate: float = 1e-4
    betas: tuple[float, float] = (0.9, 0.99)
    weight_decay: float = 0.0
    form: Form = "differences"

    def __post_init__(self) -> None:
        if len(self.betas) != 2:
            raise ValueError(f"betas is {self.betas}; it must be two numbers")
        named = {f"betas[{at}]": beta for at, beta in enumerate(self.betas)}
        check_settings(self.form, named, rate=self.rate, weight_decay=self.weight_decay)

    def initial(self, flat: Any) -> State:
        """Return the state before the first step: an average of 0."""
        return {"first": np.zeros_like(flat)}

    def step(
        self, flat: Any, gradient: Any, state: State, rate: Any, decayed: int, ar: Arithmetic
    ) -> tuple[Any, State]:
        """Return new weights and the new state, as said in Optimizer."""
        check_arrays(flat=flat, gradient=gradient, first=state["first"])
        rate = scalar(rate, flat)
        shrink = scalar(ar.mul(rate, self.weight_decay), flat)
        kept = [constants(beta) for beta in self.betas]
        decays = where_decayed(flat, decayed)
        weights, first = rowwise(
            _TEXTS[self.form], ar, flat, gradient, state["first"], decays, rate, shrink, *kept[0], *kept[1]
        )
        return weights, {"first": first}


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
    first: Any,
    decays: Any,
    rate: Any,
    shrink: Any,
    keep1: Any,
    share1: Any,
    keep2: Any,
    share2: Any,
) -> tuple[Any, Any]:
    """Return weights and the running average."""
    # times one: under PAM a subnormal becomes the zero that it counts as, on every device
    direction = ar.mul(average(form, ar, first, gradient, keep1, share1), 1.0)
    seen = ar.value(direction)
    step = ar.where(seen > 0.0, rate, ar.where(seen < 0.0, ar.neg(rate), direction))
    lost = ar.where(decays, ar.mul(shrink, weights), 0.0)
    return ar.sub(ar.sub(weights, lost), step), average(form, ar, first, gradient, keep2, share2)
