"""The policy `kosson2023`: pam and padiv as the published CUDA code decides them, by the true result.

Source: the code published with Kosson & Jaggi, NeurIPS 2023; docs/explanation/spec.md, section 2.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from pamcheck.formats import FloatFormat
from pamcheck.spec.numbers import ZERO, Number, nan, read


def thresholded(
    op: str, codes: Sequence[int], f: FloatFormat, thresholds: tuple[Fraction, Fraction], offset: int
) -> int:
    """Return pam or padiv as published: the true result c decides, then raw integers are added.

    +0 where c < low, NaN unless c < high. A sum that a large offset drives out of range wraps around
    below the sign bit, as integers do.
    """
    low, high = thresholds
    a, b = (read(code, f, True) for code in codes)
    c = None if a is None or b is None else _true_size(op, a, b)
    if c is None or c >= high:
        return nan(f)
    if c < low:
        return 0
    ma, mb = (code & f.magnitude for code in codes)
    total = ma + mb - f.one + offset if op == "pam" else ma - mb + f.one - offset
    return (codes[0] ^ codes[1]) & f.sign | total & f.magnitude


def _true_size(op: str, a: Number, b: Number) -> Fraction | None:
    """Return |a b| or |a / b|; None where that is infinite or undefined."""
    if a.size is None:
        return None
    if op == "pam":
        return None if b.size is None else a.size * b.size
    if b.size is None:
        return ZERO
    return None if b.size == 0 else a.size / b.size
