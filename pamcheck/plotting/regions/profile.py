"""A function along a line: its value, its slope, and where it breaks, by cause."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.figure import Figure

from pamcheck.measure.regions import Partition
from pamcheck.plotting.regions.colours import COLOURS, causes_in
from pamcheck.plotting.style import (
    BLACK,
    BLUE,
    GREEN,
    ORANGE,
    PALE,
    PURPLE,
    SKY,
    VERMILION,
    new_figure,
    settle,
    style,
)

CURVES = (BLUE, VERMILION, GREEN, PURPLE, ORANGE, SKY, BLACK)


def profile(partition: Partition, axis: str, title: str, names: tuple[str, ...] = ()) -> Figure:
    """Draw the value and the slope of every result along a segment, and the breaks of the function, a row a cause.

    names  of the results; their numbers by default
    """
    with style():
        causes = causes_in(b.cause.cause for b in partition.borders if b.breaks)
        figure = new_figure(4.4 + 0.14 * len(causes))
        heights = (1.3, 0.13 * max(len(causes), 1), 1)
        above, between, below = figure.subplots(3, 1, sharex=True, height_ratios=heights)
        _curves(above, below, partition, names)
        _rows(between, partition, causes)
        above.set(ylabel="value", title=f"{title}: {partition.function_pieces:,} pieces")
        below.set(ylabel="slope", xlabel=axis)
        low, high = (float(end[0]) for end in partition.domain)
        below.set_xlim(low, high)
        if len(partition.cells[0].forms) > 1:
            above.legend(loc="center left", bbox_to_anchor=(1.0, 0.5))
        settle(figure)
    return figure


def _curves(above: Any, below: Any, partition: Partition, names: tuple[str, ...]) -> None:
    ordered = sorted(partition.cells, key=lambda cell: cell.vertices[0])
    count = min(len(ordered[0].forms), len(CURVES))
    ends = np.array([[float(end[0]) for end in cell.vertices] for cell in ordered])
    # lines are interrupted where cells do not meet, and where the value jumps
    for result in range(count):
        maps = [cell.maps[result] for cell in ordered]
        slopes = np.array([float(slope) for slope, _ in maps])
        values = np.array([
            [float(slope * end[0] + offset) for end in cell.vertices]
            for cell, (slope, offset) in zip(ordered, maps, strict=True)
        ])  # fmt: skip
        label = names[result] if names else f"result {result}"
        above.plot(*_line(ends, values), color=CURVES[result], label=label, lw=1.2)
        steps = np.column_stack([slopes, slopes])
        below.plot(*_line(ends, steps, joined=True), color=CURVES[result], lw=0.9)
    below.axhline(0, color=PALE, lw=0.7, zorder=0)


def _line(ends: Any, values: Any, joined: bool = False) -> tuple[Any, Any]:
    """Return points of a line through segments, with gaps where they do not meet: in value too unless `joined`."""
    apart = ends[1:, 0] != ends[:-1, 1]
    if not joined:
        apart |= values[1:, 0] != values[:-1, 1]
    places = 2 * (np.nonzero(apart)[0] + 1)
    return tuple(np.insert(part.ravel(), places, np.nan) for part in (ends, values))  # type: ignore[return-value]


def _rows(ax: Any, partition: Partition, causes: list[Any]) -> None:
    """Mark breaks, a row a cause, with their number."""
    for row, cause in enumerate(causes):
        places = sorted(
            x / w for b in partition.borders if b.breaks and b.cause.cause == cause for x, _, w in b.ends
        )
        width = float(np.clip(120 / len(places), 0.25, 1.2))
        ax.vlines(places, row - 0.4, row + 0.4, color=COLOURS[cause], lw=width, gid=cause)
        ax.text(1.01, row, f"{cause} ({len(places):,})", color=COLOURS[cause], va="center", fontsize=8,
                transform=ax.get_yaxis_transform())  # fmt: skip
    ax.set_ylim(len(causes) - 0.5 if causes else 0.5, -0.5)
    ax.set_yticks([])
    ax.tick_params(axis="x", length=0)
    ax.spines[:].set_visible(False)
