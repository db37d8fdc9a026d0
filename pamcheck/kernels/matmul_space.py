"""What a thread works in while it multiplies: one set of buffers a thread and word, kept between calls."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np

from pamcheck.kernels import cpu
from pamcheck.kernels.matmul_loops import BLOCK_BYTES, CHUNK
from pamcheck.kernels.matmul_plan import DEPTH
from pamcheck.kernels.matmul_tile import VARIANTS, tile_width

_LOCAL = threading.local()


def workspace(bits: int) -> tuple[Any, ...]:
    """Return this thread's buffers: packed a, packed b, a tile of x, a tile of sums."""
    found: tuple[Any, ...] | None = getattr(_LOCAL, f"buffers_{bits}", None)
    if found is None:
        word, number = cpu.WORD[bits], np.float32 if bits == 32 else np.float64
        tile = max(variant.rows * tile_width(variant, bits) for variant in VARIANTS.values())
        words = max(variant.a_words for variant in VARIANTS.values())
        found = (
            _aligned(CHUNK * DEPTH * words, word),
            _aligned(BLOCK_BYTES * 8 // bits, word),
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
