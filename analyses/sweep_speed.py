"""How fast does a sweep go through operands, beside the loop over mpmath that one would write instead?

Claim   On one thread a sweep of bfloat16 products takes at least 300 times as many operands a second as a
        Python loop that multiplies in mpmath and takes the relative error.
Method  Blocks of 2^22 operands, spread over all of them, and the loop on pairs of the same format, in turn; the ratio
        is taken round by round. A block is what a sweep is made of: kernel, oracle, comparison, hash, statistics.
        How long the whole of 2^32 operands took is in the certificates, study `sweeps`.
Writes  reports/sweep_speed/: study.json, rates (csv, json)
"""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import mpmath
import numpy as np
import pandas as pd

from analyses.timing import seconds
from pamcheck.formats import get_format
from pamcheck.kernels.launch import run_codes
from pamcheck.kernels.words import make_words
from pamcheck.measure.sweep.block import run_block
from pamcheck.measure.sweep.plan import make_plan
from pamcheck.measure.values import decode
from pamcheck.measure.verdict import Verdict
from pamcheck.policy import get_policy
from pamcheck.reporting.records import Plate, Settings, Table

ALONE = True
ROUNDS = 7
LOOPED = 20_000  # pairs in one pass of the loop
LEAST = 300  # times the loop's rate that is promised
SWEPT = (
    ("pam", "bfloat16"),
    ("padiv", "bfloat16"),
    ("papow", "bfloat16"),
    ("palog2", "float32"),
    ("paexp2", "float32"),
    ("pasqrt", "float32"),
    ("palog", "float32"),
    ("paexp", "float32"),
)


@dataclass(frozen=True)
class Measured:
    """A row an operation: rates and their ratio to the loop's."""

    rates: pd.DataFrame


def measure(settings: Settings) -> Measured:
    """Time blocks of each sweep and the loop, in turn."""
    chosen = SWEPT[:1] if settings.quick else SWEPT
    return Measured(pd.DataFrame([_row(op, fmt, settings) for op, fmt in chosen]))


def judge(measured: Measured) -> Sequence[Verdict]:
    """Judge the rate of products."""
    row = measured.rates.iloc[0]
    low, high = float(row["ratio, low"]), float(row["ratio, high"])
    return [
        Verdict(
            claim=f"A sweep of bfloat16 products is at least {LEAST:,} times as fast as a loop over mpmath",
            holds=bool(row["times the loop"] >= LEAST),
            measured=f"{row['times the loop']:,.0f} times",
            lower=low,
            upper=high,
            evidence="timing",
            reason="Both on one thread, in turn; the sweep also runs the kernel, an oracle and a hash.",
        )
    ]


def tabulate(measured: Measured) -> Sequence[Table]:
    """Return the table of rates."""
    return [
        Table(
            "rates",
            "Operands a second on one thread",
            measured.rates,
            {
                "ns an operand": ".1f",
                "millions a second": ".1f",
                "loop, thousands a second": ".0f",
                "times the loop": ",.0f",
                "ratio, low": ",.0f",
                "ratio, high": ",.0f",
            },
            {
                "ns an operand": "time of one tuple of operands, median over blocks: kernel, oracle, statistics",
                "loop, thousands a second": "products in mpmath with their relative error, pairs of bfloat16",
                "times the loop": "median over rounds of the ratio of the two rates",
                "ratio, low": "smallest ratio of a round",
                "ratio, high": "largest ratio of a round",
            },
        )
    ]


def draw(measured: Measured, verdicts: Sequence[Verdict]) -> Sequence[Plate]:  # noqa: ARG001
    """Return no figure: eight numbers are a table."""
    return []


def _row(op: str, fmt: str, settings: Settings) -> dict[str, Any]:
    plan = make_plan(op, fmt)
    blocks = np.linspace(0, plan.blocks - 1, ROUNDS + 1).astype(int).tolist()
    pairs = _pairs(settings.seed)
    _loop(pairs)
    run_block(plan, blocks.pop())  # compiles
    rounds = [(seconds(lambda b=b: run_block(plan, b)), seconds(lambda: _loop(pairs))) for b in blocks]  # type: ignore[misc]
    own = [taken / plan.block_size for taken, _ in rounds]
    looped = [taken / LOOPED for _, taken in rounds]
    ratios = [theirs / ours for ours, theirs in zip(own, looped, strict=True)]
    return {
        "operation": op,
        "format": fmt,
        "ns an operand": 1e9 * statistics.median(own),
        "millions a second": 1e-6 / statistics.median(own),
        "loop, thousands a second": 1e-3 / statistics.median(looped),
        "times the loop": statistics.median(ratios),
        "ratio, low": min(ratios),
        "ratio, high": max(ratios),
    }


def _pairs(seed: int) -> list[tuple[float, float, float]]:
    """Return normal numbers of bfloat16 and their PAM products, as floats."""
    fmt = get_format("bfloat16")
    rng = np.random.default_rng(seed)
    a, b = rng.integers(fmt.one - 20 * fmt.tiny, fmt.one + 20 * fmt.tiny, (2, LOOPED)).astype(np.uint16)
    result = run_codes("pam", [a, b], make_words(fmt, get_policy("ftz")))
    return list(zip(*(decode(codes, fmt).tolist() for codes in (a, b, result)), strict=True))


def _loop(pairs: Sequence[tuple[float, float, float]]) -> float:
    """Return the worst relative error of some products, by mpmath, one after another."""
    worst = 0.0
    for a, b, result in pairs:
        true = mpmath.mpf(a) * b
        worst = min(worst, (result - true) / true)
    return worst
