"""The matrix product of PAM on the CPU, and the exact slope of its factors: codes in, codes out.

The operands are looked at, the leanest compiled loop that is right for them is taken, and the result is
cut into parts for the threads. Every loop gives the same bits [spec section 4]; see matmul_loops.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, partial
from typing import Any

import numpy as np
import numpy.typing as npt

from pamcheck.formats import FloatFormat
from pamcheck.kernels import cpu, matmul_general, matmul_loops, team
from pamcheck.kernels.launch import side_by_side, thread_count
from pamcheck.kernels.matmul_plan import Plan, as_it_lies, broadcast, parts, whole
from pamcheck.kernels.matmul_scan import (
    Range,
    choose,
    choose_slope,
    scan,
    slope_sums_are_finite,
    sums_are_finite,
)
from pamcheck.kernels.matmul_table import tables
from pamcheck.kernels.matmul_tile import VARIANTS, tile_width
from pamcheck.kernels.values import Values, rounded, same_codes, sum_type, table, value_words, values
from pamcheck.kernels.words import Words

Codes = npt.NDArray[np.unsignedinteger[Any]]
# From the arrays of a whole product, and the parts that it is cut into.
Run = Callable[[tuple[Any, ...], list[Plan]], None]


def matmul_codes(
    a: Codes,
    b: Codes,
    fmt: FloatFormat,
    w: Words,
    out: Codes | None = None,
    variant: str | None = None,
    ranges: tuple[Range, Range] | None = None,
) -> Codes:
    """Return the matrix product of codes, (..., m, k) by (..., k, n), with leading axes broadcast.

    Any strides; `out`, of the result's shape, may overlap an operand. `variant` forces a loop: a key of
    VARIANTS that is right for the operands, or "general". `ranges` are those of a and b, if they were scanned.
    """
    if a.ndim > b.ndim == 2 and a.size:
        # one tall matrix, as all of its parts meet the same b
        tall = matmul_codes(a.reshape(-1, a.shape[-1]), b, fmt, w, None, variant, ranges)
        return _into(out, tall.reshape(*a.shape[:-1], b.shape[-1]))
    m, n = a.shape[-2], b.shape[-1]
    if n < m and n < 16 and m * n:
        # a strip is wide and a tile is low: few columns are better rows
        pair = None if ranges is None else (ranges[1], ranges[0])
        turned = matmul_codes(b.swapaxes(-1, -2), a.swapaxes(-1, -2), fmt, w, None, variant, pair)
        return _into(out, turned.swapaxes(-1, -2))
    finite, name = False, variant or "lean"
    if variant is None and a.size and b.size:
        one, other = ranges or (scan(a, w), scan(b, w))
        name, finite = choose(one, other, w), sums_are_finite(one, other, a.shape[-1], w)
    return _run(name, fmt, w, [a, b], out, finite)


def slope_matmul_codes(
    delta: Codes,
    a: Codes,
    b: Codes,
    fmt: FloatFormat,
    w: Words,
    out: Codes | None = None,
    variant: str | None = None,
    ranges: tuple[Range, Range, Range] | None = None,
) -> Codes:
    """Return the exact cotangent of a: the sum over j of the slope of a_ik b_kj times delta_ij.

    (..., m, n), (..., m, k) and (..., k, n) to (..., m, k). That of b is this of the transposes, in the
    order delta, b, a, transposed. `ranges` are those of delta, a and b, if they were scanned.
    """
    finite, name = False, variant or "slope"
    if variant is None and delta.size and a.size and b.size:
        seen, own, other = ranges or (scan(delta, w), scan(a, w), scan(b, w))
        name = choose_slope(seen, own, other, w)
        finite = name != "general" and slope_sums_are_finite(seen, other, delta.shape[-1], w)
    return _run(name, fmt, w, [delta, b.swapaxes(-1, -2), a], out, finite)


def _run(
    name: str,
    fmt: FloatFormat,
    w: Words,
    operands: list[Codes],
    out: Codes | None,
    finite: bool = False,
) -> Codes:
    """Multiply, and round to codes; where every sum is finite there is no NaN to look for."""
    batch = broadcast([array.shape[:-2] for array in operands])
    shape = (*batch, operands[0].shape[-2], operands[1].shape[-1])
    same = same_codes(fmt)
    direct = out is not None and same and _fits(out) and not _overlap(out, operands)
    sums = out.view(sum_type(fmt)) if direct and out is not None else np.empty(shape, sum_type(fmt))
    if operands[0].shape[-1] == 0:
        sums[...] = 0
    elif sums.size:
        _multiply(name, fmt, w, operands, sums)
    codes = sums.view(operands[0].dtype) if same and finite else rounded(sums, fmt)
    return codes if out is None or direct else _into(out, codes)


def _multiply(name: str, fmt: FloatFormat, w: Words, operands: list[Codes], sums: Values) -> None:
    if name == "general":
        run, step = _general(fmt, w, slope=len(operands) == 3), (1, 1)
        laid = [as_it_lies(array) for array in operands]
    else:
        run, step = _fast(name, fmt, w)
        laid = [as_it_lies(_embedded(array, fmt)) for array in operands]
    if len(laid) == 2:
        laid.append(laid[0])  # a product has no third operand, and looks at none
    (a, in_a), (b, in_b), (x, in_x) = laid
    *batch, rows, cols = sums.shape
    starts, plan = whole(tuple(batch), rows, cols, operands[0].shape[-1], (in_a, in_b, in_x))
    arrays = (a, b, x, sums.reshape(-1), starts)
    run(arrays, parts(plan, step))


@lru_cache(maxsize=512)
def _fast(name: str, fmt: FloatFormat, w: Words) -> tuple[Run, tuple[int, int]]:
    bits = sum_type(fmt).itemsize * 8
    loop = matmul_loops.loop(name, bits)

    def run(arrays: tuple[Any, ...], pieces: list[Plan]) -> None:
        threads = min(thread_count(), len(pieces))
        team.run(loop, tables(arrays, pieces, fmt, w, bits, threads), threads)

    return run, (VARIANTS[name].rows, tile_width(VARIANTS[name], bits))


def _general(fmt: FloatFormat, w: Words, slope: bool) -> Run:
    bits, wide, how = cpu.word_bits(w), sum_type(fmt), matmul_general.reading(fmt)
    loop = matmul_general.loop(slope, bits, wide.name, how)
    words = cpu.machine_words(w, bits)
    numbers = table(fmt) if how == "table" else np.zeros(1, wide)

    def run(arrays: tuple[Any, ...], pieces: list[Plan]) -> None:
        def part(plan: Plan) -> None:
            loop(*arrays, plan, words, numbers, value_words(fmt), np.empty(plan.last_col, wide))

        side_by_side([partial(part, plan) for plan in pieces])

    return run


def _embedded(codes: Codes, fmt: FloatFormat) -> npt.NDArray[Any]:
    """Return the codes of the same values in the accumulator, as signed words."""
    numbers = values(codes, fmt)
    return numbers.view(f"i{numbers.itemsize}")


def _fits(out: Codes) -> bool:
    """Whether the compiled loops can write into an array."""
    return out.flags.c_contiguous and out.flags.aligned


def _overlap(out: Codes, operands: list[Codes]) -> bool:
    return any(np.may_share_memory(out, array) for array in operands)


def _into(out: Codes | None, codes: Codes) -> Codes:
    if out is None:
        return codes
    out[...] = codes
    return out
