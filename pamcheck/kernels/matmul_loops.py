"""The compiled loops around the tile: blocks of k, packing, chunks of rows, strips of columns.

A tile that meets nothing beyond the limits of its operands is done by the loop of `flush`, be the variant
`full`: infinities and NaN cost their own tiles, not the whole product.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from numba import carray

from pamcheck.kernels import cpu
from pamcheck.kernels.addresses import named_tuple, pointer
from pamcheck.kernels.matmul_fill import fill_rows, fill_strips, filler
from pamcheck.kernels.matmul_pack import PACKS, Limits, mantissa
from pamcheck.kernels.matmul_plan import DEPTH, Plan
from pamcheck.kernels.matmul_table import (
    BLOCK_BYTES,
    BUFFERS,
    CHUNK,
    LIMITS,
    NUMBER,
    PLAN,
    SPACE,
    buffer_sizes,
)
from pamcheck.kernels.matmul_tile import VARIANTS, Variant, flush_term, tile, tile_width

__all__ = ["VARIANTS", "Plan", "loop"]


# Bound at compilation, one variant after another: see `loop`.
ROWS = WIDTH = STRIPS = A_WORDS = B_WORDS = A_PACK = B_PACK = TILE = 1
SLOPE = FULL = False
multiply_tile: Any = None
multiply_easy_tile: Any = None
put: Any = None
highs: Any = None
sizes: Any = None
fill_a: Any = None
fill_b: Any = None
fill_x: Any = None
multiply: Any = None
read_plan: Any = None
read_limits: Any = None
word: Any = None
number: Any = None


def from_table(at: Any, who: Any) -> None:
    """Do the part of a product that a table tells, on a thread's own buffers: see matmul_table."""
    t = carray(pointer(at), (SPACE + BUFFERS * (who + 1),), np.int64)
    own = SPACE + BUFFERS * who
    multiply(
        carray(pointer(t[0]), (t[1],), word),
        carray(pointer(t[2]), (t[3],), word),
        carray(pointer(t[4]), (t[5],), word),
        carray(pointer(t[6]), (t[7],), number),
        carray(pointer(t[8]), (t[9], 4), np.int64),
        read_plan(at + (PLAN << 3)),
        read_limits(t[LIMITS]),
        carray(pointer(t[own]), (A_PACK,), word),
        carray(pointer(t[own + 1]), (B_PACK,), word),
        carray(pointer(t[own + 2]), (TILE,), word),
        carray(pointer(t[own + 3]), (TILE,), number),
    )


def drive(
    a: Any,
    b: Any,
    x: Any,
    c: Any,
    starts: Any,
    plan: Any,
    limits: Any,
    a_pack: Any,
    b_pack: Any,
    x_pack: Any,
    edge: Any,
) -> None:
    """Multiply: blocks of k in ascending order, chunks of rows, strips of columns, tiles.

    a, b, x, c are flat; starts[item] says where an item begins in each. The last four are workspace.
    """
    rows, width = ROWS, WIDTH
    scratch = np.empty(DEPTH * WIDTH, a_pack.dtype)
    ceilings, peaks = np.empty(CHUNK // rows, a_pack.dtype), np.empty(STRIPS, a_pack.dtype)
    for item in range(plan.first_item, plan.last_item):
        for k0 in range(0, plan.depth, DEPTH):
            depth = min(DEPTH, plan.depth - k0)
            for j0 in range(plan.first_col, plan.last_col, STRIPS * width):
                block = min(STRIPS * width, plan.last_col - j0)
                at = starts[item, 1] + k0 * plan.b_row + j0 * plan.b_col
                fill_b(b, at, plan.b_row, plan.b_col, depth, block, b_pack, limits, scratch)
                if FULL:
                    sizes(b_pack, depth, block, peaks)
                for i0 in range(plan.first_row, plan.last_row, CHUNK):
                    height = min(CHUNK, plan.last_row - i0)
                    at = starts[item, 0] + i0 * plan.a_row + k0 * plan.a_col
                    fill_a(a, at, plan.a_row, plan.a_col, height, depth, a_pack, limits, scratch)
                    if FULL:
                        highs(a_pack, depth, height, ceilings)
                    for j in range(0, block, width):
                        across = min(width, block - j)
                        for i in range(0, height, rows):
                            down = min(rows, height - i)
                            if SLOPE:
                                at = starts[item, 2] + (i0 + i) * plan.x_row + (j0 + j) * plan.x_col
                                fill_x(x, at, plan.x_row, plan.x_col, down, across, x_pack, limits, scratch)
                            easy = FULL and peaks[j // width] <= ceilings[i // rows]
                            a_at, b_at = i * A_WORDS * DEPTH, j * B_WORDS * DEPTH
                            c_at = starts[item, 3] + (i0 + i) * plan.c_row + j0 + j
                            inside = down == rows and across == width
                            target, to = (c, c_at) if inside else (edge, 0)
                            step, fresh = (plan.c_row, k0 == 0) if inside else (width, True)
                            if easy:
                                multiply_easy_tile(
                                    a_pack, a_at, b_pack, b_at, x_pack, depth, target, to, step, fresh
                                )
                            else:
                                multiply_tile(
                                    a_pack, a_at, b_pack, b_at, x_pack, depth, target, to, step, fresh
                                )
                            if not inside:
                                put(edge, c, c_at, plan.c_row, down, across, k0 == 0)


def put_edge(edge: Any, c: Any, c_at: Any, c_row: Any, down: Any, across: Any, first: Any) -> None:
    """Put the part of a tile that lies inside the result in its place."""
    for r in range(down):
        for j in range(across):
            if first:
                c[c_at + r * c_row + j] = edge[r * WIDTH + j]
            else:
                c[c_at + r * c_row + j] += edge[r * WIDTH + j]


def lowest_highs(a_pack: Any, depth: Any, height: Any, out: Any) -> None:
    """Find the least of the limits packed for each tile of a: -1 where it holds anything special."""
    for i in range(0, height, ROWS):
        lowest = a_pack[(i * A_WORDS + 2 * ROWS) * DEPTH]
        for r in range(ROWS):
            start = (i * A_WORDS + 2 * ROWS + r) * DEPTH
            for high in a_pack[start : start + depth]:
                lowest = min(lowest, high)
        out[i // ROWS] = lowest


def highest_sizes(b_pack: Any, depth: Any, across: Any, out: Any) -> None:
    """Find the greatest magnitude packed in each strip of b."""
    for j in range(0, across, WIDTH):
        start = (j * B_WORDS + WIDTH) * DEPTH
        highest = b_pack[start]
        for k in range(depth):
            for size in b_pack[start + k * WIDTH : start + k * WIDTH + min(WIDTH, across - j)]:
                highest = max(highest, size)
        out[j // WIDTH] = highest


@cache
def loop(name: str, bits: int) -> Any:
    """Return the compiled loop of a variant, for codes and sums of 32 or 64 bits: it takes a table and a thread."""
    variant = VARIANTS[name]
    width = tile_width(variant, bits)
    pack_a, pack_b = PACKS[name]
    size = (variant.rows, width)
    fills = {
        "fill_a": filler(fill_rows, pack_a, bits, variant.a_words, *size),
        "fill_b": filler(fill_strips, pack_b, bits, variant.b_words, *size),
        "fill_x": filler(fill_strips, mantissa, bits, 1, *size),
    }
    constants = {
        "ROWS": variant.rows,
        "WIDTH": width,
        "STRIPS": strips(variant, bits),
        "A_WORDS": variant.a_words,
        "B_WORDS": variant.b_words,
        "SLOPE": name.startswith("slope"),
        "FULL": name == "full",
    }
    helpers = {
        bound: cpu.helper(cpu.rebind(function, bound, **constants))
        for bound, function in (("put", put_edge), ("highs", lowest_highs), ("sizes", highest_sizes))
    }
    multiply = cpu.helper(
        cpu.rebind(
            drive,
            "multiply",
            multiply_tile=tile(variant, bits),
            multiply_easy_tile=tile(variant._replace(term=flush_term) if name == "full" else variant, bits),
            **helpers,
            **constants,
            **fills,
        )
    )
    sizes = zip(("A_PACK", "B_PACK", "TILE"), buffer_sizes(bits), strict=True)
    bound = {
        "multiply": multiply,
        "read_plan": named_tuple(Plan, 64),
        "read_limits": named_tuple(Limits, bits),
        "word": cpu.WORD[bits],
        "number": NUMBER[bits],
    }
    return cpu.Loop(cpu.rebind(from_table, f"matmul_{name}_{bits}", **bound, **dict(sizes)))


def strips(variant: Variant, bits: int) -> int:
    """Return how many strips of b are packed at a time."""
    return max(1, BLOCK_BYTES * 8 // bits // (DEPTH * variant.b_words * tile_width(variant, bits)))
