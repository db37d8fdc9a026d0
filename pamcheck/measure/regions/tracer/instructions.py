"""What each operation of the Arithmetic emits. Operands are arrays of places, of one shape where there are two.

A product with a given constant that is zero or a power of two has no breaks, and a quotient by one neither.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from pamcheck.measure.regions.tracer import layout as at_
from pamcheck.measure.regions.tracer.emitting import elementwise, logs
from pamcheck.measure.regions.tracer.store import Store

Array = np.ndarray[Any, Any]


def mul(store: Store, a: Array, b: Array) -> Array:
    """Return the places of products."""
    return _by_constants(store, at_.MUL, a, b, store.is_simple(a), store.is_simple(b))


def div(store: Store, a: Array, b: Array) -> Array:
    """Return the places of quotients. Raises ValueError for a divisor that is a constant zero."""
    if store.is_zero(b).any():
        raise ValueError(f"div (step {store.step}): a divisor is the constant 0; it must be another number")
    simple = store.is_simple(b)
    inverse = np.array(b)
    if simple.any():
        values = 1.0 / store.values.array[b[simple]]
        inverse[simple] = store.place(values, np.zeros(values.shape, np.bool_), leaf=True)
    return _by_constants(store, at_.DIV, a, inverse, np.zeros(a.shape, np.bool_), simple)


def _by_constants(store: Store, op: int, a: Array, b: Array, simple_a: Array, simple_b: Array) -> Array:
    out = np.empty(a.shape, np.int64)
    for chosen, left, right in ((simple_b, a, b), (simple_a & ~simple_b, b, a)):
        if chosen.any():
            out[chosen] = linear(at_.SCALE)(store, left[chosen], right[chosen])
    rest = ~(simple_a | simple_b)
    if rest.any():
        a, b = a[rest], b[rest]
        columns = {at_.A: logs(store, a), at_.B: logs(store, b), at_.RAW_A: a, at_.RAW_B: b}
        out[rest] = elementwise(store, op, columns, a, b, states=2 if op == at_.DIV else 1)
    return out


def exp2(store: Store, x: Array) -> Array:
    """Return the places of powers of two."""
    return elementwise(store, at_.EXP2, {at_.A: x}, x, states=2)


def log2(store: Store, x: Array) -> Array:
    """Return the places of logarithms."""
    return elementwise(store, at_.LOG2, {at_.A: logs(store, x, loud=True)}, x)


def sqrt(store: Store, x: Array) -> Array:
    """Return the places of square roots."""
    return elementwise(store, at_.SQRT, {at_.A: x}, x, states=2)


def floor(store: Store, x: Array) -> Array:
    """Return the places of whole parts."""
    return elementwise(store, at_.FLOOR, {at_.A: x}, x, states=1)


def linear(op: int) -> Callable[[Store, Array, Array], Array]:
    """Return what emits ADD, SUB, or SCALE by a constant in b."""

    def emit(store: Store, a: Array, b: Array) -> Array:
        return elementwise(store, op, {at_.A: a, at_.B: b}, a, b)

    return emit


def total(store: Store, rows: Array) -> Array:
    """Return the places of sums along the last axis."""
    return _by_row(store, at_.SUM, rows)


def greatest(store: Store, rows: Array) -> Array:
    """Return the places of the greatest along the last axis. Raises ValueError where there is nothing."""
    if rows.size == 0 and math.prod(rows.shape[:-1]):
        raise ValueError(
            f"max (step {store.step}) of an array of shape {rows.shape}: there is nothing to choose from"
        )
    return _by_row(store, at_.MAX, rows)


def _by_row(store: Store, op: int, rows: Array) -> Array:
    moves = store.moves.array[rows].any(axis=-1)
    out = store.place(math.nan, moves, leaf=False)
    zeros = store.is_zero(rows)
    relu = zeros.any(axis=-1) & (rows.shape[-1] == 2)
    # the zero of a relu comes first, as the first of equal ones is taken: its derivative at 0 is 0
    rows = np.where(
        relu[..., None], np.take_along_axis(rows, np.argsort(~zeros, axis=-1, kind="stable"), -1), rows
    )
    for moving in (False, True):
        for zero in (False, True):
            chosen = (moves == moving) & (relu == zero)
            if chosen.any():
                columns = {at_.OP: op, at_.COUNT: int(chosen.sum()), at_.ROWS: rows.shape[-1]}
                columns |= {at_.A: store.pool.append(rows[chosen]), at_.OUT: store.pool.append(out[chosen])}
                columns |= {at_.CAUSE: at_.RELU if zero else at_.GREATEST}
                columns |= {at_.STATE: store.new_states(columns[at_.COUNT]) if op == at_.MAX else 0}
                store.emit(moving, columns)
    return out
