"""What `pamcheck verify` does: a request in the words of a command line, and its report."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pamcheck.formats import FORMATS
from pamcheck.kernels.table import OPS
from pamcheck.lookup import lookup
from pamcheck.operands import parse_offset
from pamcheck.testing.expectations import Expectations, expectations, read_expectations
from pamcheck.testing.identity import Fingerprint, identify
from pamcheck.testing.record import junit, record
from pamcheck.testing.result import Result
from pamcheck.testing.session import LEVELS, Level
from pamcheck.testing.subject import Subject, make_subject
from pamcheck.testing.target import Target
from pamcheck.testing.targets import program_target, python_target
from pamcheck.testing.text import last_line, lines
from pamcheck.testing.verify import Settings, judge, judge_cases


@dataclass(frozen=True)
class Request:
    """The options of `pamcheck verify`, as typed."""

    target: str = ""
    program: str = ""
    op: str = ""
    formats: tuple[str, ...] = ()
    policy: str = "ftz"
    offset: str = "0"
    mode: str = ""
    level: str = "1"
    checks: tuple[str, ...] = ()
    arrays: str = "numpy"
    gradient: str = "function"
    codes: bool = False
    elementwise: bool = False
    time_limit: float = 10.0
    accept: tuple[str, ...] = ()
    xfails_file: Path | None = None
    skips_file: Path | None = None
    cases: tuple[str, ...] = ()
    errors: int = 20
    seed: int = 0


@dataclass(frozen=True)
class Report:
    """The results, one a format.

    idle  names in files of expected failures and skips that are those of no check
    """

    results: tuple[Result, ...]
    idle: tuple[str, ...] = ()

    @property
    def interrupted(self) -> bool:
        """Whether somebody would not wait."""
        return any(result.interrupted for result in self.results)

    @property
    def passed(self) -> bool:
        """Whether every format that the target has passed, and it has one."""
        tried = [result for result in self.results if not result.lacking]
        return bool(tried) and all(result.passed for result in tried)

    def lines(self) -> Iterator[str]:
        """Yield what is printed."""
        for result in self.results:
            yield from lines(result)
        yield from (
            f"notice: {name!r} in a file of checks names no check that was run" for name in self.idle
        )
        if len(self.results) > 1:
            yield self.last()

    def last(self) -> str:
        """Return the last line: PASS or FAIL."""
        if len(self.results) == 1:
            return last_line(self.results[0])
        tried = [result for result in self.results if not result.lacking]
        good = sum(result.passed for result in tried)
        lacking = ", ".join(result.subject.fmt.name for result in self.results if result.lacking)
        cases, wrong = (sum(getattr(r, name) for r in tried) for name in ("cases", "failed"))
        told = f"{good} of {len(tried)} formats pass, {cases:,} cases, {wrong:,} wrong"
        return f"{'PASS' if self.passed else 'FAIL'}  {told}{f'; not there: {lacking}' if lacking else ''}"

    def record(self) -> dict[str, Any]:
        """Return the report as plain data."""
        return {
            "passed": self.passed,
            "verdict": self.last(),
            "results": [record(result) for result in self.results],
            "names_of_no_check": list(self.idle),
        }

    def junit(self) -> bytes:
        """Return the report as JUnit XML."""
        return junit(list(self.results))


@dataclass(frozen=True)
class Identities:
    """The fingerprints, one a format."""

    found: tuple[Fingerprint, ...]
    interrupted: bool = False

    @property
    def passed(self) -> bool:
        """Whether the target gave answers at all: nothing is judged."""
        return all(one.confidence > 0 for one in self.found)

    def lines(self) -> Iterator[str]:
        """Yield what is printed."""
        for one in self.found:
            yield from one.lines

    def record(self) -> dict[str, Any]:
        """Return the fingerprints as plain data."""
        return {"fingerprints": [one.record() for one in self.found]}


def verify(request: Request, advance: Callable[[str], None]) -> Report:
    """Judge a target in every format that is asked for.

    Raises ValueError for wrong use, before the target is asked anything, and OSError for files that cannot be
    read or written.
    """
    target = make_target(request)
    settings = settings_of(request)
    results = []
    for subject in subjects(request):
        if request.cases:
            cases = [parse_case(text, subject) for text in request.cases]
            results.append(judge_cases(target, subject, cases))
        else:
            results.append(judge(target, subject, settings, advance))
        if results[-1].interrupted:
            break
    return Report(tuple(results), _idle(settings, results))


def _idle(settings: Settings, results: Sequence[Result]) -> tuple[str, ...]:
    """Return the names in the files that are those of no check."""
    names = [(result.subject, outcome.check) for result in results for outcome in result.outcomes]
    files = (expectations(settings.xfails), expectations(settings.skips))
    return tuple(name for file in files for name in file.idle(names))


def fingerprint(request: Request) -> Identities:
    """Say which unit a target is in every format that is asked for; for a function by default in float32."""
    if request.mode or request.cases:
        raise ValueError("a fingerprint is of values, over cases of its own; leave out --mode and --case")
    target = make_target(request)
    asked = (
        request
        if request.formats or request.program or request.codes
        else replace(request, formats=("float32",))
    )
    found = [identify(target, s.fmt, s.op, request.seed) for s in subjects(asked)]
    target.close()
    return Identities(tuple(found))


def make_target(request: Request) -> Target:
    """Return the target that a request names. Raises ValueError where it names none or two."""
    if bool(request.target) == bool(request.program):
        raise ValueError(
            "give one target: module:function, path/to/file.py:function, or --exec with a command"
        )
    if request.program:
        return program_target(request.program, time_limit=request.time_limit)
    return python_target(
        request.target,
        arrays=request.arrays,
        gradient=request.gradient,
        codes=request.codes,
        elementwise=request.elementwise,
    )


def subjects(request: Request) -> Sequence[Subject]:
    """Return what the target is held to, one subject a format.

    Without formats a function is asked for all that have a name; a program must be told one, since it cannot say
    which it takes.
    """
    op = request.op or request.target.rpartition(":")[2].rpartition(".")[2]
    if not request.op and op not in OPS:
        raise ValueError(f"op is not given and {op!r} is no operation; add --op: {', '.join(OPS)}")
    if not request.formats and (request.program or request.codes):
        raise ValueError(
            "format is not given; a program and a function of codes need one: --format float32"
        )
    offset = parse_offset(request.offset)
    formats = request.formats or tuple(FORMATS)
    return [make_subject(op, name, request.policy, offset, request.mode) for name in formats]


def settings_of(request: Request) -> Settings:
    """Return the settings of a request, with its files read."""
    lookup("level", request.level, dict.fromkeys(LEVELS))
    level: Level = request.level  # type: ignore[assignment]
    return replace(
        Settings(),
        level=level,
        checks=request.checks or None,
        seed=request.seed,
        errors=request.errors,
        accept=request.accept,
        xfails=_listed(request.xfails_file),
        skips=_listed(request.skips_file),
    )


def parse_case(text: str, subject: Subject) -> tuple[int, ...]:
    """Return a case given as hexadecimal codes with commas between. Raises ValueError for anything else."""
    try:
        return tuple(int(part, 16) for part in text.split(","))
    except ValueError:
        example = ",".join(subject.fmt.hex(subject.fmt.one).removeprefix("0x") for _ in subject.inputs)
        raise ValueError(f"case is {text!r}; it takes hexadecimal codes such as {example}") from None


def _listed(path: Path | None) -> Expectations | None:
    return None if path is None else read_expectations(path)
