"""Asking a target: many probes at a time, and no more lost to a fault than the probe that caused it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from pamcheck.testing.identity.fitting import Case
from pamcheck.testing.subject import Subject
from pamcheck.testing.target import Target, TargetFault, Unsupported

MOST = 1 << 13  # cases in one call
FAULTS = 24  # after so many nothing more is asked
SLOW = ("hang", "flood")  # faults that cost a time limit each
SLOW_FAULTS = 3


@dataclass
class Asker:
    """What a target has answered so far.

    known   answers by case
    faults  what happened in place of an answer, by case; under () what ended the asking
    calls   how often the target was called
    """

    target: Target
    subject: Subject
    known: dict[Case, int] = field(default_factory=dict)
    faults: dict[Case, str] = field(default_factory=dict)
    calls: int = 0
    slow: int = 0

    def ask(self, groups: Mapping[str, Sequence[Case]]) -> None:
        """Ask what is not known yet. After a fault the groups go apart, then halves, then single cases."""
        new = [[c for c in dict.fromkeys(cases) if c not in self.known] for cases in groups.values()]
        flat = list(dict.fromkeys(case for cases in new for case in cases))
        for start in range(0, len(flat), MOST):
            chunk = flat[start : start + MOST]
            if not self._call(chunk):
                for cases in new:
                    self._in_parts([case for case in cases if case in set(chunk)])

    def fault(self, cases: Sequence[Case]) -> str:
        """Return what prevented answers to cases; "" where nothing did."""
        if () in self.faults and not all(case in self.known for case in cases):
            return self.faults[()]
        return next((self.faults[case] for case in cases if case in self.faults), "")

    def _in_parts(self, cases: list[Case]) -> None:
        waiting = [cases]
        while waiting:
            part = [c for c in waiting.pop() if c not in self.known and c not in self.faults]
            if part and () not in self.faults and not self._call(part):
                left = [c for c in part if c not in self.known and c not in self.faults]
                waiting += [left[len(left) // 2 :], left[: len(left) // 2]] if len(left) > 1 else [left]

    def _call(self, cases: Sequence[Case]) -> bool:
        """Ask once; whether all were answered. What a fault says of the cases is kept."""
        if not cases or () in self.faults:
            return not cases
        self.calls += 1
        try:
            self._keep(cases, self.target.answer(self.subject, self._columns(cases))[0].tolist())
        except Unsupported as error:
            self.faults[()] = f"unsupported: {error}"
        except TargetFault as error:
            self._keep(cases, error.answered[0].tolist() if error.answered else [])
            self._note(cases, error)
        else:
            return True
        return False

    def _note(self, cases: Sequence[Case], error: TargetFault) -> None:
        words = f"{error.kind}: {error}"
        culprit = error.case if error.case in cases and error.case not in self.known else None
        if culprit is None and len(cases) == 1:
            culprit = cases[0]
        if culprit is not None:
            self.faults[culprit] = words
        self.slow += error.kind in SLOW
        if self.slow >= SLOW_FAULTS or (self.calls and self._count() >= FAULTS):
            self.faults[()] = words

    def _count(self) -> int:
        return len(self.faults)

    def _columns(self, cases: Sequence[Case]) -> list[np.ndarray[tuple[int, ...], np.dtype[np.uint64]]]:
        return [np.array(column, self.subject.dtype) for column in zip(*cases, strict=True)]

    def _keep(self, cases: Sequence[Case], answers: Sequence[int]) -> None:
        self.known.update(zip(cases, answers, strict=False))
