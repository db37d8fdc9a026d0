"""Looking at the operands of a matrix product, to choose the leanest loop that is right for them."""

from __future__ import annotations

from functools import cache, partial
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from pamcheck.kernels import cpu
from pamcheck.kernels.launch import side_by_side, split
from pamcheck.kernels.matmul_plan import packed
from pamcheck.kernels.words import Words

Codes = npt.NDArray[np.unsignedinteger[Any]]


# Below this many codes a part is looked at before a thread would have started.
PART_MIN = 1 << 20


class Range(NamedTuple):
    """What is in an array of codes. Magnitudes, in codes of the format."""

    lowest: int  # smallest that is not below `tiny`; beyond every code where there is none
    highest: int  # largest, infinities and NaN included
    zero: bool  # whether any is below `tiny`
    subnormal: bool  # whether any of those is not 0


def scan(codes: Codes, w: Words) -> Range:
    """Return the range of an array of any shape and strides."""
    flat = _flat(codes)
    run, kind = _loop(), codes.dtype.type
    masks = kind(w.magnitude), kind(w.tiny)
    if flat.size < 2 * PART_MIN:
        found = np.empty(4, codes.dtype)
        run(flat, found, *masks)
        lowest, least, highest, below = found.tolist()
    else:
        parts = split(flat.size, PART_MIN)
        rows = np.empty((len(parts), 4), codes.dtype)
        side_by_side(
            [
                partial(run, flat[low:high], row, *masks)
                for row, (low, high) in zip(rows, parts, strict=True)
            ]
        )
        lowest, least = rows[:, :2].min(axis=0).tolist()
        highest, below = rows[:, 2:].max(axis=0).tolist()
    return Range(lowest + w.tiny, highest, least < w.tiny, below > 0)


def choose(a: Range, b: Range, w: Words) -> str:
    """Return the name of the leanest loop whose products of these operands are right."""
    under = a.lowest + b.lowest - w.shift < w.tiny
    special = max(a.highest, b.highest) > w.largest
    if w.gradual and (under or a.subnormal or b.subnormal):
        return "general"
    if special and w.overflow <= w.largest:
        return "general"  # an infinity and an overflow are two things where the policy saturates
    if special or a.highest + b.highest - w.shift > w.largest:
        return "full"
    if under:
        return "flush"
    return "zeros" if a.zero or b.zero else "lean"


def choose_slope(delta: Range, a: Range, b: Range, w: Words) -> str:
    """Return the name of the leanest loop whose slopes, delta * 2^(E of b, and a carry), are right.

    The carry is floor(Ma + Mb + offset): 0 or 1, and one less or more with some offsets.
    """
    offset = w.one - w.shift
    shortest = (b.lowest >> w.mant_bits) - w.bias + (offset >> w.mant_bits)
    farthest = (b.highest >> w.mant_bits) - w.bias + max(1, (2 * (w.tiny - 1) + offset) >> w.mant_bits)
    under = delta.lowest + (shortest << w.mant_bits) < w.tiny
    over = delta.highest + (farthest << w.mant_bits) > w.largest
    special = max(delta.highest, a.highest, b.highest) > w.largest
    subnormal = bool(w.gradual) and (delta.subnormal or a.subnormal or b.subnormal)
    if under or over or special or subnormal:
        return "general"
    return "slope" if delta.zero or b.zero else "slope_lean"


def sums_are_finite(a: Range, b: Range, depth: int, w: Words) -> bool:
    """Whether no sum of so many products of these operands can leave the format, rounding included."""
    return a.highest + b.highest - w.shift + ((depth.bit_length() + 1) << w.mant_bits) <= w.largest


def slope_sums_are_finite(delta: Range, b: Range, depth: int, w: Words) -> bool:
    """The same for slopes, where nothing is special: delta * 2^(E of b, and at most two)."""
    return delta.highest + b.highest - w.one + ((depth.bit_length() + 3) << w.mant_bits) <= w.largest


def _flat(codes: Codes) -> Codes:
    """Return every code at least once, in any order, as a flat array; a copy only where there are gaps."""
    if not codes.flags.aligned:
        return codes.ravel().copy()
    flat = packed(codes)
    if flat is not None:
        found: Codes = flat
        return found
    once = codes[tuple(slice(0, 1) if stride == 0 else slice(None) for stride in codes.strides)]
    order = sorted(range(once.ndim), key=lambda axis: -abs(once.strides[axis]))
    turned = once.transpose(order)[
        tuple(slice(None, None, -1 if once.strides[axis] < 0 else 1) for axis in order)
    ]
    return np.require(turned, requirements=["C", "A"]).reshape(-1)


def range_loop(x: Any, found: Any, magnitude: Any, tiny: Any) -> None:
    """Find, in one pass, the least of magnitude - tiny modulo the word, and three plain extremes."""
    kind = found.dtype.type
    lowest, least, highest, below = kind(magnitude), kind(magnitude), kind(0), kind(0)
    for i in range(x.size):
        size = kind(x[i] & magnitude)
        lowest = min(lowest, kind(size - tiny))
        least = min(least, size)
        highest = max(highest, size)
        below = max(below, size if size < tiny else kind(0))
    found[0], found[1], found[2], found[3] = lowest, least, highest, below


@cache
def _loop() -> cpu.Loop:
    return cpu.Loop(range_loop)
