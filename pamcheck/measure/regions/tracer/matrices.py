"""MATMUL: slots lie densely, and what meets nothing but simple constants is apart."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from pamcheck.measure.regions.tracer import layout as at_
from pamcheck.measure.regions.tracer.emitting import logs, new_logs
from pamcheck.measure.regions.tracer.instructions import mul, total
from pamcheck.measure.regions.tracer.store import Store

Array = np.ndarray[Any, Any]


def matmul(store: Store, a: Array, b: Array) -> Array:
    """Return the places of matrix products of (..., m, k) and (..., k, n).

    Where all that an element meets are simple constants, its products are apart: its binades are no breaks.
    """
    lead = np.broadcast_shapes(a.shape[:-2], b.shape[:-2])
    a, b = np.broadcast_to(a, lead + a.shape[-2:]), np.broadcast_to(b, lead + b.shape[-2:])
    others = tuple(range(len(lead)))
    simple = store.is_simple(b).all(axis=(*others, -1)) | store.is_simple(a).all(axis=(*others, -2))
    if not simple.any():
        return _dense(store, a, b)
    left, right = np.broadcast_arrays(
        a[..., :, None, simple], b[..., simple, :].swapaxes(-1, -2)[..., None, :, :]
    )
    parts = mul(store, left, right)
    if not simple.all():
        parts = np.concatenate(
            [parts, _dense(store, a[..., ~simple], b[..., ~simple, :])[..., None]], axis=-1
        )
    return total(store, parts)


def _dense(store: Store, a: Array, b: Array) -> Array:
    (rows, inner), columns = a.shape[-2:], b.shape[-1]
    shape = (*a.shape[:-1], columns)
    if not math.prod(shape) or not inner:
        return store.place(0.0, np.zeros(shape, np.bool_), leaf=True)
    first = [int(_dense_logs(store, x)) for x in (a, b)]
    moving = bool(store.moves.array[a].any() or store.moves.array[b].any())
    out = store.place(math.nan, np.full(shape, moving), leaf=False)
    batches = a.size // (rows * inner)
    store.emit(
        moving,
        {
            at_.OP: at_.MATMUL,
            at_.COUNT: batches,
            at_.OUT: out.reshape(-1)[0],
            at_.A: first[0],
            at_.B: first[1],
            at_.RAW_A: store.pool.append(a),
            at_.RAW_B: store.pool.append(b),
            at_.STATE: store.new_states(batches * rows * inner * columns),
            at_.ROWS: rows,
            at_.INNER: inner,
            at_.COLUMNS: columns,
        },
    )
    return out


def _dense_logs(store: Store, x: Array) -> int:
    """Return the first of slots that lie one after another for these places, in C order."""
    slots = logs(store, x, loud=True).reshape(-1)
    if (np.diff(slots) == 1).all():
        return int(slots[0])
    return int(new_logs(store, x.reshape(-1), loud=True)[0])
