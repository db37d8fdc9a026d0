"""Failures explained: by the mutants of the catalogue that answer as the target does, or else described.

An answer is explained by a mutant that gives exactly that answer; a set of failures by the smallest set of mutants
that explain each of them and contradict no answer in agreement. What is left is described.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pamcheck.testing.describe import described
from pamcheck.testing.evidence import Agreed, Evidence, gathered
from pamcheck.testing.matching import Match, explanation
from pamcheck.testing.mutant import Mutant
from pamcheck.testing.mutants import same_as
from pamcheck.testing.mutants.catalogue import body_of
from pamcheck.testing.mutants.reach import Memory, Row
from pamcheck.testing.session import Disagreement
from pamcheck.testing.subject import Subject

EXACT = 4000  # failures that are held to every mutant that is named; more are assigned as those of their kind are

Places = npt.NDArray[np.intp]


@dataclass(frozen=True)
class Diagnosis:
    """Failures with one cause.

    mutant   what answers as the target does; None where nothing known does
    kind     "bug", "deviation" or "unexplained"
    words    what is the matter; begins with "partly:" where agreeing answers contradict it
    advice   what to do about it
    members  the failures: numbers of disagreements, and of cases within them; two arrays of one length
    also     names of other mutants that cannot be told from this one in the subject
    """

    mutant: Mutant | None
    kind: str
    words: str
    advice: str
    members: tuple[Places, Places]
    also: tuple[str, ...] = ()


def diagnose(
    subject: Subject, found: Sequence[Disagreement], agreed: Agreed = (), memory: Memory | None = None
) -> list[Diagnosis]:
    """Return the causes of failures, that of the most failures first; every failure is a member of one.

    found   disagreements with the definition, or with a rule; there the answer is still that at the inputs
    agreed  inputs and answers of some cases in agreement
    memory  what earlier diagnoses of the same subject found out about the same inputs

    Where mutants explain the same failures, the one that differs from the definition at fewer inputs is named, and
    of equals the one that stands first in the catalogue.
    """
    evidence = gathered(subject, found, agreed, memory)
    if not evidence.size:
        return []
    matches = explanation(evidence)
    owner = _owners(evidence, matches)
    groups = [_matched(subject, match, evidence, owner == i) for i, match in enumerate(matches)]
    groups = [group for group in groups if group.members[0].size]
    left = owner < 0
    if left.any():
        words, advice = described(subject, [evidence.case(i) for i in evidence.spread(2000, left)])
        groups.append(Diagnosis(None, "unexplained", words, advice, evidence.members(left)))
    return sorted(groups, key=lambda group: -group.members[0].size)


def _matched(subject: Subject, match: Match, evidence: Evidence, mine: npt.NDArray[np.bool_]) -> Diagnosis:
    mutant = match.mutant
    words = mutant.words if match.whole else f"partly: {mutant.words}"
    twins = tuple(other.name for other in same_as(mutant, subject) if other.name != mutant.name)
    return Diagnosis(mutant, mutant.kind, words, mutant.advice, evidence.members(mine), twins)


def _owners(evidence: Evidence, matches: Sequence[Match]) -> npt.NDArray[np.intp]:
    """Return for each failure the number of the match that explains it, -1 where none does.

    Failures beyond the first few thousand go where most of their disagreement went.
    """
    owner = np.full(evidence.size, -1)
    if not matches:
        return owner
    known: dict[tuple[Row, Row], int] = {}
    exact = evidence.spread(EXACT)
    for place in exact:
        case = evidence.case(place)
        key = (case.inputs, case.got)
        if key not in known:
            known[key] = _owner(evidence, key, matches)
        owner[place] = known[key]
    rest = np.ones(evidence.size, bool)
    rest[exact] = False
    for number in np.unique(evidence.which):
        here = evidence.which == number
        judged = owner[here & ~rest]
        if judged.size and (here & rest).any():
            values, counts = np.unique(judged, return_counts=True)
            owner[here & rest] = values[counts.argmax()]
    # of a relation the other side may be what is wrong: its cause is that of the failures that say more
    if (owner >= 0).any():
        owner[evidence.related & (owner < 0)] = np.bincount(owner[owner >= 0]).argmax()
    return owner


def _owner(evidence: Evidence, key: tuple[Row, Row], matches: Sequence[Match]) -> int:
    """Return the first match that gives an answer, or, where each output has another one's fault, the first of them."""
    inputs, got = key
    answers = [evidence.trail.answer(body_of(match.mutant), inputs) for match in matches]
    if got in answers:
        return answers.index(got)
    right = evidence.subject.expected([np.array([code], evidence.subject.dtype) for code in inputs])
    wrong = [number for number, codes in enumerate(right) if int(codes[0]) != got[number]]
    causes = [
        next((i for i, answer in enumerate(answers) if answer[number] == got[number]), -1)
        for number in wrong
    ]
    return causes[0] if causes and min(causes) >= 0 else -1
