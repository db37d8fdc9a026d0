"""Asking twice, to see whether the answers are the same."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from pamcheck.testing.subject import Codes, Subject
from pamcheck.testing.target import TargetFault
from pamcheck.testing.targets.narrowing import Ask

EVERY = 16  # batches


class Twice:
    """Asks about the first batch of each subject, and every now and then about another, a second time.

    note  takes a kind and a sentence, once there is something to say

    The second time the cases come in reverse order, so that an answer that depends on its place is seen too.
    """

    def __init__(self, note: Callable[[str, str], None]) -> None:
        self._note = note
        self._asked: dict[Subject, int] = {}

    def answer(self, ask: Ask, subject: Subject, inputs: Sequence[Codes]) -> tuple[Codes, ...]:
        """Return the answers to a batch, and where they differed, one that is wrong: at least one of them is.

        Raises what `ask` raises. Should it do so the second time only, the fault holds the answers of the first.
        """
        turn = self._asked.get(subject, 0)
        first = ask(inputs)
        self._asked[subject] = turn + 1
        if turn % EVERY:
            return first
        try:
            again = ask([codes[::-1].copy() for codes in inputs])
        except TargetFault as fault:
            told = f"asked again about the same cases in reverse order: {fault}"
            raise TargetFault(fault.kind, told, None, first) from fault
        return self._settled(subject, inputs, first, tuple(codes[::-1] for codes in again))

    def _settled(
        self, subject: Subject, inputs: Sequence[Codes], first: tuple[Codes, ...], again: tuple[Codes, ...]
    ) -> tuple[Codes, ...]:
        places = np.flatnonzero(np.any([a != b for a, b in zip(first, again, strict=True)], axis=0))
        if not places.size:
            return first
        cases = [codes[places] for codes in inputs]
        told = told_case(subject, [int(codes[0]) for codes in cases])
        both = [" ".join(subject.fmt.hex(int(x[places[0]])) for x in answers) for answers in (first, again)]
        self._note(
            "unsteady",
            f"gives different answers to the same case: at {told} it gave {both[0]}, and {both[1]} when asked again",
        )
        wanted = subject.expected(cases)
        right = np.all([a[places] == x for a, x in zip(first, wanted, strict=True)], axis=0)
        settled = tuple(codes.copy() for codes in first)
        for mine, other in zip(settled, again, strict=True):
            mine[places[right]] = other[places[right]]
        return settled


def told_case(subject: Subject, case: Sequence[int]) -> str:
    """Return a case in words: "a = 0x3f80, b = 0x4040"."""
    pairs = zip(subject.inputs, case, strict=True)
    return ", ".join(f"{name} = {subject.fmt.hex(code)}" for name, code in pairs)
