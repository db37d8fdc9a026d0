"""The pipes of a running program: written, read and timed without either side waiting for the other for ever."""

from __future__ import annotations

import contextlib
import os
import selectors
import subprocess
import time
from typing import IO, Literal

CHUNK = 1 << 16  # bytes read or written at a time
STDERR_KEPT = 4096  # bytes of the end of what it writes there
PAUSE = 0.1  # seconds after which an end without a word is looked for

End = Literal["exited", "hung", "flooded", "lingered"]


class Talk:
    """The three pipes of a program, none of which is waited for alone.

    process   started with pipes, unbuffered
    data      what is written to it, after which its input is closed
    lines     how many it should answer
    most      bytes of output after which it is no longer listened to
    deadline  on the monotonic clock
    linger    seconds that it may take to end once all lines are there, or its output is closed
    """

    def __init__(
        self,
        process: subprocess.Popen[bytes],
        data: bytes,
        lines: int,
        most: int,
        deadline: float,
        linger: float,
    ) -> None:
        self.stdout, self.stderr = bytearray(), bytearray()
        self._process, self._most, self._deadline, self._linger = process, most, deadline, linger
        self._data, self._missing = memoryview(data), lines
        self._in, self._out, self._err = (
            _unblocked(stream) for stream in (process.stdin, process.stdout, process.stderr)
        )
        self._selector = selectors.DefaultSelector()

    def run(self) -> End:
        """Write, read and wait; return how it came to an end. The program is not reaped."""
        with self._selector:
            self._selector.register(self._in, selectors.EVENT_WRITE)
            self._selector.register(self._out, selectors.EVENT_READ)
            self._selector.register(self._err, selectors.EVENT_READ)
            end = self._exchange()
        if end == "exited" and not _ends(self._process, self._linger):
            end = "lingered"
        while self._read_stderr():
            pass
        return end

    def _exchange(self) -> End:
        while len(self.stdout) <= self._most:
            left = self._deadline - time.monotonic()
            if left <= 0:
                return "hung" if self._missing > 0 else "lingered"
            ready = {key.fd for key, _ in self._selector.select(min(left, PAUSE))}
            if not ready and _has_ended(self._process):
                return "exited"  # though something that it started holds its output open
            if self._in in ready:
                self._write()
            if self._err in ready and not self._read_stderr():
                self._selector.unregister(self._err)
            if self._out in ready and not self._read():
                return "exited"
        return "flooded"

    def _write(self) -> None:
        try:
            self._data = self._data[os.write(self._in, self._data[:CHUNK]) :]
        except BlockingIOError:
            return
        except OSError:
            # it has closed its input: what it answers without the rest is looked at all the same
            self._data = self._data[:0]
        if not self._data:
            self._selector.unregister(self._in)
            assert self._process.stdin is not None
            with contextlib.suppress(OSError):
                self._process.stdin.close()

    def _read(self) -> bool:
        """Read what there is; return whether there may be more."""
        try:
            text = os.read(self._out, CHUNK)
        except BlockingIOError:
            return True
        self.stdout += text
        before, self._missing = self._missing, self._missing - text.count(b"\n")
        if before > 0 >= self._missing:
            self._deadline = min(self._deadline, time.monotonic() + self._linger)
        return bool(text)

    def _read_stderr(self) -> bool:
        """Read what there is; return whether there was something."""
        try:
            text = os.read(self._err, CHUNK)
        except OSError:
            return False
        self.stderr += text
        del self.stderr[:-STDERR_KEPT]
        return bool(text)


def _unblocked(stream: IO[bytes] | None) -> int:
    assert stream is not None
    os.set_blocking(stream.fileno(), False)
    return stream.fileno()


def _ends(process: subprocess.Popen[bytes], seconds: float) -> bool:
    """Wait for a program to end; return whether it did."""
    deadline, pause = time.monotonic() + seconds, 0.0005
    while not _has_ended(process):
        if time.monotonic() > deadline:
            return False
        time.sleep(pause)
        pause = min(2 * pause, 0.02)
    return True


def _has_ended(process: subprocess.Popen[bytes]) -> bool:
    """Whether a program has ended, which is not reaped by that."""
    if not hasattr(os, "waitid"):
        return process.poll() is not None
    return os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None
