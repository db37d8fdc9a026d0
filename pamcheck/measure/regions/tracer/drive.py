"""One pass over the instructions at a point, and the loop that jumps from break to break."""

from __future__ import annotations

import math
from typing import Any

from pamcheck.measure.regions.tracer.compiling import compiled, helper
from pamcheck.measure.regions.tracer.elementwise import (
    run_exp2,
    run_floor,
    run_linear,
    run_log2,
    run_max,
    run_sum,
)
from pamcheck.measure.regions.tracer.layout import (
    APPROXIMATE,
    BINADE_STATE,
    CAUSE_BITS,
    CORE_STATE,
    DIV,
    EXP2,
    FIRST,
    FLOOR,
    KIND,
    LOG,
    LOG2,
    MATMUL,
    MAX,
    MUL,
    NEW,
    NOTHING,
    OP,
    OVERFLOW,
    POWER_STATE,
    ROOT_STATE,
    SIGN,
    SLOT,
    SQRT,
    STATUS,
    STOP,
    SUM,
    UNCHANGED,
    WHERE,
    WHY,
)
from pamcheck.measure.regions.tracer.logs import fail, power, run_logs, set_binade
from pamcheck.measure.regions.tracer.matrix_loops import run_matmul
from pamcheck.measure.regions.tracer.products import run_div, run_mul
from pamcheck.measure.regions.tracer.roots import run_sqrt, set_root


@helper
def run(table: Any, pool: Any, m: Any, span: Any, resolution: Any, smallest: Any) -> None:
    """Evaluate instructions at the point that the inputs in memory are at; the next break is within `span`."""
    least = power(smallest)
    m.near[0] = span
    m.event[KIND], m.event[FIRST], m.event[APPROXIMATE] = NOTHING, UNCHANGED, 0
    for at in range(table.shape[0]):
        row = table[at]
        op = row[OP]
        if op == LOG:
            run_logs(row, pool, m, resolution, smallest)
        elif op == MATMUL:
            run_matmul(row, pool, m, resolution)
        elif op == MUL:
            run_mul(row, pool, m, resolution, least)
        elif op == DIV:
            run_div(row, pool, m, resolution, least)
        elif op == EXP2:
            run_exp2(row, pool, m, resolution)
        elif op == LOG2:
            run_log2(row, pool, m)
        elif op == SQRT:
            run_sqrt(row, pool, m, resolution, smallest)
        elif op == FLOOR:
            run_floor(row, pool, m, resolution)
        elif op == MAX:
            run_max(row, pool, m, resolution)
        elif op == SUM:
            run_sum(row, pool, m)
        else:
            run_linear(row, pool, m)


@helper
def apply(m: Any, last: Any, smallest: Any) -> None:
    """Put the operation that breaks next on its new piece, whatever rounding says of its operand there."""
    kind, slot, new = m.event[KIND], m.event[SLOT], m.event[NEW]
    last[0], last[1], last[2] = m.event[WHY], m.event[WHERE], -1
    if kind == BINADE_STATE:
        last[2], last[3] = slot, int(m.side[slot])
        if new < smallest:
            m.scale[slot] = m.inverse[slot] = 0.0
        else:
            set_binade(m, slot, new, 1.0 if m.scale[slot] > 0 else -1.0)
    elif kind == CORE_STATE:
        set_binade(m, slot, smallest, float(new))
    elif kind == ROOT_STATE:
        set_root(m, slot, new, smallest)
    elif kind == STOP:
        fail(m, slot, m.event[WHERE])
    elif kind != NOTHING:
        m.state[slot] = new
        if kind == POWER_STATE:
            m.state[slot + 1] = power(min(max(new, -1100), 1023))


@helper
def _attribute(m: Any, last: Any) -> None:
    """Of breaks that coincide take that of the first operation, and tell a sign from a binade."""
    if last[2] >= 0 and m.side[last[2]] != last[3]:
        last[0] = SIGN
    first = m.event[FIRST]
    if first < (last[1] << CAUSE_BITS) + last[0]:
        last[0], last[1] = first & ((1 << CAUSE_BITS) - 1), first >> CAUSE_BITS


@compiled
def advance(
    table: Any, pool: Any, m: Any, places: Any, origin: Any, outputs: Any, clock: Any, smallest: Any,
    last: Any, t: Any, why: Any, approximate: Any, values: Any, slopes: Any,
) -> Any:  # fmt: skip
    """Trace pieces into arrays, from clock[0] to clock[1] or as many as fit; return how many.

    Where none fits, evaluate once at the point that the inputs in memory are at, as if nothing moved.

    clock   where the next piece starts, the end, the resolution, and whether the end is reached
    last    int64 (4,): cause and operation of the break that the next piece starts with, then the slot of an
            operand that changes its binade there, or -1, and its sign before
    t       starts; why (pieces, 2): cause and operation of each start
    """
    if t.size == 0:  # one entry for both, as each takes seconds to compile
        m.event[STATUS] = 0
        run(table, pool, m, math.inf, 0.0, smallest)
    resolution = clock[2]
    for piece in range(t.size):
        m.event[STATUS] = 0
        for i in range(places.size):
            m.v[places[i]] = origin[i] + clock[0] * m.d[places[i]]
        run(table, pool, m, clock[1] - clock[0], resolution, smallest)
        for i in range(outputs.size):
            values[piece, i], slopes[piece, i] = m.v[outputs[i]], m.d[outputs[i]]
            if not math.isfinite(values[piece, i] + slopes[piece, i]):
                fail(m, OVERFLOW, last[1])
        if m.event[STATUS] != 0:
            return piece
        _attribute(m, last)
        t[piece], why[piece, 0], why[piece, 1] = clock[0], last[0], last[1]
        approximate[piece] = m.event[APPROXIMATE] != 0
        here = clock[0] + max(m.near[0], resolution)
        if m.event[KIND] == NOTHING or here >= clock[1]:
            clock[3] = 1.0
            return piece + 1
        clock[0] = here
        apply(m, last, smallest)
        if m.event[STATUS] != 0:
            return piece + 1
    return t.size
