"""What a part of a matrix product is told: one table of 64-bit words, and the buffers of whoever does it.

    address and length of a, b, x and c; address and number of the rows of `starts`
    address of the limits of the format
    the plan of the part
    addresses of four buffers for each thread: packed a, packed b, a tile of x, a tile of sums

A loop that takes nothing but such a table can be handed to a thread by its address.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

from pamcheck.formats import FloatFormat
from pamcheck.kernels import cpu
from pamcheck.kernels.matmul_pack import machine_limits
from pamcheck.kernels.matmul_plan import DEPTH, Plan
from pamcheck.kernels.matmul_tile import VARIANTS, tile_width
from pamcheck.kernels.team import Tables, address
from pamcheck.kernels.words import Words

CHUNK = 240  # rows packed at a time: a multiple of every tile's, and an L2 cache holds them
BLOCK_BYTES = 1 << 20  # of b packed at a time

ARRAYS, BUFFERS = 5, 4
LIMITS = 2 * ARRAYS
PLAN = LIMITS + 1
SPACE = PLAN + len(Plan._fields)

NUMBER: dict[int, Any] = {32: np.float32, 64: np.float64}

_LOCAL = threading.local()
_OTHERS: dict[
    tuple[int, int], list[npt.NDArray[Any]]
] = {}  # buffers of a team's threads, by word and thread
_LOCK = threading.Lock()


def tables(
    arrays: Sequence[Any], pieces: Sequence[Plan], fmt: FloatFormat, w: Words, bits: int, threads: int
) -> Tables:
    """Return a table for each part of a product: a, b, x, c flat, and where items begin (see matmul_plan)."""
    *flat, starts = arrays
    row = [entry for x in flat for entry in (address(x), x.size)]
    row += (address(starts), len(starts), address(_limits(fmt, w)), *pieces[0], *_space(bits, threads))
    found = np.array([row] * len(pieces), np.int64)
    for table, piece in zip(found[1:], pieces[1:], strict=True):
        table[PLAN:SPACE] = piece
    return found


@cache  # never given up, as their addresses are handed out
def _limits(fmt: FloatFormat, w: Words) -> npt.NDArray[Any]:
    return np.array(machine_limits(fmt, w))


def buffer_sizes(bits: int) -> tuple[int, int, int]:
    """Return how many elements packed a, packed b and a tile have at most."""
    words = max(variant.a_words for variant in VARIANTS.values())
    tile = max(variant.rows * tile_width(variant, bits) for variant in VARIANTS.values())
    return CHUNK * DEPTH * words, BLOCK_BYTES * 8 // bits, tile


def _space(bits: int, threads: int) -> tuple[int, ...]:
    """Return the addresses of the buffers: the calling thread's own, then those of a team's other threads."""
    kept: dict[tuple[int, int], tuple[Any, tuple[int, ...]]] = _LOCAL.__dict__.setdefault("kept", {})
    if (bits, threads) not in kept:
        own = kept.get((bits, 1), (None, ()))[0] or _buffers(bits)
        with _LOCK:
            for who in range(1, threads):
                if (bits, who) not in _OTHERS:
                    _OTHERS[bits, who] = _buffers(bits)
            others = [_OTHERS[bits, who] for who in range(1, threads)]
        addresses = tuple(address(x) for buffers in (own, *others) for x in buffers)
        kept[bits, 1], kept[bits, threads] = (own, addresses[:BUFFERS]), (own, addresses)
    return kept[bits, threads][1]


def _buffers(bits: int) -> list[npt.NDArray[Any]]:
    a_pack, b_pack, tile = buffer_sizes(bits)
    word, number = cpu.WORD[bits], NUMBER[bits]
    return [_aligned(a_pack, word), _aligned(b_pack, word), _aligned(tile, word), _aligned(tile, number)]


def _aligned(count: int, kind: Any) -> Any:
    """Return zeros that begin on a cache line, as the vector loads expect."""
    size = np.dtype(kind).itemsize
    raw = np.zeros(count + 64 // size, kind)
    start = -address(raw) % 64 // size
    return raw[start : start + count]
