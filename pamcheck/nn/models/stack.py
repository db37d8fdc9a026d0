"""The blocks that all models are made of, one after another."""

from __future__ import annotations

from typing import Any

from pamcheck.nn.attention import Weights
from pamcheck.nn.dropout import Dropout
from pamcheck.nn.groups import Groups
from pamcheck.nn.layers import norm, part_of, transformer_block
from pamcheck.nn.models.checks import ACTIVATIONS
from pamcheck.nn.random import Threefry


def stack(
    x: Any,
    weights: Weights,
    model: Any,
    ars: Groups,
    random: Threefry | None,
    mask: Any = None,
    memory: Any = None,
    memory_mask: Any = None,
) -> Any:
    """Return x after dropout, the blocks "blocks.0.…", "blocks.1.…" and a last layer norm.

    model   has layers, heads, activation and dropout
    random  the key of dropout; None without any

    The others are those of transformer_block.
    """
    drop = Dropout(model.dropout, random)
    x = drop.at(model.layers)(x, ars.activation)
    for layer in range(model.layers):
        x = transformer_block(
            x,
            part_of(weights, f"blocks.{layer}"),
            ars,
            model.heads,
            mask,
            ACTIVATIONS[model.activation],
            memory=memory,
            memory_mask=memory_mask,
            dropout=drop.at(layer),
        )
    return norm(x, weights, "norm", ars)
