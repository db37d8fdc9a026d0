"""Is the exact gradient the derivative of anything the optimiser sees?

Claim   Yes, at the steps that optimisers take. Along random directions the exact gradient predicts the change
        of the PAM network's own loss without error as the step goes to zero, and better than the mimic one
        until the weights move by 1% to 25% of their norm; beyond, where many pieces are crossed, the mimic
        one does. As a direction to go it gains at most 10% on the mimic one, and nothing any more at 2^-6.
        Layer-norm gains start at 1, on a kink, where it is a one-sided derivative only. With Adam's usual
        learning rate 1e-3 a few products in a hundred change their piece in a step, and training ends at the
        same loss in every mode. A derivative that did not converge, or did not lose to the mimic one at
        large steps, would fail the study.
Method  Squared loss of small perceptrons and a transformer block against a teacher of the same shape. Step
        sizes t are relative to the norm of all weights. Central differences of the loss along random
        directions, in float64 codes, against <gradient, direction>; then the decrease along each gradient.
        Then training runs of a perceptron with SGD and Adam (native updates of float32 weights), in which
        measure.crossings counts the products that change their piece. Means with 95% intervals over 8 seeds.
Writes  reports/gradient_steps/: study.json, prediction, decrease, crossings, training (csv, json),
        prediction, decrease, crossings, training (svg, png)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from analyses.gradient_networks import (
    LENGTH,
    Array,
    Hybrid,
    Network,
    blocks,
    blocks_weights,
)
from analyses.gradient_steps.figures import (
    draw_crossings,
    draw_decrease,
    draw_prediction,
    draw_training,
)
from analyses.gradient_steps.numbers import (
    Measured,
    crossing_table,
    decrease_table,
    prediction_table,
    training_table,
)
from analyses.gradient_steps.training import train
from analyses.gradient_steps.verdicts import judge
from pamcheck import functional
from pamcheck.arithmetic import Mixed, Native, Pam
from pamcheck.measure.verdict import Verdict
from pamcheck.nn import layers
from pamcheck.nn.autograd import Tape
from pamcheck.reporting.records import Plate, Settings, Table

__all__ = ["draw", "judge", "measure", "tabulate"]

GRADIENTS: dict[str, Native | Pam | Mixed] = {
    "exact": Pam("exact"),
    "mimic": Pam("mimic"),
    "native rules": Hybrid(Pam(), Native()),
    "native": Native(),
}
CASES = ("2 layers", "4 layers", "8 layers", "block", "block, gains moved")
DIRECTIONS = 3


@dataclass(frozen=True)
class Case:
    """A network with its data and weights, in one dtype, and the norm of all weights."""

    network: Network
    x: Array
    target: Array
    weights: dict[str, Array]

    @classmethod
    def of(cls, name: str, seed: Sequence[int]) -> Case:
        """Return a student with a teacher's outputs to learn, in float64."""
        rng = np.random.default_rng(seed)
        if name.startswith("block"):
            network: Network = blocks
            shape: tuple[int, ...] = (4, LENGTH, 16)
            weights, teacher = (blocks_weights(1, 16, rng) for _ in range(2))
            if name.endswith("moved"):
                for gain in ("0.norm1.gain", "0.norm2.gain"):
                    weights[gain] += np.float32(0.1) * rng.standard_normal(16, dtype=np.float32)
        else:
            network, shape = layers.perceptron, (64, 16)
            widths = [16, *[32] * (int(name[0]) - 1), 1]
            weights, teacher = (layers.perceptron_weights(widths, rng) for _ in range(2))
        x = rng.standard_normal(shape)
        return cls(network, x, network(x, _wide(teacher), Native()), _wide(weights))

    def loss(self, weights: Mapping[str, Any], arithmetic: Any) -> Any:
        """Return the mean squared error, in an arithmetic."""
        output = self.network(self.x, weights, arithmetic)
        excess = arithmetic.sub(output, self.target)
        return functional.mean(arithmetic.mul(excess, excess), arithmetic)

    def gradient(self, arithmetic: Any) -> Array:
        """Return the gradient of the loss by all weights, as one vector."""
        tape = Tape()
        leaves = {name: tape.variable(value) for name, value in self.weights.items()}
        tape.backward(self.loss(leaves, tape.over(arithmetic)))
        return _joined({name: leaf.grad for name, leaf in leaves.items()})

    def loss_at(self, vector: Array) -> float:
        """Return the loss of the PAM network whose weights are this vector."""
        weights, start = {}, 0
        for name, value in self.weights.items():
            weights[name] = vector[start : start + value.size].reshape(value.shape)
            start += value.size
        return float(self.loss(weights, Pam()))

    def narrow(self) -> Case:
        """Return the same in float32."""
        x, target = self.x.astype(np.float32), self.target.astype(np.float32)
        return Case(self.network, x, target, {n: w.astype(np.float32) for n, w in self.weights.items()})


def measure(settings: Settings) -> Measured:
    """Measure predictions and decreases by step size, and training runs by learning rate."""
    seeds, quick = settings.samples(8, 3), settings.quick
    steps = 2.0 ** -np.array((20, 9, 6, 3) if quick else (20, 16, 12, 9, 7, 6, 5, 4, 3, 2))
    rows: list[dict[str, Any]] = []
    for name in CASES[1:] if quick else CASES:
        for seed in range(seeds):
            case = Case.of(name, [settings.seed, seed])
            rows += _steps(name, case, seed, steps)
    for seed in range(seeds):
        case = Case.of("8 layers", [settings.seed, seed])
        rows += _steps("8 layers, float32", case.narrow(), seed, steps)
    crossed, curves = train(settings, seeds)
    return Measured(pd.DataFrame(rows), crossed, curves, seeds)


def tabulate(measured: Measured) -> Sequence[Table]:
    """Return the tables."""
    return [
        prediction_table(measured),
        decrease_table(measured),
        crossing_table(measured),
        training_table(measured),
    ]


def draw(measured: Measured, verdicts: Sequence[Verdict]) -> Sequence[Plate]:  # noqa: ARG001
    """Return the figures."""
    return [
        draw_prediction(measured),
        draw_decrease(measured),
        draw_crossings(measured),
        draw_training(measured),
    ]


def _steps(name: str, case: Case, seed: int, steps: Array) -> list[dict[str, Any]]:
    """Return one row a step size and gradient.

    error     of the predicted slope along random directions, root mean square over that of the true one
    decrease  of the loss along minus the gradient, over what the exact gradient's length promises
    """
    here = _joined(case.weights)
    norm, now = float(np.linalg.norm(here)), case.loss_at(here)
    found = {mode: case.gradient(arithmetic) for mode, arithmetic in GRADIENTS.items()}
    promised = norm * float(np.linalg.norm(found["exact"]))
    drawn = np.random.default_rng(seed).standard_normal((DIRECTIONS, here.size))
    ways = (drawn * (norm / np.linalg.norm(drawn, axis=1, keepdims=True))).astype(here.dtype)
    rows = []
    for t in map(here.dtype.type, steps):
        secants = [(case.loss_at(here + t * d) - case.loss_at(here - t * d)) / (2 * t) for d in ways]
        size = np.sqrt(np.mean(np.square(secants)))
        for mode, gradient in found.items():
            error = np.sqrt(np.mean((ways @ gradient - secants) ** 2)) / size
            way = (gradient * (norm / np.linalg.norm(gradient))).astype(here.dtype)
            decrease = (now - case.loss_at(here - t * way)) / (t * promised)
            rows.append(
                {"case": name, "step": float(t), "gradient": mode, "seed": seed}
                | {"error": float(error), "decrease": float(decrease)}
            )
    return rows


def _wide(weights: Mapping[str, Array]) -> dict[str, Array]:
    return {name: value.astype(np.float64) for name, value in weights.items()}


def _joined(parts: Mapping[str, Array]) -> Array:
    return np.concatenate([value.ravel() for value in parts.values()])
