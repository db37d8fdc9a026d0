"""One block: the kernel, the oracle, the comparison and the statistics, on one thread."""

from __future__ import annotations

import threading
import time
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from pamcheck.kernels.words import make_words
from pamcheck.measure.sweep import backend, digest, oracle_loops, segments, truths, wide
from pamcheck.measure.sweep.blocks import Piece, pieces
from pamcheck.measure.sweep.loops import CHUNK, Numbers
from pamcheck.measure.sweep.plan import Plan
from pamcheck.measure.sweep.reals import facts
from pamcheck.measure.sweep.runs import Found, nothing_found
from pamcheck.measure.sweep.strata import Strata, strata
from pamcheck.measure.sweep.tally import KEPT, Tally
from pamcheck.policy import get_policy


class Work(NamedTuple):
    """A thread's own arrays for one piece: first operands, results and the oracle's, as codes, and floats."""

    tails: bool
    first: Any
    got: Any
    expected: Any
    floats: Floats
    found: Found


class Floats(NamedTuple):
    """A thread's own floats: five arrays for a piece, with `head` + `tail` the truth, the others for a chunk."""

    first: Any
    last: Any
    head: Any
    tail: Any
    spare: Any
    head_bits: Any  # the bits are views
    error: Any
    relative: Any
    ulp: Any
    error_bits: Any
    relative_bits: Any
    ulp_bits: Any
    steps: Any
    places: Any
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
    work = _work(piece.b.size, piece.b.dtype, plan.operation.approximates in truths.WITH_TAIL)
    work.first[...] = piece.a
    operands = (work.first, piece.b) if plan.operation.arity == 2 else (piece.b,)
    tools.kernel(plan.op, operands, tools.words, work.got)
    oracle_loops.fill(plan.op, piece.a, piece.b, work.expected, tools.facts)
    found, different = digest.compare(piece.a, piece.b, work.got, work.expected)
    tally.digest = digest.joined(tally.digest, found)
    if different:
        _note(tally, piece, work, tools.strata.classes)
    if plan.in_float64:
        _measure(plan, tools, piece, work, tally)
    else:
        wide.take(plan, piece, (work.first, piece.b), work.got, tools.strata, tally)


def _measure(plan: Plan, tools: Tools, piece: Piece, work: Work, tally: Tally) -> None:
    """Take the statistics of one piece into the tally."""
    floats = work.floats
    values = piece.values or (floats.first, floats.last)
    if piece.values is None:
        if plan.operation.arity == 2:
            truths.values(work.first, plan.fmt, floats.first)
        truths.values(piece.b, plan.fmt, floats.last)
    truths.fill(plan.operation.approximates, *values, floats.head, floats.tail, floats.spare)
    segments.piece_loop()(
        floats,
        work.found,
        tally.arrays,
        work.got,
        piece.stops,
        piece.first,
        piece.last,
        tools.strata.classes,
        tools.numbers,
    )
    tally.place(work.first, piece.b)


def _note(tally: Tally, piece: Piece, work: Work, classes: Any) -> None:
    """Count differences by class and stratum, and keep the first."""
    places = np.flatnonzero(work.got != work.expected)
    segment = np.searchsorted(piece.stops, places, side="right")
    tally.note(piece.first[segment], piece.last[segment], classes)
    kept = places[: KEPT - len(tally.differences)]
    tally.differences += [
        tuple(int(x[i]) for x in (work.first, piece.b, work.got, work.expected)) for i in kept
    ]


@lru_cache(maxsize=8)
def _tools(plan: Plan) -> Tools:
    policy = get_policy(plan.policy)
    fmt = plan.fmt
    numbers = Numbers(
        tiny=fmt.to_float(fmt.tiny),
        largest=fmt.to_float(fmt.largest),
        scale=2.0 ** (1023 - fmt.bias),
        last=fmt.largest,
        has_inf=int(fmt.inf is not None),
        mant_bits=fmt.mant_bits,
        bias=fmt.bias,
        sign=fmt.sign,
        top=fmt.width - 1,
        gradual=int(policy.gradual),
        logarithm=int(plan.operation.approximates in ("log", "log2")),
        arity=plan.operation.arity,
    )
    words = make_words(fmt, policy, plan.offset)
    return Tools(backend.kernel(plan), words, facts(fmt, policy, plan.offset), numbers, strata(fmt))


def _work(size: int, dtype: Any, tails: bool) -> Work:
    kept: Work | None = getattr(_local, "work", None)
    if kept is None or (kept.got.size, kept.got.dtype, kept.tails) != (size, dtype, tails):
        parts = [np.zeros(CHUNK) for _ in range(3)]
        others = (np.zeros(CHUNK, np.int64) for _ in range(3))
        views = [part.view(np.int64) for part in parts]
        first, last, head, spare = (np.zeros(size) for _ in range(4))
        tail = np.zeros(size if tails else CHUNK)
        whole = (first, last, head, tail, spare, head.view(np.int64))
        floats = Floats(*whole, *parts, *views, *others)
        first, got, expected = (np.empty(size, dtype) for _ in range(3))
        kept = Work(tails, first, got, expected, floats, nothing_found())
        _local.work = kept
    return kept
