"""One run of a program, which leaves nothing running behind."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pamcheck.testing.targets.pipes import End, Talk


@dataclass(frozen=True)
class Run:
    """What became of a program.

    stdout   all of it, up to the limit
    stderr   its end
    status   exit status, negative for a signal, as subprocess has it; None where we had to kill it
    end      "hung": time was up; "flooded": it wrote too much; "lingered": every line was there, but no end
    seconds  that it took
    """

    stdout: bytes
    stderr: bytes
    status: int | None
    end: End
    seconds: float


def run_program(
    words: Sequence[str],
    executable: str,
    data: bytes,
    lines: int,
    most: int,
    time_limit: float,
    linger: float = 1.0,
) -> Run:
    """Start a program, write `data` to it, close its input, and read what it answers until it ends.

    lines       how many it should answer
    most        bytes of output after which it is killed
    time_limit  seconds after which it is killed, with all that it has started
    linger      seconds that it may take to end once all lines are there, or its output is closed

    Raises OSError where it cannot be started.
    """
    started = time.monotonic()
    with _started(words, executable) as process:
        talk = Talk(process, data, lines, most, started + time_limit, linger)
        end = talk.run()
    status = process.returncode if end == "exited" else None
    return Run(bytes(talk.stdout), bytes(talk.stderr), status, end, time.monotonic() - started)


@contextlib.contextmanager
def _started(words: Sequence[str], executable: str) -> Iterator[subprocess.Popen[bytes]]:
    """Start a program as the head of a process group, and kill the group at the end, whatever happens."""
    pipe = subprocess.PIPE
    process = subprocess.Popen(
        words,
        executable=executable,
        stdin=pipe,
        stdout=pipe,
        stderr=pipe,
        bufsize=0,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        # it may have ended and left others behind; as it is not reaped yet, the number is still its group's
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        for stream in (process.stdin, process.stdout, process.stderr):
            assert stream is not None
            with contextlib.suppress(OSError):
                stream.close()
