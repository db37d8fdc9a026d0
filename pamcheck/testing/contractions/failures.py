"""The causes of what went wrong, each with the smallest element that shows it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pamcheck.testing.contractions.case import Case
from pamcheck.testing.contractions.diagnose import Cause, diagnose
from pamcheck.testing.contractions.judge import Judge
from pamcheck.testing.contractions.kind import Parts, element, whole
from pamcheck.testing.contractions.recipe import predict
from pamcheck.testing.contractions.seen import Seen, count
from pamcheck.testing.contractions.shrink import shrunk
from pamcheck.testing.result import Failure, Group, Outcome
from pamcheck.testing.target import TargetFault, Unsupported

SHRUNK = 4  # causes whose element is made smaller by asking again
LONG = 64  # codes of an element beyond which its case is repeated instead


def groups_of(
    judge: Judge, outcomes: Sequence[Outcome], errors: int
) -> tuple[tuple[Group, ...], tuple[Failure, ...]]:
    """Return the causes, most frequent first after faults, and up to `errors` failures, one a cause first."""
    groups = [_fault(judge, outcome) for outcome in outcomes if outcome.fault is not None]
    others: list[Failure] = []
    causes = diagnose(judge.what, judge.failures, judge.agreeing) if judge.failures else []
    for number, cause in enumerate(causes):
        first, *more = sorted(cause.failures, key=_length)
        shown = _shown(judge, cause, first.where([0]), number < SHRUNK)
        groups.append(
            Group(cause.name, cause.kind, cause.words, cause.advice, count(cause.failures), shown)
        )
        others += [_failure(judge, one.where([0]), cause) for one in more[:errors]]
    first_ones = [group.shown for group in groups if group.shown is not None]
    return tuple(groups), (*first_ones[:errors], *others[: max(errors - len(first_ones), 0)])


def _fault(judge: Judge, outcome: Outcome) -> Group:
    fault = outcome.fault
    assert fault is not None
    shown = Failure(outcome.check, whole(judge.what), (), (), (), rule=str(fault), diagnosis=fault.kind)
    return Group(fault.kind, "fault", str(fault), "", 1, shown)


def _length(seen: Seen) -> int:
    return int(seen.case.operands[0].shape[-1] + seen.case.operands[-1].size)


def _failure(judge: Judge, one: Seen, cause: Cause, parts: Parts | None = None) -> Failure:
    """Return the failure of one element; with `parts`, of an element that was asked for alone."""
    repeat = _repro(
        judge, f"only={one.case.name!r}" if parts is None else _operands(judge, parts, one.output)
    )
    parts = one.parts(judge.what) if parts is None else parts
    subject = element(judge.what, parts, one.output)
    inputs = tuple(int(code) for part in parts for code in part[0])
    rule = judge.rule(parts, one.output)
    got, wanted = (int(one.got[0]),), (int(one.wanted[0]),)
    return Failure(one.case.check, subject, inputs, got, wanted, rule, cause.words, repeat)


def _shown(judge: Judge, cause: Cause, one: Seen, smaller: bool) -> Failure:
    """Return an element of a cause, with as few terms as show it if it fails by itself."""
    plain = _failure(judge, one, cause)
    if not smaller or (cause.recipe is not None and cause.recipe.layout):
        return plain
    last: list[Seen] = []

    def fails(parts: Parts) -> bool:
        seen = _alone(judge, parts, one.output)
        if seen is None or not judge.wrong(seen)[0]:
            return False
        if cause.recipe is not None:
            predicted = predict(judge.what, cause.recipe, parts, one.output, seen.got)
            if predicted is None or predicted[0] != seen.got[0]:
                return False
        last[:] = [seen]
        return True

    parts = one.parts(judge.what)
    if not fails(parts):
        return plain
    found = shrunk(parts, judge.what.fmt, fails)
    [seen] = last
    moved = Seen(one.case, one.output, one.places, seen.got, seen.wanted)
    return _failure(judge, moved, cause, found)


def _alone(judge: Judge, parts: Parts, output: int) -> Seen | None:
    """Return the answer to one element by itself; None where there is none."""
    case = Case("shapes", "alone", judge.what.alone(parts, output))
    try:
        answers, wanted = judge.ask(case)
    except (TargetFault, Unsupported):
        return None
    got, right = (x[output].reshape(-1) for x in (answers, wanted))
    return Seen(case, output, np.arange(got.size), got, right)


def _operands(judge: Judge, parts: Parts, output: int) -> str:
    """Return operands as a Python expression: nested lists of codes."""
    arrays = judge.what.alone(parts, output)
    rows = (", ".join(f"[{', '.join(map(judge.what.fmt.hex, row))}]" for row in x.tolist()) for x in arrays)
    return f"operands=({', '.join(f'[{row}]' for row in rows)},)"


def _repro(judge: Judge, chosen: str) -> str:
    """Return the line of Python that judges one case again."""
    what = judge.what
    words = [f"fn, format={what.fmt.name!r}"]
    if what.name != "sum" and what.policy.name != "ftz":
        words.append(f"policy={what.policy.name!r}")
    if what.offset:
        words.append(f"offset={what.offset / what.fmt.tiny!r}")
    if what.mode == "mimic":
        words.append("mode='mimic'")
    words += judge.options
    check = "check_matmul_vjp" if what.mode else f"check_{what.name}"
    return f"pamcheck.testing.{check}({', '.join([*words, chosen])})"
