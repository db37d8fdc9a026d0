"""The loops of the statistics, each simple enough to become vector code. The statistics are those of measure.errors.

Errors element by element, sums in order, and least and greatest values as integers that order as the floats do.
`low` is where a chunk begins within its piece.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from pamcheck.measure.sweep.compiling import inlined

# Columns of the counts, after n, different, compared and exact the reasons of measure.errors in their order.
N, DIFFERENT, COMPARED, EXACT, UNDEFINED, INFINITE, ZERO, FLUSHED, BELOW, ABOVE, NONFINITE = range(11)
RELATIVE, RED, SQUARE, ERROR, DISTANCE, ERROR_SQUARE, ULP = range(7)  # places in the sums
MIN_REL, MAX_REL, MIN_ERROR, MAX_ERROR, MAX_ULP, MAX_ORDINAL, MAX_TRUTH = range(7)  # among the extremes
NORMAL_CLASS, SUBNORMAL_CLASS, ZERO_CLASS, INF_CLASS, NAN_CLASS = range(5)

BINS_A_BIT = 5  # 32 bins an octave of |relative error|
LOWEST = (1023 - 44) << BINS_A_BIT  # from 2^-44, what is less being in bin 1 and zero in bin 0
BINS = 2 + (48 << BINS_A_BIT)  # up to 2^4, what is more being in the last

CHUNK = 1 << 11  # elements whose errors are in the first two levels of cache at a time
SIZE = 0x7FFF_FFFF_FFFF_FFFF


class Numbers(NamedTuple):
    """What the loops know of a format, a policy and a function."""

    tiny: float
    largest: float
    mant_bits: int
    bias: int
    sign: int
    gradual: int
    logarithm: int  # whether the truth is 0 at an ordinary operand
    arity: int


@inlined
def differences(w: Any, low: Any, size: Any) -> None:
    """Signed error and relative error of each element."""
    zeros = 0 if w.tail.size == CHUNK else low  # without tails there is one chunk of them
    head, tail, result = w.head[low : low + size], w.tail[zeros : zeros + size], w.result[low : low + size]
    for i in range(size):
        h = head[i]
        e = (result[i] - h) - tail[i]
        w.error[i] = e
        w.relative[i] = e / h + 0.0  # turns -0 into 0


@inlined
def in_ulp(w: Any, low: Any, size: Any, k: Any) -> None:
    """|error| in units of the last place: its exponent less that of the truth, plus the mantissa's bits."""
    zeros = 0 if w.tail.size == CHUNK else low
    head, tail = w.head_bits[low : low + size], w.tail[zeros : zeros + size]
    for i in range(size):
        h, t = head[i], tail[i]
        # the head of a truth just below a power of two is that power
        power = (h & 0xF_FFFF_FFFF_FFFF) == 0
        below = 1 if power & (((t < 0) & (h > 0)) | ((t > 0) & (h < 0))) else 0
        binade = ((h & SIZE) >> 52) - below
        error = w.error_bits[i] & SIZE
        w.ulp_bits[i] = error + ((k.mant_bits + 1023 - binade) << 52) if error != 0 else 0


@inlined
def in_codes(w: Any, codes: Any, low: Any, size: Any, k: Any) -> None:
    """Distance in codes from each result to the truth rounded to the format."""
    places = 52 - k.mant_bits
    half = 1 << (places - 1)
    zeros = 0 if w.tail.size == CHUNK else low
    head, tail, results = (
        w.head_bits[low : low + size],
        w.tail[zeros : zeros + size],
        codes[low : low + size],
    )
    for i in range(size):
        bits, t = head[i], tail[i]
        h = bits & SIZE
        outward = (t > 0) == (bits > 0)
        tie = ((h & (half + half - 1)) == half) & (t != 0)
        h = h + ((1 if outward else -1) if tie else 0)
        rounded = ((h + (half - 1) + ((h >> places) & 1)) >> places) - ((1023 - k.bias) << k.mant_bits)
        code = np.int64(results[i])
        magnitude = code & (k.sign - 1)
        signed = -magnitude if code >= k.sign else magnitude
        w.steps[i] = abs(signed - (-rounded if bits < 0 else rounded))


@inlined
def plainly_inside(w: Any, low: Any, size: Any, k: Any) -> None:
    """Which truths are between the ends of the range, and the result a number."""
    head, result = w.head[low : low + size], w.result[low : low + size]
    for i in range(size):
        truth = abs(head[i])
        w.truth[i] = truth
        w.inside[i] = (truth > k.tiny) & (truth < k.largest) & (abs(result[i]) < np.inf)


@inlined
def reason_of(h: Any, t: Any, result: Any, ordinary: Any, flushed: Any, k: Any) -> Any:
    """Return the column that an element counts in: COMPARED, or why it is not compared."""
    size = abs(h)
    away = (t > 0) == (h > 0)
    if h != h:
        return UNDEFINED
    if size == np.inf and not ordinary:
        return INFINITE
    if size == 0 and (not ordinary or k.logarithm == 1):
        return ZERO
    if flushed:
        return FLUSHED
    if size < k.tiny or (size == k.tiny and t != 0 and not away):
        return BELOW
    if size > k.largest or (size == k.largest and t != 0 and away):
        return ABOVE
    return COMPARED if abs(result) < np.inf else NONFINITE


@inlined
def sums_of(w: Any, size: Any, sums: Any) -> None:
    """Add the sums that are not taken by stratum."""
    relative, error, ulp = w.relative[:size], w.error[:size], w.ulp[:size]
    square = signed = distance = error_square = units = 0.0
    for i in range(size):
        r, e = relative[i], error[i]
        square += r * r
        signed += e
        distance += abs(e)
        error_square += e * e
        units += ulp[i]
    sums[SQUARE] += square
    sums[ERROR] += signed
    sums[DISTANCE] += distance
    sums[ERROR_SQUARE] += error_square
    sums[ULP] += units


@inlined
def relative_sums(w: Any, low: Any, high: Any) -> Any:
    """Return the sums of the relative error and of its size, and how many are zero."""
    relative, bits = w.relative[low:high], w.relative_bits[low:high]
    total = red = 0.0
    exact = 0
    for i in range(relative.size):
        total += relative[i]
        red += abs(relative[i])
        exact += 1 if bits[i] == 0 else 0
    return total, red, exact


@inlined
def ordered(bits: Any) -> Any:
    """Return an integer that orders as the float of these bits; its own inverse."""
    return bits ^ ((bits >> 63) & SIZE)


@inlined
def least(bits: Any, low: Any, high: Any) -> Any:
    """Return the least of some floats, ordered."""
    part = bits[low:high]
    found = ordered(part[0])
    for i in range(part.size):
        found = min(found, ordered(part[i]))
    return found


@inlined
def greatest(bits: Any, low: Any, high: Any) -> Any:
    """Return the greatest of some floats, ordered."""
    part = bits[low:high]
    found = ordered(part[0])
    for i in range(part.size):
        found = max(found, ordered(part[i]))
    return found


@inlined
def bins(w: Any, size: Any, histogram: Any) -> None:
    """Count relative errors in the histogram: where each belongs, as vector code, then one by one.

    Neighbours go into different halves, so that none waits for the one before it.
    """
    bits, places = w.relative_bits[:size], w.places[:size]
    for i in range(size):
        magnitude = bits[i] & SIZE
        place = min(max((magnitude >> (52 - BINS_A_BIT)) - LOWEST + 2, 1), BINS - 1)
        places[i] = (place if magnitude != 0 else 0) + (BINS if bits[i] < 0 else 0)
    for i in range(size & ~1):
        histogram[i & 1, places[i]] += 1
    if size & 1:
        histogram[0, places[size - 1]] += 1
