"""The optimizer that a configuration names."""

from __future__ import annotations

from pamcheck.nn.optimizers import SGD, AdamW, Lion
from pamcheck.nn.optimizers import Optimizer as Rule
from pamcheck.nn.training.config import Optimizer


def make_optimizer(held: Optimizer) -> Rule:
    """Return the update rule of a configuration's optimizer."""
    if held.name == "adamw":
        return AdamW(held.rate, held.betas, held.epsilon, held.weight_decay, held.form)
    if held.name == "lion":
        return Lion(held.rate, held.betas, held.weight_decay, held.form)
    return SGD(held.rate, held.momentum, held.weight_decay, held.form)
