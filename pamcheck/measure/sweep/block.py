"""One block: the kernel, the oracle, the comparison and the statistics, on one thread."""

from __future__ import annotations

import threading
import time
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from pamcheck.kernels.words import make_words
from pamcheck.measure.sweep import backend, digest, oracle, segments, truths, wide
from pamcheck.measure.sweep.blocks import Piece, pieces
from pamcheck.measure.sweep.loops import CHUNK, Numbers
from pamcheck.measure.sweep.plan import Plan
from pamcheck.measure.sweep.reals import facts
from pamcheck.measure.sweep.strata import Strata, strata
from pamcheck.measure.sweep.tally import KEPT, Tally
from pamcheck.policy import get_policy


class Work(NamedTuple):
    """A thread's own arrays of codes for one piece: in the kernel's own dtype, then all in one width."""

    tails: bool
    first: Any
    got: Any
    a: Any
    b: Any
    codes: Any
    expected: Any
    floats: Floats


class Floats(NamedTuple):
    """A thread's own floats: seven arrays for a piece, with `head` + `tail` the truth, the others for a chunk."""

    first: Any
    last: Any
    head: Any
    tail: Any
    result: Any
    spare: Any
    head_bits: Any  # the bits are views
    error: Any
    relative: Any
    ulp: Any
    truth: Any
    error_bits: Any
    relative_bits: Any
    ulp_bits: Any
    truth_bits: Any
    steps: Any
    places: Any
    at: Any
    inside: Any


class Tools(NamedTuple):
    """What all blocks of a plan use."""

    kernel: backend.Kernel
    words: Any
    facts: Any
    numbers: Numbers
    strata: Strata


_local = threading.local()


def run_block(plan: Plan, block: int) -> Tally:
    """Return the tally of one block. Raises SweepError where the backend is not there."""
    began = time.thread_time()
    tools = _tools(plan)
    tally = Tally.empty(plan.operation.arity, tools.strata.size)
    with np.errstate(all="ignore"):
        for piece in pieces(plan, block):
            _take(plan, tools, piece, tally)
    tally.cpu_seconds = time.thread_time() - began
    return tally


def _take(plan: Plan, tools: Tools, piece: Piece, tally: Tally) -> None:
    function = plan.operation.approximates
    work = _work(piece.b.size, piece.b.dtype, function in truths.WITH_TAIL)
    work.first[...] = piece.a
    operands = (work.first, piece.b) if plan.operation.arity == 2 else (piece.b,)
    tools.kernel(plan.op, operands, tools.words, work.got)
    for codes, widened in ((piece.a, work.a), (piece.b, work.b), (work.got, work.codes)):
        np.copyto(widened, codes)
    oracle.loop(plan.op)(work.a, work.b, work.expected, tools.facts)
    found, different = digest.compare(work.a, work.b, work.codes, work.expected)
    tally.digest = digest.joined(tally.digest, found)
    if different:
        _note(tally, piece, work, tools.strata.classes)
    if plan.in_float64:
        floats = work.floats
        values = piece.values or (floats.first, floats.last)
        if piece.values is None:
            truths.values(work.first, plan.fmt, floats.first)
            truths.values(piece.b, plan.fmt, floats.last)
        truths.values(work.got, plan.fmt, floats.result)
        truths.fill(function, *values, floats.head, floats.tail, floats.spare)
        segments.piece_loop()(
            floats,
            tally.arrays,
            work.codes,
            piece.stops,
            piece.first,
            piece.last,
            tools.strata.classes,
            tools.numbers,
        )
        tally.place(work.a, work.b)
    else:
        wide.take(plan, piece, (work.first, piece.b), work.got, tools.strata, tally)


def _note(tally: Tally, piece: Piece, work: Work, classes: Any) -> None:
    """Count differences by class and stratum, and keep the first."""
    places = np.flatnonzero(work.codes != work.expected)
    segment = np.searchsorted(piece.stops, places, side="right")
    tally.note(piece.first[segment], piece.last[segment], classes)
    kept = places[: KEPT - len(tally.differences)]
    tally.differences += [
        tuple(int(x[i]) for x in (work.a, work.b, work.codes, work.expected)) for i in kept
    ]


@lru_cache(maxsize=8)
def _tools(plan: Plan) -> Tools:
    policy = get_policy(plan.policy)
    fmt = plan.fmt
    numbers = Numbers(
        tiny=fmt.to_float(fmt.tiny),
        largest=fmt.to_float(fmt.largest),
        mant_bits=fmt.mant_bits,
        bias=fmt.bias,
        sign=fmt.sign,
        gradual=int(policy.gradual),
        logarithm=int(plan.operation.approximates in ("log", "log2")),
        arity=plan.operation.arity,
    )
    words = make_words(fmt, policy, plan.offset)
    return Tools(backend.kernel(plan), words, facts(fmt, policy, plan.offset), numbers, strata(fmt))


def _work(size: int, dtype: Any, tails: bool) -> Work:
    kept: Work | None = getattr(_local, "work", None)
    if kept is None or (kept.got.size, kept.got.dtype, kept.tails) != (size, dtype, tails):
        wide = np.uint64 if dtype == np.uint64 else np.uint32
        parts = [np.zeros(CHUNK) for _ in range(4)]
        others = (*(np.zeros(CHUNK, np.int64) for _ in range(3)), np.zeros(CHUNK, np.uint8))
        views = [part.view(np.int64) for part in parts]
        first, last, head, result, spare = (np.zeros(size) for _ in range(5))
        tail = np.zeros(size if tails else CHUNK)
        whole = (first, last, head, tail, result, spare, head.view(np.int64))
        floats = Floats(*whole, *parts, *views, *others)
        a, b, codes, expected = (np.empty(size, wide) for _ in range(4))
        one, got = np.empty(size, dtype), np.empty(size, dtype)
        kept = Work(tails, one, got, a, b, codes, expected, floats)
        _local.work = kept
    return kept
