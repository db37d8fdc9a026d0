"""SQRT: the binades of a square root, in pairs."""

from __future__ import annotations

import math
from typing import Any

from pamcheck.measure.regions.tracer.compiling import helper, inlined
from pamcheck.measure.regions.tracer.layout import (
    APPROXIMATE,
    BINADE,
    COUNT,
    NEGATIVE,
    OUT,
    OVERFLOW,
    ROOT_STATE,
    SLACK,
    STATE,
    STEP,
    STOP,
    A,
)
from pamcheck.measure.regions.tracer.logs import fail, floor_log2, note, offer, power


@helper
def run_sqrt(row: Any, pool: Any, m: Any, resolution: Any, smallest: Any) -> None:
    """Square roots: 2^((k-3)/2) (F + 2) for x = 2^k F with k odd and 1 <= F <= 4, so breaks at odd powers only.

    Two states, k and 2^-k; the second is 0 below the smallest binade, where the chord from zero is taken.
    """
    least, step = power(smallest), row[STEP]
    for i in range(row[COUNT]):
        x, out, s = pool[row[A] + i], pool[row[OUT] + i], row[STATE] + 2 * i
        v, d = m.v[x], m.d[x]
        if _root_is_stale(m, s, v, d, resolution, least):
            _settle_root(m, s, v + resolution * d, smallest, step)
        k, inverse = m.state[s], m.state[s + 1]
        if inverse == 0.0:
            chord = power((smallest - smallest % 2) / 2) * (1.0 + 0.5 * (smallest % 2)) / least
            m.v[out], m.d[out] = chord * v, chord * d
            if v != 0 or d != 0:
                m.event[APPROXIMATE] = 1
            if d > 0:
                offer(m, (least - v) / d, ROOT_STATE, s, smallest, BINADE, step)
            elif d < 0:
                offer(m, v / -d, STOP, NEGATIVE, 0, BINADE, step)
            continue
        f, df, scale = v * inverse, d * inverse, power((k - 3.0) / 2.0)
        m.v[out], m.d[out] = scale * (f + 2.0), scale * df
        if df > 0:
            offer(m, (4.0 - f) / df, ROOT_STATE, s, k + 2, BINADE, step)
        elif df < 0:
            end = max(1.0, least * inverse)
            offer(m, (f - end) / -df, ROOT_STATE, s, k - 2 if end == 1.0 else smallest - 1, BINADE, step)


@inlined
def _root_is_stale(m: Any, s: Any, v: Any, d: Any, resolution: Any, least: Any) -> Any:
    inverse = m.state[s + 1]
    if inverse == 0.0:
        return v > least * (1 + SLACK) or v < 0 or (d > 0 and least - v <= resolution * d)
    f, df = v * inverse, d * inverse
    end = max(1.0, least * inverse)
    left = 4.0 - f if df > 0 else f - end
    return not (end - SLACK <= f <= 4.0 + SLACK) or (df != 0 and left <= resolution * abs(df))


@helper
def _settle_root(m: Any, s: Any, ahead: Any, smallest: Any, step: Any) -> None:
    before = m.state[s]
    if not ahead >= 0 or not math.isfinite(ahead):
        fail(m, NEGATIVE if ahead < 0 else OVERFLOW, step)
    set_root(m, s, floor_log2(ahead) if ahead > 0 else smallest - 1, smallest)
    if m.state[s] != before:
        note(m, BINADE, step)


@inlined
def set_root(m: Any, s: Any, exponent: Any, smallest: Any) -> None:
    """Put an operand of a square root into its pair of binades."""
    k = exponent if exponent % 2 else exponent - 1
    m.state[s], m.state[s + 1] = k, 0.0 if exponent < smallest else power(-k)
