"""How many kinks does a step of training cross, early and late?

Claim   Most products stay on their affine piece: over training, a step of AdamW moves on average less than one in ten
        across a carry or a binade, and by the end, as the rate falls, fewer than in the first tenth.
Method  Configuration `digits`, everything in PAM with exact derivatives; one step in so many is watched. A weight that
        changes sign or exponent takes every product it is in to another piece; for a partner with a uniform mantissa,
        the carry changes with probability |Mw before - Mw after|, which is summed instead of forming the products.
Writes  reports/training_crossings/: study.json, crossings (csv, json), crossings (svg, png)
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from analyses.training_kinks import KinkWatcher
from analyses.training_runs import in_groups
from pamcheck.measure.verdict import Verdict
from pamcheck.nn.training import Hook, load, train
from pamcheck.plotting.style import BLUE, GREEN, PURPLE, VERMILION, new_figure, settle, style
from pamcheck.reporting.records import Plate, Settings, Table

CONFIG = "digits"
MOST = 0.1
WATCHED = 60  # steps of a run
QUICK = {"train.steps": 40, "train.evaluate_every": 40, "model.width": 16, "optimizer.warmup": 4}
PARTS = 10
SHARES = {
    "piece_expected": (PURPLE, "o", "products: piece changed"),
    "carry_expected": (BLUE, "s", "products: carry changed"),
    "exponent": (GREEN, "^", "weights: exponent changed"),
    "sign": (VERMILION, "v", "weights: sign changed"),
}


@dataclass(frozen=True)
class Measured:
    """One row a watched step."""

    steps: pd.DataFrame

    def parts(self) -> pd.DataFrame:
        """Return the means of the watched steps by tenths of the run."""
        tenth = pd.cut(self.steps.step, PARTS, labels=False)
        means = self.steps.groupby(tenth)[list(SHARES)].mean()
        ends = self.steps.groupby(tenth).step.max()
        return means.assign(until=ends).reset_index(drop=True)


def measure(settings: Settings) -> Measured:
    """Train once and watch."""
    extra = QUICK if settings.quick else {}
    config = load(CONFIG, {**in_groups("exact"), **extra, "train.seed": settings.seed})
    watcher = KinkWatcher()
    with tempfile.TemporaryDirectory() as folder:
        every = max(1, config.train.steps // WATCHED)
        train(config, Path(folder) / "run", hooks=[Hook(every, watcher)])
    return Measured(watcher.table())


def judge(measured: Measured) -> Sequence[Verdict]:
    """Judge the share of products that change piece, on average and at the end."""
    found, parts = measured.steps.piece_expected, measured.parts().piece_expected
    return [
        Verdict(
            claim=f"A step takes less than {MOST:.0%} of the products to another piece, on average over training",
            holds=bool(found.mean() < MOST),
            measured=f"{found.mean():.2%}",
            lower=float(found.min()),
            upper=float(found.max()),
            evidence="sample",
            reason=f"{len(found)} watched steps of one run, partners of uniform mantissa.",
        ),
        Verdict(
            claim="In the last tenth of training fewer change piece than in the first",
            holds=bool(parts.iloc[-1] < parts.iloc[0]),
            measured=f"{parts.iloc[-1]:.2%}, after {parts.iloc[0]:.2%}",
            lower=float(parts.min()),
            upper=float(parts.max()),
            evidence="sample",
            reason="Means over the watched steps of each tenth.",
        ),
    ]


def tabulate(measured: Measured) -> Sequence[Table]:
    """Return the shares by tenths of the run."""
    parts = measured.parts()
    frame = parts[["until", *SHARES]].rename(columns={"until": "steps until"})
    return [
        Table(
            "crossings",
            "What a step crosses, means over watched steps by tenths of a run",
            frame,
            {"steps until": ".0f"} | dict.fromkeys(SHARES, ".3%"),
            {
                "piece_expected": "share of products whose carry, or whose weight's sign or exponent, changed",
                "carry_expected": "share of products whose carry changed",
                "exponent": "share of weights whose exponent changed",
                "sign": "share of weights whose sign changed",
            },
        )
    ]


def draw(measured: Measured, verdicts: Sequence[Verdict]) -> Sequence[Plate]:  # noqa: ARG001
    """Draw the shares as training goes on."""
    with style():
        figure = new_figure(3.4)
        ax = figure.subplots()
        for name, (colour, mark, label) in SHARES.items():
            some = measured.steps[measured.steps[name] > 0]
            ax.plot(some.step, 100 * some[name], mark, ms=3, color=colour, label=label)
        ax.set(yscale="log", xlabel="step", ylabel="crossed in the step, %")
        figure.legend(*ax.get_legend_handles_labels(), loc="outside lower center", ncols=2)
        settle(figure)
    return [
        Plate(
            "crossings",
            "What single steps of a digits run cross: weights whose exponent or sign changes, and products that leave "
            "their affine piece. The learning rate rises over the warm-up and falls as a cosine.",
            figure,
        )
    ]
