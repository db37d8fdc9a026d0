"""Compiling what a sweep runs beside the kernels, and keeping it on disk.

The kernels' options and their cache folder, in a subfolder named by a hash of this package's own sources.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import cache
from importlib import resources
from typing import Any

import numba

from pamcheck.kernels import cpu

# Quotients by zero are infinite or NaN here, as in NumPy. No loop makes an array, so none needs to count references
# to its arrays, which it would do at every slice of them and which took a third of the time.
_OWN: dict[str, Any] = {"error_model": "numpy", "_nrt": False}
OPTIONS: dict[str, Any] = {**cpu.OPTIONS, **_OWN}


def inlined(function: Callable[..., Any]) -> Any:
    """Compile a function that only compiled loops call."""
    return numba.njit(**{**cpu.HELPER_OPTIONS, **_OWN})(function)


def compiled(function: Callable[..., Any]) -> Any:
    """Compile a loop; from the cache on disk where that works, in memory where not."""
    folder = cpu.cache_dir() / f"sweep-{source_key()}"
    before = numba.config.CACHE_DIR
    try:
        folder.mkdir(parents=True, exist_ok=True)
        numba.config.CACHE_DIR = str(folder)
        return numba.njit(cache=True, **OPTIONS)(function)
    except (OSError, RuntimeError):
        return numba.njit(**OPTIONS)(function)
    finally:
        numba.config.CACHE_DIR = before


@cache
def source_key() -> str:
    """Return a hash of every source file of this package."""
    digest = hashlib.sha256()
    for source in sorted(resources.files("pamcheck.measure.sweep").iterdir(), key=lambda item: item.name):
        if source.name.endswith(".py"):
            digest.update(source.name.encode() + b"\0" + source.read_bytes())
    return digest.hexdigest()[:16]
