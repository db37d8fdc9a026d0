"""Packing for the matrix product: each element of an operand becomes the words that its variant's loop reads.

Whatever an addition cannot say is prepared here, once an element, for a loop that reads it hundreds of
times: limits for the other operand, and what lies beyond them.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

import numba

from pamcheck.kernels import cpu

DEPTH = 256  # k in a block: part of the definition, spec section 4


class Limits(NamedTuple):
    """What packing needs to know about a format and a policy, in codes of float32 or float64."""

    sign: int
    magnitude: int
    tiny: int
    largest: int
    inf: int
    shift: int
    overflow: int  # what a finite product above `largest` is, sign clear
    one: int
    quiet: int  # the bit that makes a NaN quiet
    top: int  # the largest word
    none: int  # 0
    all: int  # -1


# One element into its words. A zero is any magnitude below `tiny`.


def plain(code: int, w: Limits) -> tuple[int, ...]:  # noqa: ARG001
    """The code."""
    return (code,)


def shifted(code: int, w: Limits) -> tuple[int, ...]:
    """The code less `shift`."""
    return (code - w.shift,)


def zeros_a(code: int, w: Limits) -> tuple[int, ...]:
    """The code and what `zeros_b` takes too much; |a|, a zero being 0."""
    size = code & w.magnitude
    return code + (w.inf - w.shift), size if size >= w.tiny else w.none


def zeros_b(code: int, w: Limits) -> tuple[int, ...]:
    """The code less infinity, which no number brings to the lowest word; a zero is that word."""
    return (code - w.inf if (code & w.magnitude) >= w.tiny else w.sign,)


def flush_a(code: int, w: Limits) -> tuple[int, ...]:
    """The code; the least |b| whose product is not a zero."""
    size = code & w.magnitude
    return code, max(w.tiny + w.shift - size, w.tiny) if size >= w.tiny else w.top


def flush_b(code: int, w: Limits) -> tuple[int, ...]:
    """The code less `shift`; |b|, a zero being 0."""
    size = code & w.magnitude
    return code - w.shift, size if size >= w.tiny else w.none


def full_a(code: int, w: Limits) -> tuple[int, ...]:
    """As `flush_a`; the greatest |b| whose product is finite; what a greater one gives, less the sign of b.

    For a zero those are infinities and NaN, and give NaN; for an infinity and a NaN it is every b.
    """
    size = code & w.magnitude
    low = max(w.tiny + w.shift - size, w.tiny)
    high = w.largest - max(size - w.shift, w.none)
    beyond = (code & w.sign) | w.overflow
    if size < w.tiny:
        low, high, beyond = w.top, w.largest, w.inf | w.quiet
    if size > w.largest:
        low, high, beyond = w.top, w.all, (code & w.sign) | w.inf
    if size > w.inf:
        beyond = w.inf | w.quiet
    return code, low, high, beyond


def full_b(code: int, w: Limits) -> tuple[int, ...]:
    """The code less `shift`; |b|, a zero being 0 and a NaN the largest word; what b makes of `beyond`.

    That is its sign, or a mark that turns an infinity into a NaN and leaves a NaN one.
    """
    size = code & w.magnitude
    mark = code & w.sign
    if size > w.inf:
        size, mark = w.top, w.quiet >> 1
    if size < w.tiny:
        size, mark = w.none, w.quiet >> 2
    return code - w.shift, size, mark


def slope_a(code: int, w: Limits) -> tuple[int, ...]:
    """The cotangent less `one`; its magnitude, a zero being 0."""
    size = code & w.magnitude
    return code - w.one, size if size >= w.tiny else w.none


def slope_b(code: int, w: Limits) -> tuple[int, ...]:
    """The code; a zero is the lowest word."""
    return (code if (code & w.magnitude) >= w.tiny else w.sign,)


def mantissa(code: int, w: Limits) -> tuple[int, ...]:
    """The mantissa, 0 for a zero: what the slope of a product needs of the operand itself."""
    return (code & (w.quiet + (w.quiet - 1)) if (code & w.magnitude) >= w.tiny else w.none,)


PACKS: dict[str, tuple[Callable[..., tuple[int, ...]], Callable[..., tuple[int, ...]]]] = {
    "lean": (plain, shifted),
    "zeros": (zeros_a, zeros_b),
    "flush": (flush_a, flush_b),
    "full": (full_a, full_b),
    "slope": (slope_a, slope_b),
}


# Whole blocks. These names are bound at compilation: see `filler`.
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
    for k in range(depth):
        for j in range(0, across, WIDTH):
            target = j * WORDS * DEPTH + k * WIDTH
            count = min(WIDTH, across - j)
            fill_line(source, at + k * row + j * col, col, count, out, target, step, w)


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
    line = _compiled(fill_line, pack=cpu.compiled_body(pack, bits), store=_compiled(STORES[words]))
    return _compiled(fill, fill_line=line, ROWS=rows, WIDTH=width, WORDS=words, DEPTH=DEPTH)


def _compiled(function: Any, **bound: Any) -> Any:
    return numba.njit(forceinline=True, **cpu.OPTIONS)(cpu.rebind(function, function.__name__, **bound))
