"""How few mantissa bits do the operands need, with multiplications and without?

Claim   PAM needs as many as floats do, and few: with 4 bits in the operands of every product, quotient and root,
        forward, backward and in the optimizer, each stays within 2 points of its own accuracy with 23, and at
        every width from 4 bits on PAM is within 2 points of float.
Method  Configuration `digits`, everything in PAM (mimic) or everything in floats; operands are rounded to nearest,
        ties to even, before each product, quotient, root and matrix product, additions stay IEEE float32. The same
        first weights and batches for each seed. Means ± standard errors over seeds.
Writes  reports/mantissa_width/: study.json, widths (csv, json), widths (svg, png)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from analyses.training_runs import Case, in_groups, run_cases
from pamcheck.measure.verdict import Verdict
from pamcheck.nn.training.text import mean_and_error
from pamcheck.plotting.style import BLUE, GREY, VERMILION, new_figure, settle, style
from pamcheck.reporting.records import Plate, Settings, Table

ALONE = True
NAMED_ONLY = True
TASK, SEEDS = "digits", 3
WIDTHS = (23, 10, 7, 4, 3, 2)
ENOUGH, POINTS = 4, 0.02
QUICK_POINTS = 0.2  # in a quick run, which is over long before anything is learned
KINDS = {"float": "native", "PAM": "mimic"}
QUICK = {"train.steps": 40, "train.evaluate_every": 40, "model.width": 16}


@dataclass(frozen=True)
class Measured:
    """One row a kind, width and seed."""

    runs: pd.DataFrame
    quick: bool = False

    @property
    def limit(self) -> float:
        """What accuracy may be lost by the claims."""
        return QUICK_POINTS if self.quick else POINTS

    def accuracy(self, kind: str, bits: int) -> tuple[float, float]:
        """Return the mean accuracy over seeds and its standard error."""
        some = self.runs[(self.runs.kind == kind) & (self.runs.bits == bits)]
        return mean_and_error(some.accuracy.to_numpy())

    @property
    def widths(self) -> list[int]:
        """The widths that were tried, widest first."""
        return sorted(map(int, self.runs.bits.unique()), reverse=True)


def measure(settings: Settings) -> Measured:
    """Train every kind at every width with every seed."""
    widths = (23, ENOUGH) if settings.quick else WIDTHS
    chosen = {
        f"{kind}, {bits}": Case(
            f"{kind}, {bits}",
            TASK,
            {**in_groups(choice), "arithmetic.mantissa_bits": bits, **(QUICK if settings.quick else {})},
        )
        for kind, choice in KINDS.items()
        for bits in widths
    }
    runs = run_cases(
        list(chosen.values()),
        range(settings.seed, settings.seed + settings.samples(SEEDS, 1)),
        settings.quick,
    )
    kinds, bits = zip(*(name.split(", ") for name in runs.case), strict=True)
    return Measured(runs.assign(kind=kinds, bits=[int(x) for x in bits]), settings.quick)


def judge(measured: Measured) -> Sequence[Verdict]:
    """Judge what few bits cost each kind, and what PAM costs at each width."""
    widest = measured.widths[0]
    lost = {kind: measured.accuracy(kind, widest)[0] - measured.accuracy(kind, ENOUGH)[0] for kind in KINDS}
    gaps = {
        bits: measured.accuracy("float", bits)[0] - measured.accuracy("PAM", bits)[0]
        for bits in measured.widths
        if bits >= ENOUGH
    }
    worst = max(gaps, key=lambda bits: gaps[bits])
    return [
        Verdict(
            claim=f"{ENOUGH} mantissa bits in the operands cost at most {measured.limit:.0%} of accuracy, either way",
            holds=max(lost.values()) <= measured.limit,
            measured=", ".join(f"{kind} loses {value:.2%}" for kind, value in lost.items()),
            lower=min(lost.values()),
            upper=max(lost.values()),
            evidence="sample",
            reason=f"Means over {measured.runs.seed.nunique()} seeds, against {widest} bits of the same kind.",
        ),
        Verdict(
            claim=f"From {ENOUGH} bits on PAM is within {measured.limit:.0%} of float at the same width",
            holds=gaps[worst] <= measured.limit,
            measured=f"at most {gaps[worst]:.2%} below, at {worst} bits",
            lower=min(gaps.values()),
            upper=gaps[worst],
            evidence="sample",
            reason=f"Means over {measured.runs.seed.nunique()} seeds at {len(gaps)} widths.",
        ),
    ]


def tabulate(measured: Measured) -> Sequence[Table]:
    """Return accuracy and loss by width."""
    rows = []
    for bits in measured.widths:
        row: dict[str, Any] = {"mantissa bits": bits}
        for kind in KINDS:
            some = measured.runs[(measured.runs.kind == kind) & (measured.runs.bits == bits)]
            row[kind], row[f"± {kind}"] = measured.accuracy(kind, bits)
            row[f"{kind}, loss"], _ = mean_and_error(some.loss.to_numpy())
        rows.append(row)
    formats = {name: ".2%" for kind in KINDS for name in (kind, f"± {kind}")}
    return [
        Table(
            "widths",
            "Test accuracy by the mantissa bits of the operands, means over seeds",
            pd.DataFrame(rows),
            formats | {f"{kind}, loss": ".4f" for kind in KINDS},
            {
                "mantissa bits": "stored ones, to which operands are rounded; 23 leaves a float32 as it is",
                "PAM": "everything in PAM, mimic derivatives",
                "±": "standard error over seeds",
                "loss": "cross entropy of the logits in float64, mean over seeds",
            },
        )
    ]


def draw(measured: Measured, verdicts: Sequence[Verdict]) -> Sequence[Plate]:  # noqa: ARG001
    """Draw accuracy by width."""
    widths = measured.widths
    with style():
        figure = new_figure(3.2)
        ax = figure.subplots()
        for kind, colour, mark in (("float", GREY, "s"), ("PAM", VERMILION, "o")):
            found = [measured.accuracy(kind, bits) for bits in widths]
            means, errors = ([100 * x for x in part] for part in zip(*found, strict=True))
            ax.errorbar(
                range(len(widths)), means, yerr=errors, fmt=f"{mark}-", ms=4, color=colour, label=kind
            )
        ax.axvline(widths.index(ENOUGH), color=BLUE, lw=0.8, ls="--")
        ax.set_xticks(range(len(widths)), [str(bits) for bits in widths])
        ax.set(xlabel="mantissa bits of the operands", ylabel="test accuracy, %")
        ax.legend(loc="lower left")
        settle(figure)
    return [
        Plate(
            "widths",
            "Test accuracy on digits against the width of the operands, mean ± standard error over seeds. The dashed "
            "line is where the claim ends: 4 bits.",
            figure,
        )
    ]
