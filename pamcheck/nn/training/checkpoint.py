"""Checkpoints: everything that the next step depends on, in one safetensors file.

Tensors are "weights/NAME" and "optimizer/NAME", float32. The metadata are texts: format, step, config (JSON),
data (hash of what is trained on), best (JSON), weights (hash of the weights), content (hash of all tensors, so
that a damaged file is noticed).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from pamcheck.nn.training.config import Config
from pamcheck.nn.training.digest import digest, on_host
from pamcheck.nn.training.files import CheckpointError, put

FORMAT = "pamcheck-1"
LAST, BEST = "last.safetensors", "best.safetensors"

# may differ between a run and what continues it: nothing that a weight depends on
_FREE = {("train", "checkpoint_every"), ("train", "evaluate_batch")}


@dataclass(frozen=True)
class Checkpoint:
    """A run after so many steps.

    data  hash of what it is trained on
    best  step and loss of the best look at the validation data so far
    hash  of the weights
    """

    step: int
    weights: Mapping[str, Any]
    optimizer: Mapping[str, Any]
    config: Mapping[str, Any]
    data: str
    best: Mapping[str, Any]
    hash: str = ""


def write(path: Path, held: Checkpoint) -> str:
    """Write a checkpoint and return the hash of its weights. Raises CheckpointError where that fails."""
    from safetensors.numpy import save

    parts = {"weights": held.weights, "optimizer": held.optimizer}
    tensors = {f"{part}/{name}": on_host(x) for part, arrays in parts.items() for name, x in arrays.items()}
    tensors = {name: np.ascontiguousarray(x).reshape(x.shape) for name, x in tensors.items()}
    hashed = digest(held.weights)
    metadata = {
        "format": FORMAT,
        "step": str(held.step),
        "config": json.dumps(held.config),
        "data": held.data,
        "best": json.dumps(held.best),
        "weights": hashed,
        "content": digest(tensors),
    }
    put(path, save(tensors, metadata=metadata))
    return hashed


def read(path: Path) -> Checkpoint:
    """Return a checkpoint. Raises CheckpointError for one that is missing, damaged or of another format."""
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="numpy") as file:
            metadata = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118, it is no mapping
    except OSError as error:
        raise CheckpointError(f"cannot read {path}: {error.strerror or error}") from error
    except SafetensorError as error:
        raise CheckpointError(f"{path} is damaged: {error}; start again in another --out") from error
    if metadata.get("format") != FORMAT:
        raise CheckpointError(
            f"{path} has format {metadata.get('format')!r}; this version reads {FORMAT!r} only"
        )
    if metadata.get("content") != digest(tensors):
        raise CheckpointError(f"{path} is damaged: its hash is not that of what it holds")
    return Checkpoint(
        step=int(metadata["step"]),
        weights=_part(tensors, "weights/"),
        optimizer=_part(tensors, "optimizer/"),
        config=json.loads(metadata["config"]),
        data=metadata["data"],
        best=json.loads(metadata["best"]),
        hash=metadata["weights"],
    )


def check_same_run(found: Checkpoint, config: Config, data: str, path: Path) -> None:
    """Raise CheckpointError, naming what differs, unless a checkpoint is of this configuration and data."""
    wanted = config.record()
    differences = [
        f"{section}.{key} is {found.config.get(section, {}).get(key)!r} there and {value!r} here"
        for section, values in wanted.items()
        if isinstance(values, dict)
        for key, value in values.items()
        if (section, key) not in _FREE and found.config.get(section, {}).get(key) != value
    ]
    if differences:
        raise CheckpointError(
            f"{path} is of another run: {'; '.join(differences)}. Use its configuration, or another --out"
        )
    if found.data != data:
        raise CheckpointError(
            f"{path} was trained on other data of the same name; topics, for one, are those of the Python in use"
        )


def check_fits(found: Checkpoint, weights: Mapping[str, Any], path: Path) -> None:
    """Raise CheckpointError unless a checkpoint has exactly the weights that a model has."""
    there = {name: tuple(x.shape) for name, x in found.weights.items()}
    here = {name: tuple(x.shape) for name, x in weights.items()}
    for name in sorted({*there, *here}):
        if there.get(name) != here.get(name):
            told = [
                f"{shapes.get(name, 'missing')} {where}"
                for shapes, where in ((there, "there"), (here, "here"))
            ]
            raise CheckpointError(f"{path} is of another model: {name} is {' and '.join(told)}")


def _part(tensors: Mapping[str, Any], prefix: str) -> dict[str, Any]:
    return {name.removeprefix(prefix): x for name, x in tensors.items() if name.startswith(prefix)}
