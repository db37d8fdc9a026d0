"""Targets from what is typed on a command line."""

from __future__ import annotations

import shlex

from pamcheck.testing.targets.callables import CallableTarget
from pamcheck.testing.targets.loading import load
from pamcheck.testing.targets.programs import TIME_LIMIT, ProgramTarget


def python_target(
    spec: str,
    arrays: str = "numpy",
    gradient: str = "function",
    codes: bool = False,
    elementwise: bool = False,
) -> CallableTarget:
    """Return the target that "package.module:function" or "path/to/file.py:function" names.

    The other arguments are those of CallableTarget, and options of the command line by the same names. Raises
    TargetError for what cannot be had.
    """
    words = [spec]
    words += ["--arrays", arrays] if arrays != "numpy" else []
    words += ["--gradient", gradient] if gradient != "function" else []
    words += ["--codes"] if codes else []
    words += ["--elementwise"] if elementwise else []
    return CallableTarget(load(spec), shlex.join(words), arrays, gradient, codes, elementwise)


def program_target(command: str, time_limit: float = TIME_LIMIT) -> ProgramTarget:
    """Return the program that a command line runs; see ProgramTarget. Raises TargetError where there is none."""
    words = ["--exec", command]
    words += ["--time-limit", f"{time_limit:g}"] if time_limit != TIME_LIMIT else []
    return ProgramTarget(command, time_limit, shlex.join(words))
