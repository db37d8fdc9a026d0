"""Failures by cause: diagnosed, one of each made small, and others beside them to be shown."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice, zip_longest

import numpy as np

from pamcheck.testing.diagnosis import Diagnosis, diagnose
from pamcheck.testing.faults import fault_groups
from pamcheck.testing.repro import repro
from pamcheck.testing.result import Failure, Group, Outcome
from pamcheck.testing.session import Disagreement
from pamcheck.testing.shrink import Case, complexity, shrunk
from pamcheck.testing.subject import Codes, Subject
from pamcheck.testing.target import Target, TargetFault, Unsupported

SAMPLE = 512  # failures of a cause that are looked at for a simple one
SHRUNK = 8  # causes whose first failure is made smaller still; beyond, the simplest that was found is shown
AGAIN = 8  # failures that are asked about again, to see whether the answer is the same
UNSTEADY = "unsteady: the same case is answered differently when it is asked again"
STEADY = "look for state that outlives a call, uninitialised memory, or a race"
UNNAMED = {UNSTEADY: "unsteady"}
Agreed = Sequence[tuple[tuple[Codes, ...], tuple[Codes, ...]]]


def explain(
    target: Target, subject: Subject, outcomes: Sequence[Outcome], agreed: Agreed, errors: int
) -> tuple[tuple[Group, ...], tuple[Failure, ...]]:
    """Return the causes, most frequent first, and up to `errors` failures to show, one a cause first."""
    wrong = [outcome for outcome in outcomes if outcome.status in ("failed", "fault")]
    found = [(outcome.check, one) for outcome in wrong for one in outcome.found]
    diagnoses = diagnose(subject, [one for _, one in found], agreed=agreed) if found else []
    groups = fault_groups(target, subject, wrong)
    others = []
    for number, diagnosis in enumerate(diagnoses):
        members = _simplest_first(target, subject, diagnosis, found)
        if _unsteady(target, members):
            diagnosis = replace(diagnosis, mutant=None, kind="bug", words=UNSTEADY, advice=STEADY)
            smaller = members[0].but(diagnosis=UNSTEADY)
        else:
            smaller = _smaller(target, members[0], diagnosis) if number < SHRUNK else members[0]
        groups.append(_group(diagnosis, smaller))
        others.append(iter([one for one in members[1:] if one.inputs != smaller.inputs]))
    first = [group.shown for group in groups if group.shown is not None]
    rest = islice(_in_turn(others), max(errors - len(first), 0))
    return tuple(groups), (*first[:errors], *rest)


def _group(diagnosis: Diagnosis, shown: Failure) -> Group:
    name = diagnosis.mutant.name if diagnosis.mutant else UNNAMED.get(diagnosis.words, "unexplained")
    cases = len(diagnosis.members[0])
    return Group(name, diagnosis.kind, diagnosis.words, diagnosis.advice, cases, shown)


def _unsteady(target: Target, members: Sequence[Failure]) -> bool:
    """Whether the target gives another answer when it is asked about its failures of the definition again."""
    some = [failure for failure in members if not failure.rule][:AGAIN]
    if not some:
        return False
    subject = some[0].subject
    columns = [np.array(codes, subject.dtype) for codes in zip(*(f.inputs for f in some), strict=True)]
    try:
        again = target.answer(subject, columns)
    except (TargetFault, Unsupported):
        return False
    return any(_row(again, place) != failure.got for place, failure in enumerate(some))


def _simplest_first(
    target: Target, subject: Subject, diagnosis: Diagnosis, found: Sequence[tuple[str, Disagreement]]
) -> list[Failure]:
    """Return a sample of the failures of a cause, the simplest first."""
    which, where = diagnosis.members
    some = np.linspace(0, len(which) - 1, min(len(which), SAMPLE)).astype(int)
    failures = []
    for place in some:
        check, one = found[which[place]]
        inputs, got, wanted = (_row(group, where[place]) for group in (one.inputs, one.got, one.wanted))
        failures.append(Failure(check, subject, inputs, got, wanted, one.rule, diagnosis.words))
    exact = _exact(diagnosis, failures)
    # a failure of the definition says more than one of a relation, whose other half may be the wrong one
    failures.sort(key=lambda f: (f.rule != "", f.inputs not in exact, complexity(subject.fmt, f.inputs)))
    return [failure.but(repro=repro(target.name, failure)) for failure in failures]


def _exact(diagnosis: Diagnosis, failures: Sequence[Failure]) -> set[Case]:
    """Return the inputs at which the diagnosed mutant answers just as the target did."""
    if diagnosis.mutant is None:
        return set()
    subject = failures[0].subject
    columns = [np.array(codes, subject.dtype) for codes in zip(*(f.inputs for f in failures), strict=True)]
    answers = diagnosis.mutant.answer(subject, columns)
    return {f.inputs for place, f in enumerate(failures) if _row(answers, place) == f.got}


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
        if got == expected or diagnosis.mutant is None:
            return got != expected and _alike(subject, failure, case, expected)
        return _row(diagnosis.mutant.answer(subject, _columns(subject, case)), 0) == got

    case = shrunk(subject.fmt, failure.inputs, fails)
    if case == failure.inputs:
        return failure
    got, expected = answers(case)
    smaller = failure.but(inputs=case, got=got, expected=expected)
    return smaller.but(repro=repro(target.name, smaller))


def _alike(subject: Subject, failure: Failure, case: Case, expected: Case) -> bool:
    """Whether a case has inputs and results of the same classes as a failure, so that it stays what it is."""
    before, after = (*failure.inputs, *failure.expected), (*case, *expected)
    return all(_class(subject, a) == _class(subject, b) for a, b in zip(before, after, strict=True))


def _class(subject: Subject, code: int) -> str:
    size, fmt = code & subject.fmt.magnitude, subject.fmt
    if fmt.is_nan(code) or fmt.is_inf(code):
        return "nan" if fmt.is_nan(code) else "inf"
    return "zero" if size == 0 else "subnormal" if size < fmt.tiny else "normal"


def _in_turn(groups: Sequence[Iterator[Failure]]) -> Iterator[Failure]:
    """Yield one failure of every cause in turn."""
    for row in zip_longest(*groups):
        yield from (failure for failure in row if failure is not None)


def _columns(subject: Subject, case: Case) -> tuple[Codes, ...]:
    return tuple(np.array([code], subject.dtype) for code in case)


def _row(columns: Sequence[Codes], place: int) -> Case:
    return tuple(int(column[place]) for column in columns)
