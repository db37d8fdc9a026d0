"""Compiling what a sweep runs beside the kernels, and keeping it on disk.

The kernels' options and their cache folder, in a subfolder named by a hash of this package's own sources.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numba

from pamcheck.kernels import cpu, disk

# Quotients by zero are infinite or NaN here, as in NumPy. No loop makes an array, so none needs to count references
# to its arrays, which it would do at every slice of them and which took a third of the time.
_OWN: dict[str, Any] = {"error_model": "numpy", "_nrt": False}
OPTIONS: dict[str, Any] = {**cpu.OPTIONS, **_OWN}


def inlined(function: Callable[..., Any]) -> Any:
    """Compile a function that only compiled loops call."""
    return numba.njit(**{**cpu.HELPER_OPTIONS, **_OWN})(function)


def compiled(function: Callable[..., Any]) -> Any:
    """Compile a loop; from the cache on disk where that works, in memory where not."""
    return disk.cached_in(disk.cache_dir() / f"sweep-{source_key()}", function, OPTIONS)


@cache
def source_key() -> str:
    """Return a hash of every source file of this package."""
    return disk.hash_of("pamcheck.measure.sweep")
