"""Which of the mutants that explain failures each failure goes to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from pamcheck.testing.composing import Composite
from pamcheck.testing.covering import Match
from pamcheck.testing.evidence import Evidence
from pamcheck.testing.kinds import KINDS
from pamcheck.testing.matching import MOST, Explanation
from pamcheck.testing.mutants.catalogue import body_of
from pamcheck.testing.mutants.family import together
from pamcheck.testing.mutants.reach import Row

EXACT = 4000  # failures that are held to every mutant that is named; more are assigned as those of their kind are
JOINT = 0.05  # share of failures that two mutants must cause together to be named together
NOBODY: tuple[int, ...] = ()

Places = npt.NDArray[np.intp]
Key = tuple[Row, Row]


def assigned(evidence: Evidence, explained: Explanation) -> tuple[list[Match], Places]:
    """Return causes, and for each failure the number of its cause, -1 where there is none.

    A failure that is shown by several mutants in one unit only goes to them together where there are many such, else
    to the one of them that was found last, which is the most specific.
    """
    matches = list(explained.matches)
    owner = np.full(evidence.size, -1)
    if not matches:
        return matches, owner
    places = evidence.spread(EXACT)
    found: dict[int, tuple[int, ...]] = {}
    known: dict[Key, tuple[int, ...]] = {}
    for place in places:
        case = evidence.case(place)
        key = (case.inputs, case.got)
        if key not in known:
            known[key] = _causes(evidence, key, explained)
        found[place] = known[key]
    numbers = _numbered(found, matches)
    for place, causes in found.items():
        owner[place] = numbers[causes]
    _spread_out(owner, places, evidence)
    return matches, owner


def _numbered(found: dict[int, tuple[int, ...]], matches: list[Match]) -> dict[tuple[int, ...], int]:
    """Return the number of each set of causes; those that are many enough are put at the end of the matches."""
    numbers = {NOBODY: -1}
    for causes, times in Counter(found.values()).most_common():
        if len(causes) > 1 and times >= JOINT * len(found) and len(matches) < MOST:
            numbers[causes] = len(matches)
            parts = [matches[i] for i in causes]
            matches.append(
                Match(together([part.mutant for part in parts]), all(part.whole for part in parts))
            )
        elif causes:
            numbers[causes] = causes[-1]
    return numbers


def _causes(evidence: Evidence, key: Key, explained: Explanation) -> tuple[int, ...]:
    """Return the first match that gives an answer; or the parts that do together; or those of each output."""
    inputs, got = key
    answers = []
    for number, match in enumerate(explained.matches):
        answers.append(evidence.trail.answer(body_of(match.mutant), inputs))
        if answers[-1] == got:
            return (number,)
    if len(got) > 1 and (first := _first_of_outputs(evidence, key, answers)) is not None:
        return (first,)
    several = explained.composite
    if several and evidence.trail.answer(body_of(several.unit), inputs) == got:
        return _needed(evidence, key, several)
    return NOBODY


def _first_of_outputs(evidence: Evidence, key: Key, answers: Sequence[Row]) -> int | None:
    """Return the match that gives the first wrong output, where each wrong output is some match's."""
    inputs, got = key
    right = evidence.subject.expected([np.array([code], evidence.subject.dtype) for code in inputs])
    wrong = [place for place, codes in enumerate(right) if int(codes[0]) != got[place]]
    causes = [
        next((i for i, answer in enumerate(answers) if answer[place] == got[place]), None)
        for place in wrong
    ]
    return causes[0] if causes and None not in causes else None


def _needed(evidence: Evidence, key: Key, several: Composite) -> tuple[int, ...]:
    """Return the parts without which a composite does not give an answer; the last one where none is needed."""
    inputs, got = key
    needed = [
        number
        for number, unit in enumerate(several.without)
        if evidence.trail.answer(body_of(unit), inputs) != got
    ]
    return tuple(needed) or (len(several.parts) - 1,)


def _spread_out(owner: Places, judged: Sequence[int], evidence: Evidence) -> None:
    """Assign the other failures as most of their kind in their disagreement were, or of all in it."""
    rest = np.ones(evidence.size, bool)
    rest[judged] = False
    if rest.any():
        strata = evidence.which * len(KINDS) + evidence.case_kinds
        # coarse first: the finer overrides it where something of the same kind was judged
        for labels in (evidence.which, strata):
            for label in np.unique(labels[rest]):
                here = labels == label
                known = owner[here & ~rest]
                if known.size:
                    values, counts = np.unique(known, return_counts=True)
                    owner[here & rest] = values[counts.argmax()]
    # of a relation the other side may be what is wrong: its cause is that of the failures that say more
    if (owner >= 0).any():
        owner[evidence.related & (owner < 0)] = np.bincount(owner[owner >= 0]).argmax()
