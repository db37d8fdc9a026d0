"""Distributions of the signed relative error, one row a sample, on one axis."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from pamcheck.measure.values import Floats
from pamcheck.plotting.grids import Range
from pamcheck.plotting.style import BLACK, BLUE, SKY, VERMILION, new_figure, settle, style

BINS = 120
_TAIL = 0.5  # percent of a sample, at either end, that may lie beyond the axis


def histogram(
    samples: Mapping[str, npt.ArrayLike],
    *,
    title: str = "Distribution of the signed relative error",
    xlabel: str = "signed relative error (%)",
) -> Figure:
    """Draw one histogram a sample, below each other on a common axis, with median, mean and zero.

    samples  label -> signed relative errors as shares, not percent; NaN, which is an error that could not
             be taken, is left out and not counted
    Rows are scaled to their own highest bin. Where a row has rare far errors, the axis ends before them and
    the row says how many lie beyond. Raises ValueError for no samples or one without a number.
    """
    rows = {label: _percent(label, values) for label, values in samples.items()}
    if not rows:
        raise ValueError("samples is empty; it must hold at least one label and its errors")
    limits = _limits(list(rows.values()))
    with style():
        figure = new_figure(1.35 + 0.52 * max(len(rows), 3))
        axes = np.atleast_1d(figure.subplots(len(rows), 1, sharex=True, gridspec_kw={"hspace": 0.02}))
        for ax, (label, values) in zip(axes, rows.items(), strict=True):
            _draw_row(ax, label, values, limits)
        axes[-1].set_xlabel(xlabel)
        axes[-1].set_xlim(*limits)
        axes[-1].xaxis.set_major_locator(MaxNLocator(8))
        axes[0].set_title(title)
        figure.supylabel("count, each row to its own peak (share)", fontsize=8)
        _legend(figure)
        settle(figure)
    return figure


def _percent(label: str, values: npt.ArrayLike) -> Floats:
    array = np.asarray(values, dtype=np.float64).ravel()
    finite: Floats = 100 * array[np.isfinite(array)]
    if finite.size == 0:
        raise ValueError(
            f"sample {label!r} of samples has no finite error among its {array.size}; leave it out"
        )
    return finite


def _limits(rows: list[Floats]) -> Range:
    """Return the common axis: it holds zero and, but for rare far ones, every error."""
    lows, highs = [0.0], [0.0]
    for values in rows:
        full = float(values.min()), float(values.max())
        inner = np.percentile(values, [_TAIL, 100 - _TAIL])
        far = full[1] - full[0] > 3 * (inner[1] - inner[0]) > 0
        low, high = inner if far else full
        lows.append(float(low))
        highs.append(float(high))
    low, high = min(lows), max(highs)
    margin = 0.04 * (high - low) or 1.0
    return low - margin, high + margin


def _draw_row(ax: Any, label: str, values: Floats, limits: Range) -> None:
    inside = values[(values >= limits[0]) & (values <= limits[1])]
    counts, edges = np.histogram(inside, BINS, limits)
    ax.stairs(counts / max(counts.max(), 1), edges, fill=True, color=SKY, alpha=0.55, lw=0, gid="bins")
    ax.stairs(counts / max(counts.max(), 1), edges, color=BLUE, lw=0.8, gid="outline")
    ax.axvline(0, color=BLACK, lw=0.7, zorder=1, gid="zero")
    ax.plot([np.mean(values)] * 2, [0, 1.12], color=VERMILION, lw=1.3, gid="mean")
    ax.plot(np.median(values), 0.5, "D", ms=4.5, mfc="white", mec=BLACK, mew=1.1, gid="median", zorder=5)
    ax.set_ylim(0, 1.18)
    ax.set_yticks([])
    ax.spines["left"].set_visible(False)
    ax.tick_params(axis="x", length=3 if ax.get_subplotspec().is_last_row() else 0)
    ax.grid(axis="x", color="#e4e4e4", lw=0.6)
    ax.set_axisbelow(True)
    beyond = values.size - inside.size
    size = f"n = {values.size:,}".replace(",", " ") + (f", {beyond} beyond" if beyond else "")
    ax.set_ylabel(f"{label}\n{size}", rotation=0, ha="right", va="center", fontsize=8)


def _legend(figure: Figure) -> None:
    handles = [
        Line2D([], [], color=VERMILION, lw=1.3, label="mean"),
        Line2D([], [], marker="D", ms=4.5, mfc="white", mec=BLACK, mew=1.1, ls="none", label="median"),
        Line2D([], [], color=BLACK, lw=0.7, label="zero"),
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=3)
