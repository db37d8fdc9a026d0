"""MATMUL: rows of products, most of which do not break next. They are looked through without a branch, then added."""

from __future__ import annotations

import math
from typing import Any

from pamcheck.measure.regions.tracer.compiling import helper, inlined
from pamcheck.measure.regions.tracer.layout import (
    CARRY,
    COLUMNS,
    COUNT,
    INNER,
    OUT,
    RAW_A,
    RAW_B,
    ROWS,
    SLACK,
    STATE,
    STEP,
    A,
    B,
)
from pamcheck.measure.regions.tracer.products import side


@helper
def run_matmul(row: Any, pool: Any, m: Any, resolution: Any) -> None:
    """Matrix products: slots of both operands and the results lie densely, in C order."""
    rows, inner, columns = row[ROWS], row[INNER], row[COLUMNS]
    for at in range(row[COUNT] * rows):
        batch = at // rows
        out = row[OUT] + at * columns
        for j in range(columns):
            m.v[out + j] = m.d[out + j] = 0.0
        for k in range(inner):
            place = at * inner + k
            p = pool[row[RAW_A] + place]
            if m.v[p] == 0.0 and m.d[p] == 0.0:
                continue
            other = (batch * inner + k) * columns
            s = row[STATE] + place * columns
            if m.scale[row[A] + place] == 0.0:
                _chords(m, pool, p, row[RAW_B] + other, out, columns)
                continue
            if _look_closer(m, row[A] + place, row[B] + other, s, columns):
                _closer(m, pool, row, place, other, s, out, resolution)
            _add(m, row[A] + place, row[B] + other, s, out, columns)


@inlined
def _look_closer(m: Any, a: Any, b: Any, s: Any, columns: Any) -> Any:
    """Return whether a pair in a row breaks before what is known, or is on the wrong side: without a branch."""
    r, dr, near = m.r[a] - 1.0, m.dr[a], m.near[0]
    r_b, dr_b, scale_b = m.r[b : b + columns], m.dr[b : b + columns], m.scale[b : b + columns]
    sides = m.state[s : s + columns]
    found = 0
    for j in range(columns):
        x, h = r + r_b[j], sides[j]
        left, speed = h * x, -h * (dr + dr_b[j])
        right = (left >= near * speed) & (left >= -SLACK) & (scale_b[j] != 0.0)
        found |= 1 - right
    return found


@helper
def _closer(m: Any, pool: Any, row: Any, place: Any, other: Any, s: Any, out: Any, resolution: Any) -> None:
    """Set the sides of a row of pairs, offer their breaks, and add what lies below the smallest binade."""
    a, raw_a = row[A] + place, pool[row[RAW_A] + place]
    for j in range(row[COLUMNS]):
        b = row[B] + other + j
        if m.scale[b] == 0.0:
            raw_b = pool[row[RAW_B] + other + j]
            m.v[out + j] += m.v[raw_a] * m.v[raw_b]
            m.d[out + j] += m.v[raw_a] * m.d[raw_b] + m.d[raw_a] * m.v[raw_b]
            if math.isnan(m.state[s + j]):
                m.state[s + j] = 1.0  # anything else, as it is multiplied by 0
            continue
        side(m, s + j, m.r[a] - 1.0 + m.r[b], m.dr[a] + m.dr[b], resolution, CARRY, row[STEP])


@inlined
def _add(m: Any, a: Any, b: Any, s: Any, out: Any, columns: Any) -> None:
    """Add a row of products to the results."""
    r, dr, scale = m.r[a] - 1.0, m.dr[a], m.scale[a]
    r_b, dr_b, scale_b = m.r[b : b + columns], m.dr[b : b + columns], m.scale[b : b + columns]
    sides, v, d = m.state[s : s + columns], m.v[out : out + columns], m.d[out : out + columns]
    for j in range(columns):
        w, f = scale * scale_b[j], 1.5 + 0.5 * sides[j]
        v[j] += w * (2.0 + f * (r + r_b[j]))
        d[j] += w * f * (dr + dr_b[j])


@helper
def _chords(m: Any, pool: Any, p: Any, raw_b: Any, out: Any, columns: Any) -> None:
    for j in range(columns):
        q = pool[raw_b + j]
        m.v[out + j] += m.v[p] * m.v[q]
        m.d[out + j] += m.v[p] * m.d[q] + m.d[p] * m.v[q]
