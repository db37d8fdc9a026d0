"""Asking the C library to keep the memory of arrays that are gone.

A step of training makes and drops the same arrays as the one before. The GNU C library returns the memory of
large ones to the system at once, which hands it out again as pages to be cleared: as much time as a pass over
each new array, or more.
"""

from __future__ import annotations

import ctypes
import platform

M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3  # of malloc.h
LARGEST_KEPT = 1 << 25  # bytes of one array; the GNU C library takes no more
MOST_KEPT = 1 << 30  # bytes of memory that is free


def keep_memory(largest: int = LARGEST_KEPT, most: int = MOST_KEPT) -> bool:
    """Keep freed memory for arrays of up to `largest` bytes, `most` bytes of it, for the rest of the process.

    Returns whether the C library took both; False, and nothing is changed, where it is not the GNU one.
    Raises ValueError for sizes that are not positive.
    """
    if largest < 1 or most < 1:
        raise ValueError(f"sizes are {largest} and {most} bytes; both must be positive")
    if platform.libc_ver()[0] != "glibc":
        return False
    ask = ctypes.CDLL(None).mallopt
    return bool(ask(M_MMAP_THRESHOLD, min(largest, LARGEST_KEPT))) and bool(
        ask(M_TRIM_THRESHOLD, min(most, (1 << 31) - 1))
    )
