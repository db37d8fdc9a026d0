"""Running a text as a program over NumPy arrays."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from pamcheck.fusion.layout import Layout, arranged, c_strides
from pamcheck.fusion.memory import PAD
from pamcheck.fusion.plan import Derive, Plan, Signature, planned
from pamcheck.fusion.symbols import Settings
from pamcheck.kernels import team
from pamcheck.kernels.launch import thread_count
from pamcheck.kernels.team import address
from pamcheck.operands import format_of, is_weak, rounded

# Elements times nodes: with less to do than that, a range is done before a thread would have started.
RANGE_MIN = 1 << 19

DTYPES = frozenset((np.dtype(np.float32), np.dtype(np.float64)))
BOOLEAN = np.dtype(np.bool_)

Pull = Callable[[Any, Sequence[bool]], tuple[Any, ...]]


def fused(text: Callable[..., Any], settings: Settings, operands: Sequence[Any]) -> Any:
    """Return text(arithmetic, *operands) from one pass over rows, None where no program can do it.

    operands  NumPy arrays of one dtype, float32 or float64, arrays of booleans, numbers and None
    """
    signature = _signature(operands)
    plan = None if signature is None else planned(text, settings, signature)
    if plan is None:
        return None
    results = _run(plan, operands)
    return tuple(results) if plan.several else results[0]


def differentiated(
    text: Callable[..., Any],
    settings: Settings,
    operands: Sequence[Any],
    wanted: tuple[bool, ...],
    derive: Derive,
) -> tuple[Any, tuple[bool, ...], Pull] | None:
    """Return the result, which operands have a cotangent, and the rule for them; None where no program can do it.

    wanted  which operands are differentiated
    derive  runs a tape over symbols: see fusion.plan
    """
    signature = _signature(operands)
    forward = None if signature is None else planned(text, settings, signature)
    if signature is None or forward is None or forward.several:
        return None
    [shape] = forward.shapes
    cotangent = (shape, tuple(c_strides(shape, signature.dtype.itemsize)), False)
    backward = planned(
        text, settings, signature._replace(operands=(*signature.operands, cotangent)), wanted, derive
    )
    if backward is None:
        return None
    [result] = _run(forward, operands)
    held = [x.copy() if getattr(x, "dtype", None) == BOOLEAN else x for x in operands]

    def pull(cotangent: Any, needed: Sequence[bool]) -> tuple[Any, ...]:  # noqa: ARG001
        found = _run(backward, [*held, np.ascontiguousarray(cotangent)])
        return tuple(None if at is None else found[at] for at in backward.results)

    return result, tuple(at is not None for at in backward.results), pull


def _signature(operands: Sequence[Any]) -> Signature | None:
    """Return what a plan depends on, None for operands that no program takes."""
    dtype: np.dtype[Any] | None = None
    found: list[tuple[tuple[int, ...], tuple[int, ...], bool] | None] = []
    for x in operands:
        if x is None or is_weak(x):
            found.append(None if x is None else ((), (), False))
            continue
        if type(x) is not np.ndarray and not isinstance(x, np.generic):
            return None  # a subclass may be anything
        own = x.dtype
        if own in DTYPES and (dtype is None or own == dtype):
            dtype = own
        elif own != BOOLEAN:
            return None
        found.append((x.shape, x.strides if x.flags.aligned else (), own == BOOLEAN))
    return None if dtype is None else Signature(dtype, tuple(found))


def _run(plan: Plan, operands: Sequence[Any]) -> list[Any]:
    """Run a plan's loop on as many threads as are worth it, and what comes after it."""
    arrays = [
        _given(x, layout, plan)
        for x, layout in zip(operands, plan.layouts, strict=True)
        if layout is not None
    ]
    outputs = [np.empty(shape, plan.dtype) for shape in plan.output_shapes]
    worth = plan.rows * plan.length * plan.work // RANGE_MIN
    parts = max(1, min(thread_count(), worth, plan.length if plan.cut else plan.rows))
    buffers = np.empty((parts, plan.buffers * (plan.length + PAD)), plan.dtype)
    team.run(plan.loop, _tables(plan, arrays, outputs, buffers), parts)
    return [finish(outputs) for finish in plan.finishes]


def _given(x: Any, layout: Layout, plan: Plan) -> Any:
    if is_weak(x):
        return _number(x, math.copysign(1.0, x) if x == 0 else 0.0, plan.dtype)
    if layout.copied or not isinstance(x, np.ndarray):
        return arranged(x, layout, plan.whole)
    return x


@lru_cache(maxsize=256)
def _number(x: float, sign: float, dtype: np.dtype[Any]) -> Any:  # noqa: ARG001, as zeros of either sign are equal
    return rounded(x, "number", format_of(dtype)).view(dtype)


def _tables(plan: Plan, arrays: Sequence[Any], outputs: Sequence[Any], buffers: Any) -> team.Tables:
    """Return the table of each range: of rows, or of the elements of the only row (see fusion.rows)."""
    parts, size = len(buffers), plan.rows * (plan.length if plan.cut else 1)
    places = (*plan.operand_places, *plan.output_places)
    starts = [address(x) for x in (*arrays, *outputs)]
    steps = (*plan.operand_steps, *(x.itemsize for x in outputs))
    space = address(buffers)
    found = []
    for part in range(parts):
        low, high = size * part // parts, size * (part + 1) // parts
        table = list(plan.table)
        table[0:4] = (0, 1, high - low, space) if plan.cut else (low, high, plan.length, space)
        for place, start, step in zip(places, starts, steps, strict=True):
            table[place] = start + low * step if plan.cut else start
        found.append(table)
        space += buffers.strides[0]
    return np.array(found, np.int64)
