"""What a run is in words: a table, examples, and one last line."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from statistics import fmean, median, stdev
from typing import Any

import numpy as np

from pamcheck.nn.training.run import Run


def step_seconds(run: Run) -> float:
    """Return the median time of a step, without what lies between steps; NaN for fewer than two rows."""
    between = np.diff([row.seconds for row in run.rows])
    return median(between.tolist()) if len(between) else math.nan


def record(run: Run) -> dict[str, Any]:
    """Return a run as plain data: what it came to, and where it is."""
    return {
        "seed": run.config.train.seed,
        "finished": run.finished,
        "steps": run.rows[-1].step if run.rows else 0,
        "loss": run.rows[-1].loss if run.rows else math.nan,
        "validation_loss": run.last.loss if run.last else math.nan,
        "validation_accuracy": run.last.accuracy if run.last else math.nan,
        "validation_own_loss": run.last.own_loss if run.last else math.nan,
        "best_validation_loss": run.best.loss if run.best else math.nan,
        "best_step": run.best_step,
        "seconds": run.rows[-1].seconds if run.rows else 0.0,
        "seconds_per_step": step_seconds(run),
        "parameters": sum(math.prod(x.shape) for x in run.weights.values()),
        "weights": run.hash,
        "folder": str(run.out),
        **run.measures,
    }


def mean_and_error(values: Iterable[float]) -> tuple[float, float]:
    """Return the mean and its standard error, NaN for a single value or where one is not finite."""
    held = [float(x) for x in values]
    if not all(map(math.isfinite, held)):
        return fmean(held), math.nan
    error = stdev(held) / math.sqrt(len(held)) if len(held) > 1 else math.nan
    return fmean(held), error


def table(records: Sequence[dict[str, Any]]) -> list[str]:
    """Return a table of runs, a row each, and for several the mean of each column and its standard error."""
    columns = [name for name in _COLUMNS if any(_there(x.get(name)) for x in records)]
    rows = [[_COLUMNS[name][0] for name in columns]]
    rows += [[_cell(name, x[name]) for name in columns] for x in records]
    if len(records) > 1:
        rows.append([_summary(name, [x[name] for x in records]) for name in columns])
    widths = [max(len(row[at]) for row in rows) for at in range(len(columns))]
    return [
        "  ".join(text.rjust(width) for text, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]


def verdict(records: Sequence[dict[str, Any]], diverged: Sequence[str] = ()) -> str:
    """Return the last line: PASS where every run took all its steps, with losses and hashes."""
    if diverged:
        return f"FAIL  {len(diverged)} of {len(diverged) + len(records)} runs diverged: {diverged[0]}"
    mean, error = mean_and_error([x["validation_loss"] for x in records])
    told = f"{mean:.4f}" + ("" if math.isnan(error) else f" ± {error:.4f}")
    accuracies = [x["validation_accuracy"] for x in records]
    share = "" if math.isnan(accuracies[0]) else f", accuracy {100 * fmean(accuracies):.2f}%"
    what = f"{records[0]['steps']} steps" if len(records) == 1 else f"{len(records)} runs"
    hashes = ", ".join(x["weights"][:16] if len(records) > 1 else x["weights"] for x in records)
    return f"PASS  {what}: validation loss {told}{share}; weights {hashes}"


# column: heading, how a value is written, whether a mean of it says anything
_COLUMNS: dict[str, tuple[str, str, bool]] = {
    "seed": ("seed", "d", False),
    "steps": ("steps", "d", False),
    "loss": ("last batch", ".4f", True),
    "validation_loss": ("validation", ".4f", True),
    "validation_own_loss": ("own", ".4f", True),
    "validation_accuracy": ("accuracy", ".2%", True),
    "bleu": ("BLEU", ".2f", True),
    "best_validation_loss": ("best", ".4f", True),
    "best_step": ("at step", "d", False),
    "seconds": ("seconds", ".1f", True),
    "seconds_per_step": ("ms/step", "ms", True),
}


def _there(value: Any) -> bool:
    return value is not None and not (isinstance(value, float) and math.isnan(value))


def _cell(name: str, value: Any) -> str:
    style = _COLUMNS[name][1]
    if not _there(value):
        return "-"
    return f"{1e3 * value:.1f}" if style == "ms" else format(value, style)


def _summary(name: str, values: Sequence[Any]) -> str:
    if name == "seed":
        return "mean"
    if not _COLUMNS[name][2] or not all(_there(x) for x in values):
        return ""
    mean, error = mean_and_error(values)
    return f"{_cell(name, mean)} ± {_cell(name, error)}"
