"""What a file of answers is worth, as lines and as plain data."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pamcheck.testing.record import failure_record
from pamcheck.testing.text import one_line
from pamcheck.testing.vectors.checking import Verdict
from pamcheck.testing.vectors.request import Request


def lines(request: Request, verdict: Verdict) -> Iterator[str]:
    """Yield a line for each wrong answer that is kept, what is the matter with the file, and PASS or FAIL."""
    for mismatch in verdict.mismatches:
        yield f"line {mismatch.line}: {one_line(mismatch.failure)}"
    if verdict.problem is not None:
        problem = verdict.problem
        told = not problem.line or f"line {problem.line}" in problem.words
        yield f"{problem.kind}: {'' if told else f'line {problem.line}: '}{problem.words}"
    state = "PASS" if verdict.passed else "FAIL"
    file = f", and the file is not whole: {verdict.problem.kind}" if verdict.problem else ""
    yield f"{state}  {request.subject}: {verdict.failed:,} of {verdict.cases:,} answers are wrong{file}"


def record(request: Request, verdict: Verdict) -> dict[str, Any]:
    """Return the verdict as what JSON holds."""
    problem = verdict.problem
    return {
        "subject": str(request.subject),
        "passed": verdict.passed,
        "cases": verdict.cases,
        "failed": verdict.failed,
        "mismatches": [{"line": m.line, **failure_record(m.failure)} for m in verdict.mismatches],
        "problem": problem and {"kind": problem.kind, "line": problem.line, "words": problem.words},
    }
