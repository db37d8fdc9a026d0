"""What the bodies share: operands below the normal range, results outside it, integer rounding.

An *extended* code continues the magnitude below `tiny` as if the exponent had no lower end, so that
L(value) = (extended - one) / 2^mant_bits holds for subnormal values too. It may be negative.

Every step stays inside a signed word of the format's own width, so the same text serves Python's
integers, Numba's int64 and, for float32, a 32-bit register.
"""

from __future__ import annotations

from pamcheck.kernels.words import Words


def top_bit(n: int) -> int:
    """Return the position of the highest set bit of n > 0, for n < 2^63; 0 for n = 0."""
    # in two steps, so that a 32-bit word is never shifted by its own width
    high = (n >> 31) >> 1
    position = 32 if high > 0 else 0
    n = high if high > 0 else n
    for step in (16, 8, 4, 2, 1):
        if n >= (1 << step):
            n >>= step
            position += step
    return position


def shift_round(n: int, places: int) -> int:
    """Return n / 2^places for n >= 0, rounded to nearest, ties to even; n itself for places <= 0."""
    if places <= 0:
        return n
    half_less_one = (1 << (places - 1)) - 1
    return (n + half_less_one + ((n >> places) & 1)) >> places


def extended(magnitude: int, w: Words) -> int:
    """Return the extended code of a nonzero finite magnitude."""
    if w.gradual and magnitude < w.tiny:
        places = w.mant_bits - top_bit(magnitude)
        return (magnitude << places) - (places << w.mant_bits)
    return magnitude


def subnormal(halves: int, w: Words) -> int:
    """Return the subnormal code (or `tiny`) nearest to an extended code below `tiny`, given in halves.

    The extra bit lets a result that is itself half way between two codes be rounded once, not twice.
    """
    hidden = w.tiny << 1
    significand = (halves & (hidden - 1)) | hidden
    places = 2 - (halves >> (w.mant_bits + 1))
    return shift_round(significand, min(places, w.mant_bits + 3))


def finish(sign: int, total: int, w: Words) -> int:
    """Return the code for an extended code at or below `largest`, with underflow as the policy has it."""
    if total >= w.tiny:
        return sign | total
    if w.gradual:
        return sign | subnormal(max(total, w.bottom) << 1, w)
    return sign


def overflowed(sign: int, w: Words) -> int:
    """Return what a finite result above `largest` becomes."""
    return w.overflow | (sign & w.overflow_sign)


def infinite(sign: int, w: Words) -> int:
    """Return what an infinite result becomes."""
    return w.infinite | (sign & w.infinite_sign)
