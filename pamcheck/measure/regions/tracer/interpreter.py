"""The linear interpreter: the affine map that holds at a point, and how far it holds.

piece = linear_interpreter(lambda v, ar: perceptron(v["x"], weights, ar), {"x": x}, ["x"])
piece.matrix @ d + piece.value       # f(x + d), exactly, as long as max |d| < piece.radius
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from pamcheck.measure.regions.causes import CAUSES, Break
from pamcheck.measure.regions.restriction import segment
from pamcheck.measure.regions.tracer.program import Function, Program, record
from pamcheck.measure.regions.tracer.room import Room
from pamcheck.measure.regions.tracer.tangents import Tangents
from pamcheck.measure.regions.tracer.trace import SMALLEST, check

Array = np.ndarray[Any, Any]
_ENTRIES = 1 << 24  # of slopes at a time: 128 MiB


@dataclass(frozen=True)
class LinearPiece:
    """f(x + d) = matrix d + value on the whole piece that holds x, a convex polytope.

    matrix       float64 (*result, directions): derivatives; directions are the entries of `entries`
    value        float64 (*result): f(x)
    entries      name and index of what each direction moves by one
    radius       as long as |d| < radius in every entry, no operation breaks
    limit        what breaks first where it does
    plus, minus  float64 (directions,): how far x may move along each direction alone, and against it
    approximate  an operand that moves is below 2^smallest: the map is then a chord, and the radius that of it
    """

    matrix: Array
    value: Array
    entries: tuple[tuple[str, tuple[int, ...]], ...]
    radius: float
    limit: Break | None
    plus: Array
    minus: Array
    approximate: bool

    def __call__(self, d: Any) -> Array:
        """Return matrix d + value for d (directions,) or (..., directions) to (..., *result)."""
        moved: Array = np.tensordot(np.asarray(d, np.float64), self.matrix, axes=(-1, -1))
        return moved + self.value


def linear_interpreter(
    function: Function,
    origin: Mapping[str, Any],
    names: Sequence[str],
    *,
    only: Mapping[str, Any] | None = None,
    smallest: int = SMALLEST,
    chunk: int | None = None,
) -> LinearPiece:
    """Return the affine map at a point, by forward mode along all entries of some arrays, and its reach.

    origin    arrays by name
    names     those that may move
    only      booleans by name, of the shape of the array: which of its entries may move. An entry that is 0 is
              below every binade: unless it is left out, nothing can be said of more than 2^smallest around it
    smallest  as in `trace`
    chunk     directions at a time; as many as make 128 MiB of slopes where it is None

    An operand counts with all its binades even where it meets only what is momentarily zero or a power of two, so
    the radius may be less than that of the piece that the tracer finds. On a break the piece is that to the right in
    magnitude, as in section 3 of the definition, and the radius 0.

    Raises ValueError for unknown names, for masks of another shape, and where the function is not defined at the
    point.
    """
    check(smallest, 1, None)
    arrays = {name: np.asarray(x, np.float64) for name, x in origin.items()}
    masks = _masks(arrays, names, only or {})
    one = {name: np.ones(arrays[name].shape) for name in names}
    segment(function, arrays, one)  # refuses what is not finite
    program = record(function, arrays, masks)
    return _piece(program, masks, smallest, chunk)


def _masks(arrays: Mapping[str, Array], names: Sequence[str], only: Mapping[str, Any]) -> dict[str, Array]:
    unknown = (set(names) | set(only)) - set(arrays)
    if unknown or not names:
        raise ValueError(f"names are {sorted(unknown) or 'none'}; origin has {', '.join(arrays)}")
    found = {}
    for name in names:
        mask = np.asarray(only.get(name, np.ones(arrays[name].shape, np.bool_)))
        if mask.shape != arrays[name].shape or mask.dtype != np.bool_:
            raise ValueError(
                f"only has {name!r} of {mask.dtype} and shape {mask.shape}; "
                f"it must be booleans of shape {arrays[name].shape}"
            )
        found[name] = mask
    return found


def _piece(program: Program, masks: Mapping[str, Array], smallest: int, chunk: int | None) -> LinearPiece:
    memory = program.memory()
    program.evaluate(program.code.moving, memory, smallest)
    entries = [
        (name, tuple(map(int, index))) for name, mask in masks.items() for index in np.argwhere(mask)
    ]
    places = np.concatenate([program.inputs[name][mask] for name, mask in masks.items()]).astype(np.int64)
    count, room, parts = len(entries), Room(2.0**smallest), []
    chunk = max(1, chunk or _ENTRIES // max(1, memory.v.size + memory.r.size))
    for first in range(0, max(count, 1), chunk):
        seeds = _unit(count, first, chunk)
        parts.append(Tangents(program.code, memory, room, seeds, places).d[program.outputs])
    radius, cause, step = room.radius()
    plus, minus = room.distances()
    return LinearPiece(
        matrix=np.concatenate(parts, axis=-1),
        value=memory.v[program.outputs],
        entries=tuple(entries),
        radius=radius,
        limit=Break(CAUSES[cause], program.operations[step - 1], step) if step else None,
        plus=plus,
        minus=minus,
        approximate=room.approximate,
    )


def _unit(count: int, first: int, chunk: int) -> Array:
    """Return some columns of the unit matrix."""
    found = np.zeros((count, min(chunk, count - first)))
    found[np.arange(first, first + found.shape[1]), np.arange(found.shape[1])] = 1
    return found
