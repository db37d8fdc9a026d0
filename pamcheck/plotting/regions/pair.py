"""Two partitions of one domain beside each other, such as before and after training."""

from __future__ import annotations

from typing import Any

from matplotlib.figure import Figure

from pamcheck.measure.regions import Partition
from pamcheck.measure.regions_request.slopes import steepness
from pamcheck.plotting.regions.cells import bar, fill, legend
from pamcheck.plotting.regions.colours import norm
from pamcheck.plotting.style import new_figure, settle, style


def pair(
    first: Partition,
    second: Partition,
    axes: tuple[str, str],
    titles: tuple[str, str],
    marks: tuple[tuple[str, tuple[float, float]], ...] = (),
) -> Figure:
    """Draw two partitions, each with its own scale of slopes.

    marks  points to show, by name
    """
    with style():
        figure = new_figure(4.6)
        panels: Any = figure.subplots(1, 2, sharey=True, sharex=True)
        for ax, partition, title in zip(panels, (first, second), titles, strict=True):
            scale = norm(map(steepness, partition.cells))
            fill(ax, partition, scale, thin=0.55)
            ax.set_title(f"{title}: {partition.function_pieces:,} pieces")
            ax.set_xlabel(axes[0])
            for name, (x, y) in marks:
                ax.plot(x, y, "o", ms=4, mfc="white", mec="black", zorder=8, clip_on=False)
                ax.annotate(name, (x, y), (5, 5), textcoords="offset points", fontsize=8, zorder=9)
            bar(figure, ax, scale, below=True)
        panels[0].set_ylabel(axes[1])
        legend(figure, [first, second])
        settle(figure)
    return figure
