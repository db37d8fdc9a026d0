"""Curves of training runs: loss, validation, gradient norm."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from pamcheck.plotting.style import BLACK, BLUE, GREEN, GREY, PALE, PURPLE, VERMILION, new_figure, style

_COLOURS = (BLUE, VERMILION, GREEN, PURPLE)
SMOOTHED = 40  # windows of the training loss: about so many points make a line that can be read


def training_curves(runs: Mapping[str, Any], title: str) -> Figure:
    """Return a figure of runs: their losses above, the norms of their gradients below.

    runs  names to tables with columns step, loss, norm, validation_loss, validation_accuracy

    Raises ValueError where no run has a step.
    """
    runs = {name: table for name, table in runs.items() if len(table)}
    if not runs:
        raise ValueError("runs has no steps; there is nothing to draw")
    with style():
        figure = new_figure(4.6)
        losses, norms = figure.subplots(2, 1, sharex=True, height_ratios=(3, 1))
        for place, (name, table) in enumerate(runs.items()):
            _draw_losses(losses, name, table, _COLOURS[place % len(_COLOURS)], alone=len(runs) == 1)
            step, norm = _smoothed(table["step"], table["norm"])
            norms.plot(step, norm, color=_COLOURS[place % len(_COLOURS)], lw=0.9)
        losses.set_title(title)
        losses.set_ylabel("cross entropy (nats)")
        losses.grid(axis="y", color=PALE, lw=0.5)
        losses.legend()
        norms.set_ylabel("norm of gradient")
        norms.set_yscale("log")
        norms.set_xlabel("step")
    return figure


def _draw_losses(axes: Any, name: str, table: Any, colour: str, alone: bool) -> None:
    step, loss = np.asarray(table["step"]), np.asarray(table["loss"])
    if alone:
        axes.plot(step, loss, color=PALE, lw=0.6, zorder=1)
    label = "" if alone else f"{name}: "
    axes.plot(
        *_smoothed(step, loss), color=GREY if alone else colour, lw=1, alpha=0.7, label=f"{label}training"
    )
    looked = np.isfinite(np.asarray(table["validation_loss"]))
    if looked.any():
        found = np.asarray(table["validation_loss"])[looked]
        axes.plot(step[looked], found, "o-", ms=3.5, color=colour, label=f"{label}validation")
        axes.annotate(
            f"{found[-1]:.4g}", (step[looked][-1], found[-1]), (4, 4), textcoords="offset points",
            color=BLACK, fontsize=8, annotation_clip=False,
        )  # fmt: skip


def _smoothed(step: Any, values: Any) -> tuple[Any, Any]:
    """Return means over windows, at the middle of each."""
    step, values = np.asarray(step, float), np.asarray(values, float)
    window = max(1, math.ceil(len(values) / SMOOTHED))
    starts = range(0, len(values), window)
    means = [(step[at : at + window].mean(), values[at : at + window].mean()) for at in starts]
    return tuple(np.array(means).T)
