"""The suite's own exam: is a mutant killed by the checks, and is the diagnosis right?

Mutants are slow, and checks ask much. So the inputs of every check are drawn once for a subject, some of each are
kept, and a mutant is asked those first. Only one that comes through, or whose diagnosis is wrong on so few cases,
sits all the checks as any target does. Kills on the kept inputs are kills: a check fails if one of its cases does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np

from pamcheck.testing.checks import select
from pamcheck.testing.diagnosis import Diagnosis, diagnose
from pamcheck.testing.mutant import Mutant
from pamcheck.testing.mutants.catalogue import body_of
from pamcheck.testing.mutants.reach import Memory, Row, Trail, rows_of
from pamcheck.testing.mutants.target import MutantTarget
from pamcheck.testing.session import Disagreement, Session
from pamcheck.testing.subject import Codes, Subject

KEPT = 64  # inputs of each check that a mutant is asked first


@dataclass(frozen=True)
class Killed:
    """What became of a mutant.

    by         names of the checks that fail; none if it survived. On kept inputs: of those that hold values
    diagnosis  the cause that most failures are put down to; None of a survivor
    right      whether that is the mutant, or one that no input of the subject tells from it
    causes     how many causes the failures are put down to: 1 if all is well
    """

    by: tuple[str, ...]
    diagnosis: Diagnosis | None
    right: bool
    causes: int = 0


@dataclass
class Paper:
    """The kept inputs of a subject's checks, by the check's name, as places in `trail`."""

    trail: Trail
    places: dict[str, list[int]]
    memory: Memory


class _Right:
    """A target that answers as the definition does."""

    name = "the definition"

    def answer(self, subject: Subject, inputs: Sequence[Codes]) -> tuple[Codes, ...]:
        return subject.expected(inputs)

    def notices(self) -> tuple[str, ...]:
        return ()

    def close(self) -> None:
        pass


@dataclass
class _Sitting(Session):
    """A session that keeps what is held to the definition, and holds nothing."""

    asked: list[Row] = field(default_factory=list)

    def hold(self, *inputs: Codes) -> None:
        size = inputs[0].size
        some = np.random.default_rng(size).permutation(size)[:KEPT]
        self.asked += rows_of([np.ravel(codes)[some] for codes in inputs])


def examine(subject: Subject, mutant: Mutant) -> Killed:
    """Put a mutant to the checks at level 1, and its failures to the diagnosis."""
    first = _on_kept(subject, mutant)
    return first if first.by and first.right and first.causes == 1 else _on_all(subject, mutant)


@lru_cache(maxsize=32)
def paper(subject: Subject) -> Paper:
    """Return the kept inputs of every check of a subject."""
    number: dict[Row, int] = {}
    places: dict[str, list[int]] = {}
    for check in select(subject):
        sitting = _Sitting(_Right(), subject, "1", check.name)
        check.run(sitting)
        for row in sitting.asked:
            number.setdefault(row, len(number))
        places[check.name] = [number[row] for row in sitting.asked]
    memory = Memory()
    return Paper(Trail(subject, list(number), memory), places, memory)


def _on_kept(subject: Subject, mutant: Mutant) -> Killed:
    sheet = paper(subject)
    trail = sheet.trail
    differing = trail.answers(body_of(mutant), trail.places(body_of(mutant)))
    wrong = {place: answer for place, answer in differing if answer != trail.right[place]}
    failed = {
        name: kept for name, places in sheet.places.items() if (kept := [p for p in places if p in wrong])
    }
    found = [_disagreement(subject, trail, places, wrong) for places in failed.values()]
    agreeing = [place for place in range(len(trail.rows)) if place not in wrong]
    rows = [trail.rows[place] for place in agreeing]
    agreed = (_columns(subject, rows), _columns(subject, [trail.right[place] for place in agreeing]))
    return _verdict(subject, mutant, tuple(failed), found, [agreed] if rows else [], sheet.memory)


def _on_all(subject: Subject, mutant: Mutant) -> Killed:
    found: list[Disagreement] = []
    agreed: list[tuple[tuple[Codes, ...], tuple[Codes, ...]]] = []
    by = []
    for check in select(subject):
        session = Session(MutantTarget(mutant), subject, "1", check.name)
        check.run(session)
        found += session.found
        agreed += session.agreed
        by += [check.name] * bool(session.found)
    return _verdict(subject, mutant, tuple(by), found, agreed, None)


def _verdict(
    subject: Subject,
    mutant: Mutant,
    by: tuple[str, ...],
    found: Sequence[Disagreement],
    agreed: Sequence[tuple[tuple[Codes, ...], tuple[Codes, ...]]],
    memory: Memory | None,
) -> Killed:
    if not by:
        return Killed((), None, False)
    diagnoses = diagnose(subject, found, agreed, memory)
    first = diagnoses[0]
    names = (first.mutant.name, *first.also) if first.mutant else ()
    return Killed(by, first, mutant.name in names, len(diagnoses))


def _disagreement(
    subject: Subject, trail: Trail, places: Sequence[int], wrong: dict[int, Row]
) -> Disagreement:
    return Disagreement(
        _columns(subject, [trail.rows[p] for p in places]),
        _columns(subject, [wrong[p] for p in places]),
        _columns(subject, [trail.right[p] for p in places]),
    )


def _columns(subject: Subject, rows: Sequence[Row]) -> tuple[Codes, ...]:
    return tuple(np.array(column, subject.dtype) for column in zip(*rows, strict=True))
