"""Judging a target: every check, what is expected to fail, what is accepted, and the failures by cause."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from pamcheck.measure.sampling import SEED
from pamcheck.testing.accepting import accepted
from pamcheck.testing.check import Check
from pamcheck.testing.checks import select
from pamcheck.testing.expectations import expectations
from pamcheck.testing.explain import explain
from pamcheck.testing.identity import identify
from pamcheck.testing.result import Outcome, Result, Status
from pamcheck.testing.session import Level, Session
from pamcheck.testing.subject import Subject
from pamcheck.testing.target import Target, TargetFault, Unsupported

HANGS = 3  # after so many no further check waits for the target
ERRORS = 20
SURE = 0.9  # share of answers that a fingerprint must predict to be worth showing


@dataclass(frozen=True)
class Settings:
    """How a target is judged.

    level     "1", "2" or "exhaustive"
    checks    names of the checks to run; None for all that apply
    seed      of every random operand
    errors    how many failures are shown
    xfails    checks that are expected to fail, with reasons: see `expectations`
    skips     checks that are left out, likewise
    accept    names of deviations of the catalogue that are meant
    """

    level: Level = "1"
    checks: Sequence[str] | None = None
    seed: int = SEED
    errors: int = ERRORS
    xfails: Mapping[str, str] | Iterable[str] | None = None
    skips: Mapping[str, str] | Iterable[str] | None = None
    accept: Sequence[str] = ()


def judge(
    target: Target,
    subject: Subject,
    settings: Settings | None = None,
    advance: Callable[[str], None] = lambda _: None,
) -> Result:
    """Run the checks that apply to a subject. `advance` is told the name of each check that is done.

    Nothing that the target does is raised: exceptions, crashes and hangs are outcomes. Raises ValueError for an
    unknown check, level or deviation.
    """
    settings = settings or Settings()
    result = judge_by(target, subject, select(subject, settings.checks), settings, advance)
    explained = all(group.known for group in result.groups)
    if subject.mode or explained or result.of("fault") or result.interrupted:
        return result
    # where no single cause fits, all that its answers say
    found = identify(target, subject.fmt, subject.op, settings.seed)
    return replace(result, identity=found) if found.confidence > SURE else result


def judge_cases(target: Target, subject: Subject, cases: Sequence[Sequence[int]]) -> Result:
    """Hold a target to the definition on given inputs alone, one tuple of codes a case."""
    for case in cases:
        if len(case) != len(subject.inputs):
            raise ValueError(
                f"case has {len(case)} codes; {subject.op} takes {len(subject.inputs)}: {', '.join(subject.inputs)}"
            )
        for code in case:
            if not 0 <= code < 2 * subject.fmt.sign:
                raise ValueError(
                    f"case has the code {code:#x}; {subject.fmt.name} has {subject.fmt.width} bits"
                )
    columns = [np.array(column, subject.dtype) for column in zip(*cases, strict=True)]
    check = Check(
        "case", "the result is the definition's", lambda _: True, lambda session: session.hold(*columns)
    )
    return judge_by(target, subject, [check], Settings(errors=len(cases)))


def judge_by(
    target: Target,
    subject: Subject,
    checks: Sequence[Check],
    settings: Settings,
    advance: Callable[[str], None] = lambda _: None,
) -> Result:
    """Judge a target by the checks given."""
    began = time.perf_counter()
    xfails, skips = expectations(settings.xfails), expectations(settings.skips)
    meant = accepted(subject, settings.accept)
    sessions = [Session(target, subject, settings.level, check.name, settings.seed) for check in checks]
    outcomes: list[Outcome] = []
    hangs, lacking, interrupted = 0, "", False
    for check, session in zip(checks, sessions, strict=True):
        reason = lacking if lacking else skips.reason(subject, check.name)
        if interrupted:
            reason = "interrupted"
        if reason is None and hangs >= HANGS:
            reason = f"the target hung {HANGS} times"
        try:
            outcome = _skipped(check, reason) if reason is not None else _outcome(check, session)
        except Unsupported as error:
            lacking = str(error)
            outcome = _skipped(check, lacking)
        except KeyboardInterrupt:
            interrupted, outcome = True, _skipped(check, "interrupted")
        outcome = _settled(replace(outcome, found=meant(outcome.found)))
        outcomes.append(_expected(outcome, xfails.reason(subject, check.name)))
        hangs += outcome.fault is not None and outcome.fault.kind == "hang"
        advance(check.name)
    agreed = [pair for session in sessions for pair in session.agreed]
    groups, failures = explain(target, subject, outcomes, agreed, settings.errors)
    notices = target.notices()
    target.close()
    return Result(
        target=target.name,
        subject=subject,
        outcomes=tuple(outcomes),
        groups=groups,
        failures=failures,
        notices=notices,
        level=settings.level,
        lacking=lacking,
        interrupted=interrupted,
        seconds=time.perf_counter() - began,
    )


def _outcome(check: Check, session: Session) -> Outcome:
    """Run one check; whatever the target does becomes its outcome, but for a format that it lacks."""
    began, fault, reason = time.perf_counter(), None, ""
    status: Status = "passed"
    try:
        check.run(session)
    except TargetFault as error:
        fault, reason, status = error, str(error), "fault"
    if session.cases == 0 and fault is None:
        reason, status = f"asks nothing of {session.subject.fmt.name} at level {session.level}", "skipped"
    return Outcome(
        check=check.name,
        claim=check.claim,
        status=status,
        cases=session.cases,
        failed=0,
        seconds=time.perf_counter() - began,
        reason=reason,
        found=tuple(session.found),
        fault=fault,
    )


def _skipped(check: Check, reason: str) -> Outcome:
    return Outcome(check.name, check.claim, "skipped", 0, 0, 0.0, reason)


def _settled(outcome: Outcome) -> Outcome:
    """Return the outcome with its failures counted."""
    failed = sum(found.size for found in outcome.found) + (outcome.fault is not None)
    return replace(
        outcome, failed=failed, status="failed" if failed and not outcome.fault else outcome.status
    )


def _expected(outcome: Outcome, reason: str | None) -> Outcome:
    """Return the outcome of a check that is expected to fail where there is a reason to."""
    if reason is None or outcome.status == "skipped":
        return outcome
    return replace(outcome, status="xfailed" if outcome.failed else "xpassed", reason=reason)
