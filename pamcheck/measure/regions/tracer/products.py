"""MUL and DIV: the carry of a pair of operands, each in its binade.

With |a| = 2^Ea (1 + ra), |b| = 2^Eb (1 + rb) and w = 2^(Ea + Eb) under the sign of both, section 1 of the
definition reads, for x = ra + rb - 1 and a state h, +1 with a carry and -1 without,

    pam = w (2 + f x)    f = 2 where h is +1, else 1

and padiv = w (1 + f x) for x = ra - rb and w = 2^(Ea - Eb), with f = 1 where x >= 0 and 1/2 below. Both break at 0.
An operand below the smallest binade makes the product a b, the chord of what pam does there; and so does one that
stays a power of two, where there is no break at all. Without a resolution nothing is said of what stays.
"""

from __future__ import annotations

from typing import Any

from pamcheck.measure.regions.tracer.compiling import helper, inlined
from pamcheck.measure.regions.tracer.layout import (
    BORROW,
    CARRY,
    COUNT,
    OUT,
    RAW_A,
    RAW_B,
    SIDE_STATE,
    SLACK,
    STATE,
    STEP,
    ZERO_DIVISOR,
    A,
    B,
)
from pamcheck.measure.regions.tracer.logs import fail, is_simple, note, offer, offer_binade


@inlined
def side(m: Any, s: Any, x: Any, dx: Any, resolution: Any, cause: Any, step: Any) -> Any:
    """Return on which side of its break a pair is, +1 or -1, and offer the break."""
    h = m.state[s]
    left, speed = h * x, -h * dx
    if not left >= -SLACK or (speed > 0 and left <= resolution * speed):
        ahead = x + resolution * dx
        h = -1.0 if ahead < 0 else 1.0
        if h != m.state[s]:
            note(m, cause, step)
        m.state[s] = h
        left, speed = h * x, -h * dx
    if speed > 0:
        offer(m, left / speed, SIDE_STATE, s, -h, cause, step)
    return h


@helper
def run_mul(row: Any, pool: Any, m: Any, resolution: Any, least: Any) -> None:
    """Products of pairs."""
    for i in range(row[COUNT]):
        a, b, out = pool[row[A] + i], pool[row[B] + i], pool[row[OUT] + i]
        p, q = pool[row[RAW_A] + i], pool[row[RAW_B] + i]
        w, simple = m.scale[a] * m.scale[b], resolution > 0 and (is_simple(m, p, a) or is_simple(m, q, b))
        if not simple:
            offer_binade(m, p, a, least, row[STEP])
            offer_binade(m, q, b, least, row[STEP])
        if simple or w == 0.0:
            m.v[out], m.d[out] = m.v[p] * m.v[q], m.v[p] * m.d[q] + m.d[p] * m.v[q]
            continue
        x, dx = m.r[a] - 1.0 + m.r[b], m.dr[a] + m.dr[b]
        f = 1.5 + 0.5 * side(m, row[STATE] + i, x, dx, resolution, CARRY, row[STEP])
        m.v[out], m.d[out] = w * (2.0 + f * x), w * f * dx


@helper
def run_div(row: Any, pool: Any, m: Any, resolution: Any, least: Any) -> None:
    """Quotients of pairs; a second state keeps the sign of the divisor, so that no pole is jumped over."""
    for i in range(row[COUNT]):
        a, b, out = pool[row[A] + i], pool[row[B] + i], pool[row[OUT] + i]
        p, q = pool[row[RAW_A] + i], pool[row[RAW_B] + i]
        s, inverse = row[STATE] + 2 * i, m.inverse[b]
        if inverse == 0.0 or m.state[s + 1] * inverse < 0:
            fail(m, ZERO_DIVISOR, row[STEP])
            continue
        m.state[s + 1] = 1.0 if inverse > 0 else -1.0
        simple = resolution > 0 and is_simple(m, q, b)
        if not simple:
            if m.v[p] != 0 or m.d[p] != 0:
                offer_binade(m, p, a, least, row[STEP])
            offer_binade(m, q, b, least, row[STEP])
        if simple or m.scale[a] == 0.0:
            ratio = m.v[p] / m.v[q]
            m.v[out], m.d[out] = ratio, (m.d[p] - ratio * m.d[q]) / m.v[q]
            continue
        w, x, dx = m.scale[a] * inverse, m.r[a] - m.r[b], m.dr[a] - m.dr[b]
        f = 0.75 + 0.25 * side(m, s, x, dx, resolution, BORROW, row[STEP])
        m.v[out], m.d[out] = w * (1.0 + f * x), w * f * dx
