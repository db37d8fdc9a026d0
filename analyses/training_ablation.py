"""Which part of a transformer suffers when its multiplications go, and does the whole?

Claim   "Little to no performance impact" with the hyper-parameters of the float baseline, say Kosson & Jaggi. Taken
        as 1 point of accuracy for a vision transformer and 0.05 nats for a small language model, in which every
        product, quotient, root and power is piecewise affine, forward, backward and in the optimizer; and for every
        step on the way, one group of operations more at a time. It holds for digits in every case. On the help
        texts, after 600 steps, it does not: the whole loses a little more than that with mimic derivatives and more
        with exact ones, 3% and 4% of the loss. Exact derivatives of matrix products, the softmax and the loss cost
        most; layer norm, activation and optimizer nothing that can be seen. In the longer run of training_language
        mimic derivatives are within 0.05 nats.
Method  scikit-learn's digits (360 of 1,797 images are for the test) and the standard library's help texts,
        configurations `digits` and `topics`; every case from the same first weights and on the same batches,
        seed by seed, so differences are taken within a seed. Means ± standard errors over seeds. The loss is
        the cross entropy of the logits in float64, whatever arithmetic made them: see study training_language
        for what a loss computed in PAM says.
Writes  reports/training_ablation/: study.json, ablation (csv, json), ablation (svg, png)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from analyses.training_runs import Case, in_groups, run_cases
from pamcheck.measure.verdict import Verdict
from pamcheck.nn.groups import GROUPS
from pamcheck.nn.training.text import mean_and_error
from pamcheck.plotting.style import BLACK, BLUE, GREY, VERMILION, new_figure, settle, style
from pamcheck.reporting.records import Plate, Settings, Table

ALONE = True
NAMED_ONLY = True
FLOAT, WHOLE = "float", "everything, mimic"
POINTS, NATS = 0.01, 0.05  # what a case may lose
QUICK_POINTS = 0.2  # in a quick run, which is over long before anything is learned
SEEDS = {"digits": 5, "topics": 6}
QUICK = {"digits": {"train.steps": 40, "train.evaluate_every": 40, "model.width": 16}}
STATISTIC = {"digits": "accuracy", "topics": "loss"}


@dataclass(frozen=True)
class Measured:
    """One row a task, case and seed."""

    runs: pd.DataFrame
    quick: bool = False

    def differences(self, task: str, case: str) -> np.ndarray[Any, np.dtype[np.float64]]:
        """Return what a case loses against float, seed by seed: accuracy, or loss; positive is worse."""
        some = self.runs[self.runs.config == task].pivot(
            index="seed", columns="case", values=STATISTIC[task]
        )
        lost: np.ndarray[Any, np.dtype[np.float64]] = (some[FLOAT] - some[case]).to_numpy(np.float64)
        return lost if STATISTIC[task] == "accuracy" else -lost


def cases(task: str) -> list[Case]:
    """Return the ladder: matrix products alone, then one group more at a time, mimic; then all, exact."""
    ladder = [Case(FLOAT, task, in_groups("native"))]
    ladder += [Case(f"matmul, {mode}", task, in_groups(mode, "matmul")) for mode in ("exact", "mimic")]
    for count in range(2, len(GROUPS)):
        ladder.append(
            Case(f"+ {GROUPS[count - 1].replace('_', ' ')}", task, in_groups("mimic", *GROUPS[:count]))
        )
    return [
        *ladder,
        Case(WHOLE, task, in_groups("mimic")),
        Case("everything, exact", task, in_groups("exact")),
    ]


def measure(settings: Settings) -> Measured:
    """Train every case with every seed."""
    if settings.quick:
        chosen = [Case(c.name, c.config, {**c.overrides, **QUICK["digits"]}) for c in cases("digits")]
        chosen = [case for case in chosen if case.name in (FLOAT, WHOLE)]
        return Measured(run_cases(chosen, [settings.seed], quick=True), quick=True)
    return Measured(
        pd.concat(
            [
                run_cases(cases(task), range(settings.seed, settings.seed + count))
                for task, count in SEEDS.items()
            ],
            ignore_index=True,
        )
    )


def judge(measured: Measured) -> Sequence[Verdict]:
    """Judge, for each task, what the whole loses and what the worst case does."""
    verdicts = []
    for task, part in measured.runs.groupby("config", sort=False):
        lost = {
            str(case): measured.differences(str(task), str(case))
            for case in part.case.unique()
            if case != FLOAT
        }
        worst = max(lost, key=lambda case: float(lost[case].mean()))
        for told, case in (
            ("the whole, with mimic derivatives, loses at most", WHOLE),
            ("no case loses more than", worst),
        ):
            limit, spec, unit = (
                (QUICK_POINTS if measured.quick else POINTS, ".2%", "of accuracy")
                if STATISTIC[str(task)] == "accuracy"
                else (NATS, ".4f", "nats of loss")
            )
            mean, error = mean_and_error(lost[case])
            verdicts.append(
                Verdict(
                    claim=f"On {task} {told} {limit:{'.0%' if spec.endswith('%') else 'g'}} {unit} to float",
                    holds=mean <= limit,
                    measured=f"{case}: {mean:{spec}} ± {error:{spec}}",
                    lower=mean - error,
                    upper=mean + error,
                    evidence="sample",
                    reason=f"{len(lost)} cases, {part.seed.nunique()} seeds, differences within a seed"
                    + ("." if case == WHOLE else "; the case named loses most."),
                )
            )
    return verdicts


def tabulate(measured: Measured) -> Sequence[Table]:
    """Return the ablation, one row a task and case."""
    rows = []
    for (task, case), part in measured.runs.groupby(["config", "case"], sort=False):
        lost = measured.differences(str(task), str(case))
        row: dict[str, Any] = {"task": task, "case": case, "seeds": len(part)}
        for name in ("loss", "accuracy"):
            row[name], row[f"± {name}"] = mean_and_error(part[name].to_numpy())
        row["lost to float"], row["± lost"] = mean_and_error(lost) if case != FLOAT else (np.nan, np.nan)
        rows.append(row)
    formats = {"loss": ".4f", "± loss": ".4f", "accuracy": ".2%", "± accuracy": ".2%"}
    notes = {
        "case": "each row with a + has the groups of the rows before it as well, all with mimic derivatives",
        "loss": "validation cross entropy in nats, of the logits in float64",
        "lost to float": "accuracy (digits) or loss (topics), mean of the differences within a seed; positive is worse",
        "±": "standard error over seeds",
    }
    return [
        Table(
            "ablation",
            "One group of operations after another in PAM, with the hyper-parameters of the float baseline",
            pd.DataFrame(rows),
            formats | {"lost to float": "+.4f", "± lost": ".4f"},
            notes,
        )
    ]


def draw(measured: Measured, verdicts: Sequence[Verdict]) -> Sequence[Plate]:  # noqa: ARG001
    """Draw what each case loses, seed by seed."""
    tasks = list(measured.runs.config.unique())
    with style():
        figure = new_figure(3.4)
        axes = figure.subplots(1, len(tasks), sharey=True, squeeze=False)[0]
        for ax, task in zip(axes, tasks, strict=True):
            _panel(ax, measured, str(task))
        settle(figure)
    return [
        Plate(
            "ablation",
            "What each case loses to the float baseline of its own seed: dots are seeds, bars mean ± standard error. "
            "Right of the dashed line it would be more than the claim allows.",
            figure,
        )
    ]


def _panel(ax: Any, measured: Measured, task: str) -> None:
    names = [name for name in measured.runs[measured.runs.config == task].case.unique() if name != FLOAT]
    scale, unit, limit = (
        (100, "points of accuracy", POINTS) if STATISTIC[task] == "accuracy" else (1, "nats of loss", NATS)
    )
    for place, name in enumerate(reversed(names)):
        lost = scale * measured.differences(task, name)
        mean, error = mean_and_error(lost)
        colour = VERMILION if name.startswith("everything") else BLUE
        ax.plot(lost, [place] * len(lost), "o", ms=3, color=GREY, alpha=0.7, zorder=2)
        ax.errorbar(
            mean, place, xerr=0 if np.isnan(error) else error, fmt="D", ms=4, color=colour, zorder=3
        )
    ax.set_yticks(range(len(names)), list(reversed(names)))
    ax.axvline(0, color=BLACK, lw=0.8)
    ax.axvline(scale * limit, color=GREY, lw=0.8, ls="--")
    ax.set(title=task, xlabel=f"lost to float, {unit}")
