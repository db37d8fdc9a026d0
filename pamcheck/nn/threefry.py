"""The cipher behind random numbers: Threefry-2x32 with 20 rounds, on arrays of counters.

Only additions, rotations and exclusive ors of 32-bit words. On a GPU it is a kernel, device/threefry.cu.

Source: Salmon, Moraes, Dror & Shaw, Parallel random numbers: as easy as 1, 2, 3, SC 2011.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from pamcheck.interchange import gather

ROTATIONS = (13, 15, 26, 6, 17, 29, 16, 24)
PARITY = 0x1BD11BDA
ROUNDS = 20
WORD = 0xFFFFFFFF
CHUNK = 8192  # blocks whose words stay in the cache nearest to the core


def threefry(key: tuple[int, int], first: Any, second: Any) -> tuple[Any, Any]:
    """Return the words of a counter of two words: uint32 arrays of one shape, encrypted in place, or integers.

    Checked by the known answers that Random123 comes with.
    """
    keys = (*key, key[0] ^ key[1] ^ PARITY)
    endless = isinstance(first, int)  # an array's words wrap by themselves
    first += keys[0]
    second += keys[1]
    for at in range(ROUNDS):
        turn = ROTATIONS[at % 8]
        if endless:
            first, second = first & WORD, second & WORD
        first += second
        carried = second >> (32 - turn)
        second <<= turn
        second |= carried
        second ^= first
        if at % 4 == 3:
            times = at // 4 + 1
            first += keys[times % 3]
            second += (keys[(times + 1) % 3] + times) & WORD
    return (first & WORD, second & WORD) if endless else (first, second)


def words(key: tuple[int, int], blocks: int, like: Any = None) -> Any:
    """Return the words of counters 0 to blocks - 1: uint32 (blocks, 2), on the GPU where `like` lies there."""
    if blocks > 1 << 32:
        raise ValueError(f"{blocks} blocks are more than one key has; draw from several keys")
    place = None if like is None else gather("like", (like,))
    if place is not None and place.gpu:
        from pamcheck.kernels import gpu, gpu_threefry

        with place.on():
            return gpu_threefry.words(key, blocks, runtime=gpu.runtime())
    found = np.empty((blocks, 2), np.uint32)
    for start in range(0, blocks, CHUNK):
        first = np.arange(start, min(start + CHUNK, blocks), dtype=np.uint32)
        second = np.zeros_like(first)
        found[start : start + CHUNK, 0], found[start : start + CHUNK, 1] = threefry(key, first, second)
    return found
