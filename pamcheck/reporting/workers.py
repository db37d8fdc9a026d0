"""Studies side by side, one process each: drawing and mpmath hold the interpreter lock, so threads would not do.

Processes are spawned, not forked: compiled loops and their threads may already be alive here.
"""

from __future__ import annotations

import multiprocessing
import os
import queue
import signal
import threading
import traceback
from collections.abc import Callable, Sequence
from multiprocessing.process import BaseProcess
from typing import Any

Progress = Callable[[str, str], None]
# Called in the new process with its own arguments and a function that reports (name, step).
Job = Callable[..., Any]

_PATIENCE = 0.2  # seconds between looks at whether a silent process is still alive


class StudyDied(RuntimeError):
    """A process ended without a result. The message names it and says how it ended."""


def run_jobs(
    jobs: Sequence[tuple[str, Job, tuple[Any, ...]]], workers: int, progress: Progress
) -> dict[str, Any]:
    """Run named jobs, at most `workers` at a time, and return their results by name.

    Whatever ends this call early, an error in one job or an interrupt, ends every process it started.
    Raises StudyDied where a process is killed, or with the traceback of a job that raised.
    """
    context = multiprocessing.get_context("spawn")
    messages: Any = context.Queue()
    waiting, running, results = list(jobs), dict[str, BaseProcess](), dict[str, Any]()
    silent: set[str] = set()
    try:
        while waiting or running:
            while waiting and len(running) < workers:
                name, job, arguments = waiting.pop(0)
                running[name] = context.Process(
                    target=_work, args=(name, job, arguments, messages), daemon=True
                )
                running[name].start()
            try:
                name, kind, content = messages.get(timeout=_PATIENCE)
            except queue.Empty:
                _check_alive(running, silent)
                continue
            if kind == "step":
                progress(name, content)
            elif kind == "error":
                raise StudyDied(f"{name} failed:\n{content}")
            else:
                results[name] = content
                running.pop(name).join()
    finally:
        for process in running.values():
            if process.pid is not None:  # an interrupt may come before the start
                process.terminate()
                process.join()
    return results


def _check_alive(running: dict[str, BaseProcess], silent: set[str]) -> None:
    for name, process in running.items():
        # the result of a process that ended well may still be on its way, but not for a second look
        if process.exitcode or (process.exitcode == 0 and name in silent):
            raise StudyDied(f"{name} ended without a result, exit code {process.exitcode}")
        if process.exitcode == 0:
            silent.add(name)


def _follow_parent() -> None:
    """End this process where the one that started it is gone, however it went."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _work(name: str, job: Job, arguments: tuple[Any, ...], messages: Any) -> None:
    # an interrupt at the terminal reaches every process; this one is to end in silence
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    threading.Thread(target=_follow_parent, daemon=True).start()
    try:
        result = job(*arguments, lambda study, step: messages.put((study, "step", step)))
        messages.put((name, "result", result))
    except BaseException:
        messages.put((name, "error", traceback.format_exc()))
