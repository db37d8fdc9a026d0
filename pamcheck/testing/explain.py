"""Failures by cause: diagnosed, one of each made small, and others beside them to be shown."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice, zip_longest

import numpy as np

from pamcheck.testing.diagnosis import Diagnosis, diagnose
from pamcheck.testing.repro import repro
from pamcheck.testing.result import Failure, Group, Outcome
from pamcheck.testing.session import Disagreement
from pamcheck.testing.shrink import Case, complexity, shrunk
from pamcheck.testing.subject import Codes, Subject
from pamcheck.testing.target import Target, TargetFault, Unsupported

SAMPLE = 512  # failures of a cause that are looked at for a simple one
SHRUNK = 8  # causes whose first failure is made smaller still; beyond, the simplest that was found is shown
Agreed = Sequence[tuple[tuple[Codes, ...], tuple[Codes, ...]]]


def explain(
    target: Target, subject: Subject, outcomes: Sequence[Outcome], agreed: Agreed, errors: int
) -> tuple[tuple[Group, ...], tuple[Failure, ...]]:
    """Return the causes, most frequent first, and up to `errors` failures to show, one a cause first."""
    wrong = [outcome for outcome in outcomes if outcome.status in ("failed", "fault")]
    found = [(outcome.check, one) for outcome in wrong for one in outcome.found]
    diagnoses = diagnose(subject, [one for _, one in found], agreed=agreed) if found else []
    groups = [_fault(target, subject, outcome) for outcome in wrong if outcome.fault is not None]
    others = []
    for number, diagnosis in enumerate(diagnoses):
        members = _simplest_first(target, subject, diagnosis, found)
        shown = next(members)
        smaller = _smaller(target, shown, diagnosis) if number < SHRUNK else shown
        groups.append(_group(diagnosis, smaller))
        others.append(one for one in members if one.inputs != smaller.inputs)
    first = [group.shown for group in groups if group.shown is not None]
    rest = islice(_in_turn(others), max(errors - len(first), 0))
    return tuple(groups), (*first[:errors], *rest)


def _group(diagnosis: Diagnosis, shown: Failure) -> Group:
    name = diagnosis.mutant.name if diagnosis.mutant else "unexplained"
    cases = len(diagnosis.members[0])
    return Group(name, diagnosis.kind, diagnosis.words, diagnosis.advice, cases, shown)


def _fault(target: Target, subject: Subject, outcome: Outcome) -> Group:
    """Return the group of one fault; its failure has no answer."""
    fault = outcome.fault
    assert fault is not None
    inputs = fault.case or ()
    expected = _row(subject.expected(_columns(subject, inputs)), 0) if inputs else ()
    shown = Failure(outcome.check, subject, inputs, (), expected, rule=str(fault), diagnosis=fault.kind)
    return Group(fault.kind, "fault", str(fault), "", 1, shown.but(repro=repro(target.name, shown)))


def _simplest_first(
    target: Target, subject: Subject, diagnosis: Diagnosis, found: Sequence[tuple[str, Disagreement]]
) -> Iterator[Failure]:
    """Yield the failures of a cause, the simplest of a sample first."""
    which, where = diagnosis.members
    some = np.linspace(0, len(which) - 1, min(len(which), SAMPLE)).astype(int)
    failures = []
    for place in some:
        check, one = found[which[place]]
        inputs, got, wanted = (_row(group, where[place]) for group in (one.inputs, one.got, one.wanted))
        failures.append(Failure(check, subject, inputs, got, wanted, one.rule, diagnosis.words))
    # a failure of the definition says more than one of a relation, whose other half may be the wrong one
    for failure in sorted(failures, key=lambda f: (f.rule != "", complexity(subject.fmt, f.inputs))):
        yield failure.but(repro=repro(target.name, failure))


def _smaller(target: Target, failure: Failure, diagnosis: Diagnosis) -> Failure:
    """Return a failure of the definition made as simple as the cause allows; one of a relation as it is."""
    if failure.rule:
        return failure
    subject = failure.subject

    def answers(case: Case) -> tuple[Case, Case]:
        columns = _columns(subject, case)
        return _row(target.answer(subject, columns), 0), _row(subject.expected(columns), 0)

    def fails(case: Case) -> bool:
        try:
            got, expected = answers(case)
        except (TargetFault, Unsupported):
            return False
        mutant = diagnosis.mutant
        as_diagnosed = mutant is None or _row(mutant.answer(subject, _columns(subject, case)), 0) == got
        return got != expected and as_diagnosed

    case = shrunk(subject.fmt, failure.inputs, fails)
    if case == failure.inputs:
        return failure
    got, expected = answers(case)
    smaller = failure.but(inputs=case, got=got, expected=expected)
    return smaller.but(repro=repro(target.name, smaller))


def _in_turn(groups: Sequence[Iterator[Failure]]) -> Iterator[Failure]:
    """Yield one failure of every cause in turn."""
    for row in zip_longest(*groups):
        yield from (failure for failure in row if failure is not None)


def _columns(subject: Subject, case: Case) -> tuple[Codes, ...]:
    return tuple(np.array([code], subject.dtype) for code in case)


def _row(columns: Sequence[Codes], place: int) -> Case:
    return tuple(int(column[place]) for column in columns)
