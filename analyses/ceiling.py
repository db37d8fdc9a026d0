"""How many products this machine could make if it did nothing else: the ceiling of a matrix product.

A PAM product and its addition to a sum are two vector instructions, one on integers and one on floats. This
runs pairs of them on registers only, on every thread at once, and counts. What a matrix product adds to that
are loads, broadcasts, packing and the ends of loops.
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
from llvmlite import ir  # type: ignore[import-untyped]
from numba import types
from numba.extending import intrinsic

from analyses.timing import seconds
from pamcheck.kernels import cpu
from pamcheck.kernels.launch import side_by_side, thread_count
from pamcheck.kernels.matmul_tile import VECTOR_BYTES

CHAINS = 12  # independent sums: more than either instruction takes cycles, times what starts in a cycle
LANES = VECTOR_BYTES // 4
ROUNDS = 7


@intrinsic
def add_pairs(_typing, _passes):  # type: ignore[no-untyped-def]
    """Emit the loop: in one pass every chain adds to its integers, and those, seen as floats, to its sum."""

    def emit(context: Any, e: Any, signature: Any, arguments: Any) -> Any:  # noqa: ARG001
        index, word = ir.IntType(64), ir.IntType(32)
        words, numbers = ir.VectorType(word, LANES), ir.VectorType(ir.FloatType(), LANES)
        before, body, after = e.block, e.append_basic_block("pass"), e.append_basic_block("done")
        e.branch(body)
        e.position_at_end(body)
        count = e.phi(index)
        chains = [(e.phi(words), e.phi(numbers)) for _ in range(CHAINS)]
        following = e.add(count, index(1))
        count.add_incoming(index(0), before)
        count.add_incoming(following, body)
        for at, (codes, total) in enumerate(chains):
            step = ir.Constant(words, [at + 1] * LANES)
            moved = e.add(codes, step)
            codes.add_incoming(ir.Constant(words, [0x3F800000] * LANES), before)
            codes.add_incoming(moved, body)
            added = e.fadd(total, e.bitcast(moved, numbers))
            total.add_incoming(ir.Constant(numbers, [0.0] * LANES), before)
            total.add_incoming(added, body)
        e.cbranch(e.icmp_signed("<", following, arguments[0]), body, after)
        e.position_at_end(after)
        result = ir.Constant(ir.FloatType(), 0.0)
        for _, total in chains:
            result = e.fadd(result, e.extract_element(total.incomings[1][0], word(0)))
        return result

    return types.float32(types.intp), emit


def macs_per_second(passes: int = 1 << 21) -> float:
    """Return the most multiply-accumulates a second that all threads together make; the best of seven runs."""
    # defined here so that nothing is compiled where nothing is measured
    run = numba.njit(**cpu.OPTIONS)(lambda count: add_pairs(count))
    threads = thread_count()
    sums = np.zeros(threads, dtype=np.float32)

    def task(thread: int) -> Any:
        def work() -> None:
            sums[thread] = run(passes)

        return work

    run(1)
    tasks = [task(thread) for thread in range(threads)]
    best = min(seconds(lambda: side_by_side(tasks)) for _ in range(ROUNDS))
    return threads * passes * CHAINS * LANES / best
