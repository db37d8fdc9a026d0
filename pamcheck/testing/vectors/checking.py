"""Checking answers that stand in a file, or come through a pipe, against the definition."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

import numpy as np

from pamcheck.testing.result import Failure
from pamcheck.testing.targets.lines import format_lines
from pamcheck.testing.vectors.cases import Batch, Cases
from pamcheck.testing.vectors.claims import Claims
from pamcheck.testing.vectors.problem import Problem, Unreadable
from pamcheck.testing.vectors.reading import Block, TextReader
from pamcheck.testing.vectors.request import Request
from pamcheck.testing.vectors.tables import TableReader


@dataclass(frozen=True)
class Mismatch:
    """A wrong answer, and the line it stands on; the row, of a Parquet file."""

    line: int
    failure: Failure


@dataclass(frozen=True)
class Verdict:
    """What a file of answers is worth.

    cases       how many were compared
    failed      how many of them are wrong
    mismatches  the first of the wrong ones
    problem     what is the matter with the file itself; cases before it have been compared
    """

    cases: int
    failed: int
    mismatches: tuple[Mismatch, ...] = ()
    problem: Problem | None = None

    @property
    def passed(self) -> bool:
        """Whether every answer is right and the file is whole."""
        return self.failed == 0 and self.problem is None


def check(request: Request, source: BinaryIO, errors: int = 20) -> Verdict:
    """Hold answers to the definition: a case a line, results last, in the style of the request.

    A header is compared with what is asked for, and the cases with its count and hash. Lines may hold the
    results alone; they are then those of the request's cases, in order.

    errors  how many wrong answers are kept
    """
    return _Checking(request, errors).run(source)


@dataclass
class _Checking:
    request: Request
    errors: int
    cases: int = 0
    failed: int = 0
    mismatches: list[Mismatch] = field(default_factory=list)

    def run(self, source: BinaryIO) -> Verdict:
        subject, style = self.request.subject, self.request.style
        reader = TableReader(source, subject) if style == "parquet" else TextReader(source, subject, style)
        claims = Claims(self.request, reader.said)
        digest, problem = hashlib.sha256(), None
        try:
            for columns in self._judged(reader.blocks(), claims):
                digest.update(format_lines(columns, subject.fmt.width))
            claims.hold(self.cases, digest.hexdigest())
        except Unreadable as error:
            # what is garbled for one subject may be just right for another
            problem = claims.against() or error.problem
        return Verdict(self.cases, self.failed, tuple(self.mismatches), problem)

    def _judged(self, blocks: Iterator[Block], claims: Claims) -> Iterator[Batch]:
        """Compare every block, and yield its cases with what is right."""
        supply: _Supply | None = None
        for block in blocks:
            if len(block.columns) == len(self.request.subject.outputs):
                supply = supply or _Supply(claims.alone())
                inputs, block = supply.take(block)
            else:
                claims.about()
                count = len(self.request.subject.inputs)
                inputs, block = block.columns[:count], Block(block.columns[count:], block.lines)
            yield (*inputs, *self._compare(inputs, block))
            if supply and supply.surplus:
                raise Unreadable(
                    "surplus",
                    f"line {supply.surplus} is one more than there are cases: {self.cases}",
                    supply.surplus,
                )

    def _compare(self, inputs: Batch, block: Block) -> Batch:
        got, wanted = block.columns, self.request.subject.expected(inputs)
        differs = np.zeros(inputs[0].size, bool)
        for mine, right in zip(got, wanted, strict=True):
            differs |= mine != right
        wrong = np.flatnonzero(differs)
        for place in wrong[: self.errors - len(self.mismatches)].tolist():
            row = [tuple(int(codes[place]) for codes in group) for group in (inputs, got, wanted)]
            self.mismatches.append(
                Mismatch(
                    block.lines[place], Failure("vectors", self.request.subject, row[0], row[1], row[2])
                )
            )
        self.cases += inputs[0].size
        self.failed += wrong.size
        return wanted


class _Supply:
    """The inputs of a request's cases, as many at a time as there are answers."""

    def __init__(self, cases: Cases) -> None:
        self._batches = cases.batches()
        self._held: Batch = ()
        self.surplus = 0  # line of the first answer that is to no case

    def take(self, block: Block) -> tuple[Batch, Block]:
        """Return inputs and the answers to them; fewer than there are answers where cases run out."""
        wanted = len(block.lines)
        parts = [self._held] if self._held else []
        while sum(part[0].size for part in parts) < wanted and (batch := next(self._batches, None)):
            parts.append(batch)
        if not parts:
            self.surplus = block.lines[0]
            raise Unreadable(
                "surplus", f"line {self.surplus} is one more than there are cases", self.surplus
            )
        joined = tuple(np.concatenate(columns) for columns in zip(*parts, strict=True))
        self._held = tuple(codes[wanted:] for codes in joined)
        inputs = tuple(codes[:wanted] for codes in joined)
        found = inputs[0].size
        if found < wanted:
            self.surplus = block.lines[found]
        return inputs, Block(tuple(codes[:found] for codes in block.columns), block.lines[:found])
