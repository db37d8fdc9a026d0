"""Operands of a single layer for the gradient studies: named distributions of inputs, weights and cotangents."""

from __future__ import annotations

from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]

# What a page calls each, and what it is; cotangents are normal but for the two of one binade.
OPERANDS = {
    "binade, random signs": "mantissas uniform, one binade, signs random",
    "binade, one sign": "mantissas uniform, one binade, all positive",
    "normal": "inputs, weights and cotangents normal",
    "log-uniform": "magnitudes log-uniform on [1/16, 16), signs random; cotangents normal",
    "uniform": "uniform on [-1, 1); cotangents normal",
    "half zeros": "as normal, with the negative inputs set to 0, as after a ReLU",
}


def draw_operand(name: str, role: str, shape: tuple[int, ...], rng: np.random.Generator) -> Array:
    """Return float32 values of one role, "x", "weight" or "cotangent", from a distribution of OPERANDS."""
    if name.startswith("binade"):
        drawn = rng.uniform(1.0, 2.0, shape)
        if name.endswith("random signs"):
            drawn *= rng.choice([-1.0, 1.0], shape)
    elif name == "log-uniform" and role != "cotangent":
        drawn = np.exp2(rng.uniform(-4.0, 4.0, shape)) * rng.choice([-1.0, 1.0], shape)
    elif name == "uniform" and role != "cotangent":
        drawn = rng.uniform(-1.0, 1.0, shape)
    else:
        drawn = rng.standard_normal(shape)
        if name == "half zeros" and role == "x":
            drawn = np.maximum(drawn, 0.0)
    return np.asarray(drawn, np.float32)
