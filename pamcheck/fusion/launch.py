"""Running a text as a program over NumPy arrays."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import lru_cache, partial
from typing import Any

import numpy as np

from pamcheck.fusion.layout import Layout, arranged, c_strides
from pamcheck.fusion.memory import PAD
from pamcheck.fusion.plan import Derive, Plan, Signature, planned
from pamcheck.fusion.symbols import Settings
from pamcheck.kernels.launch import side_by_side, thread_count
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
    tables = [_table(plan, arrays, outputs, part, parts) for part in range(parts)]
    buffers = [np.empty(plan.buffers * (plan.length + PAD), plan.dtype) for _ in tables]
    for table, buffer in zip(tables, buffers, strict=True):
        table[3] = _address(buffer)
    side_by_side([partial(plan.loop, table) for table in tables])
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


def _table(plan: Plan, arrays: Sequence[Any], outputs: Sequence[Any], part: int, parts: int) -> Any:
    """Return the table of one range: of rows, or of the elements of the only row (see fusion.rows)."""
    table = plan.table.copy()
    if plan.cut:
        size = plan.rows * plan.length
        low, high = size * part // parts, size * (part + 1) // parts
        table[0:3] = 0, 1, high - low
    else:
        low = 0
        table[0:2] = plan.rows * part // parts, plan.rows * (part + 1) // parts
    for at, x, step in zip(plan.operand_places, arrays, plan.operand_steps, strict=True):
        table[at] = _address(x) + low * step
    for at, x in zip(plan.output_places, outputs, strict=True):
        table[at] = _address(x) + low * x.itemsize
    return table


def _address(x: Any) -> int:
    return int(x.__array_interface__["data"][0])
