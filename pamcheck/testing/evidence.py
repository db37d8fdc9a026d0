"""What a diagnosis starts from: failures as one list, and a sample of it with answers that must not be contradicted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from pamcheck.testing.kinds import kinds_of
from pamcheck.testing.mutants.reach import Memory, Row, Trail, rows_of
from pamcheck.testing.session import Disagreement
from pamcheck.testing.subject import Codes, Subject

Agreed = Sequence[tuple[tuple[Codes, ...], tuple[Codes, ...]]]
Places = npt.NDArray[np.intp]
FAILURES = 500  # distinct failures that mutants are held to
ANSWERS = 500  # distinct answers in agreement, likewise


class Case(NamedTuple):
    """One failure: codes in the order of the subject's inputs and outputs."""

    inputs: Row
    got: Row
    wanted: Row
    rule: str


@dataclass(frozen=True)
class Evidence:
    """Failures and the answers that a sample of them and of the others was given.

    which, where  number of the disagreement, and of the case in it, of each failure
    related       failures of a relation: where nothing explains the answer, the other side may be what is wrong
    trail         the sample: `failures` rows with wrong answers, then rows in agreement
    answers       the target's, one a row of the trail
    """

    subject: Subject
    found: Sequence[Disagreement]
    which: Places
    where: Places
    related: npt.NDArray[np.bool_]
    trail: Trail
    answers: list[Row]
    failures: int

    @property
    def size(self) -> int:
        """Number of failures."""
        return int(self.which.size)

    @cached_property
    def kinds(self) -> list[int]:
        """The kind of each row of the trail."""
        rows, right = self.trail.rows, self.trail.right
        columns = (
            [np.array(c, self.subject.dtype) for c in zip(*some, strict=True)] for some in (rows, right)
        )
        return [int(kind) for kind in kinds_of(self.subject, *columns)]

    @cached_property
    def case_kinds(self) -> npt.NDArray[np.intp]:
        """The kind of each failure."""
        found = np.zeros(self.size, np.intp)
        for number, one in enumerate(self.found):
            here = self.which == number
            found[here] = kinds_of(self.subject, one.inputs, one.wanted)[self.where[here]]
        return found

    def case(self, place: int) -> Case:
        """Return one failure."""
        one, where = self.found[self.which[place]], self.where[place]
        inputs, got, wanted = (
            tuple(int(codes[where]) for codes in columns) for columns in (one.inputs, one.got, one.wanted)
        )
        return Case(inputs, got, wanted, one.rule)

    def spread(self, most: int, chosen: npt.NDArray[np.bool_] | None = None) -> list[int]:
        """Return about so many failures, of those marked or of all: evenly, and some of every disagreement."""
        places = np.arange(self.size) if chosen is None else np.flatnonzero(chosen)
        if places.size > most:
            begins = np.flatnonzero(np.diff(self.which[places], prepend=-1))
            parts = np.split(places, begins[1:])
            share = most // len(parts) + 1
            places = np.concatenate([_evenly(part, share) for part in parts])
        return [int(place) for place in places]

    def members(self, chosen: npt.NDArray[np.bool_]) -> tuple[Places, Places]:
        """Return the failures marked, as a diagnosis lists them."""
        return self.which[chosen], self.where[chosen]


def gathered(
    subject: Subject, found: Sequence[Disagreement], agreed: Agreed, memory: Memory | None = None
) -> Evidence:
    """Return failures and a sample of them and of what agrees, stratified over disagreements and checks."""
    sizes = [one.size for one in found]
    which = np.repeat(np.arange(len(found)), sizes)
    where = np.concatenate([np.arange(size) for size in sizes]) if found else np.zeros(0, np.intp)
    # of a relation, the side that is shown may be the right one
    fine = [_right(subject, one) if one.rule else np.zeros(one.size, bool) for one in found]
    wrong: dict[Row, Row] = {}
    other: dict[Row, Row] = {}
    share = FAILURES // max(len(found), 1) + 1
    for one, right in zip(found, fine, strict=True):
        wrong.update(_sample(one.inputs, one.got, np.flatnonzero(~right), share))
        other.update(_sample(one.inputs, one.got, np.flatnonzero(right), share))
    share = ANSWERS // max(len(agreed), 1) + 1
    for inputs, got in agreed:
        other.update(_sample(inputs, got, np.arange(inputs[0].size), share))
    # a target that answers the same inputs in two ways agrees with no mutant there
    agreeing = [row for row in other if row not in wrong]
    order = np.random.default_rng(0).permutation(len(wrong)).tolist()
    failing = [list(wrong)[i] for i in order]
    return Evidence(
        subject,
        found,
        which,
        where.astype(np.intp),
        np.repeat([one.rule != "" for one in found], sizes),
        Trail(subject, [*failing, *agreeing], memory),
        [*(wrong[row] for row in failing), *(other[row] for row in agreeing)],
        len(failing),
    )


def _right(subject: Subject, one: Disagreement) -> npt.NDArray[np.bool_]:
    """Return where the answers of a relation are the definition's."""
    same = np.ones(one.size, bool)
    for mine, right in zip(one.got, subject.expected(one.inputs), strict=True):
        same &= mine == right
    return same


def _sample(inputs: Sequence[Codes], got: Sequence[Codes], places: Places, most: int) -> dict[Row, Row]:
    chosen = _evenly(places, most)
    rows, answers = (rows_of([codes[chosen] for codes in columns]) for columns in (inputs, got))
    return dict(zip(rows, answers, strict=True))


def _evenly(places: Places, most: int) -> Places:
    return places if places.size <= most else places[np.linspace(0, places.size - 1, most).astype(int)]
