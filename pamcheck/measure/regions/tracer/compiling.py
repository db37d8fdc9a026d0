"""Compiling the tracer's loops, and keeping them on disk.

The kernels' options and their cache folder, in a subfolder named by a hash of this package's own sources.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numba

from pamcheck.kernels import cpu, disk

# Quotients by zero are infinite or NaN here, as in NumPy. No loop makes an array, so none counts references.
OPTIONS: dict[str, Any] = {**cpu.OPTIONS, "error_model": "numpy", "_nrt": False}


def helper(function: Callable[..., Any]) -> Any:
    """Compile a function that only compiled loops call."""
    return numba.njit(**OPTIONS, no_cpython_wrapper=True, no_cfunc_wrapper=True)(function)


def inlined(function: Callable[..., Any]) -> Any:
    """Compile a short function that becomes part of every loop that calls it."""
    return numba.njit(**{**cpu.HELPER_OPTIONS, **OPTIONS})(function)


def compiled(function: Callable[..., Any]) -> Any:
    """Compile a loop; from the cache on disk where that works, in memory where not."""
    return disk.cached_in(disk.cache_dir() / f"tracer-{source_key()}", function, OPTIONS)


@cache
def source_key() -> str:
    """Return a hash of every source file of this package."""
    return disk.hash_of("pamcheck.measure.regions.tracer")
