"""Which mutants answer as the target does: one for all failures if there is one, else the smallest set found."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations

from pamcheck.testing.evidence import Evidence
from pamcheck.testing.mutant import Mutant
from pamcheck.testing.mutants import CATALOGUE
from pamcheck.testing.mutants.catalogue import body_of, differences
from pamcheck.testing.mutants.families.offsets import with_offset

FIRST = 24  # failures on which most mutants are ruled out
FAITHFUL = 0.5  # of the wrong answers that a mutant predicts, this share must be the target's
MORE = 4000  # failures that decide between mutants that the sample cannot tell apart
OUTPUTS = 2  # the most that a subject has
PAIRS = 60  # mutants that are tried two at a time
DOUBTFUL = 0.9  # share of what is left that a contradicted mutant must explain to be named at all


@dataclass(frozen=True)
class Match:
    """A mutant that explains failures; `whole` unless answers in agreement contradict it."""

    mutant: Mutant
    whole: bool = True


@dataclass(frozen=True)
class _Candidate:
    """A mutant held to the sample: masks have a bit for each output of each failure.

    explained   the wrong outputs that are the mutant's
    predicted   those at which the mutant differs from the definition
    against     how many answers in agreement it contradicts
    """

    mutant: Mutant
    explained: int
    predicted: int
    against: int

    @property
    def faithful(self) -> bool:
        return self.explained.bit_count() >= FAITHFUL * self.predicted.bit_count()


def explanation(evidence: Evidence) -> list[Match]:
    """Return the mutants that explain the sample of failures, the one that explains most of them first."""
    if not evidence.failures:
        return []
    mutants = [*CATALOGUE.values(), *_offsets(evidence)]
    whole = [m for m in mutants if _explains_all(m, evidence)]
    if whole:
        return [Match(_most_specific(_confirmed(whole, evidence), evidence))]
    candidates = [c for m in mutants if (c := _held(m, evidence)).explained]
    return _set_of(candidates, evidence)


def _explains_all(mutant: Mutant, evidence: Evidence) -> bool:
    """Whether a mutant gives every wrong answer of the sample, and every right one."""
    trail, answers = evidence.trail, evidence.answers
    if not trail.reaches(body_of(mutant), 0) or trail.answer(body_of(mutant), trail.rows[0]) != answers[0]:
        return False
    places = trail.places(body_of(mutant))
    if sum(place < evidence.failures for place in places) < evidence.failures:
        return False
    if any(answers[place] != trail.right[place] for place in _untouched(evidence, places)):
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


def _untouched(evidence: Evidence, places: Sequence[int]) -> Iterable[int]:
    """Return the rows at which a mutant is sure to have the definition's answer."""
    touched = set(places)
    return (place for place in range(len(evidence.answers)) if place not in touched)


def _held(mutant: Mutant, evidence: Evidence) -> _Candidate:
    """Hold a mutant to the sample; one that explains none of the first failures it reaches is not asked further."""
    trail, answers = evidence.trail, evidence.answers
    body = body_of(mutant)
    places = trail.places(body)
    explained = predicted = against = tried = 0
    for place, answer in trail.answers(body, places):
        if place >= evidence.failures:
            if not explained:
                break
            against += answer != answers[place]
            continue
        right = trail.right[place]
        predicted |= _cells(place, (mine != its for mine, its in zip(answer, right, strict=True)))
        explained |= _cells(
            place,
            (mine == got != its for mine, got, its in zip(answer, answers[place], right, strict=True)),
        )
        tried += 1
        if tried == 4 * FIRST and not explained:
            break
    if explained:
        untouched = (place for place in _untouched(evidence, places) if place >= evidence.failures)
        against += sum(answers[place] != trail.right[place] for place in untouched)
    return _Candidate(mutant, explained, predicted, against)


def _cells(place: int, marks: Iterable[bool]) -> int:
    """Return a mask with a bit for each output of a row that is marked."""
    return sum(mark << (OUTPUTS * place + number) for number, mark in enumerate(marks))


def _set_of(candidates: Sequence[_Candidate], evidence: Evidence) -> list[Match]:
    """Return two mutants that explain everything, or as many as it takes to explain what can be."""
    # an output at a time: of two faults, one may be in da and the other in db
    pairs_of = zip(evidence.answers[: evidence.failures], evidence.trail.right, strict=False)
    whole = sum(
        _cells(place, (mine != its for mine, its in zip(*pair, strict=True)))
        for place, pair in enumerate(pairs_of)
    )
    clean = [c for c in candidates if not c.against and c.faithful]
    clean.sort(key=lambda c: -c.explained.bit_count())
    pairs = [
        pair for pair in combinations(clean[:PAIRS], 2) if pair[0].explained | pair[1].explained == whole
    ]
    if pairs:
        best = min(pairs, key=lambda pair: sum(_breadth(c.mutant, evidence) for c in pair))
        return [Match(c.mutant) for c in best]
    chosen, left = _greedy(clean, whole, evidence)
    if left:
        doubtful = [c for c in candidates if c.against and c.faithful]
        chosen += _doubtful(doubtful, left, evidence)
    return chosen


def _greedy(clean: Sequence[_Candidate], left: int, evidence: Evidence) -> tuple[list[Match], int]:
    """Return the mutants that explain most of what is left, one after another, and what no mutant explains."""
    chosen: list[Match] = []
    while True:
        gain = {c.mutant.name: (c.explained & left).bit_count() for c in clean}
        most = max(gain.values(), default=0)
        if not most:
            return chosen, left
        best = _narrowest([c for c in clean if gain[c.mutant.name] == most], evidence)
        chosen.append(Match(best.mutant))
        left &= ~best.explained


def _doubtful(candidates: Sequence[_Candidate], left: int, evidence: Evidence) -> list[Match]:
    """Return the mutant that explains nearly all of what is left, though it is contradicted elsewhere."""
    share = DOUBTFUL * left.bit_count()
    fitting = [c for c in candidates if (c.explained & left).bit_count() >= share and left.bit_count() > 1]
    if not fitting:
        return []
    fewest = min(c.against for c in fitting)
    best = _narrowest([c for c in fitting if c.against == fewest], evidence)
    return [Match(best.mutant, whole=False)]


def _narrowest(candidates: Sequence[_Candidate], evidence: Evidence) -> _Candidate:
    if len(candidates) == 1:
        return candidates[0]
    return min(candidates, key=lambda c: _breadth(c.mutant, evidence))


def _most_specific(mutants: Sequence[Mutant], evidence: Evidence) -> Mutant:
    return mutants[0] if len(mutants) == 1 else min(mutants, key=lambda m: _breadth(m, evidence))


def _breadth(mutant: Mutant, evidence: Evidence) -> int:
    """Return at how many probes a mutant differs from the definition: min() takes the first of equals."""
    return len(differences(mutant, evidence.subject))


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
