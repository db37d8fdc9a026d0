"""Canonical sums and maxima over one axis on the GPU (device/reduce.cu)."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from pamcheck.formats import FloatFormat
from pamcheck.kernels import device
from pamcheck.kernels.cpu import word_bits
from pamcheck.kernels.gpu import Runtime, device_words
from pamcheck.kernels.gpu_matmul import MOST_RESULTS
from pamcheck.kernels.values import sum_type
from pamcheck.kernels.words import make_words
from pamcheck.policy import POLICIES

WARPS = 8  # a block, where the axis is the last one
THREADS = 128  # a block, where it is not


def reduce_codes(kind: Literal["sum", "maximum"], x: Any, fmt: FloatFormat, *, runtime: Runtime) -> Any:
    """Return the canonical sum, or the maximum, of device codes (outer, length, inner) along the middle axis.

    The result is (outer, inner). An empty sum is +0; an empty maximum raises ValueError. A maximum is NaN
    where any element is, and +0 exceeds -0.
    """
    outer, length, inner = x.shape
    if kind == "maximum" and length == 0:
        raise ValueError("maximum: the axis has no element, and a maximum of nothing is not a number")
    w = make_words(fmt, POLICIES["ftz"])
    bits = word_bits(w) if sum_type(fmt) == np.float32 else 64
    dtype = np.dtype(x.dtype)
    unit = device.reduce(8 * dtype.itemsize, bits)
    out = runtime.empty((outer, inner), dtype)
    words = device_words(runtime, bits, w)
    if out.size == 0:
        return out
    whole = x if x.flags.c_contiguous else x.copy()
    if inner == 1:
        sizes = (np.int64(outer), np.int64(length), np.int64(1))
        runtime.kernel(unit, f"{kind}_last")(
            (-(-outer // WARPS),), (WARPS * 32,), (whole, out, *sizes, words)
        )
        return out
    for start in range(0, outer, MOST_RESULTS):
        part = slice(start, min(start + MOST_RESULTS, outer))
        sizes = (np.int64(part.stop - start), np.int64(length), np.int64(inner))
        grid = (-(-inner // THREADS), part.stop - start)
        runtime.kernel(unit, f"{kind}_other")(grid, (THREADS,), (whole[part], out[part], *sizes, words))
    return out
