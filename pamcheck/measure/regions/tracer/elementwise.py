"""EXP2, LOG2, FLOOR, MAX, and what has no breaks: ADD, SUB, SCALE, SUM."""

from __future__ import annotations

import math
from typing import Any

from pamcheck.measure.regions.tracer.compiling import helper, inlined
from pamcheck.measure.regions.tracer.layout import (
    ADD,
    CAUSE,
    COUNT,
    FLOOR_STATE,
    INTEGER,
    MAX_STATE,
    NOT_POSITIVE,
    OP,
    OUT,
    OVERFLOW,
    POWER_STATE,
    ROWS,
    SLACK,
    STATE,
    STEP,
    SUB,
    WHOLE,
    A,
    B,
)
from pamcheck.measure.regions.tracer.logs import fail, note, offer, power


@inlined
def _whole(m: Any, s: Any, u: Any, du: Any, resolution: Any, kind: Any, cause: Any, step: Any) -> Any:
    """Return the whole part that u has on its piece, and offer the next one."""
    n = m.state[s]
    r = u - n
    left = 1.0 - r if du > 0 else r
    if not abs(r - 0.5) <= 0.5 + SLACK or (du != 0 and left <= resolution * abs(du)):
        ahead = u + resolution * du
        if not abs(ahead) < 2.0**52:
            fail(m, OVERFLOW, step)
            ahead = 0.0
        n = math.floor(ahead)
        if n != m.state[s]:
            note(m, cause, step)
        m.state[s] = n
        r = u - n
    if du > 0:
        offer(m, (1.0 - r) / du, kind, s, n + 1, cause, step)
    elif du < 0:
        offer(m, r / -du, kind, s, n - 1, cause, step)
    return n


@helper
def run_exp2(row: Any, pool: Any, m: Any, resolution: Any) -> None:
    """Powers of two: 2^n (1 + u - n). Each has two states, n and 2^n."""
    for i in range(row[COUNT]):
        x, out, s = pool[row[A] + i], pool[row[OUT] + i], row[STATE] + 2 * i
        u, du, before = m.v[x], m.d[x], m.state[s]
        n = _whole(m, s, u, du, resolution, POWER_STATE, INTEGER, row[STEP])
        if n != before:
            if n > 1022:
                fail(m, OVERFLOW, row[STEP])
                n = 0.0
            m.state[s + 1] = power(max(n, -1100.0))
        m.v[out], m.d[out] = m.state[s + 1] * (1.0 + (u - n)), m.state[s + 1] * du


@helper
def run_floor(row: Any, pool: Any, m: Any, resolution: Any) -> None:
    """Whole parts."""
    for i in range(row[COUNT]):
        x, out = pool[row[A] + i], pool[row[OUT] + i]
        m.v[out] = _whole(m, row[STATE] + i, m.v[x], m.d[x], resolution, FLOOR_STATE, WHOLE, row[STEP])
        m.d[out] = 0.0


@helper
def run_log2(row: Any, pool: Any, m: Any) -> None:
    """Logarithms, of slots."""
    for i in range(row[COUNT]):
        q, out = pool[row[A] + i], pool[row[OUT] + i]
        if not m.inverse[q] > 0:
            fail(m, NOT_POSITIVE, row[STEP])
        m.v[out], m.d[out] = m.exponent[q] + m.r[q], m.dr[q]


@helper
def run_max(row: Any, pool: Any, m: Any, resolution: Any) -> None:
    """The greatest entry of each row; its state is the entry's number."""
    for i in range(row[COUNT]):
        first, s = row[A] + i * row[ROWS], row[STATE] + i
        if _leader_is_stale(m, pool, first, row[ROWS], m.state[s], resolution):
            best = 0
            for j in range(1, row[ROWS]):
                x, y = pool[first + j], pool[first + best]
                lead = (m.v[x] + resolution * m.d[x]) - (m.v[y] + resolution * m.d[y])
                if lead > 0 or (lead == 0 and m.d[x] > m.d[y]):
                    best = j
            if best != m.state[s]:
                note(m, row[CAUSE], row[STEP])
            m.state[s] = best
        top = pool[first + int(m.state[s])]
        m.v[pool[row[OUT] + i]], m.d[pool[row[OUT] + i]] = m.v[top], m.d[top]
        for j in range(row[ROWS]):
            x = pool[first + j]
            speed = m.d[x] - m.d[top]
            if speed > 0:
                offer(m, (m.v[top] - m.v[x]) / speed, MAX_STATE, s, j, row[CAUSE], row[STEP])


@inlined
def _leader_is_stale(m: Any, pool: Any, first: Any, entries: Any, leader: Any, resolution: Any) -> Any:
    if not leader >= 0:
        return True
    top = pool[first + int(leader)]
    for j in range(entries):
        x = pool[first + j]
        if m.v[x] != m.v[top] or m.d[x] != m.d[top]:
            left, speed = m.v[top] - m.v[x], m.d[x] - m.d[top]
            if left < -SLACK * abs(m.v[x]) or (speed > 0 and left <= resolution * speed):
                return True
    return False


@helper
def run_linear(row: Any, pool: Any, m: Any) -> None:
    """Sums and differences of pairs, and products with constants by which they have no breaks."""
    for i in range(row[COUNT]):
        a, b, out = pool[row[A] + i], pool[row[B] + i], pool[row[OUT] + i]
        if row[OP] == ADD:
            m.v[out], m.d[out] = m.v[a] + m.v[b], m.d[a] + m.d[b]
        elif row[OP] == SUB:
            m.v[out], m.d[out] = m.v[a] - m.v[b], m.d[a] - m.d[b]
        else:
            m.v[out], m.d[out] = m.v[a] * m.v[b], m.d[a] * m.v[b]


@helper
def run_sum(row: Any, pool: Any, m: Any) -> None:
    """Sums of rows."""
    for i in range(row[COUNT]):
        v = d = 0.0
        for j in range(row[ROWS]):
            x = pool[row[A] + i * row[ROWS] + j]
            v += m.v[x]
            d += m.d[x]
        m.v[pool[row[OUT] + i]], m.d[pool[row[OUT] + i]] = v, d
