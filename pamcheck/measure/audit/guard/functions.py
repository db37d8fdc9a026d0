"""Which functions a step runs, and that all of them are watched."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

from pamcheck.measure.audit.guard import rewriting, sites
from pamcheck.measure.audit.guard.compiled import Ran


class Functions:
    """The functions of some folders that ran, by their code, and those that got watched code.

    loops  compiled loops that ran: Numba reports their calls as those of functions, which they are not
    """

    def __init__(self, roots: Sequence[Path], loops: Mapping[Any, Ran]) -> None:
        self._roots, self._loops = tuple(roots), loops
        self._known: set[CodeType] = set()
        self._missed: set[CodeType] = set()
        self._before: dict[CodeType, CodeType] = {}
        self._expected: set[int] = set()
        self._ran: set[int] = set()

    @property
    def count(self) -> int:
        """How many functions are known, and watched."""
        return len(self._known)

    @property
    def once(self) -> list[str]:
        """Functions that did not run again once they were watched."""
        return sorted(sites.named(x) for x in self._known if id(rewriting.watched(x)) not in self._ran)

    @property
    def unwatched(self) -> list[str]:
        """Functions that ran and are not watched."""
        return sorted(map(sites.named, self.new()))

    def discover(self, frame: FrameType) -> None:
        """Take note of a function that runs unwatched."""
        self._missed.add(frame.f_code)

    def notice(self, frame: FrameType) -> None:
        """Take note of a function that runs, which is to be a watched one."""
        code = frame.f_code
        self._ran.add(id(code))
        if id(code) not in self._expected and sites.inside(code.co_filename, self._roots):
            self._missed.add(code)

    def take_up(self) -> None:
        """Give the functions that ran unwatched the watched code."""
        new = self.new()
        self._missed = {code for code in new if rewriting.watched(code) is None}
        self._known |= new - self._missed
        if new - self._missed:
            self._before |= rewriting.swap(self._known)
        self._expected = set(map(id, (*self._before, *self._compiled())))

    def restore(self) -> None:
        """Give every function its own code back."""
        rewriting.restore(self._before)

    def new(self) -> set[CodeType]:
        """Return what ran and is not watched. Imports are left out: they define, and compute nothing."""
        missed = self._missed - self._known - self._compiled()
        return {x for x in missed if x.co_name != "<module>" and sites.inside(x.co_filename, self._roots)}

    def _compiled(self) -> set[CodeType]:
        return {ran.loop._function.__code__ for ran in self._loops.values()}
