"""Whole blocks of operands into the layout that the tile of a matrix product reads.

A block of a lies in tiles of rows, one row after another; a block of b in strips of columns, one k after
another. Where an element becomes several words, those of one kind lie together.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from pamcheck.kernels import cpu

DEPTH = 256  # k in a block: part of the definition, spec section 4
LINE = 16  # elements of 32 bits in a cache line

# Bound at compilation: see `filler`.
ROWS = WIDTH = WORDS = 1
pack: Any = None
store: Any = None


# Slices, because an index that may be negative, for all the compiler knows, keeps a loop from becoming
# vector code.


def fill_line(
    source: Any, at: Any, stride: Any, count: Any, out: Any, target: Any, step: Any, w: Any
) -> None:
    """Pack `count` elements; words of one kind lie together, `step` from the next kind."""
    p, q = out[target : target + count], out[target + step : target + step + count]
    r, s = (
        out[target + 2 * step : target + 2 * step + count],
        out[target + 3 * step : target + 3 * step + count],
    )
    if stride == 1:
        line = source[at : at + count]
        for i in range(count):
            store(pack(line[i], w), i, p, q, r, s)
    else:
        for i in range(count):
            store(pack(source[at + i * stride], w), i, p, q, r, s)


def fill_rows(source: Any, at: Any, row: Any, col: Any, height: Any, depth: Any, out: Any, w: Any) -> None:
    """Pack rows of a into tiles of ROWS rows; the last row fills up the last tile."""
    for i in range((height + ROWS - 1) // ROWS * ROWS):
        start = at + min(i, height - 1) * row
        target = (i // ROWS * WORDS * ROWS + i % ROWS) * DEPTH
        fill_line(source, start, col, depth, out, target, ROWS * DEPTH, w)


def fill_strips(
    source: Any, at: Any, row: Any, col: Any, depth: Any, across: Any, out: Any, w: Any
) -> None:
    """Pack columns of b into strips of WIDTH columns; what lies beyond `across` is never looked at."""
    step = DEPTH * WIDTH
    if col != 1:
        for j in range(0, across, WIDTH):
            count = min(WIDTH, across - j)
            fill_turned(source, at + j * col, row, col, depth, count, out, j * WORDS * DEPTH, step, w)
        return
    for k in range(depth):
        for j in range(0, across, WIDTH):
            target = j * WORDS * DEPTH + k * WIDTH
            count = min(WIDTH, across - j)
            fill_line(source, at + k * row + j * col, col, count, out, target, step, w)


def fill_turned(
    source: Any,
    at: Any,
    row: Any,
    col: Any,
    depth: Any,
    count: Any,
    out: Any,
    target: Any,
    step: Any,
    w: Any,
) -> None:
    """Pack a strip of a transposed b: a few k of each column in turn, which share a cache line.

    Row by row every element would be in another line, and at a side of 1024 all lines in one set of the cache.
    """
    p, q = out[target : target + step], out[target + step : target + 2 * step]
    r, s = out[target + 2 * step : target + 3 * step], out[target + 3 * step : target + 4 * step]
    for k0 in range(0, depth, LINE):
        for i in range(count):
            for k in range(k0, min(k0 + LINE, depth)):
                store(pack(source[at + k * row + i * col], w), k * WIDTH + i, p, q, r, s)


def store_1(words: Any, i: Any, p: Any, q: Any, r: Any, s: Any) -> None:  # noqa: ARG001
    """Store the words of one element."""
    p[i] = words[0]


def store_2(words: Any, i: Any, p: Any, q: Any, r: Any, s: Any) -> None:  # noqa: ARG001
    """Store the words of one element."""
    p[i], q[i] = words


def store_3(words: Any, i: Any, p: Any, q: Any, r: Any, s: Any) -> None:  # noqa: ARG001
    """Store the words of one element."""
    p[i], q[i], r[i] = words


def store_4(words: Any, i: Any, p: Any, q: Any, r: Any, s: Any) -> None:
    """Store the words of one element."""
    p[i], q[i], r[i], s[i] = words


STORES = {1: store_1, 2: store_2, 3: store_3, 4: store_4}


@cache
def filler(
    fill: Callable[..., None],
    pack: Callable[..., tuple[int, ...]],
    bits: int,
    words: int,
    rows: int,
    width: int,
) -> Any:
    """Return a compiled `fill` for one pack."""
    bound = {"pack": cpu.compiled_body(pack, bits), "store": _compiled(STORES[words]), "WIDTH": width}
    lines = {name: _compiled(part, **bound) for name, part in _PARTS.items()}
    return _compiled(fill, ROWS=rows, WIDTH=width, WORDS=words, DEPTH=DEPTH, **lines)


_PARTS = {"fill_line": fill_line, "fill_turned": fill_turned}


def _compiled(function: Any, **bound: Any) -> Any:
    return cpu.helper(cpu.rebind(function, function.__name__, **bound))
