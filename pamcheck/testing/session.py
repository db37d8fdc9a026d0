"""One target under one check: asks, compares, keeps what disagrees."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from pamcheck.testing.subject import Codes, Subject
from pamcheck.testing.target import Target, TargetFault

Level = Literal["1", "2", "exhaustive"]
LEVELS: tuple[Level, ...] = ("1", "2", "exhaustive")
BATCH = 1 << 16  # cases that are asked at a time: what a fault can cost
AGREEING = 256  # cases in agreement that one comparison keeps


@dataclass(frozen=True)
class Disagreement:
    """Cases whose answers are not what they should be.

    inputs  one array an input
    got     one array an output
    wanted  likewise
    rule    why `wanted`, where that is not the definition's result: "pam(b, a)", "at least pam(a, b - 1 code)"
    """

    inputs: tuple[Codes, ...]
    got: tuple[Codes, ...]
    wanted: tuple[Codes, ...]
    rule: str = ""

    @property
    def size(self) -> int:
        """Number of cases."""
        return int(self.inputs[0].size)

    def where(self, chosen: Any) -> Disagreement:
        """Return the cases at these places, or where a mask holds."""
        return Disagreement(
            _where(chosen, self.inputs), _where(chosen, self.got), _where(chosen, self.wanted), self.rule
        )


@dataclass
class Session:
    """What a check is given.

    target, subject  who is asked, and about what
    level            how much is asked
    check            name of the check: its random numbers depend on it and on `seed`
    cases            how many were compared
    found            what disagreed
    agreed           inputs and answers of some cases that did not: a diagnosis must not contradict them
    """

    target: Target
    subject: Subject
    level: Level = "1"
    check: str = ""
    seed: int = 0
    cases: int = 0
    found: list[Disagreement] = field(default_factory=list)
    agreed: list[tuple[tuple[Codes, ...], tuple[Codes, ...]]] = field(default_factory=list)

    def rng(self) -> np.random.Generator:
        """Return the check's own random numbers, the same for every target."""
        return np.random.default_rng([self.seed, zlib.crc32(self.check.encode())])

    def ask(self, inputs: Sequence[Codes]) -> tuple[Codes, ...]:
        """Return the target's answers, one array an output. Raises TargetFault with those before the fault."""
        done: list[tuple[Codes, ...]] = []
        for batch in _batches([np.ascontiguousarray(codes, self.subject.dtype) for codes in inputs]):
            try:
                done.append(self.target.answer(self.subject, batch))
            except TargetFault as fault:
                answered = [*done, fault.answered] if fault.answered else done
                fault.answered = _joined(answered)
                raise
        return _joined(done)

    def hold(self, *inputs: Codes) -> None:
        """Ask, and compare with the definition. At a fault, what was answered before is compared first."""
        flat = [np.ascontiguousarray(codes, self.subject.dtype).ravel() for codes in inputs]
        if flat[0].size == 0:
            return
        try:
            got = self.ask(flat)
        except TargetFault as fault:
            if fault.answered:
                judged = [codes[: fault.answered[0].size] for codes in flat]
                self.compare(judged, fault.answered, self.subject.expected(judged))
            raise
        self.compare(flat, got, self.subject.expected(flat))

    def compare(
        self, inputs: Sequence[Codes], got: Sequence[Codes], wanted: Sequence[Codes], rule: str = ""
    ) -> None:
        """Count cases, and keep those where an output is not what is wanted."""
        self.cases += int(inputs[0].size)
        differs = np.zeros(inputs[0].size, bool)
        for mine, right in zip(got, wanted, strict=True):
            differs |= mine != right
        self.keep(differs, inputs, got, wanted, rule)

    def keep(
        self,
        differs: np.ndarray[tuple[int, ...], np.dtype[np.bool_]],
        inputs: Sequence[Codes],
        got: Sequence[Codes],
        wanted: Sequence[Codes],
        rule: str = "",
    ) -> None:
        """Keep the cases that are marked, counted by the caller."""
        if differs.any():
            self.found.append(Disagreement(tuple(inputs), tuple(got), tuple(wanted), rule).where(differs))
        agrees = np.flatnonzero(~differs)
        some = agrees[:: agrees.size // AGREEING + 1]
        self.agreed.append((_where(some, inputs), _where(some, got)))


def _where(chosen: Any, arrays: Sequence[Codes]) -> tuple[Codes, ...]:
    return tuple(codes[chosen] for codes in arrays)


def _batches(inputs: Sequence[Codes]) -> Iterator[tuple[Codes, ...]]:
    for start in range(0, inputs[0].size, BATCH):
        yield tuple(codes[start : start + BATCH] for codes in inputs)


def _joined(parts: Sequence[tuple[Codes, ...]]) -> tuple[Codes, ...]:
    return tuple(np.concatenate(columns) for columns in zip(*parts, strict=True))
