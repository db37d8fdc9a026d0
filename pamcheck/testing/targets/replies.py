"""What a program answered: codes, or what is the matter with it."""

from __future__ import annotations

import signal
from collections.abc import Sequence

from pamcheck.testing.subject import Codes, Subject
from pamcheck.testing.target import FaultKind, TargetFault
from pamcheck.testing.targets.lines import GarbledLine, parse_lines
from pamcheck.testing.targets.process import Run

TOLD = 3  # lines of stderr that are shown


def read_replies(
    run: Run, subject: Subject, inputs: Sequence[Codes], time_limit: float
) -> tuple[Codes, ...]:
    """Return the codes of a run, one array an output.

    Raises TargetFault for a run that did not answer every case with a line of codes and then end; its case is
    the first without an answer, and what was answered before is with it.
    """
    count, columns, width = inputs[0].size, len(subject.outputs), subject.fmt.width
    head, rest = _cut(_whole_lines(run), count)
    try:
        answers = parse_lines(head, columns, width)
    except GarbledLine as line:
        before = parse_lines(head[: line.start], columns, width)
        wanted = (
            f"{columns} codes of {width} bits in hex" if columns > 1 else f"a code of {width} bits in hex"
        )
        told = f"answered {line.text[:80]!r} where {wanted} should be" + told_stderr(run)
        raise TargetFault("garbled", told, _case(inputs, line.line_number - 1), before) from None
    if run.end == "flooded" or rest.strip():
        raise _flood(run, rest, subject, count, answers)
    died = run.status is not None and run.status < 0
    if answers[0].size == count and not died:
        return answers
    kind, told = _ending(run, time_limit)
    told += f" after {answers[0].size} of {count} answers" if count > 1 else " without an answer"
    told += told_stderr(run)
    raise TargetFault(kind, told, _case(inputs, answers[0].size), answers)


def told_stderr(run: Run) -> str:
    """Return the last lines of standard error, for the end of a sentence; "" where there are none."""
    lines = run.stderr.decode("utf-8", "backslashreplace").split("\n")
    last = [line.strip()[:200] for line in lines if line.strip()][-TOLD:]
    return f"; its standard error ends: {' / '.join(last)}" if last else ""


def _whole_lines(run: Run) -> bytes:
    """Return the output without a last line that was cut off."""
    if run.status is not None and run.status >= 0:
        return run.stdout
    return run.stdout[: run.stdout.rfind(b"\n") + 1]


def _cut(text: bytes, count: int) -> tuple[bytes, bytes]:
    """Cut text after a number of lines."""
    if text.count(b"\n") <= count:
        return text, b""
    end = -1
    for _ in range(count):
        end = text.index(b"\n", end + 1)
    return text[: end + 1], text[end + 1 :]


def _flood(run: Run, rest: bytes, subject: Subject, count: int, answers: tuple[Codes, ...]) -> TargetFault:
    if not rest.strip():
        start = run.stdout[:20].decode("ascii", "backslashreplace")
        told = f"wrote more than {len(run.stdout)} bytes for {count} cases, beginning {start!r}{told_stderr(run)}"
        return TargetFault("flood", told, None, answers)
    first = rest.lstrip().partition(b"\n")[0].decode("ascii", "backslashreplace")[:80]
    told = f"wrote more than {count} lines for {count} cases; the first too many is {first!r}{told_stderr(run)}"
    try:
        parse_lines(first.encode(), len(subject.outputs), subject.fmt.width)
    except GarbledLine:
        return TargetFault("flood", told, None, answers)
    # one answer too many, who knows where: none can be told to be of its case
    return TargetFault("flood", told)


def _ending(run: Run, time_limit: float) -> tuple[FaultKind, str]:
    if run.end == "hung":
        return "hang", f"was killed, as it was still running at {time_limit:g} s,"
    if run.status:
        return "crash", f"ended with {told_status(run.status)}"
    return "short", "closed its output" if run.status is None else "ended in good order, but"


def told_status(status: int) -> str:
    """Return an exit status in words."""
    if status > 0:
        return f"exit status {status}"
    try:
        return f"signal {signal.Signals(-status).name}"
    except ValueError:
        return f"signal {-status}"


def _case(inputs: Sequence[Codes], place: int) -> tuple[int, ...] | None:
    return tuple(int(codes[place]) for codes in inputs) if place < inputs[0].size else None
