"""The team: every part once, whoever is late, asleep, missing, interrupted, forked or about to end."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
from numba import carray

from pamcheck.kernels import cpu, disk, team
from pamcheck.kernels.addresses import pointer
from pamcheck.kernels.atomics import add, load


def mark(at: Any, who: Any) -> None:
    """Count a part as done, and say by whom; the table: what it adds to, where it says so, turns to waste."""
    t = carray(pointer(at), (3,), np.int64)
    for _ in range(t[2]):
        load(at)
    add(t[0], 1)
    carray(pointer(t[1]), (1,), np.int64)[0] = who


LOOP = cpu.Loop(cpu.rebind(mark, "test_team_mark", add=add, load=load, carray=carray, pointer=pointer))


class Job:
    """Parts that are counted."""

    def __init__(self, parts: int, turns: int = 0) -> None:
        self.counts, self.who = np.zeros(parts, np.int64), np.full(parts, -1, np.int64)
        first, other = team.address(self.counts), team.address(self.who)
        self.tables = np.array(
            [(first + 8 * part, other + 8 * part, turns) for part in range(parts)], np.int64
        ).reshape(parts, 3)

    def check(self, threads: int) -> set[int]:
        """Return who took parts, when every part was done once."""
        assert (self.counts == 1).all(), self.counts
        assert ((self.who >= 0) & (self.who < threads)).all(), self.who
        return set(self.who.tolist())


@pytest.fixture
def own() -> Any:
    """Return a team that no other test uses."""
    found = team._Team()
    yield found
    found.end()


@pytest.mark.parametrize("threads", [1, 2, 3, 7])
@pytest.mark.parametrize("parts", [1, 2, 3, 100, team.MOST_PARTS, team.MOST_PARTS + 1])
def test_every_part_is_done_once(parts: int, threads: int) -> None:
    job = Job(parts)
    team.run(LOOP, job.tables, threads)
    job.check(threads)


def test_nothing_to_do_is_done() -> None:
    team.run(LOOP, Job(0).tables, 4)


def test_all_threads_that_may_take_part_do_and_no_others(own: Any) -> None:
    for threads in (2, 4, 3, 2):
        seen: set[int] = set()
        for _ in range(200):
            job = Job(60, turns=20_000)
            own.run(LOOP, job.tables, threads)
            seen |= job.check(threads)
            if len(seen) == threads:
                break
        assert seen == set(range(threads))


def test_threads_that_fell_asleep_are_woken(own: Any) -> None:
    for _ in range(5):
        time.sleep(0.02)
        assert all(own._asleep[who] for who in range(1, len(own._threads) + 1))
        for _ in range(200):
            job = Job(50, turns=50_000)
            own.run(LOOP, job.tables, 2)
            if job.check(2) == {0, 1}:
                break
        else:
            raise AssertionError("nobody came")


def test_many_short_jobs_lose_no_part(own: Any) -> None:
    job = Job(3)
    for count in range(1, 20_001):
        own.run(LOOP, job.tables, 3)
        assert (job.counts == count).all()


def test_many_leaders_do_not_meet() -> None:
    def work(turn: int) -> set[int]:
        job = Job(20 + turn % 7, turns=500)
        team.run(LOOP, job.tables, 3)
        return job.check(3)

    with ThreadPoolExecutor(6) as pool:
        assert len(list(pool.map(work, range(600)))) == 600


def test_threads_that_cannot_be_started_leave_the_work_to_the_caller(
    own: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: Any) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refuse)
    job = Job(9)
    own.run(LOOP, job.tables, 4)
    assert job.check(4) == {0}


@pytest.mark.parametrize("place", ["before", "after"])
def test_an_interrupt_waits_for_what_has_begun(
    own: Any, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    plain = team.compiled
    own.run(LOOP, Job(4).tables, 3)

    def interrupted(name: str) -> Any:
        def begin(*arguments: Any) -> None:
            if place == "after":
                plain("begin")(*arguments)
            raise KeyboardInterrupt

        return begin if name == "begin" else plain(name)

    monkeypatch.setattr(team, "compiled", interrupted)
    job = Job(50, turns=10_000)
    with pytest.raises(KeyboardInterrupt):
        own.run(LOOP, job.tables, 3)
    assert (job.counts == (place == "after")).all()
    monkeypatch.undo()
    for _ in range(3):
        again = Job(50)
        own.run(LOOP, again.tables, 3)
        again.check(3)


def test_interrupts_while_others_still_work_are_raised_when_they_are_done(
    own: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain, seen = team.compiled, [0]

    def interrupted(name: str) -> Any:
        def lead(job: int) -> Any:
            seen[0] += 1
            if seen[0] <= 3:
                raise KeyboardInterrupt
            return plain("lead")(job)

        return lead if name == "lead" else plain(name)

    monkeypatch.setattr(team, "compiled", interrupted)
    job = Job(50, turns=10_000)
    with pytest.raises(KeyboardInterrupt):
        own.run(LOOP, job.tables, 3)
    job.check(3)
    assert seen[0] >= 4


def test_a_team_that_has_ended_leaves_the_work_to_the_caller() -> None:
    ended = team._Team()
    ended.run(LOOP, Job(5).tables, 3)
    threads = list(ended._threads)
    ended.end()
    assert not any(thread.is_alive() for thread in threads)
    job = Job(5)
    ended.run(LOOP, job.tables, 3)
    assert job.check(3) == {0}
    ended.end()


SCRIPT = """
import numpy as np, os, sys, time
import pamcheck as pc
a = np.random.default_rng(1).standard_normal((500, 500)).astype(np.float32)
expected = pc.matmul(a, a).tobytes()
"""


def test_a_process_ends_while_threads_are_awake() -> None:
    for _ in range(3):
        assert _python(SCRIPT + "print(len(expected))") == "1000000"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
def test_a_forked_child_has_a_team_of_its_own() -> None:
    script = SCRIPT + (
        "child = os.fork()\n"
        "for _ in range(3):\n"
        "    assert pc.matmul(a, a).tobytes() == expected\n"
        "if child:\n"
        "    print(os.waitpid(child, 0)[1])\n"
        "else:\n"
        "    from pamcheck.kernels import team\n"
        "    assert len(team._team()._threads) == 2\n"
    )
    assert _python(script) == "0"


def _python(script: str) -> str:
    environment = {**os.environ, "PAMCHECK_THREADS": "3", "PAMCHECK_CACHE": str(disk.cache_dir().parent)}
    found = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        env=environment,
        timeout=120,
        check=False,
    )
    assert found.returncode == 0, found.stderr
    return found.stdout.strip()
