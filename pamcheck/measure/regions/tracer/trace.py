"""Tracing a function along a segment: every piece in order, in float64.

    found = trace(segment(function, {"x": x}, {"x": direction}, 0, 1))
    found.by_cause(); found.slopes

Tolerance. Values are computed anew at the start of every piece from t itself, so rounding does not add up: they and
the breaks carry the error of one evaluation, which is some units of the last place of the largest term of each sum.
Which piece an operation is on is a state. A break changes the state of the operation that has it by one step,
whatever rounding makes of the operand there; other operations follow, each behind its operands, if the point that
their operand comes to within one resolution is on another piece. So breaks that coincide are taken together, slopes
of zero break nothing, and an operand that starts on a break enters the piece that it moves into. Every step is at
least one resolution long: what is narrower is merged with the piece that follows.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from pamcheck.measure.regions.restriction import Restriction
from pamcheck.measure.regions.tracer.layout import STATUS, STATUS_STEP, Memory
from pamcheck.measure.regions.tracer.program import Program, record
from pamcheck.measure.regions.tracer.result import Trace

Array = np.ndarray[Any, Any]

SMALLEST = -40
LIMIT = 100_000
_BLOCK = 1 << 21  # entries of values of one block of pieces


def trace(
    restriction: Restriction,
    *,
    smallest: int = SMALLEST,
    limit: int = LIMIT,
    resolution: float | None = None,
) -> Trace:
    """Return the pieces of a restriction to a segment.

    smallest    where an operand that moves is below 2^smallest its binades are not told apart: a product is then
                the chord a b, which it meets at both ends. Such pieces are marked approximate
    limit       pieces; a trace that has more is kept and marked partial
    resolution  in t; 2^-44 of the domain, or 8 units in the last place of its ends where that is more

    Where the function is not defined (a division by zero, a logarithm or root outside its domain, a value beyond
    float64) the trace ends, marked partial. Raises ValueError for a polygon, for a limit below 1, for `smallest`
    outside -1000 to 0, for a resolution that is not positive, for a domain whose ends are one float64, and where a
    constant part has no value.

    The function is run once, with values that it cannot look at, and what it did then is what runs everywhere. The
    domain is that between the float64 nearest to its ends.
    """
    if restriction.dimensions != 1:
        raise ValueError("restriction is to a polygon; the tracer needs a segment")
    check(smallest, limit, resolution)
    direction = restriction.directions[0]
    program = record(restriction.function, restriction.origin, {n: x != 0 for n, x in direction.items()})
    domain = ends(restriction)
    memory = program.memory()
    return follow(program, memory, restriction.origin, direction, domain, smallest, limit, resolution)


def ends(restriction: Restriction) -> tuple[float, float]:
    """Return the ends of a segment as floats. Raises ValueError where they are one."""
    low, high = (float(end) for (end,) in restriction.domain)
    if low == high:
        raise ValueError(f"domain is narrower than float64 can tell, at {low}; take a wider one")
    return low, high


def check(smallest: int, limit: int, resolution: float | None) -> None:
    """Raise ValueError for settings that make no sense."""
    if limit < 1:
        raise ValueError(f"limit is {limit}; it must be 1 or more")
    if not -1000 <= smallest <= 0:
        raise ValueError(f"smallest is {smallest}; it must be from -1000 to 0")
    if resolution is not None and not 0 < resolution < np.inf:
        raise ValueError(f"resolution is {resolution}; it must be positive")


def follow(
    program: Program, memory: Memory, origin: Any, direction: Any, domain: tuple[float, float],
    smallest: int, limit: int, resolution: float | None,
) -> Trace:  # fmt: skip
    """Return the pieces along one line, in memory that holds the constants."""
    from pamcheck.measure.regions.tracer.drive import advance

    low, high = domain
    least = 8 * np.spacing(max(abs(low), abs(high)))
    resolution = max(least, resolution if resolution is not None else 2.0**-44 * (high - low))
    chosen = {name: program.store.moves.array[at] for name, at in program.inputs.items()}
    places = _joined([program.inputs[name][mask] for name, mask in chosen.items()], np.int64)
    start = _joined([origin[name][mask] for name, mask in chosen.items()], np.float64)
    memory.d[places] = _joined([direction[name][mask] for name, mask in chosen.items()], np.float64)
    outputs, clock = program.outputs.reshape(-1), np.array([low, high, resolution, 0.0])
    last, most = np.zeros(4, np.int64), max(64, min(1 << 14, _BLOCK // max(1, outputs.size)))
    code, moving = program.code, (places, start, outputs, clock, smallest, last)
    blocks: list[tuple[Array, ...]] = []
    count = 0
    while not clock[3] and not memory.event[STATUS] and count < limit:
        block = _block(min(limit - count, most), outputs.size)
        made = advance(code.moving, code.pool, memory, *moving, *block)
        blocks.append(tuple(array[:made].copy() for array in block))
        count += made
    reason = _reason(program, memory, clock, limit)
    return _result(program, blocks, domain, clock, smallest, resolution, reason)


def _block(pieces: int, outputs: int) -> tuple[Array, ...]:
    kinds: list[tuple[Any, tuple[int, ...]]] = [(np.float64, ()), (np.int64, (2,)), (np.bool_, ())]
    kinds += [(np.float64, (outputs,)), (np.float64, (outputs,))]
    return tuple(np.empty((pieces, *shape), dtype) for dtype, shape in kinds)


def _joined(parts: list[Array], dtype: Any) -> Array:
    flat = [np.asarray(part).reshape(-1) for part in parts]
    return np.concatenate([np.empty(0), *flat]).astype(dtype)


def _reason(program: Program, memory: Memory, clock: Array, limit: int) -> str:
    if memory.event[STATUS]:
        why = program.told(int(memory.event[STATUS]), int(memory.event[STATUS_STEP]))
        return f"{why} at t = {clock[0]:.6g}; take a domain without it"
    if not clock[3]:
        return f"more than {limit} pieces; the trace ends at t = {clock[0]:.6g}"
    return ""


def _result(
    program: Program, blocks: list[tuple[Array, ...]], domain: tuple[float, float], clock: Array,
    smallest: int, resolution: float, reason: str,
) -> Trace:  # fmt: skip
    t, why, approximate, values, slopes = (np.concatenate(parts) for parts in zip(*blocks, strict=True))
    return Trace(
        *domain,
        end=float(clock[0]) if reason else domain[1],
        starts=t,
        values=values.reshape(len(t), *program.outputs.shape),
        slopes=slopes.reshape(len(t), *program.outputs.shape),
        causes=why[1:, 0].astype(np.uint8),
        steps=why[1:, 1].astype(np.int32),
        approximate=approximate,
        operations=program.operations,
        smallest=smallest,
        resolution=resolution,
        partial=bool(reason),
        reason=reason,
    )
