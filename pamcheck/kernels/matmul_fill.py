"""Whole blocks of operands into the layout that the tile of a matrix product reads.

A block of a lies in tiles of rows, one row after another; a block of b in strips of columns, one k after
another. Where an element becomes several words, those of one kind lie together.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from pamcheck.kernels import cpu
from pamcheck.kernels.matmul_plan import DEPTH
from pamcheck.kernels.matmul_turn import copied, lanes, square, vector_words

# Bound at compilation: see `filler`.
ROWS = WIDTH = WORDS = LANES = 1
pack: Any = None
store: Any = None
turn: Any = None
move: Any = None


# Slices, because an index that may be negative, for all the compiler knows, keeps a loop from becoming
# vector code.


def fill_line(source: Any, at: Any, count: Any, out: Any, target: Any, step: Any, w: Any) -> None:
    """Pack `count` elements; words of one kind lie together, `step` from the next kind."""
    p, q = out[target : target + count], out[target + step : target + step + count]
    r, s = (
        out[target + 2 * step : target + 2 * step + count],
        out[target + 3 * step : target + 3 * step + count],
    )
    line = source[at : at + count]
    for i in range(count):
        store(pack(line[i], w), i, p, q, r, s)


def turn_lines(
    source: Any, at: Any, step: Any, by: Any, lines: Any, along: Any, out: Any, out_step: Any
) -> None:
    """Transpose: element x of line y goes to out[x * out_step + y].

    By squares where lines are contiguous; the last ones reach back, over what is there already.
    """
    if by == 1 and lines >= LANES and along >= LANES:
        for y0 in range(0, lines, LANES):
            y = min(y0, lines - LANES)
            for x0 in range(0, along, LANES):
                x = min(x0, along - LANES)
                turn(source, at + y * step + x, step, out, x * out_step + y, out_step)
    else:
        copy_few(source, at, step, by, lines, along, out, out_step)


def copy_few(
    source: Any, at: Any, step: Any, by: Any, lines: Any, along: Any, out: Any, out_step: Any
) -> None:
    """Do what turn_lines does, word by word; in one loop, as two would become vector code nobody needs."""
    x, y = 0, 0
    while x < along:
        out[x * out_step + y] = source[at + y * step + x * by]
        y += 1
        if y == lines:
            x, y = x + 1, 0


def fill_rows(
    source: Any, at: Any, row: Any, col: Any, height: Any, depth: Any, out: Any, w: Any, scratch: Any
) -> None:
    """Pack rows of a into tiles of ROWS rows; the last row fills up the last tile."""
    for i0 in range(0, height, LANES):
        count = min(LANES, height - i0)
        begin = at + i0 * row
        if col != 1:
            turn_lines(source, begin, col, row, depth, count, scratch, DEPTH)
        last = count if i0 + count < height else count + -height % ROWS
        for i in range(last):
            target = ((i0 + i) // ROWS * WORDS * ROWS + (i0 + i) % ROWS) * DEPTH
            here = min(i, count - 1)
            if col != 1:
                fill_line(scratch, here * DEPTH, depth, out, target, ROWS * DEPTH, w)
            else:
                fill_line(source, begin + here * row, depth, out, target, ROWS * DEPTH, w)


def fill_strips(
    source: Any, at: Any, row: Any, col: Any, depth: Any, across: Any, out: Any, w: Any, scratch: Any
) -> None:
    """Pack columns of b into strips of WIDTH columns; what lies beyond `across` is never looked at."""
    for j in range(0, across, WIDTH):
        begin, count = at + j * col, min(WIDTH, across - j)
        if col != 1:
            turn_lines(source, begin, col, row, count, depth, scratch, WIDTH)
        elif count == WIDTH:
            for k in range(depth):
                move(source, begin + k * row, 0, scratch, k * WIDTH, 0)
        else:
            copy_few(source, begin, col, row, count, depth, scratch, WIDTH)
        fill_line(scratch, 0, depth * WIDTH, out, j * WORDS * DEPTH, DEPTH * WIDTH, w)


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
    side = lanes(bits)
    line_of = _compiled(fill_line, pack=cpu.compiled_body(pack, bits), store=_compiled(STORES[words]))
    few = _compiled(copy_few)
    sizes = {"ROWS": rows, "WIDTH": width, "WORDS": words, "DEPTH": DEPTH, "LANES": side}
    moves = {
        "fill_line": line_of,
        "copy_few": few,
        "turn_lines": _compiled(turn_lines, turn=square(bits), copy_few=few, LANES=side),
        "move": copied(bits, width // vector_words(bits)),
    }
    return _compiled(fill, **sizes, **moves)


def _compiled(function: Any, **bound: Any) -> Any:
    return cpu.helper(cpu.rebind(function, function.__name__, **bound))
