"""Failures explained: by the mutants of the catalogue that answer as the target does, or else described.

An answer is explained by a mutant that gives exactly that answer; a set of failures by the smallest set of mutants
that explain each of them and contradict no answer in agreement. What is left is described.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pamcheck.testing.assigning import assigned
from pamcheck.testing.covering import Match
from pamcheck.testing.describe import ADVICE, told_apart
from pamcheck.testing.evidence import Agreed, Evidence, gathered
from pamcheck.testing.matching import MOST, explanation
from pamcheck.testing.mutant import Mutant
from pamcheck.testing.mutants import same_as
from pamcheck.testing.mutants.reach import Memory
from pamcheck.testing.session import Disagreement
from pamcheck.testing.subject import Subject

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
    matches, owner = assigned(evidence, explanation(evidence))
    groups = [_matched(subject, match, evidence, owner == i) for i, match in enumerate(matches)]
    groups = [group for group in groups if group.members[0].size]
    left = owner < 0
    if left.any():
        groups += [
            Diagnosis(None, "unexplained", words, ADVICE, evidence.members(mine))
            for words, mine in told_apart(subject, evidence, left, MOST - len(groups))
        ]
    return sorted(groups, key=lambda group: -group.members[0].size)


def _matched(subject: Subject, match: Match, evidence: Evidence, mine: npt.NDArray[np.bool_]) -> Diagnosis:
    mutant = match.mutant
    words = mutant.words if match.whole else f"partly: {mutant.words}"
    twins = tuple(other.name for other in same_as(mutant, subject) if other.name != mutant.name)
    return Diagnosis(mutant, mutant.kind, words, mutant.advice, evidence.members(mine), twins)
