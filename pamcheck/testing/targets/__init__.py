"""Implementations that others wrote: Python callables on arrays, and programs behind a pipe."""

from pamcheck.testing.targets.callables import CallableTarget
from pamcheck.testing.targets.errors import TargetError
from pamcheck.testing.targets.lines import GarbledLine, format_lines, parse_lines
from pamcheck.testing.targets.loading import load
from pamcheck.testing.targets.making import program_target, python_target
from pamcheck.testing.targets.programs import ProgramTarget

__all__ = [
    "CallableTarget",
    "GarbledLine",
    "ProgramTarget",
    "TargetError",
    "format_lines",
    "load",
    "parse_lines",
    "program_target",
    "python_target",
]
