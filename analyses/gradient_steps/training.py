"""Training runs of the steps study: one perceptron, SGD and Adam, and what each step crosses."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from analyses.gradient_networks import Array
from pamcheck import functional
from pamcheck.arithmetic import Native, Pam
from pamcheck.measure.crossings import SHARES, Crossing, Crossings
from pamcheck.nn import layers
from pamcheck.nn.autograd import Tape
from pamcheck.reporting.records import Settings

WIDTHS = (16, 32, 32, 1)
BATCH, KEPT, HELD = 64, 512, 256  # rows of a step, of the training set, of the held-out set
MODES: dict[str, Native | Pam] = {"native": Native(), "exact": Pam("exact"), "mimic": Pam("mimic")}
RATES = {"SGD": (1e-3, 1e-2, 1e-1), "Adam": (1e-5, 1e-4, 1e-3, 1e-2, 1e-1)}
LEARNED = {"SGD": 1e-2, "Adam": 1e-2}  # the rate of the loss curves
EVERY = 5  # steps between two that are watched

Weights = dict[str, Array]


def train(settings: Settings, seeds: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return crossings, one row an optimiser, learning rate and seed, and losses, one row a watched step."""
    few, many = settings.samples(20, 10), settings.samples(100, 40)
    crossed: list[dict[str, Any]] = []
    curves: list[dict[str, Any]] = []
    for optimiser, rates in RATES.items():
        for seed in range(seeds):
            for rate in rates:
                found, _ = _run("exact", optimiser, rate, few, [settings.seed, seed], watch=True)
                whole = sum(list(found.values())[1:], start=next(iter(found.values())))
                crossed.append(
                    {
                        "optimiser": optimiser,
                        "rate": rate,
                        "seed": seed,
                        "predicted": _predicted(rate, seed, settings),
                    }
                    | {share: whole.share(share) for share in SHARES}
                )
            for mode in MODES:
                _, losses = _run(
                    mode, optimiser, LEARNED[optimiser], many, [settings.seed, seed], watch=False
                )
                curves += [
                    {"optimiser": optimiser, "mode": mode, "seed": seed, "step": step, "loss": loss}
                    for step, loss in losses.items()
                ]
    return pd.DataFrame(crossed), pd.DataFrame(curves)


def _predicted(rate: float, seed: int, settings: Settings) -> float:
    """Return the share of weights that a step of `rate` moves over a border: the mean of min(1, rate / 2^E)."""
    rng = np.random.default_rng([settings.seed, seed])
    weights = layers.perceptron_weights(WIDTHS, rng)
    values = np.concatenate([w.ravel() for name, w in weights.items() if name.endswith("weight")])
    _, exponent = np.frexp(values)
    return float(np.mean(np.minimum(1, rate / np.ldexp(1.0, exponent - 1))))


def _run(
    mode: str, optimiser: str, rate: float, steps: int, seed: list[int], watch: bool
) -> tuple[Mapping[str, Crossing], dict[int, float]]:
    """Train from a seed; return what the watched steps crossed and the held-out losses."""
    rng = np.random.default_rng(seed)
    weights, teacher = (layers.perceptron_weights(WIDTHS, rng) for _ in range(2))
    x = rng.standard_normal((KEPT + HELD, WIDTHS[0]), dtype=np.float32)
    y = layers.perceptron(x, teacher, Native())
    arithmetic, update = MODES[mode], {"SGD": _sgd, "Adam": _adam}[optimiser](rate)
    crossings, losses = Crossings(), {}
    for step in range(steps + 1):
        if not watch and step % EVERY == 0:
            excess = layers.perceptron(x[KEPT:], weights, arithmetic) - y[KEPT:]
            losses[step] = float(np.mean(np.square(excess.astype(np.float64))))
        rows = rng.integers(0, KEPT, BATCH)
        after = update(weights, _gradient(x[rows], y[rows], weights, arithmetic))
        if watch and step % EVERY == 0:
            partners = _inputs(x[rows], weights, arithmetic)
            for name, inputs in partners.items():
                crossings.observe(name, weights[name], after[name], inputs)
        weights = after
    return crossings.totals, losses


def _gradient(x: Array, y: Array, weights: Weights, arithmetic: Native | Pam) -> Weights:
    tape = Tape()
    ar, leaves = tape.over(arithmetic), {name: tape.variable(value) for name, value in weights.items()}
    excess = ar.sub(layers.perceptron(x, leaves, ar), y)
    tape.backward(functional.mean(ar.mul(excess, excess), ar))
    return {name: leaf.grad for name, leaf in leaves.items()}


def _inputs(x: Array, weights: Weights, ar: Native | Pam) -> dict[str, Array]:
    """Return what each weight of the perceptron multiplies."""
    found = {}
    for layer in range(len(WIDTHS) - 1):
        found[f"{layer}.weight"] = x
        x = functional.relu(
            functional.linear(x, weights[f"{layer}.weight"], weights[f"{layer}.bias"], ar), ar
        )
    return found


def _sgd(rate: float) -> Callable[[Weights, Weights], Weights]:
    return lambda weights, grads: {n: w - np.float32(rate) * grads[n] for n, w in weights.items()}


def _adam(rate: float, beta1: float = 0.9, beta2: float = 0.999) -> Callable[[Weights, Weights], Weights]:
    first: dict[str, Any] = {}
    second: dict[str, Any] = {}
    step = 0

    def update(weights: Weights, grads: Weights) -> Weights:
        nonlocal step
        step += 1
        after = {}
        for n, w in weights.items():
            first[n] = beta1 * first.get(n, 0) + (1 - beta1) * grads[n]
            second[n] = beta2 * second.get(n, 0) + (1 - beta2) * grads[n] ** 2
            scale = np.sqrt(second[n] / (1 - beta2**step)) + 1e-8
            after[n] = (w - rate * first[n] / (1 - beta1**step) / scale).astype(np.float32)
        return after

    return update
