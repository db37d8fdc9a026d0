"""A guard: the arrays, the operators and the calls of a step, watched while it runs."""

from __future__ import annotations

import builtins
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import FrameType
from typing import Any, TypeVar

import pamcheck
from pamcheck.measure.audit.guard import operators, sites
from pamcheck.measure.audit.guard.allowed import PLACES, Place
from pamcheck.measure.audit.guard.arrays import protect
from pamcheck.measure.audit.guard.compiled import Ran, recorded, threads
from pamcheck.measure.audit.guard.functions import Functions
from pamcheck.measure.audit.guard.offence import Allowance, MultiplicationError, Offence

PACKAGE = Path(pamcheck.__file__).parent
ROUNDS = 4  # in which functions may turn up that did not run before
T = TypeVar("T")
_CURRENT: list[Guard] = []


def current() -> Guard | None:
    """Return the guard that is on."""
    return _CURRENT[-1] if _CURRENT else None


def accused(accusation: str) -> None:
    """Raise MultiplicationError for what an array was asked to do, or let the guard that is on decide."""
    guard = current()
    if guard is None:
        raise MultiplicationError(sites.offence(accusation, sys._getframe(1), (PACKAGE,), {}))
    guard.accuse(accusation, sys._getframe(1))


class Guard:
    """Watches a step that does the same each time it is called.

    groups  arithmetics by the names of the groups that they compute, each an object of its own
    roots   folders whose Python sources are watched; what lies elsewhere gets guarded arrays
    places  functions that may multiply floats, with reasons
    stop    raise MultiplicationError at the first offence; False gathers all in `offences`

    One thread computes while a guard is on: the same loops, the same bits.
    """

    def __init__(
        self,
        groups: Mapping[str, Any] | None = None,
        roots: Sequence[Path] = (PACKAGE,),
        places: Sequence[Place] = PLACES,
        stop: bool = True,
    ) -> None:
        self.groups, self.roots, self.places, self.stop = dict(groups or {}), tuple(roots), places, stop
        self.offences: list[Offence] = []
        self.outside_of: dict[str, str] = {}
        self.loops: dict[Any, Ran] = {}
        self.functions = Functions(self.roots, self.loops)
        self.active = self.arrays = False
        self._allowed: dict[tuple[str, int, str], Allowance] = {}

    @property
    def allowances(self) -> list[Allowance]:
        """Where integers were multiplied, and where a listed function multiplied more, by file and line."""
        return sorted(self._allowed.values(), key=lambda item: (item.file, item.line, item.operation))

    @property
    def unwatched(self) -> list[str]:
        """Functions that ran and could not be watched, which is as bad as an offence."""
        return self.functions.unwatched

    @property
    def holds(self) -> bool:
        """Whether something was watched, and everything that ran was, and nothing multiplied."""
        return self.functions.count > 0 and not self.offences and not self.unwatched

    def watch(self, step: Callable[[], T]) -> tuple[T, T]:
        """Run a step unwatched, to see what it runs; watched; and watched on arrays that raise.

        Returns what the first run and the last gave.

        Raises MultiplicationError where `stop` says so.
        """
        with threads(1):
            with recorded(self.loops), sites.profiled(self.functions.discover):
                first = step()
            try:
                for self.arrays in (False, True):
                    for _ in range(ROUNDS):
                        self.functions.take_up()
                        result = self._watched(step)
                        if not self.functions.new():
                            break
            finally:
                self.functions.restore()
        return first, result

    def protect(self, x: Any) -> Any:
        """Return arrays, also inside of mappings, tuples and dataclasses, as ones that raise, if it is their turn."""
        return protect(x) if self.arrays else x

    @contextmanager
    def outside(self, what: str, reason: str) -> Iterator[None]:
        """Leave a part of the run unwatched, and say so in `outside_of`."""
        self.outside_of[what] = reason
        before, self.active = self.active, False
        try:
            yield
        finally:
            self.active = before

    def accuse(self, accusation: str, frame: FrameType) -> None:
        """Take note of an offence, raise, or allow it for its place."""
        if not self.active:
            return
        found = sites.offence(accusation, frame, self.roots, self.groups)
        at = sites.innermost(frame, self.roots)
        place = next((item for item in self.places if sites.matches(item, at)), None)
        if place is not None:
            self.allow(accusation, at, place.reason)
        elif self.stop:
            raise MultiplicationError(found)
        elif not any(item.place == found.place for item in self.offences):
            self.offences.append(found)

    def allow(self, operation: str, frame: FrameType, reason: str) -> None:
        """Write down a product that may be."""
        key = frame.f_code.co_filename, frame.f_lineno, reason
        if key not in self._allowed:
            file = sites.short(frame.f_code.co_filename)
            self._allowed[key] = Allowance(
                operation, file, frame.f_lineno, frame.f_code.co_qualname, reason
            )

    def _watched(self, step: Callable[[], T]) -> T:
        """Run a step with the hooks on that watched functions call."""
        with ExitStack() as undo:
            for name, hook in operators.hooks(self).items():
                setattr(builtins, name, hook)
                undo.callback(delattr, builtins, name)
            undo.enter_context(recorded(self.loops))
            undo.enter_context(sites.profiled(self._notice))
            undo.callback(_CURRENT.remove, self)
            undo.callback(setattr, self, "active", False)
            _CURRENT.append(self)
            self.active = True
            return step()

    def _notice(self, frame: FrameType) -> None:
        if self.active:
            self.functions.notice(frame)

    def is_ours(self, file: str) -> bool:
        """Whether a source file is watched."""
        return sites.inside(file, self.roots)
