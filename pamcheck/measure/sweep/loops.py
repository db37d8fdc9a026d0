"""The loops over elements of the statistics, each simple enough to become vector code.

The statistics are those of measure.errors. A piece is gone through in chunks: `low` is where a chunk begins within
its piece, `begin` and `end` are places within the chunk.
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
PARTS = 4  # of the histogram, which add up

CHUNK = 1 << 11  # elements whose errors are in the first two levels of cache at a time
SIZE = 0x7FFF_FFFF_FFFF_FFFF
_INFINITE, _NAN = 0x7FF0_0000_0000_0000, 0x7FF8_0000_0000_0000


class Numbers(NamedTuple):
    """What the loops know of a format, a policy and a function."""

    tiny: float
    largest: float
    scale: float  # what a code's bits, put into those of a float64, are to be multiplied by
    last: int  # magnitude of the largest number
    has_inf: int
    mant_bits: int
    bias: int
    sign: int
    top: int  # place of the sign
    gradual: int
    logarithm: int  # whether the truth is 0 at an ordinary operand
    arity: int


@inlined
def value_of(code: Any, k: Any) -> Any:
    """Return the value of a code: its fields go where those of a float64 are, and a power of two does the rest."""
    magnitude = code & (k.sign - 1)
    infinite = (k.has_inf == 1) & (magnitude == k.last + 1)
    bits = magnitude << (52 - k.mant_bits)
    bits = bits if magnitude <= k.last else _INFINITE if infinite else _NAN
    return np.int64(bits | ((code & k.sign) << (63 - k.top))).view(np.float64) * k.scale


@inlined
def differences(w: Any, codes: Any, low: Any, size: Any, k: Any) -> None:
    """Signed error and relative error of each element, and whether it is plainly inside the range."""
    zeros = 0 if w.tail.size == CHUNK else low  # without tails there is one chunk of them
    head, tail = w.head[low : low + size], w.tail[zeros : zeros + size]
    found = codes[low : low + size]
    for i in range(size):
        h, result = head[i], value_of(np.int64(found[i]), k)
        e = (result - h) - tail[i]
        w.error[i] = e
        w.relative[i] = e / h + 0.0  # turns -0 into 0
        truth = abs(h)
        w.inside[i] = (truth > k.tiny) & (truth < k.largest) & (abs(result) < np.inf)


@inlined
def reason_of(h: Any, t: Any, code: Any, ordinary: Any, flushed: Any, k: Any) -> Any:
    """Return the column that an element counts in: COMPARED, or why it is not compared."""
    size = abs(h)
    away = (t > 0) == (h > 0)
    reason = COMPARED if (code & (k.sign - 1)) <= k.last else NONFINITE
    # what comes later counts first
    reason = ABOVE if (size > k.largest) | ((size == k.largest) & (t != 0) & away) else reason
    reason = BELOW if (size < k.tiny) | ((size == k.tiny) & (t != 0) & (not away)) else reason
    reason = FLUSHED if flushed else reason
    reason = ZERO if (size == 0) & ((not ordinary) | (k.logarithm == 1)) else reason
    reason = INFINITE if (size == np.inf) & (not ordinary) else reason
    return UNDEFINED if h != h else reason


@inlined
def reasons(
    w: Any, codes: Any, low: Any, part: Any, ordinary: Any, flushed: Any, k: Any, counts: Any
) -> None:
    """Count why elements of a part of a chunk are left out, and mark those that are compared."""
    begin, end = part
    zeros = 0 if w.tail.size == CHUNK else low
    head, tail = w.head[low + begin : low + end], w.tail[zeros + begin : zeros + end]
    inside, results, found = w.inside[begin:end], codes[low + begin : low + end], w.steps[begin:end]
    for i in range(head.size):
        found[i] = reason_of(head[i], tail[i], np.int64(results[i]), ordinary, flushed, k)
    least = most = found[0]
    for i in range(found.size):
        least, most = min(least, found[i]), max(most, found[i])
    if least == most and least != COMPARED:
        counts[least] += found.size
        return
    for column in range(UNDEFINED, NONFINITE + 1):
        count = 0
        for i in range(found.size):
            count += 1 if found[i] == column else 0
        counts[column] += count
    for i in range(found.size):
        inside[i] = found[i] == COMPARED


@inlined
def distances(w: Any, codes: Any, low: Any, begin: Any, end: Any, k: Any) -> None:
    """|error| in units of the last place, and in codes from the result to the truth rounded to the format.

    In ULP it is the error with another exponent: less that of the truth, plus the mantissa's bits.
    """
    places = 52 - k.mant_bits
    half = 1 << (places - 1)
    zeros = 0 if w.tail.size == CHUNK else low
    head, tail = w.head_bits[low + begin : low + end], w.tail[zeros + begin : zeros + end]
    error, ulp = w.error_bits[begin:end], w.ulp_bits[begin:end]
    found, steps = codes[low + begin : low + end], w.steps[begin:end]
    for i in range(head.size):
        bits, t = head[i], tail[i]
        h = bits & SIZE
        outward, beside = (t > 0) == (bits > 0), t != 0
        # the head of a truth just below a power of two is that power
        below = 1 if ((h & 0xF_FFFF_FFFF_FFFF) == 0) & beside & (not outward) else 0
        size = error[i] & SIZE
        ulp[i] = size + ((k.mant_bits + 1023 + below) << 52) - (h & _INFINITE) if size != 0 else 0
        tie = ((h & (half + half - 1)) == half) & beside
        h = h + ((1 if outward else -1) if tie else 0)
        rounded = ((h + (half - 1) + ((h >> places) & 1)) >> places) - ((1023 - k.bias) << k.mant_bits)
        code = np.int64(found[i])
        magnitude = code & (k.sign - 1)
        signed = -magnitude if code >= k.sign else magnitude
        steps[i] = abs(signed - (-rounded if bits < 0 else rounded))
