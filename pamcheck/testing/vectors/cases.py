"""The cases of a request, a batch at a time, the same ones every time they are gone through."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from pamcheck.testing.session import BATCH
from pamcheck.testing.subject import Codes, Subject
from pamcheck.testing.vectors.recorded import recorded
from pamcheck.testing.vectors.request import Request

Batch = tuple[Codes, ...]
NEAR = 8  # binades to either side of 1 from which every other random operand is drawn


@dataclass(frozen=True)
class Cases:
    """Operands.

    count   how many cases there are
    listed  how many of them are known beforehand; the others are random, or are those of "exhaustive"
    """

    request: Request
    count: int
    columns: tuple[Codes, ...] = ()

    @property
    def listed(self) -> int:
        """How many of them come from the checks."""
        return int(self.columns[0].size) if self.columns else 0

    def batches(self) -> Iterator[Batch]:
        """Yield the inputs, at most BATCH cases at a time, in the order of subject.inputs."""
        if self.request.level == "exhaustive":
            yield from _in_order(self.request, self.count)
            return
        for start in range(0, self.listed, BATCH):
            yield tuple(column[start : start + BATCH] for column in self.columns)
        yield from _random(self.request, self.count - self.listed)


def find_cases(request: Request) -> Cases:
    """Return the cases of a request. Raises ValueError where there are none."""
    if request.level == "exhaustive":
        return Cases(request, min(request.n or request.tuples, request.tuples))
    columns = recorded(request.subject, request.level, request.seed)
    first = request.first
    chosen = np.flatnonzero((columns[0] >= first.start) & (columns[0] <= first[-1]))
    count = chosen.size if request.n is None else request.n
    if count == 0:
        raise ValueError(
            f"prefix is {request.prefix!r}, and at level {request.level} no case begins so; "
            "take n for random ones, or a shorter prefix"
        )
    if count < chosen.size:
        # the checks come one after another: a part of each is worth more than all of the first few
        chosen = chosen[np.arange(count) * chosen.size // count]
    return Cases(request, count, tuple(column[chosen] for column in columns))


def _in_order(request: Request, count: int) -> Iterator[Batch]:
    """Yield every tuple of codes, the last one changing fastest."""
    subject = request.subject
    width, others = subject.fmt.width, len(subject.inputs) - 1
    for start in range(0, count, BATCH):
        index = np.arange(start, min(start + BATCH, count), dtype=np.uint64)
        first = (index >> np.uint64(width * others)) + np.uint64(request.first.start)
        rest = [index >> np.uint64(width * place) for place in range(others - 1, -1, -1)]
        mask = np.uint64(2 * subject.fmt.sign - 1)
        yield tuple((column & mask).astype(subject.dtype) for column in (first, *rest))


def _random(request: Request, count: int) -> Iterator[Batch]:
    """Yield random cases: every other one of any codes at all, the rest near 1, where little overflows."""
    subject = request.subject
    rng = np.random.default_rng([request.seed, zlib.crc32(b"vectors")])
    for start in range(0, count, BATCH):
        # whole batches are drawn, so that more cases begin with those of fewer
        batch = [_codes(rng, subject) for _ in subject.inputs]
        if request.prefix:
            batch[0] = rng.integers(request.first.start, request.first.stop, BATCH, subject.dtype)
        yield tuple(column[: count - start] for column in batch)


def _codes(rng: np.random.Generator, subject: Subject) -> Codes:
    fmt, dtype = subject.fmt, subject.dtype
    codes = rng.integers(0, 2 * fmt.sign, BATCH, dtype)
    low, high = max(fmt.one - NEAR * fmt.tiny, fmt.tiny), min(fmt.one + NEAR * fmt.tiny, fmt.largest + 1)
    codes[1::2] = rng.integers(low, high, BATCH // 2, dtype) | (codes[1::2] & dtype.type(fmt.sign))
    return codes
