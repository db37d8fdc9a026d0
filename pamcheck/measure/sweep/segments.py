"""Statistics of one piece of operands, chunk by chunk. A segment is what a piece holds of one pair of strata."""

from __future__ import annotations

from functools import cache
from typing import Any

from pamcheck.measure.sweep import loops as m
from pamcheck.measure.sweep import runs, sums
from pamcheck.measure.sweep.compiling import compiled, inlined


@inlined
def _segment(
    w: Any, codes: Any, low: Any, part: Any, pair: Any, t: Any, classes: Any, k: Any, counts: Any
) -> Any:
    """Count what a chunk holds of a segment, by reasons. Return how many elements of it are compared."""
    first, last = pair
    one, other = classes[first], classes[last]
    ordinary = one <= m.SUBNORMAL_CLASS and other <= m.SUBNORMAL_CLASS
    flushed = k.gradual == 0 and (one == m.SUBNORMAL_CLASS or other == m.SUBNORMAL_CLASS)
    size, plain = part[1] - part[0], 0
    inside = w.inside[part[0] : part[1]]
    for i in range(inside.size):
        plain += inside[i]
    if flushed or plain < size:
        for column in range(m.UNDEFINED, m.NONFINITE + 1):
            counts[column] = 0
        m.reasons(w, codes, low, part, ordinary, flushed, k, counts)
        plain = size
        for column in range(m.UNDEFINED, m.NONFINITE + 1):
            plain -= counts[column]
            t.counts[one, other, column] += counts[column]
    t.counts[one, other, m.N] += size
    t.counts[one, other, m.COMPARED] += plain
    if k.arity == 2:
        t.strata_counts[0, first, 0] += size
        t.strata_counts[0, first, 2] += plain
    t.strata_counts[k.arity - 1, last, 0] += size
    t.strata_counts[k.arity - 1, last, 2] += plain
    return plain


@inlined
def _runs(inside: Any, part: Any, segment: Any, compared: Any, found: Any, count: Any) -> Any:
    """Add the runs of a segment, or what a chunk holds of it. Return how many runs there are."""
    begin, end = part
    if compared == end - begin:
        found[count, 0], found[count, 1], found[count, 2] = begin, end, segment
        return count + 1
    i = begin if compared > 0 else end
    while i < end:
        if inside[i]:
            found[count, 0], found[count, 2] = i, segment
            while i < end and inside[i]:
                i += 1
            found[count, 1] = i
            count += 1
        i += 1
    return count


def _piece(
    w: Any, f: Any, t: Any, codes: Any, stops: Any, first: Any, last: Any, classes: Any, k: Any
) -> None:
    s = 0
    for low in range(0, codes.size, m.CHUNK):
        size = min(m.CHUNK, codes.size - low)
        m.differences(w, codes, low, size, k)
        begin = count = 0
        while begin < size:
            stop = min(stops[s] - low, size)
            part = (begin, stop)
            compared = _segment(w, codes, low, part, (first[s], last[s]), t, classes, k, f.counts)
            count = _runs(w.inside, part, s, compared, f.runs, count)
            begin = stop
            s += 1 if stops[s] - low == stop else 0
        runs.take(w, codes, low, count, t, first, last, classes, k, f)
    for which in range(m.SQUARE, m.ULP + 1):
        t.sums[which] += sums.folded(f.lanes[which])


@cache
def piece_loop() -> Any:
    """Return the compiled loop over one piece: (floats, found, arrays, codes, segments ..., classes, numbers)."""
    return compiled(_piece)
