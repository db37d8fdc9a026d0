"""Running a compiled loop over NumPy arrays of codes: broadcasting, strides, threads.

NumPy's own iterator does what it does for a ufunc: it broadcasts, coalesces axes, copies what overlaps and
hands over flat runs. Long arrays are cut into one range a thread.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache, partial
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from pamcheck.kernels import cpu
from pamcheck.kernels.words import Words

Codes = npt.NDArray[np.unsignedinteger[Any]]

# Below this many elements a range is done before a thread would have started.
RANGE_MIN = 1 << 16
# Elements in the iterator's buffer: the copies of strided operands stay in the second-level cache.
BUFFER = 1 << 14


def run_codes(name: str, operands: Sequence[Codes], w: Words, out: Codes | None = None) -> Codes:
    """Apply an operation to arrays of codes, broadcast against each other.

    All arrays have one unsigned integer dtype, that of the format's storage. Returns `out`, or a new
    array of the broadcast shape. Raises ValueError where shapes do not broadcast.
    """
    arrays: list[Any] = [*operands, out]  # None is for the iterator to allocate
    roles: list[Any] = [["readonly", "contig"]] * len(operands) + [
        ["writeonly", "allocate", "no_broadcast", "contig"]
    ]
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
        op_dtypes=[operands[0].dtype] * (len(operands) + 1),
        buffersize=BUFFER,
    )
    bits = cpu.word_bits(w)
    loop, words = cpu.loop(name, bits), cpu.machine_words(w, bits)
    with iterator:
        result: Codes = iterator.operands[-1]
        ranges = _split(iterator.itersize)
        copies = [iterator.copy() for _ in ranges[1:]]
        run = partial(_run_range, loop=loop, words=words)
        _side_by_side(
            [partial(run, it, part) for it, part in zip([iterator, *copies], ranges, strict=True)]
        )
        for copy in copies:
            copy.close()
    return result if out is None else out


def thread_count() -> int:
    """Return how many threads a launch may use: PAMCHECK_THREADS, else the processors this process has."""
    asked = os.environ.get("PAMCHECK_THREADS", "")
    available = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, int(asked)) if asked.isdecimal() else available


def _split(size: int) -> list[tuple[int, int]]:
    """Cut range(size) into at most one part a thread, none of them short."""
    parts = max(1, min(thread_count(), size // RANGE_MIN))
    return list(pairwise(size * part // parts for part in range(parts + 1)))


def _run_range(iterator: Any, part: tuple[int, int], loop: Any, words: Words) -> None:
    if part[0] == part[1]:
        return
    iterator.iterrange = part
    iterator.reset()
    for arrays in iterator:
        loop(*arrays, words)


def _side_by_side(tasks: list[Callable[[], None]]) -> None:
    """Run every task, the first one here and the others on the pool's threads."""
    try:
        futures = [_pool().submit(task) for task in tasks[1:]]
    except (
        RuntimeError
    ):  # the interpreter is ending and takes no more work; running a task twice does no harm
        for task in tasks:
            task()
        return
    tasks[0]()
    for future in futures:
        future.result()


@cache
def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(max_workers=thread_count(), thread_name_prefix="pamcheck")


if hasattr(os, "register_at_fork"):
    # a forked child has the pool but not its threads, and would wait for them for ever
    os.register_at_fork(after_in_child=_pool.cache_clear)
