"""Compiled code on disk, in folders named by hashes of the sources that it was made from.

An edited source is never stale, and a second start compiles nothing. PAMCHECK_CACHE moves the folders.
"""

from __future__ import annotations

import ast
import hashlib
import os
import platform
from collections.abc import Iterable, Mapping
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import numba

PACKAGE = "pamcheck.kernels"


def cache_dir() -> Path:
    """Return the folder for what is made from exactly the sources of the kernels, by exactly these versions."""
    root = os.environ.get("PAMCHECK_CACHE") or _user_cache()
    versions = f"{numba.__version__} {platform.python_version()}"
    return Path(root).expanduser().resolve() / _digest(_texts(PACKAGE).items(), versions)


def cached_in(folder: Path, function: Any, options: Mapping[str, Any]) -> Any:
    """Return Numba's dispatcher of a function, with its cache in a folder, or without where that cannot be written."""
    before = numba.config.CACHE_DIR
    try:
        folder.mkdir(parents=True, exist_ok=True)
        numba.config.CACHE_DIR = str(folder)
        return numba.njit(cache=True, **options)(function)
    except (OSError, RuntimeError):
        return numba.njit(**options)(function)
    finally:
        numba.config.CACHE_DIR = before


def hash_of(package: str) -> str:
    """Return a hash of every Python source of a package, subpackages not included."""
    return _digest(_texts(package).items())


@cache
def hash_of_elementwise(backend: str) -> str:
    """Return a hash of the sources of the kernels that elementwise loops rest on, "cpu" or "gpu": not of products."""
    found = {"cpu": "cpu.py", "gpu": "gpu_elementwise.py"}
    texts = {name: _texts(PACKAGE)[name] for name in _reached(found[backend])}
    if backend == "gpu":
        texts |= _texts(f"{PACKAGE}.device", (".py", ".cuh", ".cu"))
    return _digest(texts.items())


def _reached(name: str) -> list[str]:
    """Return the files of the kernels that one of them imports, itself and what those import included."""
    texts, seen, waiting = _texts(PACKAGE), set[str](), [name]
    while waiting:
        name = waiting.pop()
        if name in seen or name not in texts:
            continue
        seen.add(name)
        for node in ast.walk(ast.parse(texts[name])):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(PACKAGE):
                inside = (node.module or "").removeprefix(PACKAGE).removeprefix(".")
                waiting += [f"{inside}.py"] if inside else [f"{alias.name}.py" for alias in node.names]
    return sorted(seen)


@cache
def _texts(package: str, kinds: tuple[str, ...] = (".py",)) -> dict[str, bytes]:
    files = sorted(resources.files(package).iterdir(), key=lambda item: item.name)
    return {item.name: item.read_bytes() for item in files if item.name.endswith(kinds)}


def _digest(texts: Iterable[tuple[str, bytes]], more: str = "") -> str:
    digest = hashlib.sha256()
    for name, text in texts:
        digest.update(name.encode() + b"\0" + text)
    digest.update(more.encode())
    return digest.hexdigest()[:16]


def _user_cache() -> str:
    # imported here, so that a machine without it can still say where the cache is
    import platformdirs

    return platformdirs.user_cache_dir("pamcheck", appauthor=False)
