"""What is wrong with a target before it is asked anything, and errors of foreign code in one line."""

from __future__ import annotations

import traceback
from pathlib import Path

_HERE = str(Path(__file__).parents[2])


class TargetError(ValueError):
    """A target that cannot be had: no such module, attribute or program, or one that cannot be called."""


def in_a_line(error: BaseException, file: str | None = None) -> str:
    """Return what foreign code raised and where: "ValueError: too small (unit.py, line 12)".

    file  the place is the innermost call in this file where there is one, else the innermost that is neither
          ours nor the import machinery's
    """
    module = type(error).__module__
    name = type(error).__qualname__ if module == "builtins" else f"{module}.{type(error).__qualname__}"
    told = f"{name}: {_first_line(error)}".removesuffix(": ")
    if isinstance(error, SyntaxError) and error.filename:
        return f"{told} ({_short(error.filename)}, line {error.lineno})"
    calls = [
        (frame.f_code.co_filename, line)
        for frame, line in traceback.walk_tb(error.__traceback__)
        if not frame.f_code.co_filename.startswith((_HERE, "<frozen "))
    ]
    calls = [call for call in calls if call[0] == file] or calls
    return f"{told} ({_short(calls[-1][0])}, line {calls[-1][1]})" if calls else told


def _first_line(error: BaseException) -> str:
    try:
        text = error.msg if isinstance(error, SyntaxError) else str(error)
    except Exception:  # an exception whose own __str__ fails
        return ""
    return next((line.strip() for line in text.splitlines() if line.strip()), "")[:200]


def _short(path: str) -> str:
    """Return a path as seen from the current folder, where it lies below it."""
    try:
        return str(Path(path).relative_to(Path.cwd()))
    except (ValueError, OSError):
        return path
