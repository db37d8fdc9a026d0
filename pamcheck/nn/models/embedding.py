"""Tokens to vectors and back: embeddings, learned positions, and logits."""

from __future__ import annotations

from typing import Any

import numpy as np

from pamcheck import functional
from pamcheck.nn.attention import Weights
from pamcheck.nn.groups import Groups


def embedded(tokens: Any, table: Any, positions: Any, ars: Groups) -> Any:
    """Return rows of a table for tokens (batch, length), each plus the row of its position."""
    ar = ars.matmul
    if tokens.shape[1] != positions.shape[0]:
        positions = ar.take(positions, np.arange(tokens.shape[1]))
    return ar.add(ar.take(table, tokens), positions)


def logits_of(x: Any, weights: Weights, ars: Groups) -> Any:
    """Return a number for each token: by "head.weight", or by the embedding's rows where there is none."""
    head = weights.get("head.weight")
    if head is None:
        head = ars.matmul.transpose(weights["tokens.weight"], (1, 0))
    return functional.linear(x, head, weights.get("head.bias"), ars.matmul)


def flat_loss(logits: Any, targets: Any, ars: Groups) -> Any:
    """Return the cross entropy of every row, (rows,), of logits (..., classes)."""
    rows = int(targets.size)
    flat = ars.loss.reshape(logits, (rows, logits.shape[-1]))
    return functional.cross_entropy(flat, targets.reshape(-1), ars.loss)
