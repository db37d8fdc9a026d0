"""Running a compiled loop over NumPy arrays of codes: broadcasting, strides, threads.

NumPy's own iterator does what it does for a ufunc: it broadcasts, coalesces axes, copies what overlaps and
hands over flat runs. Long arrays are cut into one range a thread.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache, partial
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from pamcheck.kernels import cpu, table
from pamcheck.kernels.words import Words

Codes = npt.NDArray[np.unsignedinteger[Any]]

# Below this many elements a range is done before a thread would have started.
RANGE_MIN = 1 << 16
# Elements in the iterator's buffer: the copies of strided operands stay in the second-level cache.
BUFFER = 1 << 14


def run_codes(name: str, operands: Sequence[Codes], w: Words, out: Codes | None = None) -> Codes:
    """Apply a body of kernels.table.BODIES to arrays of codes, broadcast against each other.

    All arrays have one unsigned integer dtype, that of the format's storage. Returns `out`, or a new
    array of the broadcast shape. Raises ValueError where shapes do not broadcast.
    """
    bits = cpu.word_bits(w)
    [result] = _run(cpu.loop(name, bits), operands, [out], cpu.machine_words(w, bits))
    return result if out is None else out


def run_vjp(op: str, mode: str, operands: Sequence[Codes], w: Words) -> tuple[Codes, ...]:
    """Return the cotangent of each operand of an operation, in one pass over the arrays.

    operands  the cotangent of the result, then the operands: arrays of codes as run_codes takes them
    mode      "exact" or "mimic"

    Every cotangent has the shape that all of them broadcast to. Raises ValueError where they do not, and for
    an unknown operation or mode.
    """
    bits = cpu.word_bits(w)
    names = table.cotangents(op, mode)
    loop = cpu.loop(names[0], bits) if len(names) == 1 else cpu.loop_of_two(*names, bits)
    return tuple(_run(loop, operands, [None] * len(names), cpu.machine_words(w, bits)))


def _run(
    loop: cpu.Loop, operands: Sequence[Codes], outs: Sequence[Codes | None], words: Words
) -> list[Codes]:
    """Run a loop over arrays of codes, broadcast against each other; an `out` that is None is allocated."""
    if outs[0] is None and _is_plain(operands):
        return _run_flat(loop, operands, len(outs), words)
    roles: list[Any] = [["readonly", "contig"]] * len(operands)
    roles += [["writeonly", "allocate", "no_broadcast", "contig"]] * len(outs)
    arrays: list[Any] = [*operands, *outs]
    iterator = np.nditer(
        arrays,
        flags=[
            "external_loop",
            "buffered",
            "growinner",
            "ranged",
            "zerosize_ok",
            "copy_if_overlap",
            "delay_bufalloc",
        ],
        op_flags=roles,
        op_dtypes=[operands[0].dtype] * len(arrays),
        buffersize=BUFFER,
    )
    with iterator:
        results: list[Codes] = [*iterator.operands[len(operands) :]]
        ranges = split(iterator.itersize)
        copies = [iterator.copy() for _ in ranges[1:]]
        run = partial(_run_range, loop=loop, words=words)
        side_by_side([partial(run, it, part) for it, part in zip([iterator, *copies], ranges, strict=True)])
        for copy in copies:
            copy.close()
    return results


def _is_plain(operands: Sequence[Codes]) -> bool:
    """Whether arrays are short, contiguous and of one shape: an iterator would take longer to make than they."""
    first = operands[0]
    return first.size < RANGE_MIN and all(
        x.shape == first.shape and x.flags.c_contiguous and x.flags.aligned and x.dtype == first.dtype
        for x in operands
    )


def _run_flat(loop: cpu.Loop, operands: Sequence[Codes], count: int, words: Words) -> list[Codes]:
    """Run a loop over contiguous arrays of one shape, here and now."""
    shape, dtype = operands[0].shape, operands[0].dtype
    results = [np.empty(shape, dtype) for _ in range(count)]
    flat = [x.reshape(-1) for x in (*operands, *results)]
    for x in flat[: len(operands)]:
        x.flags.writeable = False  # as an iterator hands them out, and loops are compiled for that
    loop(*flat, words)
    return results


def thread_count() -> int:
    """Return how many threads a launch may use: PAMCHECK_THREADS, else the processors this process has."""
    asked = os.environ.get("PAMCHECK_THREADS", "")
    available = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, int(asked)) if asked.isdecimal() else available


def split(size: int, least: int = RANGE_MIN) -> list[tuple[int, int]]:
    """Cut range(size) into at most one part a thread, none of them shorter than `least` but a single one."""
    worth = size // least
    parts = min(thread_count(), worth) if worth > 1 else 1
    return list(pairwise(size * part // parts for part in range(parts + 1)))


def _run_range(iterator: Any, part: tuple[int, int], loop: Any, words: Words) -> None:
    if part[0] == part[1]:
        return
    iterator.iterrange = part
    iterator.reset()
    for arrays in iterator:
        loop(*arrays, words)


class _Once:
    """A task that runs once, on whichever thread claims it first; the others wait for it."""

    def __init__(self, task: Callable[[], None]) -> None:
        self._task, self._claim, self._done = task, threading.Lock(), threading.Event()
        self._error: BaseException | None = None

    def run(self) -> None:
        if not self._claim.acquire(blocking=False):
            return
        try:
            self._task()
        except BaseException as error:
            self._error = error
        finally:
            self._done.set()

    def wait(self) -> None:
        self._done.wait()
        if self._error is not None:
            raise self._error


def side_by_side(tasks: list[Callable[[], None]]) -> None:
    """Run every task: on the pool's threads as far as it takes them, and here what nobody has begun."""
    if len(tasks) == 1:
        tasks[0]()
        return
    shared = [_Once(task) for task in tasks]
    try:
        for task in shared[1:]:
            _pool().submit(task.run)
    except RuntimeError:
        # the interpreter is ending or can start no thread; what was queued may still be begun elsewhere
        pass
    for task in shared:
        task.run()
    for task in shared:
        task.wait()


@cache
def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(max_workers=thread_count(), thread_name_prefix="pamcheck")


if hasattr(os, "register_at_fork"):
    # a forked child has the pool but not its threads, and would wait for them for ever
    os.register_at_fork(after_in_child=_pool.cache_clear)
