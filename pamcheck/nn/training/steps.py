"""One step of training: loss, gradient, clipping, optimizer. All of a run's arithmetic happens here.

A step depends on the state and on its own number only: batch and dropout are drawn from the seed and the
number, so that a run that continues from a checkpoint takes the same steps as one that was never stopped.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from pamcheck.nn.autograd import NonFiniteGradient, Tape
from pamcheck.nn.groups import Groups, make_groups
from pamcheck.nn.optimizers import Cosine, Parameters, clip
from pamcheck.nn.random import Threefry
from pamcheck.nn.training.config import Config
from pamcheck.nn.training.finite import first_non_finite
from pamcheck.nn.training.optimizing import make_optimizer


class DivergedRun(ArithmeticError):
    """A run that cannot go on; the message names the step and the first tensor that is not finite."""


@dataclass(frozen=True)
class State:
    """A run after so many steps: the weights as one flat array, and what the optimizer keeps."""

    step: int
    parameters: Parameters
    optimizer: dict[str, Any]

    @property
    def weights(self) -> dict[str, Any]:
        """Return the weights by name, as views of the flat array."""
        return self.parameters.views()


@dataclass(frozen=True)
class Outcome:
    """What a step says about itself; the norm is that of the gradient before clipping."""

    loss: float
    rate: float
    norm: float


class Stepper:
    """What steps need and do not change: the model, its arithmetic, the optimizer, the seed.

    model   has initial, loss and logits, as those of pamcheck.nn.models
    groups  arithmetic of each group; by default that of the configuration
    """

    def __init__(self, config: Config, model: Any, groups: Groups | None = None) -> None:
        chosen: Any = config.arithmetic.groups
        self.config, self.model = config, model
        self.ars = groups or make_groups(chosen, config.arithmetic.mantissa_bits)
        self.random = Threefry(config.train.seed)
        self.optimizer = make_optimizer(config.optimizer)
        held, steps = config.optimizer, config.train.steps
        self.schedule = Cosine(held.rate, held.minimum, min(held.warmup, steps - 1), steps)

    def initial(self, upload: Callable[[Any], Any] | None = None) -> State:
        """Return the state before the first step. `upload` brings an array to where the run computes."""
        return self.state(0, self.model.initial(self.random.stream("weights")), None, upload)

    def state(
        self,
        step: int,
        weights: Mapping[str, Any],
        optimizer: Mapping[str, Any] | None,
        upload: Callable[[Any], Any] | None = None,
    ) -> State:
        """Return the state that has these weights, and an optimizer's state or a new one."""
        bring = upload or (lambda x: x)
        parameters = Parameters.of({name: bring(x) for name, x in weights.items()})
        if optimizer is None:
            return State(step, parameters, self.optimizer.initial(parameters.flat))
        return State(step, parameters, {name: bring(x) for name, x in optimizer.items()})

    def step(self, state: State, batch: Any) -> tuple[State, Outcome]:
        """Return the state after one more step on a batch, and what it says about itself.

        Raises DivergedRun where the loss, a cotangent, the gradient's norm or a weight is not finite.
        """
        held, ar = state.parameters, self.ars.optimizer
        with np.errstate(all="ignore"):  # what overflows is found by looking, and named
            loss, gradient = self.gradient(state, batch)
            try:
                gradient, norm = clip(gradient, self.config.optimizer.clip or math.inf, ar)
            except NonFiniteGradient as error:
                raise DivergedRun(f"step {state.step + 1}: {error}") from error
            rate = self.schedule.at(state.step, ar)
            flat, optimizer = self.optimizer.step(
                held.flat, gradient, state.optimizer, rate, held.decayed, ar
            )
        new = State(state.step + 1, held.replaced(flat), optimizer)
        _check_weights(new)
        return new, Outcome(float(loss), float(rate), norm)

    def gradient(self, state: State, batch: Any) -> tuple[Any, Any]:
        """Return the loss of a batch, 0-d, and its gradient, flat. Raises DivergedRun as `step` does."""
        tape = Tape()
        leaves = {name: tape.variable(x) for name, x in state.weights.items()}
        dropout = self.random.stream("dropout").at(state.step)
        loss = self.model.loss(leaves, batch, self.ars.taped(tape), dropout)
        if not math.isfinite(float(loss.value)):
            found = first_non_finite(
                lambda ars: self.model.loss(state.weights, batch, ars, dropout), state.weights, self.ars
            )
            raise DivergedRun(f"step {state.step + 1}: the loss is {float(loss.value)}: {found}")
        try:
            tape.backward(loss)
        except NonFiniteGradient as error:
            raise DivergedRun(f"step {state.step + 1}: {error}") from error
        return loss.value, state.parameters.gather({name: x.grad for name, x in leaves.items()})


def _check_weights(state: State) -> None:
    """Raise DivergedRun, naming the first, where a weight is not finite."""
    if bool(np.isfinite(state.parameters.flat).all()):
        return
    name = next(name for name, x in state.weights.items() if not bool(np.isfinite(x).all()))
    raise DivergedRun(
        f"step {state.step}: the weight {name} is infinite or NaN after the optimizer's update"
    )
