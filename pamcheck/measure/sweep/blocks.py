"""The operands of a block, piece by piece, with the strata they belong to.

Tuples are numbered, pairs by first operand, then second; block i of an exhaustive sweep is one range of numbers.
Block i of a sample is drawn with a seed of its own: half stratified over the exponent fields, half random codes.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from pamcheck.formats import FloatFormat
from pamcheck.measure.sampling import stratified
from pamcheck.measure.sweep import strata
from pamcheck.measure.sweep.plan import PIECE, Plan
from pamcheck.measure.values import code_dtype, decode


class Piece(NamedTuple):
    """Operands that go through at a time.

    a, b         codes, in the format's own dtype; a is one code where it is the same in all, as 0 for one operand
    stops        where each segment of a single pair of strata ends
    first, last  the strata of a and b in each segment; a normal one where there is no a
    values       of a and b, where they are at hand
    """

    a: Any
    b: Any
    stops: Any
    first: Any
    last: Any
    values: tuple[Any, Any] | None = None


def pieces(plan: Plan, block: int) -> Iterator[Piece]:
    """Yield the operands of a block, in order."""
    low = block * plan.block_size
    high = min(low + plan.block_size, plan.tuples)
    if plan.exhaustive:
        size = min(PIECE, plan.block_size)
        for start in range(low, high, size):
            yield _range(start, start + size, plan.fmt, plan.operation.arity)
    else:
        yield _drawn(plan, block, high - low)


def _range(low: int, high: int, fmt: FloatFormat, arity: int) -> Piece:
    """Return the tuples with numbers in range(low, high): a power of two, at a multiple of itself."""
    dtype = code_dtype(fmt)
    if arity == 1:
        b = _codes(high - low, dtype) + dtype.type(low)
        stops, last = strata.of_range(low, high, fmt)
        return Piece(b[:1] * 0, b, stops, np.full_like(last, strata.strata(fmt).normal), last)
    side = 1 << fmt.width
    rows = np.arange(low // side, max(high // side, low // side + 1))
    row_low, row_high = low % side, min(low % side + high - low, side)
    b, stops, last, values = _row(fmt, row_low, row_high)
    first = strata.of_codes(rows, fmt)
    width = row_high - row_low
    if len(rows) == 1:
        code = rows.astype(dtype)
        return Piece(code, b, stops, np.repeat(first, len(last)), last, (decode(code, fmt), values))
    return Piece(
        np.repeat(rows.astype(dtype), width),
        np.tile(b, len(rows)),
        (stops[None, :] + width * np.arange(len(rows))[:, None]).ravel(),
        np.repeat(first, len(last)),
        np.tile(last, len(rows)),
    )


@lru_cache(maxsize=8)
def _codes(count: int, dtype: Any) -> Any:
    return np.arange(count).astype(dtype)


@lru_cache(maxsize=64)
def _row(fmt: FloatFormat, low: int, high: int) -> tuple[Any, Any, Any, Any]:
    """Return the second operands of one row, their segments, and their values."""
    stops, last = strata.of_range(low, high, fmt)
    codes = np.arange(low, high).astype(code_dtype(fmt))
    return codes, stops, last, decode(codes, fmt)


def _drawn(plan: Plan, block: int, count: int) -> Piece:
    fmt, arity = plan.fmt, plan.operation.arity
    seed = int(np.random.SeedSequence([plan.seed, block]).generate_state(1, np.uint64)[0])
    cells = min((1 << fmt.exp_bits) ** arity, 4096)
    per_stratum = -(-count // (4 * cells))
    chosen = stratified(fmt, arity, per_stratum, seed).operands
    rng = np.random.default_rng(seed + 1)
    half = min(chosen[0].size, count - count // 2)
    columns = [
        np.concatenate(
            [
                codes[:half],
                rng.integers(0, 1 << fmt.width, count - half, dtype=np.uint64).astype(codes.dtype),
            ]
        )
        if fmt.width < 64
        else np.concatenate([codes[:half], rng.integers(0, 1 << 64, count - half, dtype=np.uint64)])
        for codes in chosen
    ]
    a, b = columns[0] if arity == 2 else columns[0][:1] * 0, columns[-1]
    first = strata.of_codes(a, fmt) if arity == 2 else np.full(count, strata.strata(fmt).normal)
    return Piece(a, b, np.arange(1, count + 1), first, strata.of_codes(b, fmt))
