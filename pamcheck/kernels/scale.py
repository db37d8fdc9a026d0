"""Scaling by a power of two: an addition to the exponent. Every exact derivative ends in it  [spec section 3]."""

from __future__ import annotations

from pamcheck.kernels.edges import extended, finish, infinite, overflowed
from pamcheck.kernels.words import Words


def scale(delta: int, k: int, w: Words) -> int:
    """Return the code of delta * 2^k for any integer k that fits the word.

    Underflow and overflow as in the PAM product with a power of two, whose exponent may here have any
    size: zeros and infinities keep their sign, a NaN becomes the format's quiet NaN.
    """
    sign, magnitude = delta & w.sign, delta & w.magnitude
    if magnitude > w.inf:
        return w.nan
    if magnitude < w.least:
        return sign
    if magnitude > w.largest:
        return infinite(sign, w)
    highest, lowest = w.largest >> w.mant_bits, w.bottom >> w.mant_bits
    if w.gradual == 0:
        # from a normal number `highest` octaves leave the format either way, and are still within the word
        step = min(max(k, -highest), highest) << w.mant_bits
        if magnitude > w.largest - max(step, 0):
            return overflowed(sign, w)
        return finish(sign, magnitude + step, w)
    code = extended(magnitude, w)
    # both exponents are small, so their sum cannot leave the word; the shifted one could
    field = (code >> w.mant_bits) + min(max(k, -w.reach), w.reach)
    if field > highest:
        return overflowed(sign, w)
    total = (max(field, lowest) << w.mant_bits) + (code & (w.tiny - 1))
    return overflowed(sign, w) if total > w.largest else finish(sign, total, w)


def exponent(magnitude: int, w: Words) -> int:
    """Return E of a nonzero finite magnitude 2^E (1 + M)."""
    return (extended(magnitude, w) >> w.mant_bits) - w.bias


def mantissa(magnitude: int, w: Words) -> int:
    """Return M of a finite magnitude, in units of 2^-mant_bits; 0 for a zero."""
    if magnitude < w.least:
        return 0
    return extended(magnitude, w) & (w.tiny - 1)
