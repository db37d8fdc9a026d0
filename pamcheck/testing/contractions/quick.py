"""Sums that lie well inside or outside their enclosure, told from floats: an exact sum takes longer."""

from __future__ import annotations

import math

import numpy as np

from pamcheck.formats import FORMATS, FloatFormat
from pamcheck.testing.contractions.adding import Numbers, numbers_of
from pamcheck.testing.contractions.enclosure import growth
from pamcheck.testing.subject import Codes

MARGIN = 2.0**-40  # far above the rounding of the few operations below


def told_from_floats(terms: Codes, got: Codes, fmt: FloatFormat, wide: FloatFormat) -> list[int]:
    """Return 1 for sums (rows,) of terms (rows, terms) certainly in their enclosure, -1 certainly not, 0 unknown.

    Sums of the terms and of their sizes are rounded once, by math.fsum. A row whose sum is exact in every order,
    is not finite or can overflow is left to the exact way.
    """
    double = FORMATS["float64"]
    numbers, answers = (numbers_of(x, fmt, double) for x in (terms, got))
    many = np.count_nonzero(terms & terms.dtype.type(fmt.magnitude), axis=1).tolist()
    finite: list[bool] = np.asarray(np.isfinite(numbers).all(axis=1)).tolist()
    rows = zip(numbers, answers.tolist(), _grains(terms, fmt).tolist(), many, finite, strict=True)
    return [_told(row, answer, grain, n, fmt, wide) if ok else 0 for row, answer, grain, n, ok in rows]


def _told(row: Numbers, answer: float, grain: int, many: int, fmt: FloatFormat, wide: FloatFormat) -> int:
    if answer == 0 or not math.isfinite(answer):
        return 0
    try:
        total, size = math.fsum(row), math.fsum(np.abs(row))
        exact = size <= math.ldexp(1 + MARGIN, wide.mant_bits + 1 + grain)
    except OverflowError:
        return 0
    if exact or size > min(f.to_float(f.largest) for f in (wide, fmt)) / 8:
        return 0
    slack, off = float(growth(many, wide.mant_bits + 1)) * size, abs(answer - total)
    if off * (1 + MARGIN) + abs(total) * MARGIN <= slack:
        return 1
    last = 2.0**-fmt.mant_bits * max(abs(answer), abs(total)) + fmt.to_float(fmt.tiny)
    return -1 if off > (slack + last) * (1 + MARGIN) + abs(total) * MARGIN else 0


def _grains(terms: Codes, fmt: FloatFormat) -> Numbers:
    """Return, of every row, the exponent of the largest power of two that divides all terms."""
    sizes = terms.astype(np.int64) & fmt.magnitude
    field = np.maximum(sizes >> fmt.mant_bits, 1)
    significand = (sizes & (fmt.tiny - 1)) | np.where(sizes >= fmt.tiny, fmt.tiny, 0)
    lowest = np.frexp((significand & -significand).astype(np.float64))[1] - 1
    each = np.where(sizes > 0, lowest + field - fmt.bias - fmt.mant_bits, 1 << 20)
    return np.asarray(each.min(axis=1, initial=1 << 20))
