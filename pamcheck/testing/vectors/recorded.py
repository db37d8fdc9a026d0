"""The operands of the checks, in the order in which a target would be asked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from pamcheck.testing.checks import select
from pamcheck.testing.session import Level, Session
from pamcheck.testing.subject import Codes, Subject


@dataclass
class Recorder:
    """A target that answers what is right, and keeps what it was asked."""

    name: str = "vectors"
    asked: list[tuple[Codes, ...]] = field(default_factory=list)

    def answer(self, subject: Subject, inputs: Sequence[Codes]) -> tuple[Codes, ...]:
        """Return the definition's results."""
        self.asked.append(tuple(inputs))
        return subject.expected(inputs)

    def notices(self) -> tuple[str, ...]:
        """Return nothing: it behaves."""
        return ()

    def close(self) -> None:
        """Do nothing: there is nothing to end."""


def recorded(subject: Subject, level: Level, seed: int) -> tuple[Codes, ...]:
    """Return the inputs of every case that the checks of a level ask for, each once, one array an input."""
    recorder = Recorder()
    for check in select(subject):
        check.run(Session(recorder, subject, level, check.name, seed))
    nothing = tuple(np.empty(0, subject.dtype) for _ in subject.inputs)
    columns = tuple(np.concatenate(parts) for parts in zip(nothing, *recorder.asked, strict=True))
    return _once(columns)


def _once(columns: tuple[Codes, ...]) -> tuple[Codes, ...]:
    """Return rows without repetitions, each where it came first."""
    order = np.lexsort(columns[::-1])  # a stable sort: among equal rows the first comes first
    new = np.zeros(order.size, bool)
    new[:1] = True
    for column in columns:
        ranked = column[order]
        new[1:] |= ranked[1:] != ranked[:-1]
    kept = np.sort(order[new])
    return tuple(column[kept] for column in columns)
