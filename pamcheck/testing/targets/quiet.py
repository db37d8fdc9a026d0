"""Foreign code at arm's length: what it prints, warns and sets does not reach us."""

from __future__ import annotations

import contextlib
import ctypes
import io
import os
import sys
import tempfile
import threading
import warnings
import weakref
from collections.abc import Iterator
from typing import Any

import numpy as np

KEPT = 4096  # characters of what is printed


class Ear:
    """Keeps what foreign code prints and warns while it is listened to.

    printed  what went to stdout, at Python's level or below, and to Python's stderr: the beginning
    warned   the warnings

    Each since the last `listening`. Standard error below Python's level is left alone, and so is what other
    threads write there: a progress bar may be ours.
    """

    def __init__(self) -> None:
        self.printed = ""
        self.warned: list[warnings.WarningMessage] = []
        self._stdout: io.TextIOWrapper | None = None

    @contextlib.contextmanager
    def listening(self) -> Iterator[None]:
        """Listen. NumPy's floating-point warnings are off, as operands at the edges of a format must be allowed."""
        stdout, stderr = self._file(), _Stderr(sys.stderr)
        self.printed, self.warned = "", []
        with (
            np.errstate(all="ignore"),
            warnings.catch_warnings(record=True) as warned,
            descriptor_sent(1, self._number),
            contextlib.redirect_stdout(stdout),
            contextlib.redirect_stderr(stderr),
        ):
            warnings.simplefilter("always")
            try:
                yield
            finally:
                _flush(stdout)
        self.warned = list(warned)
        self.printed = self._heard() + stderr.kept

    def close(self) -> None:
        """Give the file back that standard output goes to meanwhile; a later `listening` makes another."""
        if self._stdout is not None:
            self._give_back()
            self._stdout = None

    def _file(self) -> io.TextIOWrapper:
        if self._stdout is None:
            self._number, path = tempfile.mkstemp()
            os.unlink(path)
            self._give_back = weakref.finalize(self, os.close, self._number)
        if self._stdout is None or self._stdout.closed:  # by foreign code
            raw = io.FileIO(self._number, "w", closefd=False)
            self._stdout = io.TextIOWrapper(raw, "utf-8", "backslashreplace", write_through=True)
        return self._stdout

    def _heard(self) -> str:
        if not os.fstat(self._number).st_size:
            return ""
        text = os.pread(self._number, KEPT, 0)
        os.ftruncate(self._number, 0)
        os.lseek(self._number, 0, os.SEEK_SET)
        return text.decode("utf-8", "backslashreplace")


class _Stderr:
    """Standard error, but for what this thread writes to it."""

    def __init__(self, real: Any) -> None:
        self.kept = ""
        self._real, self._thread = real, threading.get_ident()

    def write(self, text: str) -> int:
        if threading.get_ident() != self._thread:
            return int(self._real.write(text))
        self.kept += text[: KEPT - len(self.kept)]
        return len(text)

    def writelines(self, lines: Any) -> None:
        for line in lines:
            self.write(line)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)


@contextlib.contextmanager
def printing_to_stderr() -> Iterator[None]:
    """Send to standard error what is printed meanwhile, and undo what is set: for an import."""
    with (
        np.errstate(),
        warnings.catch_warnings(),
        descriptor_sent(1, 2),
        contextlib.redirect_stdout(sys.stderr),
    ):
        warnings.simplefilter("default")
        yield


@contextlib.contextmanager
def descriptor_sent(number: int, to: int) -> Iterator[None]:
    """Have a file descriptor write where another does. Does nothing where there is none to send."""
    _flush(sys.__stdout__)  # what is ours goes out before, what is theirs before it is ours again
    try:
        saved = os.dup(number)
    except OSError:
        yield
        return
    try:
        with contextlib.suppress(OSError):
            os.dup2(to, number)
        yield
    finally:
        _flush(sys.__stdout__)
        _flush_c()
        os.dup2(saved, number)
        os.close(saved)


def _flush(stream: Any) -> None:
    with contextlib.suppress(OSError, ValueError, AttributeError):
        stream.flush()


def _flush_c() -> None:
    """Empty the C library's buffers, which would else be printed when we end."""
    if _C is not None:
        _C.fflush(None)


_C = ctypes.CDLL(None) if os.name == "posix" else None
