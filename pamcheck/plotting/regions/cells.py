"""The cells of a plane, coloured by slope, and their borders, coloured by cause."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.cm import ScalarMappable
from matplotlib.collections import PolyCollection
from matplotlib.colors import LogNorm, Normalize
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch
from matplotlib.path import Path
from matplotlib.ticker import LogLocator, MaxNLocator, NullLocator

from pamcheck.measure.regions import Cell, Partition
from pamcheck.measure.regions.borders import Border
from pamcheck.measure.regions.forms import Corner
from pamcheck.measure.regions_request.slopes import steepness
from pamcheck.plotting.regions.colours import COLOURS, DASHES, LEFT, causes_in, handles, norm, shades
from pamcheck.plotting.style import GREY, PALE, new_figure, settle, style

_MANY = 400  # cells, above which they are pixels inside an SVG; borders stay lines


def cells(partition: Partition, axes: tuple[str, str], title: str) -> Figure:
    """Draw the cells of a partition of a polygon; `axes` names its parameters."""
    with style():
        figure = new_figure(5.2)
        ax: Any = figure.subplots()
        scale = norm(map(steepness, partition.cells))
        fill(ax, partition, scale)
        count = f"{partition.function_pieces:,} pieces"
        partial = ", PARTIAL" if partition.partial else ""
        ax.set(xlabel=axes[0], ylabel=axes[1], title=f"{title}: {count}{partial}")
        legend(figure, [partition])
        bar(figure, ax, scale)
        settle(figure)
    return figure


def fill(ax: Any, partition: Partition, scale: Normalize, thin: float = 1.0) -> None:
    """Draw cells and borders into axes. Borders that later operations cancel are dotted and grey.

    thin  what widths of lines are multiplied by
    """
    shapes = [_corners(cell.outline.corners) for cell in partition.cells]
    slopes = np.array([steepness(cell) for cell in partition.cells])
    # the edge in the colour of the cell closes the seam that antialiasing leaves between neighbours
    ax.add_collection(
        PolyCollection(
            shapes,
            array=slopes,
            cmap=shades(),
            norm=scale,
            edgecolors="face",
            lw=0.3,
            gid="cells",
            rasterized=len(shapes) > _MANY,
        )
    )
    _leave(ax, partition.remainder, PALE)
    _leave(ax, partition.unexplored, GREY)
    width = thin * line_width(partition)
    _sides(ax, [b for b in partition.borders if not b.breaks], "cancelled", GREY, 0.6 * width, (0, (1, 2)))
    for cause in causes_in(b.cause.cause for b in partition.borders if b.breaks):
        some = [b for b in partition.borders if b.breaks and b.cause.cause == cause]
        _sides(ax, some, cause, COLOURS[cause], width, DASHES.get(cause, "-"))
    domain = np.array([[float(x) for x in vertex] for vertex in partition.domain])
    ax.fill(domain[:, 0], domain[:, 1], fill=False, ec="#333333", lw=0.9, zorder=5)
    low, high = domain.min(axis=0), domain.max(axis=0)
    margin = 0.02 * (high - low)
    ax.set(xlim=(low[0] - margin[0], high[0] + margin[0]), ylim=(low[1] - margin[1], high[1] + margin[1]))
    ax.set_aspect("equal" if 0.5 <= (high[0] - low[0]) / (high[1] - low[1]) <= 2 else "auto")
    ax.spines[["left", "bottom"]].set_visible(False)
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_major_locator(MaxNLocator(5, steps=[1, 2, 2.5, 5, 10]))


def line_width(partition: Partition) -> float:
    """Return a width of borders, in points, at which the cell that a point of the domain is likely in can be seen."""
    sizes = np.array([float(cell.size) for cell in partition.cells])
    across = float((sizes**1.5).sum() / sizes.sum() / np.sqrt(float(partition.size)))
    return float(np.clip(12 * across, 0.25, 1.7))


def legend(figure: Figure, partitions: Sequence[Partition]) -> None:
    """Explain the colours of borders, and what else occurs, below the figure."""
    borders = [border for partition in partitions for border in partition.borders]
    entries: list[Any] = list(handles(causes_in(b.cause.cause for b in borders if b.breaks)))
    if any(not border.breaks for border in borders):
        entries.append(_line("cancelled later"))
    if any(partition.remainder for partition in partitions):
        entries.append(_patch(PALE, "remainder"))
    if any(partition.unexplored for partition in partitions):
        entries.append(_patch(GREY, "not explored"))
    if entries:
        most = 5 if any(len(entry.get_label()) > 8 for entry in entries) else 7
        figure.legend(handles=entries, loc="outside lower center", ncols=min(len(entries), most))


def bar(figure: Figure, ax: Any, scale: Normalize, below: bool = False) -> None:
    """Add the scale of slopes beside axes, or below them."""
    place: dict[str, Any] = {"orientation": "horizontal", "pad": 0.03} if below else {"pad": 0.02}
    drawn = figure.colorbar(
        ScalarMappable(scale, shades()), ax=ax, label="slope: length of the gradient", shrink=0.75, **place
    )
    axis = drawn.ax.xaxis if below else drawn.ax.yaxis
    if isinstance(scale, LogNorm):
        base = 2 if (scale.vmax or 1) <= 2**12 * (scale.vmin or 1) else 10
        axis.set_major_locator(LogLocator(base))
        axis.set_minor_locator(NullLocator())
        axis.set_major_formatter(lambda value, _: f"{value:g}")
    else:
        axis.set_major_locator(MaxNLocator(4))


def _corners(corners: Sequence[Corner]) -> list[tuple[float, float]]:
    return [(x / w, y / w) for x, y, w in corners]


def _sides(ax: Any, borders: Sequence[Border], name: str, colour: str, width: float, dashes: Any) -> None:
    """Draw borders as one path, which in an SVG takes a quarter of the space of as many lines."""
    if not borders:
        return
    points = [point for border in borders for point in _corners(border.ends)]
    path = Path(points, [Path.MOVETO, Path.LINETO] * len(borders))
    ax.add_patch(
        PathPatch(path, fill=False, ec=colour, lw=width, ls=dashes, capstyle="round", gid=name, zorder=3)
    )


def _leave(ax: Any, parts: Sequence[Cell], colour: str) -> None:
    shapes = [_corners(part.outline.corners) for part in parts]
    ax.add_collection(PolyCollection(shapes, facecolors="white", edgecolors=colour, hatch=LEFT, lw=0))


def _line(label: str) -> Any:
    from matplotlib.lines import Line2D

    return Line2D([], [], color=GREY, lw=1.2, ls=(0, (1, 2)), label=label)


def _patch(colour: str, label: str) -> Any:
    from matplotlib.patches import Patch

    return Patch(fc="white", ec=colour, hatch=LEFT, label=label)
