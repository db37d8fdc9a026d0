"""What runs of neighbours add up to: sums in 32 lanes, extremes as integers that order as the floats do, a histogram.

A sum is the canonical one: lane l adds every 32nd term, then lanes are folded [spec section 4]. So it is vector
code, and the same on every processor.
"""

from __future__ import annotations

from typing import Any

from pamcheck.measure.sweep.compiling import inlined
from pamcheck.measure.sweep.loops import (
    BINS,
    BINS_A_BIT,
    DISTANCE,
    ERROR,
    ERROR_SQUARE,
    LOWEST,
    PARTS,
    RED,
    RELATIVE,
    SIZE,
    SQUARE,
    ULP,
)

LANES = 32


@inlined
def relative_lanes(lanes: Any, relative: Any) -> None:
    """Add to the lanes of the sums that are also taken by stratum."""
    whole = relative.size & -LANES
    for start in range(0, whole, LANES):
        part = relative[start : start + LANES]
        for i in range(LANES):
            lanes[RELATIVE, i] += part[i]
            lanes[RED, i] += abs(part[i])
    for i in range(relative.size - whole):
        lanes[RELATIVE, i] += relative[whole + i]
        lanes[RED, i] += abs(relative[whole + i])


@inlined
def other_lanes(lanes: Any, relative: Any, error: Any, ulp: Any) -> None:
    """Add to the lanes of the other sums."""
    whole = relative.size & -LANES
    for start in range(0, whole + 1, LANES):
        r, e, u = relative[start : start + LANES], error[start : start + LANES], ulp[start : start + LANES]
        # the size is written out, for that makes it one stretch of vector code
        if start < whole:
            for i in range(LANES):
                _add(lanes, i, r[i], e[i], u[i])
        else:
            for i in range(r.size):
                _add(lanes, i, r[i], e[i], u[i])


@inlined
def _add(lanes: Any, i: Any, r: Any, e: Any, u: Any) -> None:
    lanes[SQUARE, i] += r * r
    lanes[ERROR, i] += e
    lanes[DISTANCE, i] += abs(e)
    lanes[ERROR_SQUARE, i] += e * e
    lanes[ULP, i] += u


@inlined
def folded(lanes: Any) -> Any:
    """Return the sum of the lanes of one sum, which are 0 afterwards."""
    stride = LANES // 2
    while stride:
        for i in range(stride):
            lanes[i] += lanes[i + stride]
        stride //= 2
    total = lanes[0]
    for i in range(LANES):
        lanes[i] = 0
    return total


@inlined
def ordered(bits: Any) -> Any:
    """Return an integer that orders as the float of these bits; its own inverse."""
    return bits ^ ((bits >> 63) & SIZE)


@inlined
def ends(bits: Any) -> Any:
    """Return the least and the greatest of some floats, ordered, and how many are zero."""
    low = high = ordered(bits[0])
    zeros = 0
    for i in range(bits.size):
        key = ordered(bits[i])
        low, high = min(low, key), max(high, key)
        zeros += 1 if key == 0 else 0
    return low, high, zeros


@inlined
def greatest(bits: Any, mask: Any) -> Any:
    """Return the greatest of some integers of which only the bits of the mask count."""
    found = bits[0] & mask
    for i in range(bits.size):
        found = max(found, bits[i] & mask)
    return found


@inlined
def bins(relative: Any, places: Any, histogram: Any) -> None:
    """Count relative errors, by their bits, in the histogram: first where each belongs, as vector code.

    Neighbours go into different parts, so that none waits for the one before it.
    """
    size = relative.size
    for i in range(size):
        magnitude = relative[i] & SIZE
        place = min(max((magnitude >> (52 - BINS_A_BIT)) - LOWEST + 2, 1), BINS - 1)
        places[i] = (place if magnitude != 0 else 0) + (BINS if relative[i] < 0 else 0)
    for i in range(size):
        histogram[i % PARTS, places[i]] += 1
