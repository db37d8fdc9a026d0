"""Running the blocks of a plan and joining their tallies in order: on this machine's threads, or wherever."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import closing
from pathlib import Path

from pamcheck.kernels.launch import thread_count
from pamcheck.measure.sweep import state as states
from pamcheck.measure.sweep.block import run_block
from pamcheck.measure.sweep.plan import Plan, SweepError
from pamcheck.measure.sweep.state import State
from pamcheck.measure.sweep.tally import Tally

Tallies = Iterator[tuple[int, Tally]]
Runner = Callable[[Plan, int], Tallies]
SAVE_EVERY = 5.0  # seconds


class Interrupted(SweepError):
    """The sweep was interrupted; what is done can be resumed."""


def on_threads(plan: Plan, first: int) -> Tallies:
    """Yield the blocks from `first` on as they are done, on this machine's threads, none far ahead."""
    threads = thread_count() if plan.backend == "cpu" else 1
    pool = ThreadPoolExecutor(threads, thread_name_prefix="sweep")
    running: dict[Future[Tally], int] = {}
    upcoming = iter(range(first, plan.blocks))
    try:
        while True:
            for block in upcoming:
                running[pool.submit(run_block, plan, block)] = block
                if len(running) >= 2 * threads:
                    break
            if not running:
                return
            done, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in done:
                yield running.pop(future), future.result()
    finally:
        pool.shutdown(cancel_futures=True)


def run(
    state: State,
    part: Path | None = None,
    runner: Runner = on_threads,
    limit: float = float("inf"),
    workers: int = 0,
    advance: Callable[[int], None] = lambda _: None,
) -> State:
    """Run the blocks that a state lacks, and return it complete.

    part     file that the state is saved to every few seconds and at an interrupt; removed by nobody here
    limit    seconds; where the rest would take longer nothing is saved
    workers  that share the work, for the estimate; 0 is this machine's threads
    advance  called with the number of blocks done

    Raises Interrupted at an interrupt, and SweepError where the limit does not suffice.
    """
    first, began, before, saved = state.done, time.monotonic(), state.seconds, time.monotonic()
    ahead: dict[int, Tally] = {}
    guard = _Limit(limit, state, workers or thread_count())
    advance(state.done)
    try:
        with closing(runner(state.plan, first)) as tallies:  # type: ignore[type-var]
            for block, tally in tallies:
                ahead[block] = tally
                guard.check(tally)
                while state.done in ahead:
                    state.tally.add(ahead.pop(state.done))
                    state.done += 1
                state.seconds = before + time.monotonic() - began
                advance(state.done)
                due = time.monotonic() - saved > SAVE_EVERY and state.done < state.plan.blocks
                if part and due and guard.passed:
                    states.save(state, part)
                    saved = time.monotonic()
    except _TooLong:
        raise
    except BaseException as error:
        if part and state.done > first:
            states.save(state, part)
        if isinstance(error, KeyboardInterrupt):
            raise Interrupted(_left(state, part)) from None
        raise
    return state


def _left(state: State, part: Path | None) -> str:
    resume = f"; --resume continues from {part}" if part and state.done else ""
    return f"interrupted after block {state.done} of {state.plan.blocks}{resume}"


class _TooLong(SweepError):
    """The sweep would take longer than allowed."""


class _Limit:
    """Estimates the time from the quickest block so far, once every worker has had one to warm up with."""

    def __init__(self, limit: float, state: State, workers: int) -> None:
        self._limit, self._workers, self._plan = limit, workers, state.plan
        self._left, self._seen, self._quickest = state.plan.blocks - state.done, 0, float("inf")
        self.passed = False  # until then nothing is saved

    def check(self, tally: Tally) -> None:
        """Take a block in. Raises SweepError where the rest would take too long."""
        self._seen += 1
        if self._seen > self._workers:
            self._quickest = min(self._quickest, tally.cpu_seconds)
        if self._seen != 2 * self._workers:
            return
        self.passed = True
        estimate = self._quickest * self._left / self._workers
        if estimate > self._limit:
            raise _TooLong(
                f"{self._plan.op} over {self._plan.format} would take about {estimate:.0f} s and --limit is "
                f"{self._limit:g} s; give a greater --limit, more threads, or --dask"
            )
