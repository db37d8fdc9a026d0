"""Do exact derivatives train better than mimic ones, or worse?

Claim   On digits neither: with everything in PAM, the mean difference between the two, seed by seed, is less than
        1 point of accuracy with 95% confidence, and known to better than half of that. On the help texts worse: mimic
        derivatives end lower, by a difference that is not 0 with 95% confidence. In the ablation it comes from
        the matrix products.
Method  Configurations `digits` and `topics`, all groups exact or all mimic, from the same first weights and on the
        same batches for each seed. Intervals by Student's t over the differences within a seed. The loss is the
        cross entropy of the logits in float64. Float runs of the same seeds stand beside them.
Writes  reports/exact_vs_mimic/: study.json, differences (csv, json), differences (svg, png)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from analyses.training_runs import Case, in_groups, run_cases
from pamcheck.measure.agreement import Interval, interval
from pamcheck.measure.verdict import Verdict
from pamcheck.plotting.style import BLACK, BLUE, GREY, VERMILION, new_figure, settle, style
from pamcheck.reporting.records import Plate, Settings, Table

ALONE = True
NAMED_ONLY = True
SEEDS = {"digits": 12, "topics": 12}
QUICK = {"digits": {"train.steps": 40, "train.evaluate_every": 40, "model.width": 16}}
MODES = {"exact": "exact", "mimic": "mimic", "float": "native"}
STATISTIC = {"digits": "accuracy", "topics": "loss"}
ALIKE = 0.01  # points of accuracy by which two modes may differ and be called alike
SPECS = {"digits": ".2%", "topics": ".4f"}


@dataclass(frozen=True)
class Measured:
    """One row a task, mode and seed; `quick` runs are too short and few to judge the size of a difference by."""

    runs: pd.DataFrame
    quick: bool

    def by_seed(self, task: str) -> pd.DataFrame:
        """Return the statistic of a task, a row a seed and a column a mode."""
        some = self.runs[self.runs.config == task]
        return some.pivot(index="seed", columns="case", values=STATISTIC[task])

    def difference(self, task: str, mode: str, other: str) -> Interval:
        """Return by how much a mode is better than another: a mean over seeds of differences within one."""
        found = self.by_seed(task)
        better = (found[mode] - found[other]).to_numpy(np.float64)
        return interval(better if STATISTIC[task] == "accuracy" else -better)


def measure(settings: Settings) -> Measured:
    """Train with every seed in every mode."""
    parts = []
    for task, count in ({"digits": 1} if settings.quick else SEEDS).items():
        extra = QUICK[task] if settings.quick else {}
        chosen = [Case(name, task, {**in_groups(choice), **extra}) for name, choice in MODES.items()]
        parts.append(run_cases(chosen, range(settings.seed, settings.seed + count), settings.quick))
    return Measured(pd.concat(parts, ignore_index=True), settings.quick)


def judge(measured: Measured) -> Sequence[Verdict]:
    """Judge the intervals; of a quick run only that no mode failed to learn."""
    return [_verdict(measured, str(task)) for task in measured.runs.config.unique()]


def tabulate(measured: Measured) -> Sequence[Table]:
    """Return the means, and the differences with their intervals."""
    rows = []
    for task in measured.runs.config.unique():
        found = measured.by_seed(str(task))
        row: dict[str, Any] = {"task": task, "statistic": STATISTIC[str(task)], "seeds": len(found)}
        row |= {mode: float(found[mode].mean()) for mode in MODES}
        for mode, other in (("exact", "mimic"), ("exact", "float"), ("mimic", "float")):
            gap = measured.difference(str(task), mode, other)
            row |= {f"{mode} over {other}": gap.mean, f"± {mode} over {other}": gap.half}
        rows.append(row)
    columns = [name for name in rows[0] if " over " in name]
    return [
        Table(
            "differences",
            "Everything in PAM with exact and with mimic derivatives, and the float baseline",
            pd.DataFrame(rows),
            dict.fromkeys(MODES, ".4f") | {name: ".4f" if name[0] == "±" else "+.4f" for name in columns},
            {
                "statistic": "accuracy of the test images, or validation cross entropy in nats",
                "exact over mimic": "by how much exact is better: higher accuracy, or lower loss",
                "±": "half a 95% confidence interval over seeds, Student t",
            },
        )
    ]


def draw(measured: Measured, verdicts: Sequence[Verdict]) -> Sequence[Plate]:  # noqa: ARG001
    """Draw exact against mimic, seed by seed."""
    tasks = [str(task) for task in measured.runs.config.unique()]
    with style():
        figure = new_figure(3.2)
        for ax, task in zip(figure.subplots(1, len(tasks), squeeze=False)[0], tasks, strict=True):
            _panel(ax, measured.by_seed(task), task)
        settle(figure)
    return [
        Plate(
            "differences",
            "A dot is a seed: both runs start from the same weights and see the same batches. On the line the two "
            "modes end alike. Diamonds: means. Grey: the float runs of the same seeds, mean and range.",
            figure,
        )
    ]


def _verdict(measured: Measured, task: str) -> Verdict:
    gap, spec = measured.difference(task, "exact", "mimic"), SPECS[task]
    float_gap = measured.difference(task, "mimic", "float")
    if measured.quick:
        holds = abs(gap.mean) < 0.25
        claim = f"On {task} a few steps get exact and mimic derivatives about equally far"
    elif STATISTIC[task] == "accuracy":
        holds = gap.low > -ALIKE and gap.high < ALIKE and gap.half < ALIKE / 2
        claim = f"On {task} exact and mimic derivatives end within {ALIKE:.0%} of each other"
    else:
        holds = gap.high < 0
        claim = f"On {task} mimic derivatives end lower than exact ones"
    return Verdict(
        claim=claim,
        holds=bool(holds),
        measured=f"exact is better by {gap.shown(spec.replace('.', '+.'))} {STATISTIC[task]}",
        lower=gap.low,
        upper=gap.high,
        evidence="sample",
        reason=f"{gap.runs} seeds, 95% interval; mimic is better than float by "
        f"{float_gap.shown(spec.replace('.', '+.'))}.",
    )


def _panel(ax: Any, found: pd.DataFrame, task: str) -> None:
    scale, unit = (100, "accuracy, %") if STATISTIC[task] == "accuracy" else (1, "loss, nats")
    exact, mimic, native = (scale * found[name] for name in ("exact", "mimic", "float"))
    low, high = min(exact.min(), mimic.min(), native.min()), max(exact.max(), mimic.max(), native.max())
    ax.plot([low, high], [low, high], color=BLACK, lw=0.8, zorder=1)
    ax.axvspan(native.min(), native.max(), color=GREY, alpha=0.12, lw=0)
    ax.axvline(native.mean(), color=GREY, lw=1)
    ax.plot(exact, mimic, "o", ms=4, color=BLUE, alpha=0.8)
    ax.plot(exact.mean(), mimic.mean(), "D", ms=7, color=VERMILION, zorder=4)
    ax.set(title=task, xlabel=f"exact: {unit}", ylabel=f"mimic: {unit}")
