"""Emitting instructions for many scalars, apart for what moves and what does not; and LOG, which products share."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from pamcheck.measure.regions.tracer import layout as at_
from pamcheck.measure.regions.tracer.store import Store

Array = np.ndarray[Any, Any]


def elementwise(
    store: Store, op: int, operands: dict[int, Array], *places: Array, states: int = 0
) -> Array:
    """Emit one operation for each entry, and return the places of the results.

    operands  places, or slots, by the column of the table that they go to
    places    the scalars behind them, which tell what moves
    states    how many an entry has
    """
    moves = store.moves.array[places[0]]
    for x in places[1:]:
        moves = moves | store.moves.array[x]
    out = store.place(math.nan, moves, leaf=False)
    for moving in (False, True):
        chosen = moves == moving
        if chosen.any():
            count = int(chosen.sum())
            columns = {at_.OP: op, at_.COUNT: count, at_.OUT: store.pool.append(out[chosen])}
            columns |= {column: store.pool.append(x[chosen]) for column, x in operands.items()}
            store.emit(moving, {**columns, at_.STATE: store.new_states(states * count)})
    return out


def logs(store: Store, x: Array, loud: bool = False) -> Array:
    """Return the slots of operands, one for each scalar however often it is used.

    loud  whether a binade is a break in any case, and not only where it meets what is no constant power of two
    """
    places = x.reshape(-1)
    missing = places[store.slot_of.array[places] < 0]
    if missing.size:
        _, first = np.unique(missing, return_index=True)
        fresh = missing[np.sort(first)]
        store.slot_of.array[fresh] = new_logs(store, fresh, loud)
    found: Array = store.slot_of.array[x]
    if loud:
        store.loud.array[found] = True
    return found


def new_logs(store: Store, places: Array, loud: bool) -> Array:
    """Return new slots, one after another, for these places."""
    first = store.loud.append(np.full(places.size, loud))
    slots = np.arange(first, first + places.size)
    moves = store.moves.array[places]
    for moving in (False, True):
        chosen = moves == moving
        if chosen.any():
            columns = {at_.OP: at_.LOG, at_.COUNT: int(chosen.sum())}
            a, b = (store.pool.append(x[chosen]) for x in (places, slots))
            store.emit(moving, {**columns, at_.A: a, at_.B: b})
    return slots
