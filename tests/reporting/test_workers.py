"""Jobs side by side: results, steps, and what happens when one of them breaks, dies or is interrupted."""

from __future__ import annotations

import multiprocessing
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from pamcheck.reporting.workers import StudyDied, run_jobs

Step = Callable[[str, str], None]


def ignore(*_: str) -> None:
    pass


def double(n: int, step: Step) -> int:
    step("double", f"of {n}")
    return n + n


def broken(step: Step) -> None:  # noqa: ARG001
    raise ZeroDivisionError("on purpose")


def killed(step: Step) -> None:  # noqa: ARG001
    os.kill(os.getpid(), signal.SIGKILL)


def quits(step: Step) -> None:  # noqa: ARG001
    os._exit(0)


def slow(path: str, step: Step) -> None:
    step("slow", "begin")
    time.sleep(30)
    Path(path).write_text("done")


def children() -> list[str]:
    return [process.name for process in multiprocessing.active_children()]


def test_results_come_back_by_name_and_steps_are_heard() -> None:
    heard: list[tuple[str, str]] = []
    jobs = [(str(n), double, (n,)) for n in range(3)]
    assert run_jobs(jobs, 2, lambda *step: heard.append(step)) == {"0": 0, "1": 2, "2": 4}
    assert sorted(heard) == [("double", "of 0"), ("double", "of 1"), ("double", "of 2")]
    assert children() == []


def test_no_jobs_give_no_results() -> None:
    assert run_jobs([], 2, ignore) == {}


def test_a_job_that_raises_is_named_with_its_traceback_and_ends_the_others(tmp_path: Path) -> None:
    jobs = [("s", slow, (str(tmp_path / "s"),)), ("b", broken, ())]
    with pytest.raises(StudyDied, match=r"b failed:(?s:.*)ZeroDivisionError: on purpose"):
        run_jobs(jobs, 2, ignore)
    assert children() == []


def test_a_job_that_is_killed_is_named_with_its_exit_code(tmp_path: Path) -> None:
    jobs = [("k", killed, ()), ("s", slow, (str(tmp_path / "s"),))]
    with pytest.raises(StudyDied, match=r"k ended without a result, exit code -9"):
        run_jobs(jobs, 2, ignore)
    assert children() == []


def test_a_job_that_leaves_without_a_result_is_noticed() -> None:
    with pytest.raises(StudyDied, match="q ended without a result, exit code 0"):
        run_jobs([("q", quits, ())], 1, ignore)


def test_an_interrupt_ends_every_process(tmp_path: Path) -> None:
    def interrupt(*_: str) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_jobs([("s", slow, (str(tmp_path / "s"),))], 1, interrupt)
    assert children() == []
    assert not (tmp_path / "s").exists()
