"""How a check comes by its inputs: how many there may be, tuples from pools, and a check made of a builder."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from pamcheck.formats import FloatFormat
from pamcheck.testing.check import Check
from pamcheck.testing.checks.material import Ints, Wide, middling, signed
from pamcheck.testing.session import Level, Session
from pamcheck.testing.subject import Codes, Subject

FACTOR: dict[Level, Fraction] = {"1": Fraction(1), "2": Fraction(32), "exhaustive": Fraction(32)}
# where only the slow definition can judge
REFERENCE_FACTOR: dict[Level, Fraction] = {
    "1": Fraction(1, 12),
    "2": Fraction(1, 2),
    "exhaustive": Fraction(2),
}


@dataclass(frozen=True)
class Draw:
    """What operands depend on: the subject, how much is asked, and the check's own random numbers."""

    subject: Subject
    level: Level
    rng: np.random.Generator

    @property
    def fmt(self) -> FloatFormat:
        """The subject's format."""
        return self.subject.fmt

    def size(self, count: int) -> int:
        """Return how many cases to build where level 1 has `count`: never more than there are at all."""
        factors = REFERENCE_FACTOR if self.subject.policy.reference_only else FACTOR
        wanted = int(count * factors[self.level])
        possible = 1 << min(self.fmt.width * len(self.subject.inputs), 62)
        return max(min(wanted, possible), 1)

    def signed(self, magnitudes: Ints) -> Wide:
        """Return codes of these magnitudes with random signs."""
        return signed(magnitudes, self.rng.integers(0, 2, magnitudes.shape) == 1, self.fmt)


Columns = Sequence[Wide]
Build = Callable[[Draw], Columns]
Applies = Callable[[Subject], bool]


def drawing(session: Session) -> Draw:
    """Return what a session's operands depend on."""
    return Draw(session.subject, session.level, session.rng())


def always(_: Subject) -> bool:
    """Whether a check that is about every subject applies: it does."""
    return True


def values_only(subject: Subject) -> bool:
    """Whether a check that is about results, not derivatives, applies."""
    return not subject.mode


def held(name: str, claim: str, build: Build, applies: Applies = always) -> Check:
    """Return the check that holds a target to the definition on the inputs that `build` makes."""

    def run(session: Session) -> None:
        session.hold(*narrowed(session.subject, build(drawing(session))))

    return Check(name, claim, applies, run)


def narrowed(subject: Subject, columns: Columns) -> list[Codes]:
    """Return codes in the subject's dtype."""
    return [column.astype(subject.dtype) for column in columns]


def has_sign(subject: Subject, place: int) -> bool:
    """Whether an input may be negative; roots and logarithms are of positive numbers, as is the base of a power."""
    return place > 0 or subject.op not in ("palog2", "palog", "pasqrt", "papow")


def in_domain(subject: Subject, inputs: Columns) -> list[Wide]:
    """Return inputs without the signs that they may not have."""
    unsigned = np.uint64(subject.fmt.magnitude)
    return [
        column if has_sign(subject, place) else column & unsigned for place, column in enumerate(inputs)
    ]


def tuples(draw: Draw, pools: Sequence[Wide], count: int) -> list[Wide]:
    """Return tuples with one code of each pool: all of them if those are at most `count`, else that many.

    Where not all are taken, every code of every pool still is, as far as `count` goes.
    """
    if any(pool.size == 0 for pool in pools):
        return [np.empty(0, np.uint64) for _ in pools]
    unique = [np.unique(pool) for pool in pools]
    total = 1
    for pool in unique:
        total *= pool.size
    if total <= count:
        return [axis.ravel() for axis in np.meshgrid(*unique, indexing="ij")]
    return [_dealt(draw.rng, pool, count) for pool in unique]


def thinned(draw: Draw, columns: Columns, count: int) -> list[Wide]:
    """Return `count` of the tuples, random ones in their order; all of them if there are no more."""
    if columns[0].size <= count:
        return list(columns)
    kept = np.sort(draw.rng.choice(columns[0].size, count, replace=False))
    return [column[kept] for column in columns]


def joined(parts: Sequence[Columns]) -> list[Wide]:
    """Return tuples of several builders, one after another."""
    return [np.concatenate(columns) for columns in zip(*parts, strict=True)]


def completed(draw: Draw, operands: Columns) -> list[Wide]:
    """Return operands with the cotangent that a derivative takes too: a number of moderate size, of either sign."""
    if not draw.subject.mode:
        return list(operands)
    return [*operands, draw.signed(middling(draw.fmt, draw.rng, operands[0].size))]


def _dealt(rng: np.random.Generator, pool: Wide, count: int) -> Wide:
    rounds = [rng.permutation(pool) for _ in range(-(-count // pool.size))]
    return np.concatenate(rounds)[:count]
