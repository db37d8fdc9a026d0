"""A perceptron from a file of weights, restricted to a line or plane through points of its input space."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from pamcheck import functional
from pamcheck.arithmetic import Arithmetic

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Perceptron:
    """Weights "0.weight" (inputs, outputs), "0.bias" (outputs,), ... with a ReLU between layers; biases may lack."""

    weights: Mapping[str, Array]

    @property
    def inputs(self) -> int:
        """The number of inputs."""
        return int(self.weights["0.weight"].shape[0])

    @property
    def outputs(self) -> int:
        """The number of outputs."""
        return int(self.weights[f"{self.depth - 1}.weight"].shape[1])

    @property
    def depth(self) -> int:
        """The number of layers."""
        return sum(name.endswith(".weight") for name in self.weights)

    def function(self) -> Callable[[Mapping[str, Any], Arithmetic], Any]:
        """Return the function of {"x": (1, inputs)} to (outputs,)."""

        def run(v: Mapping[str, Any], ar: Arithmetic) -> Any:
            x = v["x"]
            for layer in range(self.depth):
                x = functional.linear(
                    x, self.weights[f"{layer}.weight"], self.weights.get(f"{layer}.bias"), ar
                )
                x = functional.relu(x, ar) if layer + 1 < self.depth else x
            return ar.reshape(x, (self.outputs,))

        return run


def load(path: Path) -> Perceptron:
    """Return the perceptron of a .safetensors file.

    Raises ValueError for a file that is none, or whose arrays are no perceptron's, saying which; OSError for one that
    cannot be read.
    """
    from safetensors import SafetensorError
    from safetensors.numpy import load as loaded

    try:
        weights = loaded(path.read_bytes())
    except (SafetensorError, KeyError, AttributeError, TypeError) as error:
        raise ValueError(f"{path} cannot be read as safetensors: {error}") from None
    return checked({name: _as_floats(name, array) for name, array in weights.items()})


def checked(weights: Mapping[str, Array]) -> Perceptron:
    """Return arrays as a perceptron. Raises ValueError where they are none."""
    depth = sum(name.endswith(".weight") for name in weights)
    known = {f"{layer}.{part}" for layer in range(depth) for part in ("weight", "bias")}
    strange = sorted(set(weights) - known)
    if strange or not depth:
        told = f"has {', '.join(strange[:4])}" if strange else "has no weights"
        raise ValueError(f"file {told}; a perceptron has 0.weight, 0.bias, 1.weight, 1.bias, ...")
    before = None
    for layer in range(depth):
        weight, bias = weights.get(f"{layer}.weight"), weights.get(f"{layer}.bias")
        if weight is None or weight.ndim != 2 or 0 in weight.shape or before not in (None, weight.shape[0]):
            shape = "missing" if weight is None else f"of shape {weight.shape}"
            raise ValueError(f"{layer}.weight is {shape}; it must be ({before or 'inputs'}, outputs)")
        before = weight.shape[1]
        if bias is not None and bias.shape != (before,):
            raise ValueError(f"{layer}.bias is of shape {bias.shape}; it must be ({before},)")
    return Perceptron(weights)


def plane(
    inputs: int, at: Path | None, rows: Sequence[int], seed: int, dimensions: int
) -> tuple[Array, tuple[Array, ...]]:
    """Return a point and directions, each (1, inputs): the first row, and from it to the others.

    at    .npy or .safetensors with one array, or text with numbers; points are its rows. Without one, a random point
    rows  numbers of rows; directions that no row gives are random, of length one
    """
    rng = np.random.default_rng(seed)
    if at is None and rows:
        raise ValueError("rows are given without a file; name one with --at FILE")
    if len(rows) > 1 + dimensions:
        raise ValueError(
            f"{len(rows)} rows given; a point and {dimensions} directions take {1 + dimensions}"
        )
    points = rng.standard_normal((1, inputs)) if at is None else _points(at, inputs)
    for row in rows:
        if not 0 <= row < len(points):
            raise ValueError(f"row is {row}; {at} has rows 0 to {len(points) - 1}")
    chosen = [points[row : row + 1] for row in (rows or (0,))]
    directions = [other - chosen[0] for other in chosen[1:]]
    while len(directions) < dimensions:
        drawn = rng.standard_normal((1, inputs))
        directions.append(drawn / np.linalg.norm(drawn))
    for direction in directions:
        if not direction.any():
            raise ValueError("two of the rows are the same point, so that they give no direction")
    return chosen[0], tuple(directions)


def _points(path: Path, inputs: int) -> Array:
    if path.suffix == ".npy":
        array = np.load(path, allow_pickle=False)
    elif path.suffix == ".safetensors":
        from safetensors import SafetensorError
        from safetensors.numpy import load as loaded

        try:
            arrays = loaded(path.read_bytes())
        except SafetensorError as error:
            raise ValueError(f"{path} cannot be read as safetensors: {error}") from None
        if len(arrays) != 1:
            raise ValueError(f"{path} has {len(arrays)} arrays; it must have one, of points by rows")
        array = next(iter(arrays.values()))
    else:
        try:
            array = np.array([line.replace(",", " ").split() for line in _lines(path)], np.float64)
        except ValueError as error:
            raise ValueError(f"{path} cannot be read as rows of numbers of one length: {error}") from None
    array = np.asarray(array, np.float64)
    array = array.reshape(1, -1) if array.ndim == 1 else array.reshape(len(array), -1)
    if array.shape[1] != inputs:
        raise ValueError(f"{path} has points of {array.shape[1]} numbers; the perceptron takes {inputs}")
    return array


def _lines(path: Path) -> list[str]:
    return [line for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


def _as_floats(name: str, array: Array) -> Array:
    if array.dtype not in (np.float16, np.float32, np.float64):
        raise ValueError(f"{name} is of {array.dtype}; it must be float16, float32 or float64")
    if not np.isfinite(array).all():
        raise ValueError(f"{name} has entries that are not finite")
    return array.astype(np.float32) if array.dtype == np.float16 else array
