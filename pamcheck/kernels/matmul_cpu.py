"""The matrix product of PAM on the CPU, and the exact slope of its factors: codes in, codes out.

The operands are looked at, the leanest compiled loop that is right for them is taken, and the result is
cut into parts for the threads. Every loop gives the same bits [spec section 4]; see matmul_loops.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from functools import lru_cache, partial
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from pamcheck.formats import FloatFormat
from pamcheck.kernels import cpu, matmul_general, matmul_loops
from pamcheck.kernels.launch import side_by_side, thread_count
from pamcheck.kernels.matmul_loops import Plan
from pamcheck.kernels.matmul_pack import DEPTH, Limits
from pamcheck.kernels.matmul_scan import choose, choose_slope, scan
from pamcheck.kernels.matmul_tile import VARIANTS, tile_width
from pamcheck.kernels.values import accumulator, rounded, same_codes, table, value_words, values
from pamcheck.kernels.words import Words

Codes = npt.NDArray[np.unsignedinteger[Any]]

# Below this many products a part is done before a thread would have started.
PART_MIN = 1 << 22
# Rows in a part, where there are more parts than threads: packing b again for each must not cost much.
ROWS_MIN = 120


def matmul_codes(
    a: Codes, b: Codes, fmt: FloatFormat, w: Words, out: Codes | None = None, variant: str | None = None
) -> Codes:
    """Return the matrix product of codes, (..., m, k) by (..., k, n), with leading axes broadcast.

    Any strides; `out`, of the result's shape, may overlap an operand. `variant` forces a loop: a key of
    VARIANTS that is right for the operands, or "general".
    """
    if a.ndim > b.ndim == 2:
        # one tall matrix, as all of its parts meet the same b
        rows = a.reshape(-1, a.shape[-1]) if a.size else a.reshape(a.size, a.shape[-1])
        if a.size:
            return _into(
                out, matmul_codes(rows, b, fmt, w, None, variant).reshape(*a.shape[:-1], b.shape[-1])
            )
    m, n = a.shape[-2], b.shape[-1]
    if n < m and n < 32 and m * n:
        # a strip is wide and a tile is low: few columns are better rows
        turned = matmul_codes(b.swapaxes(-1, -2), a.swapaxes(-1, -2), fmt, w, None, variant)
        return _into(out, turned.swapaxes(-1, -2))
    name = variant or choose(scan(a, w), scan(b, w), w) if a.size and b.size else "lean"
    return _run(name, fmt, w, (a, b, None), out)


def slope_matmul_codes(
    delta: Codes,
    a: Codes,
    b: Codes,
    fmt: FloatFormat,
    w: Words,
    out: Codes | None = None,
    variant: str | None = None,
) -> Codes:
    """Return the exact cotangent of a: the sum over j of the slope of a_ik b_kj times delta_ij.

    (..., m, n), (..., m, k) and (..., k, n) to (..., m, k). That of b is this of the transposes, in the
    order delta, b, a, transposed.
    """
    factor = b.swapaxes(-1, -2)
    if variant is None:
        empty = not (delta.size and a.size and b.size)
        variant = "slope" if empty else choose_slope(scan(delta, w), scan(a, w), scan(b, w), w)
    return _run(variant, fmt, w, (delta, factor, a), out)


def _run(
    name: str, fmt: FloatFormat, w: Words, operands: tuple[Codes, Codes, Codes | None], out: Codes | None
) -> Codes:
    a, b, x = operands
    batch = np.broadcast_shapes(*(array.shape[:-2] for array in operands if array is not None))
    shape = (*batch, a.shape[-2], b.shape[-1])
    wide = np.dtype(accumulator(fmt).name)
    direct = out is not None and same_codes(fmt) and out.flags.c_contiguous and not _overlap(out, operands)
    sums = out.view(wide) if direct and out is not None else np.empty(shape, wide)
    if a.shape[-1] == 0:
        sums[...] = 0
    elif sums.size:
        if name != "general":
            a, b = _embedded(a, fmt), _embedded(b, fmt)
            x = a if x is None else _embedded(x, fmt)
        laid = [_laid_out(array, batch) for array in (a, b, a if x is None else x)]
        flats = [flat for flat, _, _ in laid]
        starts = np.stack(
            [*(offsets for _, offsets, _ in laid), np.arange(laid[0][1].size) * shape[-2] * shape[-1]],
            axis=1,
        )
        a_step, b_step, x_step = (step for _, _, step in laid)
        ranges = (0, len(starts), 0, shape[-2], 0, shape[-1])
        whole = Plan(*a_step, *b_step, *x_step, shape[-1], a.shape[-1], *ranges)
        if name == "general":
            run = _general(fmt, w, slope=operands[2] is not None)
            step = (1, 1)
        else:
            run = _fast(name, fmt, w)
            step = (VARIANTS[name].rows, tile_width(VARIANTS[name], wide.itemsize * 8))
        flats.append(sums.reshape(-1))
        side_by_side([partial(run, flats, starts, plan) for plan in _parts(whole, step)])
    codes = rounded(sums, fmt)
    return codes if out is None or direct else _into(out, codes)


def _parts(plan: Plan, step: tuple[int, int]) -> list[Plan]:
    """Cut a plan into one part a thread: by items, by rows, or by columns, whichever there are enough of."""
    rows, cols = plan.last_row, plan.last_col
    worth = plan.last_item * rows * cols * plan.depth // PART_MIN
    parts = min(thread_count(), worth) if worth > 1 else 1
    if parts == 1:
        return [plan]
    if plan.last_item >= parts:
        cuts = pairwise(plan.last_item * part // parts for part in range(parts + 1))
        return [plan._replace(first_item=low, last_item=high) for low, high in cuts]
    by_rows = rows >= parts * step[0] or rows >= cols
    size, unit = (rows, step[0]) if by_rows else (cols, step[1])
    # more parts than threads, so that none waits for one that started late
    parts = max(parts, min(4 * parts, worth, rows // ROWS_MIN)) if by_rows else parts
    tiles = -(-size // unit)
    edges = [min(size, tiles * part // parts * unit) for part in range(parts + 1)]
    cuts = pairwise(edges)
    if by_rows:
        return [plan._replace(first_row=low, last_row=high) for low, high in cuts]
    return [plan._replace(first_col=low, last_col=high) for low, high in cuts]


def _fast(name: str, fmt: FloatFormat, w: Words) -> Any:
    bits = np.dtype(accumulator(fmt).name).itemsize * 8
    loop, limits = matmul_loops.loop(name, bits), embedded_limits(fmt, w)

    def run(flats: list[Any], starts: Any, plan: Plan) -> None:
        loop(*flats, starts, plan, limits, *_workspace(bits))

    return run


def _general(fmt: FloatFormat, w: Words, slope: bool) -> Any:
    bits, wide, how = cpu.word_bits(w), accumulator(fmt).name, matmul_general.reading(fmt)
    loop = matmul_general.loop(slope, bits, wide, how)
    words = cpu.machine_words(w, bits)
    numbers = table(fmt) if how == "table" else np.zeros(1, wide)

    def run(flats: list[Any], starts: Any, plan: Plan) -> None:
        line = np.empty(plan.last_col, wide)
        loop(*flats, starts, plan, words, numbers, value_words(fmt), line)

    return run


@lru_cache(maxsize=512)
def embedded_limits(fmt: FloatFormat, w: Words) -> Limits:
    """Return the limits of a format as codes of its accumulator, in machine words."""
    wide = accumulator(fmt)
    finer = wide.mant_bits - fmt.mant_bits

    def embedded(code: int) -> int:
        return (code << finer) + ((wide.bias - fmt.bias) << wide.mant_bits)

    assert wide.nan is not None
    assert wide.inf is not None
    overflow = (
        wide.nan if w.overflow > w.inf else wide.inf if w.overflow > w.largest else embedded(w.largest)
    )
    bits = wide.width
    limits = Limits(
        sign=wide.sign - (1 << bits),
        magnitude=wide.magnitude,
        tiny=embedded(w.tiny),
        largest=embedded(w.largest),
        inf=wide.inf,
        shift=wide.one - ((w.one - w.shift) << finer),
        overflow=overflow,
        one=wide.one,
        quiet=wide.tiny >> 1,
        top=wide.magnitude,
        none=0,
        all=-1,
    )
    return Limits(*(cpu.WORD[bits](value) for value in limits))


def _embedded(codes: Codes, fmt: FloatFormat) -> npt.NDArray[Any]:
    """Return the codes of the same values in the accumulator, as signed words."""
    numbers = values(codes, fmt)
    return numbers.view(f"i{numbers.itemsize}")


def _laid_out(array: Any, batch: Sequence[int]) -> tuple[Any, Any, tuple[int, int]]:
    """Return the memory of an array as it lies, where each of its matrices starts, and their two strides."""
    size = array.itemsize
    if not array.flags.aligned or any(stride % size for stride in array.strides):
        array = np.ascontiguousarray(array)
    steps = [stride // size for stride in array.strides]
    if array.flags.c_contiguous:
        flat, start = array.reshape(-1), 0
    else:
        spans = [(length - 1) * step for length, step in zip(array.shape, steps, strict=True)]
        start = -sum(span for span in spans if span < 0)
        corner = array[tuple(slice(-1, None) if span < 0 else slice(0, 1) for span in spans)]
        extent = 1 + sum(abs(span) for span in spans)
        flat = np.lib.stride_tricks.as_strided(corner, (extent,), (size,))
    flat = flat.view()
    flat.flags.writeable = False  # one type for the compiled loops, whatever the caller's array is
    starts = np.full(1, start, np.int64)
    own = (1,) * (len(batch) - array.ndim + 2) + array.shape[:-2]
    outer = [0] * (len(batch) - array.ndim + 2) + steps[:-2]
    for length, have, step in zip(batch, own, outer, strict=True):
        reach = np.arange(length) * (step if have > 1 else 0)
        starts = np.add.outer(starts, reach).reshape(-1)
    return flat, starts, (steps[-2], steps[-1])


def _overlap(out: Codes, operands: Sequence[Codes | None]) -> bool:
    return any(array is not None and np.may_share_memory(out, array) for array in operands)


def _into(out: Codes | None, codes: Codes) -> Codes:
    if out is None:
        return codes
    out[...] = codes
    return out


_LOCAL = threading.local()


def _workspace(bits: int) -> tuple[Any, ...]:
    """Return this thread's buffers: packed a, packed b, a tile of x, a tile of sums; kept between calls."""
    found: tuple[Any, ...] | None = getattr(_LOCAL, f"buffers_{bits}", None)
    if found is None:
        word, number = cpu.WORD[bits], np.float32 if bits == 32 else np.float64
        tile = max(variant.rows * tile_width(variant, bits) for variant in VARIANTS.values())
        words = max(variant.a_words for variant in VARIANTS.values())
        found = (
            _aligned(matmul_loops.CHUNK * DEPTH * words, word),
            _aligned(matmul_loops.BLOCK_BYTES * 8 // bits, word),
            _aligned(tile, word),
            _aligned(tile, number),
        )
        setattr(_LOCAL, f"buffers_{bits}", found)
    return found


def _aligned(count: int, kind: Any) -> Any:
    """Return zeros that begin on a cache line, as the vector loads expect."""
    size = np.dtype(kind).itemsize
    raw = np.zeros(count + 64 // size, kind)
    start = -raw.ctypes.data % 64 // size
    return raw[start : start + count]
