"""Where a mutant can differ at all: only at inputs at which a right unit comes by what the mutant has replaced.

Bodies in Python are slow. A right unit is followed once over the inputs, and each of a hundred mutants is then asked
only where it may have another answer.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Protocol

from pamcheck.kernels.words import Words
from pamcheck.testing.mutants.probes import probes
from pamcheck.testing.mutants.unit import Unit
from pamcheck.testing.subject import Codes, Subject

Row = tuple[int, ...]
KNOWLEDGE = frozenset({"landmarks", "policy", "methods"})  # parts that are called once, for all inputs


class Reaching(Protocol):
    """A body that knows what it has replaced."""

    def touched(self, subject: Subject) -> frozenset[str]:
        """Return what a right unit must come by before this one can differ."""

    def __call__(self, *inputs_and_subject: Any) -> int | tuple[int, ...]:
        """Return the output, or outputs, for inputs with the subject after them."""


@dataclass
class Memory:
    """What is known of a subject's inputs, for those who diagnose many targets at the same ones.

    passed   by input: the right answer, and by what a right unit comes on its way to it
    answers  by body and input
    """

    passed: dict[Row, tuple[Row, frozenset[str]]] = field(default_factory=dict)
    answers: dict[tuple[Reaching, Row], Row] = field(default_factory=dict)


class Trail:
    """Inputs, their right answers, and by what a right unit comes on its way to each.

    With another `unit`, the answers are that one's, and so is the way.
    """

    def __init__(
        self,
        subject: Subject,
        rows: Sequence[Row],
        memory: Memory | None = None,
        unit: type[Unit] = Unit,
    ) -> None:
        self.subject = subject
        self.rows = rows
        self.memory = memory
        known = memory.passed if memory else {}
        followed, seen = _followed(unit, subject)
        for row in rows:
            if row not in known:
                seen.clear()
                answer = followed.answer(*row)
                known[row] = (answer if isinstance(answer, tuple) else (answer,), frozenset(seen))
        self.right = [known[row][0] for row in rows]
        self._names = [known[row][1] for row in rows]
        self._passed: dict[str, list[int]] = {}
        for place, names in enumerate(self._names):
            for name in names:
                self._passed.setdefault(name, []).append(place)

    def reaches(self, body: Reaching, place: int) -> bool:
        """Whether a body can differ at a row."""
        return not self._names[place].isdisjoint(body.touched(self.subject))

    def places(self, body: Reaching) -> list[int]:
        """Return the rows at which a body can differ, in ascending order."""
        lists = [self._passed[name] for name in body.touched(self.subject) if name in self._passed]
        return lists[0] if len(lists) == 1 else sorted({place for one in lists for place in one})

    def answers(self, body: Reaching, places: Iterable[int]) -> Iterator[tuple[int, Row]]:
        """Yield places with a body's answers, one at a time, always as a tuple."""
        for place in places:
            yield place, self.answer(body, self.rows[place])

    def answer(self, body: Reaching, row: Row) -> Row:
        """Return a body's answer to one input, as a tuple."""
        known = self.memory.answers if self.memory else {}
        key = (body, row)
        if key not in known:
            answer = body(*row, self.subject)
            known[key] = answer if isinstance(answer, tuple) else (answer,)
        return known[key]


def touched(unit: Unit, parts: frozenset[str]) -> frozenset[str]:
    """Return the methods and landmarks of a unit that are not those of a right one."""
    if not parts & KNOWLEDGE:
        return parts
    plain = Unit(unit.subject)
    if (unit.thresholds, unit.parts) != (plain.thresholds, plain.parts):
        return frozenset({"answer"})
    changed = (f"w.{name}" for name in Words._fields if getattr(unit.w, name) != getattr(plain.w, name))
    return parts - KNOWLEDGE | frozenset(changed)


def rows_of(columns: Sequence[Codes]) -> list[Row]:
    """Return arrays of codes as tuples of Python integers."""
    return list(zip(*(codes.tolist() for codes in columns), strict=True))


@lru_cache(maxsize=128)
def trail(subject: Subject) -> Trail:
    """Return the trail of the probes of a subject."""
    return Trail(subject, rows_of(probes(subject)), Memory())


@lru_cache(maxsize=16384)
def differs(body: Reaching, subject: Subject) -> bool:
    """Whether a body and the definition differ at a probe."""
    known = trail(subject)
    return any(answer != known.right[place] for place, answer in known.answers(body, known.places(body)))


def _followed(unit: type[Unit], subject: Subject) -> tuple[Unit, set[str]]:
    """Return a unit that keeps the names of the methods and landmarks it comes by, and where it keeps them."""
    seen: set[str] = set()

    def get(self: Unit, name: str) -> Any:
        seen.add(name)
        return object.__getattribute__(self, name)

    made = type(f"_Followed{unit.__name__}", (unit,), {"__getattribute__": get})(subject)
    made.w = _Read(made.w, seen)
    return made, seen


class _Read:
    """The landmarks of a followed unit."""

    def __init__(self, words: Words, seen: set[str]) -> None:
        self._words = words
        self._seen = seen

    def __getattr__(self, name: str) -> Any:
        self._seen.add(f"w.{name}")
        return getattr(self._words, name)
