"""Threads that share the parts of a compiled loop, and stay awake for a while when they have none.

To hand a task to a sleeping thread takes as long as a small product: a hundred microseconds go by until the other
processor has woken. So a team's threads look for work in compiled code, without the interpreter and its lock, for
about a millisecond, and sleep only then. Whoever runs a loop on the team takes parts itself and never waits for a
thread that has begun none: one that is late, asleep, or could not be started costs time and nothing else.

A job is a few words that all threads see. Its ticket holds the number of the job and how many of its parts nobody
has taken, in one word. A part is taken by lowering that, which succeeds only while the ticket is as it was read; and
then everything that was read meanwhile belonged to that job, as the next one begins when all parts are done.
"""

from __future__ import annotations

import atexit
import os
import threading
import time
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
from numba import types

from pamcheck.kernels import cpu
from pamcheck.kernels.atomics import add, call, load, pause, replace, store
from pamcheck.kernels.launch import thread_count

Tables = npt.NDArray[np.int64]

LEFT_BITS = 12
LEFT = (1 << LEFT_BITS) - 1  # of a ticket: parts that nobody has taken
MOST_PARTS, MOST_THREADS = LEFT, 256
LINE_BITS = 6
LINE = (
    1 << LINE_BITS
)  # bytes that a processor fetches at once: words that different threads write lie that far apart

TICKET, DONE, PARTS, CODE, THREADS, ASLEEP = (place * LINE for place in range(6))
TABLES = ASLEEP + MOST_THREADS * LINE  # where the table of each part is
BYTES = TABLES + MOST_PARTS * 8

WAIT = 1 << 14  # looks at the ticket before a thread sleeps

SIGNATURE = (types.int64, types.int64)
"""Types of the arguments of a loop that runs on the team: the address of a table, and the thread's number."""

share: Any = None  # bound at compilation


def take_parts(job: int, who: int) -> None:
    """Take and run parts of the present job until there are none left, or none for this thread."""
    while True:
        ticket = load(job + TICKET)
        left = ticket & LEFT
        if left == 0 or who >= load(job + THREADS):
            return
        code, table = load(job + CODE), load(job + TABLES + (left - 1 << 3))
        if replace(job + TICKET, ticket, ticket - 1):
            call(code, table, who)
            add(job + DONE, 1)


def begin(job: int, code: int, tables: int, stride: int, parts: int, threads: int) -> int:
    """Offer a job to everyone, and return how many of the threads are asleep."""
    store(job + CODE, code)
    for part in range(parts):
        store(job + TABLES + (part << 3), tables)
        tables += stride
    store(job + THREADS, threads)
    store(job + PARTS, parts)
    store(job + DONE, 0)
    store(job + TICKET, ((load(job + TICKET) >> LEFT_BITS) + 1 << LEFT_BITS) | parts)
    sleeping = 0
    for who in range(1, threads):
        sleeping += load(job + ASLEEP + (who << LINE_BITS))
    return sleeping


def lead(job: int) -> bool:
    """Take parts, wait a little for those that others took, and return whether all are done."""
    share(job, 0)
    for _ in range(WAIT):
        if load(job + DONE) == load(job + PARTS):
            return True
        pause()
    return False


def attend(job: int, who: int) -> None:
    """Take parts of whatever jobs there are, until there was none for a while."""
    asleep = job + ASLEEP + (who << LINE_BITS)
    while True:
        store(asleep, 0)
        idle = 0
        while idle < WAIT:
            if load(job + TICKET) & LEFT and who < load(job + THREADS):
                share(job, who)
                idle = 0
            pause()
            idle += 1
        store(asleep, 1)
        if load(job + TICKET) & LEFT == 0:  # else one has begun that may not have seen this
            return


FUNCTIONS: dict[str, Any] = {"begin": begin, "lead": lead, "attend": attend}
HANDING_ON = ("lead", "attend")  # those that call a loop, by its address
PREFIX = "team_"


@cache
def compiled(name: str) -> cpu.Loop:
    """Return one of the functions above, compiled."""
    bound = {"share": cpu.helper(take_parts)} if name in HANDING_ON else {}
    return cpu.Loop(cpu.rebind(FUNCTIONS[name], f"{PREFIX}{name}", **bound))


def run(loop: cpu.Loop, tables: Tables, threads: int | None = None) -> None:
    """Call a loop once for every row of tables, with the row's address and the number of the thread that does it.

    loop     compiled for two 64-bit integers; it must not fail, as nobody is there to be told
    tables   (parts, words), contiguous; what a row's addresses lead to must live until this returns
    threads  how many may take part, thread_count() where it is not said: they are numbered from 0, the caller
    """
    threads = thread_count() if threads is None else threads
    if len(tables) == 1 or threads == 1 or len(tables) > MOST_PARTS:
        _alone(loop, tables)
    else:
        _team().run(loop, tables, threads)


def _alone(loop: cpu.Loop, tables: Tables) -> None:
    first, step = address(tables), tables.strides[0]
    for part in range(len(tables)):
        loop(first + part * step, 0)


def address(x: npt.NDArray[Any]) -> int:
    """Return where an array's elements begin in memory."""
    return int(x.__array_interface__["data"][0])


class _Team:
    """The threads of this process, started when there is first something for them."""

    def __init__(self) -> None:
        self._memory = np.zeros((BYTES + LINE) // 8, np.int64)
        start = address(self._memory)
        self._job = start + -start % LINE
        first = (self._job + ASLEEP - start) // 8
        self._asleep = self._memory[first : first + MOST_THREADS * LINE // 8 : LINE // 8]
        self._threads: list[threading.Thread] = []
        self._bells: list[threading.Event] = []
        self._leading, self._ending = threading.Lock(), False
        atexit.register(self.end)

    def run(self, loop: cpu.Loop, tables: Tables, threads: int) -> None:
        """Run a loop on every row of tables."""
        if not self._leading.acquire(blocking=False):
            _alone(loop, tables)  # another thread leads, so the processors have something to do
            return
        try:
            self._start(min(threads, len(tables), MOST_THREADS) - 1)
            self._lead(loop, tables, min(threads, len(self._threads) + 1))
        finally:
            self._leading.release()

    def _lead(self, loop: cpu.Loop, tables: Tables, threads: int) -> None:
        begin, lead, code = compiled("begin"), compiled("lead"), loop.entry(SIGNATURE)
        try:
            if begin(self._job, code, address(tables), tables.strides[0], len(tables), threads):
                for who in range(1, threads):
                    if self._asleep[who]:
                        self._bells[who - 1].set()
        finally:  # whatever interrupts this, nobody may leave while others write to what is the caller's
            interrupt: KeyboardInterrupt | None = None
            while True:
                try:
                    if lead(self._job):
                        break
                    time.sleep(0)
                except KeyboardInterrupt as error:  # a second one, or the first while others still work
                    interrupt = error
            if interrupt is not None:
                raise interrupt

    def _start(self, count: int) -> None:
        """Have so many threads beside the caller, or as many as can be started."""
        while len(self._threads) < count and not self._ending:
            who, bell = len(self._threads) + 1, threading.Event()
            thread = threading.Thread(
                target=self._work, args=(who, bell), name=f"pamcheck {who}", daemon=True
            )
            try:
                thread.start()
            except RuntimeError:  # the interpreter is ending, or the machine has no more threads
                return
            self._threads.append(thread)
            self._bells.append(bell)

    def _work(self, who: int, bell: threading.Event) -> None:
        attend = compiled("attend")
        while not self._ending:
            attend(self._job, who)
            bell.wait()
            bell.clear()

    def end(self) -> None:
        """Let the threads go: one that is in compiled code when the interpreter ends would bring it down."""
        self._ending = True
        with self._leading:
            for thread, bell in zip(self._threads, self._bells, strict=True):
                while thread.is_alive():
                    bell.set()
                    thread.join(0.001)
            self._threads, self._bells = [], []


@cache
def _team() -> _Team:
    return _Team()


if hasattr(os, "register_at_fork"):
    # a forked child has none of the threads, and perhaps half a job
    os.register_at_fork(after_in_child=_team.cache_clear)
