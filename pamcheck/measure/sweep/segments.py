"""Statistics of one piece of operands, chunk by chunk, one segment of a single pair of strata after the other."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from pamcheck.measure.sweep import loops as m
from pamcheck.measure.sweep.compiling import compiled, inlined


@inlined
def _extreme(
    found: Any, which: Any, bits: Any, minimum: Any, low: Any, high: Any, at: Any, best: Any
) -> None:
    """Take in the extreme of a range; its place is looked for only where it is a new one."""
    if (minimum and found < best[0, which]) or (not minimum and found > best[0, which]):
        best[0, which] = found
        for i in range(low, high):
            if m.ordered(bits[i]) == found:
                best[1, which] = at[i]
                break


@inlined
def _kept(w: Any, low: Any, size: Any, end: Any, ordinary: Any, flushed: Any, k: Any, counts: Any) -> Any:
    """Count what is left out from `size` elements on, move what is compared to `end`. Return the new end."""
    for i in range(size[0], size[1]):
        at = low + i
        tail = w.tail[i if w.tail.size == m.CHUNK else at]
        reason = m.reason_of(w.head[at], tail, w.result[at], ordinary, flushed, k)
        counts[reason] += 1
        if reason == m.COMPARED:
            w.relative[end], w.error[end], w.ulp[end] = w.relative[i], w.error[i], w.ulp[i]
            w.steps[end], w.truth[end], w.at[end] = w.steps[i], w.truth[i], at
            end += 1
    return end


@inlined
def _stratum_sums(w: Any, low: Any, high: Any, t: Any, own: Any) -> None:
    """Take in what is also kept by stratum, of the compared elements of one segment."""
    counts, sums, ends = own
    sums[0], sums[1], counts[m.EXACT] = m.relative_sums(w, low, high)
    t.sums[m.RELATIVE] += sums[0]
    t.sums[m.RED] += sums[1]
    ends[0] = m.least(w.relative_bits, low, high)
    ends[1] = m.greatest(w.relative_bits, low, high)
    ends[2] = m.greatest(w.ulp_bits, low, high)
    _extreme(ends[0], m.MIN_REL, w.relative_bits, True, low, high, w.at, t.best)
    _extreme(ends[1], m.MAX_REL, w.relative_bits, False, low, high, w.at, t.best)
    _extreme(ends[2], m.MAX_ULP, w.ulp_bits, False, low, high, w.at, t.best)


@inlined
def _chunk_sums(w: Any, size: Any, t: Any) -> None:
    """Take in the rest, of all compared elements of one chunk."""
    m.sums_of(w, size, t.sums)
    m.bins(w, size, t.histogram)
    error, best = w.error_bits, t.best
    _extreme(m.least(error, 0, size), m.MIN_ERROR, error, True, 0, size, w.at, best)
    _extreme(m.greatest(error, 0, size), m.MAX_ERROR, error, False, 0, size, w.at, best)
    _extreme(m.greatest(w.steps, 0, size), m.MAX_ORDINAL, w.steps, False, 0, size, w.at, best)
    _extreme(m.greatest(w.truth_bits, 0, size), m.MAX_TRUTH, w.truth_bits, False, 0, size, w.at, best)


@inlined
def _into_stratum(t: Any, axis: Any, stratum: Any, counts: Any, sums: Any, ends: Any) -> None:
    t.strata_counts[axis, stratum, 0] += counts[m.N]
    t.strata_counts[axis, stratum, 2] += counts[m.COMPARED]
    if counts[m.COMPARED] > 0:
        t.strata_sums[axis, stratum, 0] += sums[0]
        t.strata_sums[axis, stratum, 1] += sums[1]
        t.strata_ends[axis, stratum, 0] = min(t.strata_ends[axis, stratum, 0], ends[0])
        t.strata_ends[axis, stratum, 1] = max(t.strata_ends[axis, stratum, 1], ends[1])
        t.strata_ends[axis, stratum, 2] = max(t.strata_ends[axis, stratum, 2], ends[2])


@inlined
def _segment(
    w: Any, low: Any, part: Any, end: Any, pair: Any, t: Any, classes: Any, k: Any, own: Any
) -> Any:
    """Take in one segment, or what a chunk holds of it. Returns where the compared elements end."""
    counts, sums, ends = own
    first, last = pair
    one, other = classes[first], classes[last]
    ordinary = one <= m.SUBNORMAL_CLASS and other <= m.SUBNORMAL_CLASS
    flushed = k.gradual == 0 and (one == m.SUBNORMAL_CLASS or other == m.SUBNORMAL_CLASS)
    plain, begin = 0, end
    for column in range(11):
        counts[column] = 0
    inside = w.inside[part[0] : part[1]]
    for i in range(inside.size):
        plain += inside[i]
    counts[m.N] = part[1] - part[0]
    if not flushed and plain == part[1] - part[0] and part[0] == end:
        counts[m.COMPARED], end = plain, part[1]
    else:
        end = _kept(w, low, part, end, ordinary, flushed, k, counts)
    if end > begin:
        _stratum_sums(w, begin, end, t, own)
    for column in range(11):
        t.counts[one, other, column] += counts[column]
    if k.arity == 2:
        _into_stratum(t, 0, first, counts, sums, ends)
    _into_stratum(t, k.arity - 1, last, counts, sums, ends)
    return end


def _piece(w: Any, t: Any, codes: Any, stops: Any, first: Any, last: Any, classes: Any, k: Any) -> None:
    own = (np.zeros(11, np.int64), np.zeros(2), np.zeros(3, np.int64))
    s = 0
    for low in range(0, codes.size, m.CHUNK):
        size = min(m.CHUNK, codes.size - low)
        m.differences(w, low, size)
        m.in_ulp(w, low, size, k)
        m.in_codes(w, codes, low, size, k)
        m.plainly_inside(w, low, size, k)
        for i in range(size):
            w.at[i] = low + i
        begin = end = 0
        while begin < size:
            stop = min(stops[s] - low, size)
            end = _segment(w, low, (begin, stop), end, (first[s], last[s]), t, classes, k, own)
            begin = stop
            s += 1 if stops[s] - low == stop else 0
        if end > 0:
            _chunk_sums(w, end, t)


@cache
def piece_loop() -> Any:
    """Return the compiled loop over one piece: (work, arrays, codes, segments ..., classes, numbers)."""
    return compiled(_piece)
