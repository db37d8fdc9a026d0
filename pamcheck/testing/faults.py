"""Faults by cause: what a target did instead of answering, said once, at the simplest case."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pamcheck.testing.repro import repro
from pamcheck.testing.result import Failure, Group, Outcome
from pamcheck.testing.shrink import Case, complexity, shrunk
from pamcheck.testing.subject import Subject
from pamcheck.testing.target import Target, TargetFault, Unsupported

QUICK = ("exception", "arity", "dtype", "shape", "device", "garbled")  # asking again costs next to nothing


def fault_groups(target: Target, subject: Subject, outcomes: Sequence[Outcome]) -> list[Group]:
    """Return the faults of outcomes, those of one kind and message as one group."""
    together: dict[tuple[str, str], list[Outcome]] = {}
    for outcome in outcomes:
        if outcome.fault is not None:
            together.setdefault((outcome.fault.kind, _gist(outcome.fault)), []).append(outcome)
    return [_group(target, subject, same) for same in together.values()]


def _gist(fault: TargetFault) -> str:
    """Return the message without the case it happened at."""
    text = str(fault)
    return text if fault.case is None else text.partition(" at ")[0].partition("; ")[0]


def _group(target: Target, subject: Subject, same: Sequence[Outcome]) -> Group:
    faults = [outcome.fault for outcome in same if outcome.fault is not None]
    cases = [(fault.case, fault) for fault in faults if fault.case]
    case, fault = min(cases, key=lambda one: complexity(subject.fmt, one[0]), default=((), faults[0]))
    if case and fault.kind in QUICK:
        case, fault = _smaller(target, subject, case, fault)
    checks = [outcome.check for outcome in same]
    expected: Case = ()
    if case:
        columns = [np.array([code], subject.dtype) for code in case]
        expected = tuple(int(codes[0]) for codes in subject.expected(columns))
    shown = Failure(checks[0], subject, case, (), expected, rule=str(fault), diagnosis=fault.kind)
    shown = shown.but(repro=repro(target.name, shown))
    others = f"in {len(checks)} checks: {', '.join(checks)}" if len(checks) > 1 else ""
    return Group(fault.kind, "fault", str(fault), others, len(same), shown)


def _smaller(target: Target, subject: Subject, case: Case, fault: TargetFault) -> tuple[Case, TargetFault]:
    """Return the simplest case with a fault of the same kind that is found, and its fault."""
    seen: dict[Case, TargetFault] = {case: fault}

    def fails(other: Case) -> bool:
        try:
            target.answer(subject, tuple(np.array([code], subject.dtype) for code in other))
        except TargetFault as again:
            seen[other] = again
            return again.kind == fault.kind
        except Unsupported:
            return False
        return False

    found = shrunk(subject.fmt, case, fails)
    return found, seen[found]
