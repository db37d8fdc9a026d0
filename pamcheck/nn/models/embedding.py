"""Tokens to vectors and back: embeddings, learned positions, and logits."""

from __future__ import annotations

from typing import Any

import numpy as np

from pamcheck import functional
from pamcheck.arithmetic import rowwise
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
    """Return the cross entropy of every row, (rows,), of logits (..., classes) less their row's greatest.

    To floats that subtraction is nothing. PAM's softmax adds up to as much as 1.125, so that softmax less the
    target has a sum, step after step of one sign, that carries all logits of a row away; and its errors are
    relative to the size of a logit. Through the subtraction, which is differentiated, the sum becomes zero.
    """
    rows = int(targets.size)
    flat = ars.loss.reshape(logits, (rows, logits.shape[-1]))
    return functional.cross_entropy(rowwise(_below_greatest, ars.loss, flat), targets.reshape(-1), ars.loss)


def _below_greatest(ar: Any, x: Any) -> Any:
    return ar.sub(x, ar.max(x, axis=-1, keepdims=True))
