"""Statistics of what is compared in one chunk.

A run is what a chunk holds of one segment in a row that is compared, and a span is runs side by side: what is kept by
stratum is taken in run by run, the rest span by span.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from pamcheck.measure.sweep import loops as m
from pamcheck.measure.sweep import sums
from pamcheck.measure.sweep.compiling import inlined


class Found(NamedTuple):
    """What a chunk was found to hold.

    runs    [run, (where it begins, where it ends, its segment)]
    counts  of one segment, by column
    lanes   [sum, lane], all 0 between pieces
    """

    runs: Any
    counts: Any
    lanes: Any


def nothing_found() -> Found:
    """Return the arrays of a thread's own."""
    return Found(np.empty((m.CHUNK, 3), np.int64), np.zeros(11, np.int64), np.zeros((7, sums.LANES)))


@inlined
def _extreme(found: Any, which: Any, bits: Any, mask: Any, minimum: Any, at: Any, best: Any) -> None:
    """Take in an extreme of bits, the first of which is of the element `at`.

    Its place is looked for only where it is a new one. Floats with a sign have no mask.
    """
    if (minimum and found < best[0, which]) or (not minimum and found > best[0, which]):
        best[0, which] = found
        for i in range(bits.size):
            if (sums.ordered(bits[i]) if mask == 0 else bits[i] & mask) == found:
                best[1, which] = at + i
                break


@inlined
def _run(
    w: Any, low: Any, begin: Any, end: Any, pair: Any, t: Any, classes: Any, k: Any, lanes: Any
) -> None:
    """Take in what is kept by stratum of one run."""
    first, last = pair
    sums.relative_lanes(lanes, w.relative[begin:end])
    relative, red = sums.folded(lanes[m.RELATIVE]), sums.folded(lanes[m.RED])
    bits, ulp = w.relative_bits[begin:end], w.ulp_bits[begin:end]
    least, greatest, exact = sums.ends(bits)
    largest = sums.greatest(ulp, m.SIZE)
    t.sums[m.RELATIVE] += relative
    t.sums[m.RED] += red
    t.counts[classes[first], classes[last], m.EXACT] += exact
    _extreme(least, m.MIN_REL, bits, 0, True, low + begin, t.best)
    _extreme(greatest, m.MAX_REL, bits, 0, False, low + begin, t.best)
    _extreme(largest, m.MAX_ULP, ulp, m.SIZE, False, low + begin, t.best)
    for axis in range(k.arity):
        stratum = first if axis < k.arity - 1 else last
        t.strata_sums[axis, stratum, 0] += relative
        t.strata_sums[axis, stratum, 1] += red
        t.strata_ends[axis, stratum, 0] = min(t.strata_ends[axis, stratum, 0], least)
        t.strata_ends[axis, stratum, 1] = max(t.strata_ends[axis, stratum, 1], greatest)
        t.strata_ends[axis, stratum, 2] = max(t.strata_ends[axis, stratum, 2], largest)


@inlined
def _span(w: Any, codes: Any, low: Any, begin: Any, end: Any, t: Any, k: Any, lanes: Any) -> None:
    """Take in the rest of one span."""
    m.distances(w, codes, low, begin, end, k)
    sums.other_lanes(lanes, w.relative[begin:end], w.error[begin:end], w.ulp[begin:end])
    sums.bins(w.relative_bits[begin:end], w.places[begin:end], t.histogram)
    error, steps, head = w.error_bits[begin:end], w.steps[begin:end], w.head_bits[low + begin : low + end]
    least, greatest, _ = sums.ends(error)
    _extreme(least, m.MIN_ERROR, error, 0, True, low + begin, t.best)
    _extreme(greatest, m.MAX_ERROR, error, 0, False, low + begin, t.best)
    most, furthest = sums.greatest(steps, m.SIZE), sums.greatest(head, m.SIZE)
    _extreme(most, m.MAX_ORDINAL, steps, m.SIZE, False, low + begin, t.best)
    _extreme(furthest, m.MAX_TRUTH, head, m.SIZE, False, low + begin, t.best)


@inlined
def take(
    w: Any, codes: Any, low: Any, count: Any, t: Any, first: Any, last: Any, classes: Any, k: Any, f: Any
) -> None:
    """Take in the runs of a chunk."""
    i = 0
    while i < count:
        begin, j = f.runs[i, 0], i + 1
        while j < count and f.runs[j, 0] == f.runs[j - 1, 1]:
            j += 1
        _span(w, codes, low, begin, f.runs[j - 1, 1], t, k, f.lanes)
        while i < j:
            s = f.runs[i, 2]
            _run(w, low, f.runs[i, 0], f.runs[i, 1], (first[s], last[s]), t, classes, k, f.lanes)
            i += 1
