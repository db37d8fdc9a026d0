from __future__ import annotations

import os
import shlex
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from pamcheck.testing.subject import Codes, Subject, make_subject
from pamcheck.testing.target import TargetFault
from pamcheck.testing.targets.errors import TargetError
from pamcheck.testing.targets.programs import MOST, ProgramTarget

FaultOf = Callable[..., TargetFault]
Cases = Callable[..., tuple[Codes, ...]]
MARK = f"61.{os.getpid():07d}"  # seconds of a sleep that no other process sleeps
FIRST = "cut -d' ' -f1"  # answers with the first operand


def shell(script: str, time_limit: float = 5.0) -> ProgramTarget:
    return ProgramTarget(shlex.join(["sh", "-c", script]), time_limit)


def python(body: str, time_limit: float = 5.0) -> ProgramTarget:
    """A program that has every case in `rows`, as lists of ints."""
    script = (
        "import os,signal,sys,time\nrows=([int(x,16) for x in line.split()] for line in sys.stdin)\n" + body
    )
    return ProgramTarget(shlex.join([sys.executable, "-SIE", "-c", script]), time_limit)


def numbered(count: int) -> tuple[Codes, ...]:
    codes = np.arange(count, dtype=np.uint16)
    return codes, codes[::-1].copy()


def gone(mark: str) -> bool:
    """Whether no process with a word in its command line runs, or none does so soon."""
    deadline = time.monotonic() + 2
    while time.monotonic() < deadline:
        if not any(
            mark in line and "pytest" not in line
            for line in map(command_line, Path("/proc").glob("[0-9]*"))
        ):
            return True
        time.sleep(0.02)
    return False


def command_line(place: Path) -> str:
    try:
        return (place / "cmdline").read_text()
    except OSError:
        return ""


@pytest.mark.parametrize("fmt", ["float64", "float32", "bfloat16", "e5m3", "float4_e2m1fn"])
@pytest.mark.parametrize("count", [1, 3000])
def test_answers_come_back_in_order(cases: Cases, fmt: str, count: int) -> None:
    subject = make_subject("pam", fmt)
    inputs = cases(subject, count)
    target = shell(FIRST)
    assert np.array_equal(target.answer(subject, inputs)[0], inputs[0])
    assert target.notices() == ()


def test_derivatives_are_several_codes_a_line(cases: Cases) -> None:
    subject = make_subject("pam", "bfloat16", mode="exact")
    inputs = cases(subject, 50)
    got = shell("while read a b c; do echo $c 0x$a; done").answer(subject, inputs)
    assert np.array_equal(got[0], inputs[2])
    assert np.array_equal(got[1], inputs[0])


@pytest.mark.parametrize(
    "body",
    [
        "for r in rows: print('%x'%r[0], flush=True)",
        "print('\\n'.join('%x'%r[0] for r in list(rows)), end='')",
    ],
)
def test_a_program_may_stream_or_wait_for_the_end_of_its_input(subject: Subject, body: str) -> None:
    inputs = numbered(3000)
    assert np.array_equal(python(body).answer(subject, inputs)[0], inputs[0])


def test_a_long_batch_blocks_neither_side(subject: Subject) -> None:
    inputs = numbered(60_000)
    target = shell(f"{FIRST} | tee /dev/stderr", time_limit=60)
    for _ in range(2):
        assert np.array_equal(target.answer(subject, inputs)[0], inputs[0])
    assert "writes to standard error" in target.notices()[0]
    assert target._cases == MOST


AT_13 = "    if r[0] == 13: {}\n    print('%04X'%r[0])"


@pytest.mark.parametrize("flush", ["", "    sys.stdout.flush()\n"])
@pytest.mark.parametrize(
    ("deed", "kind", "words"),
    [
        (
            "print('boom', file=sys.stderr); os._exit(3)",
            "crash",
            "ended with exit status 3 without an answer; its standard error ends: boom",
        ),
        ("os.kill(os.getpid(), signal.SIGSEGV)", "crash", "ended with signal SIGSEGV"),
        ("1/0", "crash", "ZeroDivisionError: division by zero"),
    ],
)
def test_a_crash_is_narrowed_to_its_case(
    subject: Subject, fault_of: FaultOf, deed: str, kind: str, words: str, flush: str
) -> None:
    inputs = numbered(100)
    fault = fault_of(python("for r in rows:\n" + AT_13.format(deed) + "\n" + flush), subject, inputs)
    assert (fault.kind, fault.case) == (kind, (13, 86))
    assert words in str(fault)
    assert fault.answered[0].tolist() == list(range(13))


STREAMS = "while read a b; do if [ $a = 000D ]; then {}; fi; echo $a; done"
BUFFERS = "out=; while read a b; do if [ $a = 000D ]; then {}; fi; out=$out$a\\\\n; done; printf $out"


@pytest.mark.parametrize("script", [STREAMS, BUFFERS])
def test_a_hang_is_narrowed_to_its_case(subject: Subject, fault_of: FaultOf, script: str) -> None:
    target = shell(script.format(f"sleep {MARK}"), time_limit=0.5)
    target.answer(subject, numbered(10))
    started = time.monotonic()
    fault = fault_of(target, subject, numbered(20))
    assert (fault.kind, fault.case) == ("hang", (13, 6))
    assert "still running at 0.5 s" in str(fault)
    assert fault.answered[0].tolist() == list(range(13))
    assert time.monotonic() - started < 10
    assert gone(MARK)


def test_a_slow_program_does_not_count_as_hanging(subject: Subject) -> None:
    target = shell("while read a b; do sleep 0.04; echo $a; done", time_limit=1)
    inputs = numbered(30)
    assert np.array_equal(target.answer(subject, inputs)[0], inputs[0])
    assert target._cases < 30  # of the next run


@pytest.mark.parametrize(
    ("script", "kind", "case", "answered", "words"),
    [
        (f"{FIRST} | head -n 7", "short", (7, 2), 7, "ended in good order, but after 7 of 10 answers"),
        (f"{FIRST}; exec >&-; sleep 0.3; exit 1", "", None, 10, ""),
        (":", "short", (0, 9), 0, "after 0 of 10 answers"),
        ("exec >&-; sleep 0.1; echo late >&2; exit 3", "crash", (0, 9), 0, "standard error ends: late"),
        ("exec >&-; sleep 63.25", "short", (0, 9), 0, "closed its output after 0 of 10 answers"),
        ("exec <&-; exit 0", "short", (0, 9), 0, ""),
        (
            f"{FIRST} | sed s/0004/xxxx/",
            "garbled",
            (4, 5),
            4,
            "answered 'xxxx' where a code of 16 bits in hex should be",
        ),
        (f"{FIRST} | sed s/0004//", "garbled", (4, 5), 4, "answered ''"),
        (f"{FIRST} | sed s/0004/10004/", "garbled", (4, 5), 4, "'10004'"),
        ("cat", "garbled", (0, 9), 0, "'0000 0009'"),
        (f"echo Unit 1.0; {FIRST}", "garbled", (0, 9), 0, "'Unit 1.0'"),
        (
            f"{FIRST}; echo done",
            "flood",
            None,
            10,
            "more than 10 lines for 10 cases; the first too many is 'done'",
        ),
        (f"{FIRST}; echo 0007", "flood", None, 0, "the first too many is '0007'"),
        ("yes 0001", "flood", None, 0, "more than 10 lines"),
        ("head -c 3000000 /dev/zero", "flood", None, 0, "bytes for 10 cases, beginning '\\x00"),
        (f"{FIRST}; kill -ABRT $$", "crash", None, 10, "signal SIGABRT after 10 of 10 answers"),
    ],
)
def test_what_is_wrong_with_an_answer_is_told(
    subject: Subject,
    fault_of: FaultOf,
    script: str,
    kind: str,
    case: tuple[int, int] | None,
    answered: int,
    words: str,
) -> None:
    inputs = numbered(10)
    target = shell(script)
    if not kind:
        assert np.array_equal(target.answer(subject, inputs)[0], inputs[0])
        return
    fault = fault_of(target, subject, inputs)
    assert (fault.kind, fault.case) == (kind, case)
    assert words in str(fault)
    assert (fault.answered[0].tolist() if fault.answered else []) == list(range(answered))


def test_answers_of_earlier_runs_are_kept(subject: Subject, fault_of: FaultOf) -> None:
    inputs = numbered(3000)
    fault = fault_of(shell(f"{FIRST} | sed s/0A00/x/"), subject, inputs)
    assert fault.case == (0xA00, 2999 - 0xA00)
    assert np.array_equal(fault.answered[0], inputs[0][:0xA00])


@pytest.mark.parametrize(
    ("script", "words"),
    [
        (f"{FIRST}; exit 4", "ends with exit status 4, though every case was answered"),
        (f"{FIRST}; echo well >&2", "writes to standard error; its standard error ends: well"),
        (f"{FIRST}; sleep 50", "does not end when its input does"),
    ],
)
def test_oddities_beside_the_answers_are_noticed(subject: Subject, script: str, words: str) -> None:
    target = shell(script)
    inputs = numbered(10)
    started = time.monotonic()
    for _ in range(3):
        assert np.array_equal(target.answer(subject, inputs)[0], inputs[0])
    assert (
        time.monotonic() - started < 4
    )  # a second for the first run that does not end, and less for others
    assert len(target.notices()) == 1
    assert words in target.notices()[0]


@pytest.mark.parametrize("closed", ["", ">&- 2>&-"])
def test_what_a_program_leaves_running_is_killed_and_not_waited_for(subject: Subject, closed: str) -> None:
    target = shell(f"sleep {MARK} {closed} & {FIRST}")
    target.answer(subject, numbered(3))
    assert target.notices() == ()
    assert gone(MARK)


def test_an_interruption_kills_the_program(subject: Subject) -> None:
    timer = threading.Timer(0.3, lambda: os.kill(os.getpid(), 2))
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        shell(f"sleep {MARK}").answer(subject, numbered(3))
    timer.join()
    assert gone(MARK)


def test_an_unsteady_program_is_noticed(subject: Subject) -> None:
    target = shell("read a b; echo $a; echo 0")
    target.answer(subject, numbered(2))
    assert "gives different answers to the same case" in target.notices()[0]


def test_a_program_that_is_not_there_is_refused_before_any_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "unit").write_text("#!/bin/sh\n")
    for command, words in {
        "./nothing": "there is no program ./nothing",
        "./unit": "chmod +x ./unit",
        "": "command is empty",
        "'": "cannot be split into words",
        ".": "is a folder",
    }.items():
        with pytest.raises(TargetError) as caught:
            ProgramTarget(command)
        assert words in str(caught.value)
    (tmp_path / "unit").chmod(0o755)
    with pytest.raises(TargetError, match=r"write \./unit"):
        ProgramTarget("unit")
    with pytest.raises(TargetError, match="positive number of seconds"):
        ProgramTarget("./unit", 0)


def test_a_program_is_found_after_the_folder_has_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, subject: Subject
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "unit").write_text(f"#!/bin/sh\n{FIRST}\n")
    (tmp_path / "unit").chmod(0o755)
    target = ProgramTarget("./unit")
    monkeypatch.chdir("/")
    assert target.answer(subject, numbered(3))[0].tolist() == [0, 1, 2]


def test_a_file_that_is_no_program_is_a_crash(tmp_path: Path, subject: Subject, fault_of: FaultOf) -> None:
    (tmp_path / "unit").write_bytes(b"\x00\x01")
    (tmp_path / "unit").chmod(0o755)
    fault = fault_of(ProgramTarget(str(tmp_path / "unit")), subject, numbered(3))
    assert fault.kind == "crash"
    assert "cannot be started: Exec format error" in str(fault)
