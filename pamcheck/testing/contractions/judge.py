"""A foreign contraction held to the definition: every case asked and compared."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import groupby

import numpy as np

from pamcheck.formats import FloatFormat
from pamcheck.testing.contractions.calling import Called
from pamcheck.testing.contractions.case import CLAIMS, Case
from pamcheck.testing.contractions.enclosure import enclosures
from pamcheck.testing.contractions.kind import Contraction, Mask, Parts, canonical
from pamcheck.testing.contractions.quick import told_from_floats
from pamcheck.testing.contractions.seen import Seen, count
from pamcheck.testing.result import Outcome, Status
from pamcheck.testing.session import Disagreement
from pamcheck.testing.subject import Codes
from pamcheck.testing.target import TargetFault, Unsupported

FAULTS = 3  # after so many in a check its other cases are left out
KEPT = 64  # failures of a case that an outcome holds


@dataclass
class Judge:
    """One target under one contraction.

    wide      the accumulator that an enclosure assumes; None where the canonical order is demanded
    options   what a line of Python that judges the same has to say of these and of the target
    failures  elements that are wrong, agreeing those that are not, of every case
    """

    target: Called
    what: Contraction
    wide: FloatFormat | None = None
    options: tuple[str, ...] = ()
    failures: list[Seen] = field(default_factory=list)
    agreeing: list[Seen] = field(default_factory=list)

    def run(self, cases: Iterable[Case]) -> list[Outcome]:
        """Return what became of each check; the cases of a check come one after another."""
        found = []
        for name, some in groupby(cases, key=lambda case: case.check):
            found.append(self._check(name, some))
            if found[-1].status == "skipped":
                break
        return found

    def ask(self, case: Case) -> tuple[tuple[Codes, ...], tuple[Codes, ...]]:
        """Return the answers to a case and what they are in the canonical order. Raises TargetFault, Unsupported."""
        wanted = self.what.expected(case.operands)
        shapes = {name: x.shape for name, x in zip(self.what.outputs, wanted, strict=True)}
        return self.target.answer(case, self.what.fmt, self.what.operands, shapes), wanted

    def wrong(self, seen: Seen) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
        """Return which elements are wrong."""
        differs: np.ndarray[tuple[int], np.dtype[np.bool_]] = seen.got != seen.wanted
        if self.wide is None or not differs.any():
            return differs
        parts = seen.where(differs).parts(self.what)
        differs[differs] = self._outside(parts, seen.output, seen.got[differs])
        return differs

    def rule(self, parts: Parts, output: int) -> str:
        """Return why one element should be what is expected; "" where that is the definition's result."""
        if self.wide is None:
            return ""
        [found] = enclosures(self.what.terms(parts, output), self.what.fmt, self.wide)
        return f"{found}; shown is the canonical order's"

    def _outside(self, parts: Parts, output: int, got: Codes) -> Mask:
        assert self.wide is not None
        terms = self.what.terms(parts, output)
        # most are what this very order gives, which is one that the enclosure holds
        left = canonical(self.what, terms, self.wide) != got
        told = np.array(told_from_floats(terms[left], got[left], self.what.fmt, self.wide), np.int8)
        wrong: Mask = left.copy()
        wrong[left] = told < 0
        left[left] = told == 0
        found = enclosures(terms[left], self.what.fmt, self.wide)
        wrong[left] = [not one.holds(code) for one, code in zip(found, got[left].tolist(), strict=True)]
        return wrong

    def _check(self, name: str, cases: Iterable[Case]) -> Outcome:
        began = time.perf_counter()
        faults: list[TargetFault] = []
        wrong: list[Seen] = []
        compared = 0
        for number, case in enumerate(cases):
            try:
                seen, bad = self._case(case, again=number == 0)
            except Unsupported as lacking:
                return Outcome(name, CLAIMS[name], "skipped", compared, 0, 0.0, str(lacking))
            except TargetFault as error:
                faults.append(error)
                if len(faults) >= FAULTS:
                    break
                continue
            compared += seen
            wrong += bad
        failed = count(wrong) + len(faults)
        status: Status = "fault" if faults else "failed" if failed else "passed"
        reason = str(faults[0]) if faults else ""
        seconds = time.perf_counter() - began
        found = tuple(disagreement(self.what, one) for one in wrong)
        fault = faults[0] if faults else None
        return Outcome(name, CLAIMS[name], status, compared, failed, seconds, reason, found, fault)

    def _case(self, case: Case, again: bool) -> tuple[int, list[Seen]]:
        """Return how many elements were compared, and those that are wrong."""
        answers, wanted = self.ask(case)
        if again:
            second, _ = self.ask(case)
            self.target.hold_steady(case, answers, second)
        compared, bad = 0, []
        for output, (got, right) in enumerate(zip(answers, wanted, strict=True)):
            seen = Seen(case, output, np.arange(got.size), got.reshape(-1), right.reshape(-1))
            wrong = self.wrong(seen)
            compared += seen.size
            self.agreeing.append(seen.where(~wrong).thinned(KEPT))
            if wrong.any():
                bad.append(seen.where(wrong))
        self.failures += bad
        return compared, bad


def disagreement(what: Contraction, seen: Seen) -> Disagreement:
    """Return some of the failures of a case as an outcome holds them: an array for each of an element's codes."""
    some = seen.thinned(KEPT)
    inputs = tuple(column for part in some.parts(what) for column in part.T)
    return Disagreement(
        inputs, (some.got,), (some.wanted,), f"{seen.case.name}, {what.outputs[seen.output]}"
    )
