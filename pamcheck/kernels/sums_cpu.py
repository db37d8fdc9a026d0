"""The canonical sum on the CPU: 32 lanes, folded [spec section 4]. Codes in, codes out."""

from __future__ import annotations

from functools import cache, partial
from itertools import pairwise
from typing import Any

import numpy as np

from pamcheck.formats import FloatFormat
from pamcheck.kernels import cpu
from pamcheck.kernels.launch import RANGE_MIN, side_by_side, thread_count
from pamcheck.kernels.values import Codes, rounded, values

LANES = 32


def sum_codes(x: Codes, fmt: FloatFormat) -> Codes:
    """Return the sums over the middle axis of codes (outer, n, inner), as codes (outer, inner)."""
    numbers = np.require(values(x, fmt), requirements=["C", "A"])
    outer, n, inner = x.shape
    sums = np.zeros((outer, inner), numbers.dtype)
    if n and sums.size:
        worth = x.size // RANGE_MIN
        parts = min(thread_count(), worth, max(outer, inner)) if worth > 1 else 1
        size = outer if outer >= parts else inner
        cuts = list(pairwise(size * part // parts for part in range(parts + 1)))
        if size == outer:
            pieces = [(numbers[low:high], sums[low:high]) for low, high in cuts]
        else:
            pieces = [(numbers[:, :, low:high], sums[:, low:high]) for low, high in cuts]
        run = _loop(inner > 1)
        side_by_side([partial(run, _read_only(piece), target) for piece, target in pieces])
    return rounded(sums, fmt)


def _read_only(numbers: Any) -> Any:
    """Return a read-only view: one type for the compiled loops, whatever the caller's array is."""
    view = numbers.view()
    view.flags.writeable = False
    return view


def along_loop(x: Any, out: Any) -> None:
    """Sum rows that are contiguous: a lane is one of 32 neighbours."""
    lanes = np.empty(LANES, out.dtype)
    for row in range(out.shape[0]):
        lanes[:] = 0
        n = x.shape[1]
        for start in range(0, n - LANES + 1, LANES):
            terms = x[row, start : start + LANES, 0]
            for lane in range(LANES):
                lanes[lane] += terms[lane]
        rest = x[row, n - n % LANES :, 0]
        for lane in range(n % LANES):
            lanes[lane] += rest[lane]
        stride = LANES // 2
        while stride:
            for lane in range(stride):
                lanes[lane] += lanes[lane + stride]
            stride //= 2
        out[row, 0] = lanes[0]


def across_loop(x: Any, out: Any) -> None:
    """Sum columns: a lane is a row of partial sums, and neighbours are sums of their own."""
    lanes = np.empty((LANES, out.shape[1]), out.dtype)
    for item in range(out.shape[0]):
        lanes[:] = 0
        for i in range(x.shape[1]):
            terms, sums = x[item, i], lanes[i % LANES]
            for j in range(out.shape[1]):
                sums[j] += terms[j]
        stride = LANES // 2
        while stride:
            for lane in range(stride):
                for j in range(out.shape[1]):
                    lanes[lane, j] += lanes[lane + stride, j]
            stride //= 2
        out[item] = lanes[0]


@cache
def _loop(across: bool) -> cpu.Loop:
    return cpu.Loop(across_loop if across else along_loop)
