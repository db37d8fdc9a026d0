"""Which mutants answer as the target does: one for all failures if there is one, else the smallest set found.

First one mutant for everything, then several in one unit, then two of which each failure is one's; what several leave
goes to mutants that explain some of it and contradict nothing, and last to those that explain most of a kind.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from pamcheck.testing.composing import Composite, composite
from pamcheck.testing.covering import (
    Match,
    breadth,
    by_kind,
    doubtful,
    greedy,
    held,
    pair_of,
    untouched,
    wrong_outputs,
)
from pamcheck.testing.evidence import Evidence
from pamcheck.testing.mutant import Mutant
from pamcheck.testing.mutants import CATALOGUE
from pamcheck.testing.mutants.catalogue import body_of
from pamcheck.testing.mutants.families.offsets import with_offset

MORE = 4000  # failures that decide between mutants that the sample cannot tell apart
MOST = 7  # causes that are named


@dataclass(frozen=True)
class Explanation:
    """Mutants that explain failures, the one that explains most first, and the unit that some of them make up.

    The parts of `composite` come first in `matches`, in its order.
    """

    matches: list[Match] = field(default_factory=list)
    composite: Composite | None = None


def explanation(evidence: Evidence) -> Explanation:
    """Return the mutants that explain the sample of failures."""
    if not evidence.failures:
        return Explanation()
    mutants = [*CATALOGUE.values(), *_offsets(evidence)]
    whole = [m for m in mutants if _explains_all(m, evidence)]
    if whole:
        return Explanation([Match(_most_specific(_confirmed(whole, evidence), evidence))])
    several = composite(mutants, evidence)
    matches = _parts(several)
    if several and not several.left:
        return Explanation(matches, several)
    candidates = [c for m in mutants if (c := held(m, evidence)).explained]
    left = wrong_outputs(evidence)
    two = pair_of(candidates, left, evidence)
    if two:
        return Explanation(two)
    for unit in (several.unit, *several.parts) if several else ():
        left &= ~held(unit, evidence, whole=True).explained
    clean = [c for c in candidates if not c.against and c.faithful]
    more, left = greedy(clean, left, evidence, MOST - len(matches))
    contradicted = [c for c in candidates if c.against and c.faithful]
    matches += more
    matches += doubtful(contradicted, left, evidence) or by_kind(candidates, left, evidence)
    first: dict[str, Match] = {}
    for match in matches:
        first.setdefault(match.mutant.name, match)
    return Explanation([*first.values()][:MOST], several)


def _parts(several: Composite | None) -> list[Match]:
    if not several:
        return []
    pairs = zip(several.parts, several.contested, strict=True)
    return [Match(part, whole=not contested) for part, contested in pairs]


def _explains_all(mutant: Mutant, evidence: Evidence) -> bool:
    """Whether a mutant gives every wrong answer of the sample, and every right one."""
    trail, answers = evidence.trail, evidence.answers
    if not trail.reaches(body_of(mutant), 0) or trail.answer(body_of(mutant), trail.rows[0]) != answers[0]:
        return False
    places = trail.places(body_of(mutant))
    if sum(place < evidence.failures for place in places) < evidence.failures:
        return False
    if any(answers[place] != trail.right[place] for place in untouched(evidence, places)):
        return False
    return all(answer == answers[place] for place, answer in trail.answers(body_of(mutant), places))


def _confirmed(mutants: Sequence[Mutant], evidence: Evidence) -> Sequence[Mutant]:
    """Return those of several mutants that fit the sample that fit more failures, too."""
    if len(mutants) == 1:
        return mutants
    left = list(mutants)
    for place in evidence.spread(MORE):
        case = evidence.case(place)
        if not case.rule:
            left = [m for m in left if evidence.trail.answer(body_of(m), case.inputs) == case.got]
        if len(left) <= 1:
            break
    return left or mutants


def _most_specific(mutants: Sequence[Mutant], evidence: Evidence) -> Mutant:
    return mutants[0] if len(mutants) == 1 else min(mutants, key=lambda m: breadth(m, evidence))


def _offsets(evidence: Evidence) -> list[Mutant]:
    """Return units with the offsets that the distances between wrong and right results suggest."""
    subject = evidence.subject
    if subject.op not in ("pam", "padiv") or subject.mode == "exact":
        return []
    fmt = subject.fmt
    distances: Counter[int] = Counter()
    for got, right in zip(evidence.answers[: evidence.failures], evidence.trail.right, strict=False):
        mine, its = got[0] & fmt.magnitude, right[0] & fmt.magnitude
        if fmt.tiny <= mine <= fmt.largest and fmt.tiny <= its <= fmt.largest:
            distances[mine - its] += 1
    sign = -1 if subject.op == "padiv" else 1
    offsets = [subject.offset + sign * distance for distance, _ in distances.most_common(2)]
    return [with_offset(k, subject) for k in offsets if k != subject.offset]
