"""Changes of a perceptron's weights that leave a network of true products as it is, made exactly."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from pamcheck.measure.regions.tracer.exact import fractions

Number = int | float | Fraction
Weights = Mapping[str, Any]


def scale_neuron(
    weights: Weights, layer: int, neuron: int, factor: Number, outgoing: Number | None = None
) -> dict[str, Any]:
    """Return weights with what goes into a neuron times a factor and what comes out of it over it, exactly.

    weights   "0.weight" (inputs, outputs), "0.bias", "1.weight" … as of a perceptron; a bias may be missing
    neuron    an output of that layer, which is not the last
    factor    true products, not PAM; -1 turns the sign
    outgoing  another factor for what comes out, instead of 1 / factor

    Raises ValueError for a layer without a next one, a neuron that is not there, and a factor of 0.
    """
    changed = _layers(weights, layer, neuron)
    if not factor:
        raise ValueError("factor is 0; it must be another number")
    share = 1 / Fraction(factor) if outgoing is None else Fraction(outgoing)
    changed[f"{layer}.weight"][:, neuron] *= Fraction(factor)
    if f"{layer}.bias" in changed:
        changed[f"{layer}.bias"][neuron] *= Fraction(factor)
    changed[f"{layer + 1}.weight"][neuron] *= share
    return changed


def permute_neurons(weights: Weights, layer: int, order: Sequence[int]) -> dict[str, Any]:
    """Return weights with the neurons of a layer in another order. Raises ValueError for what is no order of them."""
    changed = _layers(weights, layer, 0)
    count = changed[f"{layer}.weight"].shape[1]
    if sorted(order) != list(range(count)):
        raise ValueError(f"order has {len(order)} entries; it must hold each of 0 to {count - 1} once")
    picked = np.asarray(order, np.intp)
    changed[f"{layer}.weight"] = changed[f"{layer}.weight"][:, picked]
    if f"{layer}.bias" in changed:
        changed[f"{layer}.bias"] = changed[f"{layer}.bias"][picked]
    changed[f"{layer + 1}.weight"] = changed[f"{layer + 1}.weight"][picked]
    return changed


def _layers(weights: Weights, layer: int, neuron: int) -> dict[str, Any]:
    """Return exact copies, after a look at whether there are such a layer, a next one and the neuron."""
    if not {f"{layer}.weight", f"{layer + 1}.weight"} <= set(weights):
        raise ValueError(
            f"layer is {layer}; weights have {', '.join(weights)}, and it must be none but the last"
        )
    count = np.shape(weights[f"{layer}.weight"])[1]
    if not 0 <= neuron < count:
        raise ValueError(f"neuron is {neuron}; it must be from 0 to {count - 1}")
    return {name: fractions(x).copy() for name, x in weights.items()}
