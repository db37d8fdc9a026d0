"""What a callable is called, and where it was written."""

from __future__ import annotations

import inspect
from typing import Any


def name_of(fn: Any) -> str:
    """Return "module:function", for one that was not found by its name."""
    whose = fn if hasattr(fn, "__qualname__") else type(fn)
    return f"{whose.__module__}:{whose.__qualname__}"


def file_of(fn: Any) -> str | None:
    """Return the file a function was written in, where it was written in Python."""
    for found in (inspect.unwrap(fn), vars(type(fn)).get("__call__")):
        code = getattr(found, "__code__", None)
        if code is not None:
            return str(code.co_filename)
    return None
