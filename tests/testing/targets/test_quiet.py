from __future__ import annotations

import ctypes
import gc
import os
import subprocess
import sys
import threading

import pytest

from pamcheck.testing.targets.quiet import KEPT, Ear


def test_each_time_is_heard_by_itself(capfd: pytest.CaptureFixture[str]) -> None:
    ear = Ear()
    for text in ("one", "", "three"):
        with ear.listening():
            sys.stdout.write(text)
        assert ear.printed == text
    ear.close()
    with ear.listening():
        os.write(1, b"four")
    assert ear.printed == "four"
    assert capfd.readouterr() == ("", "")


def test_only_the_beginning_is_kept() -> None:
    ear = Ear()
    with ear.listening():
        for _ in range(50):
            print("x" * 1000)
            print("y" * 1000, file=sys.stderr)
    assert len(ear.printed) == 2 * KEPT
    with ear.listening():
        pass
    assert ear.printed == ""


def test_what_other_threads_say_on_stderr_goes_on(capsys: pytest.CaptureFixture[str]) -> None:
    ear = Ear()
    with ear.listening():
        thread = threading.Thread(target=lambda: print("progress", file=sys.stderr))
        thread.start()
        thread.join()
        print("mine", file=sys.stderr)
    assert ear.printed == "mine\n"
    assert capsys.readouterr().err == "progress\n"


def test_what_is_ours_is_printed_before_and_after(capfd: pytest.CaptureFixture[str]) -> None:
    ear, stdout = Ear(), sys.__stdout__
    assert stdout is not None
    stdout.write("before ")
    with ear.listening():
        stdout.write("theirs ")
        ctypes.CDLL(None).printf(b"in C")
    stdout.write("after")
    stdout.flush()
    assert ear.printed == "theirs in C"
    assert capfd.readouterr().out == "before after"


def test_a_closed_stdout_does_no_harm() -> None:
    ear = Ear()
    with ear.listening():
        sys.stdout.close()
    with ear.listening():
        print("again")
    assert ear.printed == "again\n"


def test_listening_works_without_anything_to_write_to() -> None:
    program = (
        "from pamcheck.testing.targets.quiet import Ear, printing_to_stderr\n"
        "with printing_to_stderr(): print('x')\n"
        "ear = Ear()\n"
        "with ear.listening(): print('y')\n"
        "raise SystemExit(7 if ear.printed == 'y\\n' else 1)\n"
    )
    assert (
        subprocess.run(["sh", "-c", 'exec "$0" -c "$1" >&- 2>&-', sys.executable, program]).returncode == 7
    )


def test_the_file_is_given_back_with_the_ear() -> None:
    ear = Ear()
    with ear.listening():
        pass
    number = ear._number
    del ear
    gc.collect()
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(number)
