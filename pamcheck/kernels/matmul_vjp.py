"""Both cotangents of a matrix product on the CPU: every array is looked at once."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from pamcheck.formats import FloatFormat
from pamcheck.kernels.matmul_cpu import slope_matmul_codes
from pamcheck.kernels.matmul_mimic import mimic_matmul_codes, mimic_right_codes
from pamcheck.kernels.matmul_scan import scan
from pamcheck.kernels.words import Words

Codes = npt.NDArray[np.unsignedinteger[Any]]


def vjp_matmul_codes(
    mode: str,
    delta: Codes,
    a: Codes,
    b: Codes,
    fmt: FloatFormat,
    w: Words,
    wanted: tuple[bool, ...] = (True, True),
) -> tuple[Codes | None, Codes | None]:
    """Return the exact or mimic cotangents of a and b, those that are wanted: (..., m, k) and (..., k, n).

    delta, a and b are (..., m, n), (..., m, k) and (..., k, n), with leading axes broadcast; the results have
    all of them.
    """
    ranges = None
    if delta.size and a.size and b.size:
        ranges = (scan(delta, w), scan(a, w), scan(b, w))
    left = right = None
    if mode == "mimic":
        left = mimic_matmul_codes(delta, a, b, fmt, w, None, ranges) if wanted[0] else None
        right = mimic_right_codes(delta, a, b, fmt, w, None, ranges) if wanted[1] else None
        return left, right
    if wanted[0]:
        left = slope_matmul_codes(delta, a, b, fmt, w, ranges=ranges)
    if wanted[1]:
        rows, own, other = (x.swapaxes(-1, -2) for x in (delta, b, a))
        swapped = None if ranges is None else (ranges[0], ranges[2], ranges[1])
        right = slope_matmul_codes(rows, own, other, fmt, w, ranges=swapped).swapaxes(-1, -2)
    return left, right
