"""Activations of the small networks, each with the derivative that the chain rule of exact derivatives gives it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from pamcheck.measure.differentiability.grids import evaluate, exp, log, returned
from pamcheck.measure.values import Floats

ONE = np.float64(1)


@dataclass(frozen=True)
class Activation:
    """A function of an array, and its returned derivative; both take log2 e of the format besides."""

    value: Callable[[Floats, float], Floats]
    slope: Callable[[Floats, float], Floats]


def multiply(x: Floats, factor: float) -> Floats:
    """Return pam of numbers, zero among them, and a nonzero factor."""
    return np.where(x == 0, 0.0, evaluate("pam", np.where(x == 0, 1.0, x), np.float64(factor)))


def relu(at_zero: Fraction | int = 0) -> Activation:
    """Return max(z, 0), with the derivative `at_zero` where there is none."""
    return Activation(
        lambda z, _: np.maximum(z, 0.0),
        lambda z, _: np.where(z == 0, float(at_zero), (z > 0).astype(np.float64)),
    )


def _paexp(z: Floats, log2_e: float) -> Floats:
    return exp(multiply(z, log2_e))


def _paexp_slope(z: Floats, log2_e: float) -> Floats:
    return returned("pam", z, np.float64(log2_e))[0] * returned("paexp2", multiply(z, log2_e))[0]


def _sigmoid(z: Floats, log2_e: float) -> Floats:
    return exp(-log(1 + _paexp(-z, log2_e)))


def _sigmoid_slope(z: Floats, log2_e: float) -> Floats:
    return -returned("padiv", ONE, 1 + _paexp(-z, log2_e))[1] * _paexp_slope(-z, log2_e)


ACTIVATIONS: dict[str, Activation] = {
    "identity": Activation(lambda z, _: z, lambda z, _: np.ones_like(z)),
    "relu": relu(),
    "relu, 1 at 0": relu(1),
    "paexp2": Activation(lambda z, _: exp(z), lambda z, _: returned("paexp2", z)[0]),
    "paexp": Activation(_paexp, _paexp_slope),
    "sigmoid": Activation(_sigmoid, _sigmoid_slope),
}
