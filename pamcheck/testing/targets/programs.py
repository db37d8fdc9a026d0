"""A program behind a pipe as a target."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

import numpy as np

from pamcheck.testing.subject import Codes, Subject
from pamcheck.testing.target import TargetFault
from pamcheck.testing.targets.commands import find_program, split_command
from pamcheck.testing.targets.errors import TargetError
from pamcheck.testing.targets.lines import DIGITS_MAX, format_lines
from pamcheck.testing.targets.narrowing import narrowed
from pamcheck.testing.targets.process import Run, run_program
from pamcheck.testing.targets.replies import read_replies, told_status, told_stderr
from pamcheck.testing.targets.twice import Twice

TIME_LIMIT = 10.0
FIRST, MOST = 1 << 10, 1 << 16  # cases in a run: at first, and of a program that proves quick
SPARE = 1 << 16  # bytes of output that are allowed beside the answers, so that what they say can be shown


class ProgramTarget:
    """A program that reads a case a line and writes an answer a line, as Berkeley TestFloat's do.

    command     how it is started: words as a shell would split them, but no shell; take `sh -c '...'` for one
    time_limit  seconds that one run may take; a slow program is given fewer cases a run
    name        as it is typed after `pamcheck verify`

    A line holds the operands, then the cotangent where derivatives are asked for, as bare upper-case hex of
    the format's width with one space between. Answers come in the same order, in hex of either case, those
    of several outputs with a space between. The program is started anew for each batch, and its input ends
    with the last case, so that it may buffer as it likes.

    Raises TargetError where the program is not there, cannot be executed, or the time limit is not positive.
    """

    def __init__(self, command: str, time_limit: float = TIME_LIMIT, name: str | None = None) -> None:
        if not 0 < time_limit < float("inf"):
            raise TargetError(f"time_limit is {time_limit}; it must be a positive number of seconds")
        self.name = name or shlex.join(["--exec", command])
        self._words = split_command(command)
        self._executable = find_program(self._words[0])
        self._limit, self._longest, self._cases = time_limit, 0.0, FIRST
        self._linger = 1.0
        self._notices: dict[str, str] = {}
        self._twice = Twice(lambda kind, sentence: self._note(kind, sentence))

    def answer(self, subject: Subject, inputs: Sequence[Codes]) -> tuple[Codes, ...]:
        """See Target. A fault holds the case that crashes or hangs by itself, and the answers before it."""
        done: list[tuple[Codes, ...]] = []
        place = 0
        while place < inputs[0].size:
            batch = [codes[place : place + self._cases] for codes in inputs]
            try:
                done.append(self._batch(subject, batch))
            except TargetFault as fault:
                parts = [*done, fault.answered] if fault.answered else done
                fault.answered = tuple(np.concatenate(x) for x in zip(*parts, strict=True))
                raise
            place += done[-1][0].size
        return tuple(np.concatenate(x) for x in zip(*done, strict=True))

    def notices(self) -> tuple[str, ...]:
        """See Target."""
        return tuple(self._notices.values())

    def close(self) -> None:
        """See Target. Nothing runs between batches."""

    def _batch(self, subject: Subject, batch: Sequence[Codes]) -> tuple[Codes, ...]:
        """Return the answers to a batch, or to its beginning where the program is slow."""
        try:
            return self._twice.answer(lambda cases: self._ask(subject, cases, self._limit), subject, batch)
        except TargetFault as fault:
            answered = fault.answered[0].size if fault.answered else 0
            if fault.kind not in ("crash", "hang") or answered == batch[0].size:
                raise
            shorter = min(self._limit, max(1.0, 3 * self._longest)) if self._longest else self._limit
            if fault.kind == "hang" and answered and self._answers(subject, batch, answered, shorter):
                self._cases = max(answered // 2, 1)
                return fault.answered
            raise narrowed(lambda cases: self._ask(subject, cases, shorter), batch, fault) from fault

    def _answers(self, subject: Subject, batch: Sequence[Codes], place: int, limit: float) -> bool:
        try:
            self._ask(subject, [codes[place : place + 1] for codes in batch], limit)
        except TargetFault:
            return False
        return True

    def _ask(self, subject: Subject, cases: Sequence[Codes], limit: float) -> tuple[Codes, ...]:
        """Return the answers of one run. Raises TargetFault."""
        count = cases[0].size
        most = count * len(subject.outputs) * (DIGITS_MAX + 4) + SPARE
        text = format_lines(cases, subject.fmt.width)
        try:
            run = run_program(self._words, self._executable, text, count, most, limit, self._linger)
        except OSError as error:
            raise TargetFault("crash", f"cannot be started: {error.strerror or error}") from error
        answers = read_replies(run, subject, cases, limit)
        self._learn(run, count)
        return answers

    def _learn(self, run: Run, count: int) -> None:
        """Choose how many cases the next run has, and note what was odd about this one."""
        self._longest = max(self._longest, run.seconds)
        if run.seconds < self._limit / 20 and count == self._cases:
            self._cases = min(4 * self._cases, MOST)
        elif run.seconds > self._limit / 4 and run.end == "exited":
            self._cases = max(self._cases // 4, 1)
        if run.end == "lingered":
            self._linger = 0.05  # once is enough to wait for that long
            self._note("lingers", "does not end when its input does; it was killed after its last answer")
        elif run.status:
            self._note("status", f"ends with {told_status(run.status)}, though every case was answered")
        if run.stderr.strip():
            self._note("stderr", f"writes to standard error{told_stderr(run)}")

    def _note(self, kind: str, sentence: str) -> None:
        self._notices.setdefault(kind, sentence)
