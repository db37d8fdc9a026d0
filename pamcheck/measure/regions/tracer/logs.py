"""LOG: the binade of an operand. And the ways in which every operation offers its next break."""

from __future__ import annotations

import math
from typing import Any

from pamcheck.measure.regions.tracer.compiling import helper, inlined
from pamcheck.measure.regions.tracer.layout import (
    APPROXIMATE,
    BINADE,
    BINADE_STATE,
    CAUSE_BITS,
    CORE_STATE,
    COUNT,
    FIRST,
    KIND,
    NEW,
    OVERFLOW,
    SIGN,
    SLACK,
    SLOT,
    STATUS,
    STATUS_STEP,
    STEP,
    WHERE,
    WHY,
    A,
    B,
)


@inlined
def offer(m: Any, distance: Any, kind: Any, slot: Any, new: Any, cause: Any, step: Any) -> None:
    """Make this the next break if it comes before what is known."""
    if distance < m.near[0]:
        m.near[0] = distance
        m.event[KIND], m.event[SLOT], m.event[NEW] = kind, slot, new
        m.event[WHY], m.event[WHERE] = cause, step


@inlined
def fail(m: Any, status: Any, step: Any) -> None:
    """Note that the function has no value here; the first reason stays."""
    if m.event[STATUS] == 0:
        m.event[STATUS], m.event[STATUS_STEP] = status, step


@inlined
def note(m: Any, cause: Any, step: Any) -> None:
    """Note that an operation came to another piece in this pass, by itself or behind its operands."""
    m.event[FIRST] = min(m.event[FIRST], (step << CAUSE_BITS) + cause)


@inlined
def power(n: Any) -> Any:
    """Return 2^n."""
    return math.ldexp(1.0, int(n))


@inlined
def floor_log2(x: Any) -> Any:
    """Return E with 2^E <= x < 2^(E+1), for x > 0."""
    return math.frexp(x)[1] - 1


@helper
def run_logs(row: Any, pool: Any, m: Any, resolution: Any, smallest: Any) -> None:
    """Bring the binades of operands up to date, and offer the next one of each."""
    least, step = power(smallest), row[STEP]
    for i in range(row[COUNT]):
        x, q = pool[row[A] + i], pool[row[B] + i]
        v, d = m.v[x], m.d[x]
        if _stale(m, q, v, d, resolution, least):
            settle(m, q, v, d, resolution, smallest, step)
        # below the smallest binade both are 0
        m.r[q], m.dr[q] = (v * m.inverse[q] - 1.0 if m.inverse[q] != 0 else 0.0), d * m.inverse[q]
        if m.loud[q]:
            offer_binade(m, x, q, least, step)


@helper
def offer_binade(m: Any, x: Any, q: Any, least: Any, step: Any) -> None:
    """Offer the next binade of an operand."""
    if m.changed[q]:
        note(m, BINADE, step)
        m.changed[q] = False
    r, dr = m.r[q], m.dr[q]
    if m.inverse[q] == 0.0:
        _offer_core(m, q, m.v[x], m.d[x], least, step)
    elif dr > 0:
        offer(m, (1.0 - r) / dr, BINADE_STATE, q, m.exponent[q] + 1, BINADE, step)
    elif dr < 0:
        offer(m, r / -dr, BINADE_STATE, q, m.exponent[q] - 1, BINADE, step)


@inlined
def is_simple(m: Any, x: Any, q: Any) -> Any:
    """Return whether an operand stays zero, or a power of two up to sign, on this piece."""
    if m.inverse[q] == 0.0:
        return m.v[x] == 0.0 and m.d[x] == 0.0
    return m.r[q] == 0.0 and m.dr[q] == 0.0


@inlined
def _stale(m: Any, q: Any, v: Any, d: Any, resolution: Any, least: Any) -> Any:
    """Return whether an operand is outside its binade, or leaves it within the resolution."""
    inverse = m.inverse[q]
    if inverse == 0.0:
        left = least - v if d > 0 else least + v
        return abs(v) > least * (1 + SLACK) or (d != 0 and left <= resolution * abs(d))
    r, dr = v * inverse - 1.0, d * inverse
    left = 1.0 - r if dr > 0 else r
    # the first comparison is false for the NaN of the first pass
    return not abs(r - 0.5) <= 0.5 + SLACK or (dr != 0 and left <= resolution * abs(dr))


@helper
def settle(m: Any, q: Any, v: Any, d: Any, resolution: Any, smallest: Any, step: Any) -> None:
    """Set the binade to that in which the operand is one resolution further on."""
    ahead = v + resolution * d
    if not math.isfinite(ahead):
        fail(m, OVERFLOW, step)
        return
    before = m.inverse[q]
    if ahead == 0.0 or floor_log2(abs(ahead)) < smallest:
        m.inverse[q] = m.scale[q] = 0.0
    else:
        set_binade(m, q, floor_log2(abs(ahead)), math.copysign(1.0, ahead))
    m.changed[q] |= m.inverse[q] != before


@inlined
def set_binade(m: Any, q: Any, exponent: Any, sign: Any) -> None:
    """Put an operand into a binade."""
    m.exponent[q], m.scale[q], m.inverse[q] = exponent, sign * power(exponent), sign * power(-exponent)
    m.side[q] = sign


@inlined
def _offer_core(m: Any, q: Any, v: Any, d: Any, least: Any, step: Any) -> None:
    if v != 0 or d != 0:
        m.event[APPROXIMATE] = 1
    if d > 0:
        offer(m, (least - v) / d, CORE_STATE, q, 1, SIGN if m.side[q] < 0 else BINADE, step)
    elif d < 0:
        offer(m, (least + v) / -d, CORE_STATE, q, -1, SIGN if m.side[q] > 0 else BINADE, step)
