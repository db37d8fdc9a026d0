"""Compiled programs, in memory and on disk.

A program's name in the cache is that of its text, with a hash of its nodes, of the words that are constants in it,
and of this package's sources; its folder is one for the sources of pamcheck.kernels. So nothing stale is ever found.
"""

from __future__ import annotations

import hashlib
import re
import threading
from functools import cache
from types import FunctionType
from typing import Any, NamedTuple

from pamcheck.formats import FORMATS
from pamcheck.fusion.program import Program
from pamcheck.fusion.rows import row_loop
from pamcheck.fusion.symbols import Settings
from pamcheck.kernels import cpu, disk
from pamcheck.kernels.matmul_tile import FEATURES
from pamcheck.kernels.words import Words, make_words
from pamcheck.operands import offset_codes
from pamcheck.policy import get_policy

_LOCK = threading.RLock()
_MADE: dict[str, Made] = {}

run: Any = None  # bound at compilation


class Made(NamedTuple):
    """A program that this process has made: of which text, and the function that Numba compiles."""

    text: str
    function: FunctionType


def programs() -> list[Made]:
    """Return every program that this process has made so far, for those who want to read its machine code."""
    return list(_MADE.values())


def over_rows(table: Any, who: Any) -> None:  # noqa: ARG001, any thread may
    """Run a program over the rows that a table tells, by its address."""
    run(table)


def compiled(program: Program, settings: Settings, fmt_name: str, text: str) -> cpu.Loop:
    """Return the compiled loop of a program: see fusion.rows for what it takes. `text` is what it is listed under."""
    loop, function = _compiled(program, settings, fmt_name, text)
    _MADE.setdefault(function.__name__, Made(text, function))
    return loop


@cache
def _compiled(
    program: Program, settings: Settings, fmt_name: str, text: str
) -> tuple[cpu.Loop, FunctionType]:
    fmt, policy = FORMATS[fmt_name], get_policy(settings.policy)
    offset = offset_codes(settings.offset, fmt)
    bits = fmt.storage_bits
    plain, shifted = (
        _signed(cpu.machine_words(make_words(fmt, policy, codes), bits)) for codes in (0, offset)
    )
    assert fmt.nan is not None
    told = f"{program} {plain} {shifted} {FEATURES} {disk.hash_of('pamcheck.fusion')}"
    name = f"{re.sub(r'[^a-z0-9]+', '_', text.lower())}_{hashlib.sha256(told.encode()).hexdigest()[:16]}"
    with _LOCK:
        function = cpu.rebind(over_rows, name, run=row_loop(program, (plain, shifted), fmt.nan, bits))
        return cpu.Loop(function), function


def _signed(w: Words) -> Words:
    return Words(*map(int, w))
