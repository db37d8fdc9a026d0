"""Ranges: what no configuration may ask for, said before anything runs."""

from __future__ import annotations

from typing import Any

from pamcheck.lookup import UnknownName, lookup
from pamcheck.nn.training.config import KINDS, Config, ConfigError

# key: lowest, highest; both may be taken
RANGES: dict[str, tuple[float, float]] = {
    "task.shift": (0, 8),
    "model.layers": (1, 1000),
    "model.heads": (1, 1000),
    "model.width": (1, 1 << 16),
    "model.context": (1, 1 << 20),
    "model.patch": (1, 1 << 10),
    "model.hidden": (0, 1 << 20),
    "model.vocabulary": (0, 1 << 24),
    "model.deviation": (1e-6, 10),
    "optimizer.rate": (0, 1e3),
    "optimizer.minimum": (0, 1e3),
    "optimizer.warmup": (0, 1 << 31),
    "optimizer.epsilon": (2.0**-126, 1),
    "optimizer.weight_decay": (0, 10),
    "optimizer.clip": (0, 1e30),
    "train.steps": (1, 1 << 31),
    "train.batch": (1, 1 << 24),
    "train.seed": (0, (1 << 64) - 1),
    "train.evaluate_every": (1, 1 << 31),
    "train.evaluate_batches": (0, 1 << 31),
    "train.evaluate_batch": (1, 1 << 24),
    "train.checkpoint_every": (1, 1 << 31),
    "arithmetic.mantissa_bits": (1, 23),
}
BELOW_ONE = ("model.dropout", "optimizer.momentum", "optimizer.betas")


def check(config: Config) -> None:
    """Raise ConfigError for a value outside its range, and for values that do not go together."""
    try:
        lookup("data", config.task.data, KINDS)
    except UnknownName as error:
        raise ConfigError(str(error)) from None
    for key, (low, high) in RANGES.items():
        value = _at(config, key)
        if not low <= value <= high:
            raise ConfigError(f"{key} is {value!r}; it must be from {low} to {high}")
    for key in BELOW_ONE:
        found = _at(config, key)
        for value in found if isinstance(found, tuple) else (found,):
            if not 0 <= value < 1:
                raise ConfigError(f"{key} is {found!r}; it must be at least 0 and less than 1")
    _check_together(config)


def _check_together(config: Config) -> None:
    model, optimizer = config.model, config.optimizer
    if model.width % model.heads:
        near = [h for h in range(1, model.width + 1) if model.width % h == 0]
        heads = min(near, key=lambda h: abs(h - model.heads))
        raise ConfigError(
            f"model.heads is {model.heads}, which does not divide model.width, {model.width}; {heads} does"
        )
    if optimizer.minimum > optimizer.rate:
        raise ConfigError(
            f"optimizer.minimum is {optimizer.minimum}, more than optimizer.rate, {optimizer.rate}"
        )
    if config.task.shift and config.task.kind != "vision":
        raise ConfigError(f"task.shift is {config.task.shift}; only images can be shifted, so it must be 0")


def _at(config: Config, key: str) -> Any:
    section, _, name = key.partition(".")
    return getattr(getattr(config, section), name)
