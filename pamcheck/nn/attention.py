"""Attention of several heads over groups of arithmetics, from weights by name.

Projections are separate ("query.weight", "key.weight", "value.weight") or one wide product ("qkv.weight", with
the columns of the three one after another), which is quicker; attention to another sequence has "query.weight"
and one wide "kv.weight". Biases may be missing.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from pamcheck import functional
from pamcheck.nn.dropout import NONE, Dropout
from pamcheck.nn.groups import Groups
from pamcheck.nn.variable import Variable

Weights = Mapping[str, Any]


def attend(
    x: Any, memory: Any, weights: Weights, ars: Groups, heads: int, mask: Any, dropout: Dropout = NONE
) -> Any:
    """Return attention of x (batch, t, width) to memory (batch, s, width), or to itself where memory is None.

    mask     constant booleans that broadcast against (batch, heads, t, s), or None: which keys a query may see
    dropout  of the weights of attention

    Raises ValueError where heads does not divide the width.
    """
    batch, length, width = x.shape
    if heads < 1 or width % heads:
        raise ValueError(f"heads is {heads}; it must divide the width, {width}")
    query, key, value = _projected(x, memory, weights, ars, heads)
    mixed = scaled_attention(query, key, value, ars, mask, dropout)
    joined = ars.matmul.reshape(ars.matmul.transpose(mixed, (0, 2, 1, 3)), (batch, length, width))
    return functional.linear(joined, weights["out.weight"], weights.get("out.bias"), ars.matmul)


def scaled_attention(
    query: Any, key: Any, value: Any, ars: Groups, mask: Any = None, dropout: Dropout = NONE
) -> Any:
    """Return functional.attention, whose products and softmax may differ in arithmetic, with dropout between."""
    axes = (*range(key.ndim - 2), key.ndim - 1, key.ndim - 2)
    products = ars.matmul.matmul(query, ars.matmul.transpose(key, axes))
    scale = 1.0 / math.sqrt(query.shape[-1])
    if ars.matmul is ars.softmax:  # one pass over the scores
        shares = functional.softmax(products, ars.softmax, mask, scale)
    else:
        shares = functional.softmax(ars.matmul.mul(products, scale), ars.softmax, mask)
    seen = dropout(shares, ars.activation)
    return ars.matmul.matmul(seen, value)


def _projected(x: Any, memory: Any, weights: Weights, ars: Groups, heads: int) -> tuple[Any, ...]:
    """Return query, key and value, each (batch, heads, length, width of a head)."""
    if memory is not None:
        query = _heads(x, weights, "query", 1, ars, heads)
        return (*query, *_heads(memory, weights, "kv", 2, ars, heads))
    if "qkv.weight" in weights:
        return _heads(x, weights, "qkv", 3, ars, heads)
    return tuple(_heads(x, weights, name, 1, ars, heads)[0] for name in ("query", "key", "value"))


def _heads(x: Any, weights: Weights, name: str, count: int, ars: Groups, heads: int) -> tuple[Any, ...]:
    ar, (batch, length, width) = ars.matmul, x.shape
    projected = functional.linear(x, weights[f"{name}.weight"], weights.get(f"{name}.bias"), ar)
    if count == 1:
        parted = ar.reshape(projected, (batch, length, heads, width // heads))
        return (ar.transpose(parted, (0, 2, 1, 3)),)
    parted = ar.reshape(projected, (batch, length, count, heads, width // heads))
    return parts(ar.transpose(parted, (2, 0, 3, 1, 4)), ar)


def parts(x: Any, ar: Any) -> tuple[Any, ...]:
    """Return what lies along the first axis of x, one after another: a move.

    The cotangents of all parts are written into one array. A slice each would have to be padded with zeros
    and added up.
    """
    if not isinstance(x, Variable):
        return tuple(x[at] for at in range(x.shape[0]))
    value = x.value
    # A value of its own between x and its parts, so that nothing else adds to the cotangent that they fill
    slot = x.tape.record("parts", ar.base, (x,), value, lambda d, _: (d,)).slot

    def part(at: int) -> Any:
        def fill(cotangent: Any, needed: Any) -> tuple[()]:  # noqa: ARG001
            if slot.cotangent is None:
                slot.cotangent = np.zeros_like(value)  # in the order that value has in memory
            slot.cotangent[at] = cotangent
            return ()

        return x.tape.record("part", ar.base, (), value[at], fill)

    return tuple(part(at) for at in range(value.shape[0]))
