"""How far mutants explain a sample of failures, and the fewest of them that explain what can be explained."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations

from pamcheck.testing.evidence import Evidence
from pamcheck.testing.mutant import Mutant
from pamcheck.testing.mutants.catalogue import body_of, differences

FIRST = 24  # failures on which most mutants are ruled out
FAITHFUL = 0.5  # of the wrong answers that a mutant predicts, this share must be the target's
OUTPUTS = 2  # the most that a subject has
PAIRS = 60  # mutants that are tried two at a time
DOUBTFUL = 0.9  # share of what is left that a contradicted mutant must explain to be named at all
FITTING = 0.8  # of a kind of failures, and of the answers that it predicts there, likewise


@dataclass(frozen=True)
class Match:
    """A mutant that explains failures; `whole` unless answers in agreement contradict it."""

    mutant: Mutant
    whole: bool = True


@dataclass(frozen=True)
class Candidate:
    """A mutant held to the sample: masks have a bit for each output of each failure.

    explained   the wrong outputs that are the mutant's
    predicted   those at which the mutant differs from the definition
    against     rows of answers in agreement that it contradicts
    """

    mutant: Mutant
    explained: int
    predicted: int
    against: tuple[int, ...]

    @property
    def faithful(self) -> bool:
        """Whether enough of the wrong answers that it predicts are the target's."""
        return self.explained.bit_count() >= FAITHFUL * self.predicted.bit_count()


def held(mutant: Mutant, evidence: Evidence, whole: bool = False) -> Candidate:
    """Hold a mutant to the sample; one that explains none of the first failures it reaches is not asked further.

    whole  ask it at every failure, and whether or not a right unit comes by what it has replaced
    """
    trail, answers = evidence.trail, evidence.answers
    body = body_of(mutant)
    places = list(range(evidence.failures)) if whole else trail.places(body)
    explained = predicted = tried = 0
    against: list[int] = []
    for place, answer in trail.answers(body, places):
        if place >= evidence.failures:
            if not explained:
                break
            if answer != answers[place]:
                against.append(place)
            continue
        right = trail.right[place]
        predicted |= _cells(place, (mine != its for mine, its in zip(answer, right, strict=True)))
        explained |= _cells(
            place,
            (mine == got != its for mine, got, its in zip(answer, answers[place], right, strict=True)),
        )
        tried += 1
        if tried == 4 * FIRST and not explained and not whole:
            break
    if explained:
        others = (place for place in untouched(evidence, places) if place >= evidence.failures)
        against += [place for place in others if answers[place] != trail.right[place]]
    return Candidate(mutant, explained, predicted, tuple(against))


def untouched(evidence: Evidence, places: Sequence[int]) -> Iterable[int]:
    """Return the rows at which a mutant is sure to have the definition's answer."""
    touched = set(places)
    return (place for place in range(len(evidence.answers)) if place not in touched)


def wrong_outputs(evidence: Evidence) -> int:
    """Return every wrong output: of two faults, one may be in da and the other in db."""
    pairs = zip(evidence.answers[: evidence.failures], evidence.trail.right, strict=False)
    return sum(
        _cells(place, (mine != its for mine, its in zip(*pair, strict=True)))
        for place, pair in enumerate(pairs)
    )


def pair_of(candidates: Sequence[Candidate], wrong: int, evidence: Evidence) -> list[Match]:
    """Return two mutants of which one or the other explains every failure, if there are such."""
    clean = [c for c in candidates if not c.against and c.faithful]
    clean.sort(key=lambda c: -c.explained.bit_count())
    pairs = [
        pair for pair in combinations(clean[:PAIRS], 2) if pair[0].explained | pair[1].explained == wrong
    ]
    if not pairs:
        return []
    best = min(pairs, key=lambda pair: sum(breadth(c.mutant, evidence) for c in pair))
    return [Match(c.mutant) for c in best]


def greedy(clean: Sequence[Candidate], left: int, evidence: Evidence, most: int) -> tuple[list[Match], int]:
    """Return the mutants that explain most of what is left, one after another, and what no mutant explains."""
    chosen: list[Match] = []
    while True:
        gain = {c.mutant.name: (c.explained & left).bit_count() for c in clean}
        top = max(gain.values(), default=0)
        if not top or len(chosen) >= most:
            return chosen, left
        best = _narrowest([c for c in clean if gain[c.mutant.name] == top], evidence)
        chosen.append(Match(best.mutant))
        left &= ~best.explained


def doubtful(candidates: Sequence[Candidate], left: int, evidence: Evidence) -> list[Match]:
    """Return the mutant that explains nearly all of what is left, though it is contradicted elsewhere."""
    share = DOUBTFUL * left.bit_count()
    fitting = [c for c in candidates if (c.explained & left).bit_count() >= share and left.bit_count() > 1]
    if not fitting:
        return []
    fewest = min(len(c.against) for c in fitting)
    best = _narrowest([c for c in fitting if len(c.against) == fewest], evidence)
    return [Match(best.mutant, whole=False)]


def by_kind(candidates: Sequence[Candidate], left: int, evidence: Evidence) -> list[Match]:
    """Return, for each kind of failures, the mutant that explains nearly all of what is left of it."""
    rows: dict[int, list[int]] = defaultdict(list)
    for place, kind in enumerate(evidence.kinds):
        rows[kind].append(place)
    found = []
    for places in rows.values():
        here = sum(_cells(place, [True] * OUTPUTS) for place in places)
        mine = left & here
        fitting = [
            c
            for c in candidates
            if (c.explained & mine).bit_count() >= max(FITTING * mine.bit_count(), 2)
            and (c.explained & here).bit_count()
            >= FITTING * ((c.predicted & here).bit_count() + len({*c.against} & {*places}))
        ]
        if fitting:
            most = max((c.explained & mine).bit_count() for c in fitting)
            best = _narrowest([c for c in fitting if (c.explained & mine).bit_count() == most], evidence)
            found.append((most, Match(best.mutant, whole=False)))
    return [match for _, match in sorted(found, key=lambda pair: -pair[0])]


def _cells(place: int, marks: Iterable[bool]) -> int:
    """Return a mask with a bit for each output of a row that is marked."""
    return sum(mark << (OUTPUTS * place + number) for number, mark in enumerate(marks))


def _narrowest(candidates: Sequence[Candidate], evidence: Evidence) -> Candidate:
    if len(candidates) == 1:
        return candidates[0]
    return min(candidates, key=lambda c: breadth(c.mutant, evidence))


def breadth(mutant: Mutant, evidence: Evidence) -> int:
    """Return at how many probes a mutant differs from the definition: min() takes the first of equals."""
    return len(differences(mutant, evidence.subject))
