"""The numbers of the steps study, and its tables."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

from pamcheck.measure.agreement import Interval, interval
from pamcheck.measure.crossings import SHARES
from pamcheck.reporting.records import Table


@dataclass(frozen=True)
class Measured:
    """One row a case, step, gradient and seed; one a run; one a watched step of a run."""

    steps: pd.DataFrame
    crossed: pd.DataFrame
    curves: pd.DataFrame
    seeds: int

    def over(self, case: str, gradient: str, statistic: str) -> dict[float, Interval]:
        """Return the mean over seeds of "error" or "decrease", by step size."""
        some = self.steps[(self.steps.case == case) & (self.steps.gradient == gradient)]
        return {float(t): interval(part[statistic].to_numpy()) for t, part in some.groupby("step")}

    def shares(self, optimiser: str, share: str) -> dict[float, Interval]:
        """Return the mean over seeds of a share of crossings, by learning rate."""
        some = self.crossed[self.crossed.optimiser == optimiser]
        return {float(rate): interval(part[share].to_numpy()) for rate, part in some.groupby("rate")}

    def losses(self, optimiser: str, mode: str) -> dict[int, Interval]:
        """Return the mean over seeds of the held-out loss, by step."""
        some = self.curves[(self.curves.optimiser == optimiser) & (self.curves["mode"] == mode)]
        return {int(step): interval(part["loss"].to_numpy()) for step, part in some.groupby("step")}

    @property
    def cases(self) -> list[str]:
        """The networks that were measured."""
        return list(self.steps.case.unique())

    @property
    def gradients(self) -> list[str]:
        """The gradients that were compared."""
        return list(self.steps.gradient.unique())


NOTES = {
    "step": "length of the step over the norm of all weights",
    "exact": "PAM forward, exact rules",
    "mimic": "PAM forward, mimic rules",
    "native rules": "native rules on the values of the PAM forward",
    "native": "the gradient of the native network with the same weights",
    "±": "half a 95% confidence interval over seeds, Student t",
}


def prediction_table(measured: Measured) -> Table:
    """Return the error of predicted slopes."""
    caption = (
        "Error of <gradient, direction> against the central difference of the PAM network's loss: root mean square "
        "over random directions, relative to that of the difference; means over seeds"
    )
    return _step_table(measured, "prediction", caption, "error")


def decrease_table(measured: Measured) -> Table:
    """Return the decrease of the loss along each gradient."""
    caption = (
        "Decrease of the PAM network's loss by one step along minus each gradient, over what the length of the exact "
        "gradient promises for that step; means over seeds"
    )
    return _step_table(measured, "decrease", caption, "decrease")


def crossing_table(measured: Measured) -> Table:
    """Return the share of weights and products that change piece in a step, by learning rate."""
    rows = []
    for (optimiser, rate), part in measured.crossed.groupby(["optimiser", "rate"]):
        row: dict[str, Any] = {"optimiser": optimiser, "learning rate": float(rate)}
        for share in (*SHARES, "predicted"):
            mean = interval(part[share].to_numpy())
            row |= {share: mean.mean, f"± {share}": mean.half}
        rows.append(row)
    formats = {key: ".3%" for share in (*SHARES, "predicted") for key in (share, f"± {share}")}
    notes = {
        "changed": "share of weights whose code changed",
        "sign": "whose sign changed",
        "exponent": "whose exponent changed",
        "carry": "share of products whose carry changed, and with it the slope by the weight",
        "piece": "share of products whose carry, or whose weight's sign or exponent, changed",
        "predicted": "mean of min(1, learning rate / 2^E) over the first weights: a step of that size on each",
        "±": NOTES["±"],
    }
    caption = "A step of training: what it crosses, means over the watched steps and seeds, biases left out"
    return Table("crossings", caption, pd.DataFrame(rows), {"learning rate": "g"} | formats, notes)


def training_table(measured: Measured) -> Table:
    """Return first and last held-out losses."""
    rows = []
    for (optimiser, mode), part in measured.curves.groupby(["optimiser", "mode"], sort=False):
        for step in (0, int(part.step.max()) // 2, int(part.step.max())):
            loss = measured.losses(str(optimiser), str(mode))[step]
            rows.append(
                {"optimiser": optimiser, "mode": mode, "step": step, "loss": loss.mean, "± loss": loss.half}
            )
    notes = {"loss": "held out; that of a PAM network by its own forward pass", "±": NOTES["±"]}
    caption = "Held-out squared error of the perceptron, means over seeds"
    return Table("training", caption, pd.DataFrame(rows), {"loss": ".4f", "± loss": ".4f"}, notes)


def _step_table(measured: Measured, name: str, caption: str, statistic: str) -> Table:
    rows = []
    for case in measured.cases:
        found = {gradient: measured.over(case, gradient, statistic) for gradient in measured.gradients}
        for t in sorted(found["exact"]):
            row: dict[str, Any] = {"network": case, "step": t}
            for gradient, by_step in found.items():
                row |= {gradient: by_step[t].mean, f"± {gradient}": by_step[t].half}
            rows.append(row)
    formats = {key: ".3f" for g in measured.gradients for key in (g, f"± {g}")}
    return Table(name, caption, pd.DataFrame(rows), {"step": ".3g"} | formats, NOTES)
