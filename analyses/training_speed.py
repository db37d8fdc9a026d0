"""What does a training step take without multiplications, beside the same step in native floats?

Claim   A step of nanoGPT's small configuration, forward, backward, clipping and optimizer, takes no longer in PAM
        with mimic derivatives than in NumPy's floats with BLAS, and no more memory.
Method  Configuration `shakespeare-small` on random tokens; a step of each arithmetic in turn, the ratio taken round
        by round. Memory: the most that NumPy held at once during a step beyond what it held before, by tracemalloc.
Writes  reports/training_speed/: study.json, steps (csv, json)
"""

from __future__ import annotations

import statistics
import time
import tracemalloc
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from analyses.training_runs import in_groups
from pamcheck.measure.verdict import Verdict
from pamcheck.nn.batches import Tokens
from pamcheck.nn.random import Threefry
from pamcheck.nn.training import Stepper, load
from pamcheck.nn.training.memory import keep_memory
from pamcheck.nn.training.modelling import language_model
from pamcheck.reporting.records import Plate, Settings, Table

ALONE = True
CONFIG, VOCABULARY = "shakespeare-small", 65
KINDS = {"float": "native", "exact": "exact", "mimic": "mimic"}
ROUNDS = 15
QUICK = {"model.layers": 1, "model.width": 32}


@dataclass(frozen=True)
class Measured:
    """A row a kind: milliseconds, ratios to the float step, memory."""

    steps: pd.DataFrame

    def row(self, kind: str) -> Any:
        """Return the row of a kind."""
        return self.steps[self.steps.arithmetic == kind].iloc[0]


def measure(settings: Settings) -> Measured:
    """Time steps of every kind, in turn."""
    keep_memory()  # as a run does
    runs = {kind: _Runner(choice, settings) for kind, choice in KINDS.items()}
    for run in runs.values():
        run.step()  # compiles
    memory = {kind: run.memory() for kind, run in runs.items()}
    rounds = [
        {kind: run.seconds() for kind, run in runs.items()} for _ in range(settings.samples(ROUNDS, 3))
    ]
    rows = []
    for kind in KINDS:
        ratios = [taken[kind] / taken["float"] for taken in rounds]
        rows.append(
            {
                "arithmetic": kind,
                "ms a step": 1e3 * statistics.median(taken[kind] for taken in rounds),
                "of the float step": statistics.median(ratios),
                "ratio, low": min(ratios),
                "ratio, high": max(ratios),
                "memory, MB": memory[kind] / 1e6,
            }
        )
    return Measured(pd.DataFrame(rows))


def judge(measured: Measured) -> Sequence[Verdict]:
    """Judge time and memory of the mimic step."""
    mimic, native = measured.row("mimic"), measured.row("float")
    memory = float(mimic["memory, MB"] / native["memory, MB"])
    return [
        Verdict(
            claim="A step in PAM, mimic, takes no longer than in native floats",
            holds=bool(mimic["of the float step"] <= 1),
            measured=f"{mimic['of the float step']:.2f} times, {mimic['ms a step']:.0f} ms",
            lower=float(mimic["ratio, low"]),
            upper=float(mimic["ratio, high"]),
            evidence="timing",
            reason="In turn, within one process; the float step uses BLAS.",
        ),
        Verdict(
            claim="It needs no more memory",
            holds=memory <= 1,
            measured=f"{memory:.2f} times, {mimic['memory, MB']:.0f} MB",
            lower=memory,
            upper=memory,
            evidence="timing",
            reason="Most held at once during a step; a fused composite keeps its operands and nothing in between.",
        ),
    ]


def tabulate(measured: Measured) -> Sequence[Table]:
    """Return times and memory."""
    return [
        Table(
            "steps",
            f"A training step of {CONFIG}: 12 sequences of 64 tokens, 0.8 million weights",
            measured.steps,
            {
                "ms a step": ".1f",
                "of the float step": ".2f",
                "ratio, low": ".2f",
                "ratio, high": ".2f",
                "memory, MB": ".1f",
            },
            {
                "ms a step": "median over rounds: loss, gradient, clipping, AdamW",
                "of the float step": "median over rounds of the ratio within one",
                "memory, MB": "most that was held at once during a step beyond what was held before",
            },
        )
    ]


def draw(measured: Measured, verdicts: Sequence[Verdict]) -> Sequence[Plate]:  # noqa: ARG001
    """Return no figure: three rows are a table."""
    return []


class _Runner:
    """Steps of one kind of arithmetic, one after another."""

    def __init__(self, choice: str, settings: Settings) -> None:
        config = load(CONFIG, {**in_groups(choice), **(QUICK if settings.quick else {})})
        model = language_model(config.model, VOCABULARY)
        shape = (config.train.batch, config.model.context + 1)
        drawn = Threefry(settings.seed).below(VOCABULARY, shape)
        self._batch = Tokens(drawn[:, :-1], drawn[:, 1:])
        self._stepper = Stepper(config, model)
        self._state = self._stepper.initial()

    def step(self) -> None:
        """Take one step."""
        self._state, _ = self._stepper.step(self._state, self._batch)

    def seconds(self) -> float:
        """Take one step and return what it took."""
        began = time.perf_counter()
        self.step()
        return time.perf_counter() - began

    def memory(self) -> int:
        """Take one step and return the bytes that it held at most, beyond those that were held before."""
        tracemalloc.start()
        try:
            before, _ = tracemalloc.get_traced_memory()
            self.step()
            _, most = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        return most - before
