"""Units with several mistakes: mutants put together, one after another, until the unit answers as the target does.

A unit with two mistakes need not answer as either mutant does: where an infinite operand is taken for a number, the
sum may also wrap. So mutants are put into one unit, each where it makes most answers right that are wrong so far.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import zip_longest

from pamcheck.formats import FloatFormat
from pamcheck.testing.evidence import Evidence
from pamcheck.testing.mutant import Mutant
from pamcheck.testing.mutants.catalogue import body_of, differences
from pamcheck.testing.mutants.family import CHAINED, Body, parts_of, together
from pamcheck.testing.mutants.reach import Trail
from pamcheck.testing.mutants.unit import Unit

PARTS = 6  # mutants in one unit, at most
TRIED = 16  # wrong answers that every mutant is tried at
BEST = 8  # mutants that are tried at all of them
ALIKE = 2  # of those that replace the same methods
STARTS = 3  # mutants that are begun with
BROKEN = 0.2  # of the answers that a part makes right, it may make so many others wrong
IN_VAIN = 1.0  # likewise, it may change so many without making them right


@dataclass(frozen=True)
class Composite:
    """Mutants that together answer as the target does.

    parts      in the order in which they were found
    unit       all of them in one
    contested  which of them answers in agreement contradict
    left       how many answers of the sample are other than the unit's
    """

    parts: tuple[Mutant, ...]
    unit: Mutant
    contested: tuple[bool, ...]
    left: int

    @cached_property
    def without(self) -> tuple[Mutant, ...]:
        """For each part, all the others in one."""
        return tuple(together([other for other in self.parts if other is not part]) for part in self.parts)


@dataclass
class _State:
    """The unit so far, held to the sample: its answers, what it comes by, and the rows at which it is wrong."""

    parts: tuple[Mutant, ...]
    trail: Trail
    wrong: list[int]


@dataclass(frozen=True)
class _Step:
    """What one more mutant would do to the outputs of the sample."""

    mutant: Mutant
    fixed: int
    nearer: int
    broken: int
    vain: int

    @property
    def gain(self) -> float:
        return self.fixed + 0.5 * self.nearer - self.broken

    @property
    def worth(self) -> bool:
        good = self.fixed + self.nearer
        return good > 0 and self.broken <= BROKEN * good and self.vain <= IN_VAIN * good


def composite(mutants: Sequence[Mutant], evidence: Evidence) -> Composite | None:
    """Return mutants that in one unit explain more failures than any of them does alone; None if there are none."""
    found: list[Composite] = []
    for first in _starts(_steps(mutants, _state((), evidence), evidence)):
        found.append(_grown(first, mutants, evidence))
        if not found[-1].left:
            break
    return min(found, key=lambda one: (one.left, len(one.parts)), default=None)


def _starts(steps: Sequence[_Step]) -> list[_Step]:
    """Return some mutants to begin with that do not replace the same methods: the best may lead nowhere."""
    different: dict[frozenset[str], _Step] = {}
    for step in steps:
        different.setdefault(frozenset(parts_of(step.mutant)), step)
    return [*different.values()][:STARTS]


def _grown(first: _Step, mutants: Sequence[Mutant], evidence: Evidence) -> Composite:
    """Return a mutant with those that were added to it."""
    state = _state((first.mutant,), evidence)
    for _ in range(2 * PARTS):
        better = _steps(mutants, state, evidence) if state.wrong else []
        if not better:
            break
        state = _state((*_beside(better[0].mutant, state.parts), better[0].mutant), evidence)
    return Composite(state.parts, together(state.parts), _contested(state, evidence), len(state.wrong))


def _contested(state: _State, evidence: Evidence) -> tuple[bool, ...]:
    """Return for each part whether answers in agreement would be right without it, and are not with it."""
    broken = [place for place in state.wrong if place >= evidence.failures]

    def would_be_right(part: Mutant) -> bool:
        unit = body_of(together([other for other in state.parts if other is not part]))
        return any(
            answer == evidence.answers[place] for place, answer in evidence.trail.answers(unit, broken)
        )

    return tuple(would_be_right(part) for part in state.parts)


def _beside(mutant: Mutant, parts: Sequence[Mutant]) -> tuple[Mutant, ...]:
    """Return the parts of which a mutant leaves something."""
    mine = parts_of(mutant).keys()
    return tuple(part for part in parts if parts_of(part).keys() - mine or mine <= CHAINED)


def _state(parts: tuple[Mutant, ...], evidence: Evidence) -> _State:
    unit = body_unit(parts)
    trail = Trail(evidence.subject, evidence.trail.rows, unit=unit) if parts else evidence.trail
    wrong = [place for place, answer in enumerate(evidence.answers) if trail.right[place] != answer]
    return _State(parts, trail, _mixed(wrong, evidence))


def body_unit(parts: Sequence[Mutant]) -> type[Unit]:
    """Return the class of a unit with all parts."""
    return _body(together(parts)).unit if parts else Unit


def _body(mutant: Mutant) -> Body:
    body = mutant.body
    assert isinstance(body, Body)
    return body


def _mixed(places: Sequence[int], evidence: Evidence) -> list[int]:
    """Return rows in an order in which every stretch has some of each kind."""
    groups: dict[int, list[int]] = defaultdict(list)
    for place in places:
        groups[evidence.kinds[place]].append(place)
    return [place for group in zip_longest(*groups.values()) for place in group if place is not None]


def _steps(mutants: Sequence[Mutant], state: _State, evidence: Evidence) -> list[_Step]:
    """Return mutants that do more good than harm, the one that makes most answers right first."""
    wrong = state.wrong
    right = sorted({*range(len(evidence.answers))} - {*wrong})
    rated = []
    for mutant in mutants:
        if mutant in state.parts or len(_beside(mutant, state.parts)) == PARTS:
            continue
        reached = set(state.trail.places(body_of(mutant)))
        places = [place for place in wrong if place in reached]
        if not places:
            continue
        unit = _with(mutant, state)
        good = _step(mutant, unit, places[:TRIED], state, evidence)
        if good.fixed or good.nearer:
            others = [place for place in right if place in reached]
            some = others[:: len(others) // TRIED + 1]
            bad = _step(mutant, unit, some, state, evidence)
            gain = good.gain * len(places) / len(places[:TRIED])
            rated.append((gain - bad.broken * len(others) / max(len(some), 1), mutant, unit))
    rated.sort(key=lambda one: -one[0])
    rivals: Counter[frozenset[str]] = Counter()
    steps: list[_Step] = []
    for _, mutant, unit in rated:
        rivals[frozenset(parts_of(mutant))] += 1
        if rivals[frozenset(parts_of(mutant))] <= ALIKE and len(steps) < BEST:
            steps.append(_step(mutant, unit, state.trail.places(body_of(mutant)), state, evidence))
    steps = [step for step in steps if step.worth]
    if len({step.gain for step in steps}) < len(steps):
        steps.sort(key=lambda step: len(differences(step.mutant, evidence.subject)))
    return sorted(steps, key=lambda step: -step.gain)


def _with(mutant: Mutant, state: _State) -> Mutant:
    """Return the unit so far with one more mutant."""
    kept = _beside(mutant, state.parts)
    return together((*kept, mutant)) if kept else mutant


def _step(mutant: Mutant, unit: Mutant, places: Sequence[int], state: _State, evidence: Evidence) -> _Step:
    """Return what a unit that has a mutant beside the others does at some rows."""
    fixed = nearer = broken = vain = 0
    for place, answer in evidence.trail.answers(body_of(unit), places):
        before, got = state.trail.right[place], evidence.answers[place]
        for mine, last, its in zip(answer, before, got, strict=True):
            if mine != last:
                fixed += mine == its
                broken += its == last
                near = its not in (mine, last) and _nearer(evidence.subject.fmt, mine, last, its)
                nearer += near
                vain += its not in (mine, last) and not near
    return _Step(mutant, fixed, nearer, broken, vain)


def _nearer(f: FloatFormat, mine: int, last: int, its: int) -> bool:
    """Whether an answer has something right that another has not, and nothing wrong that it has not.

    That is, of sign, exponent and mantissa, or that it is a NaN: what is still wrong may be another mutant's.
    """
    if f.is_nan(its):
        return f.is_nan(mine) and not f.is_nan(last)
    parts = (f.sign, f.magnitude + 1 - f.tiny, f.tiny - 1)
    now, then = ([(code ^ its) & part == 0 for part in parts] for code in (mine, last))
    return now != then and all(a >= b for a, b in zip(now, then, strict=True))
