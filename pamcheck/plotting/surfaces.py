"""Two-operand operations on a domain: the value, or the relative error, in the plane or in space."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib import colormaps
from matplotlib.collections import LineCollection
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, MaxNLocator
from mpl_toolkits.mplot3d import Axes3D  # noqa: F401  registers the projection

from pamcheck.formats import FloatFormat, get_format
from pamcheck.measure.values import Floats
from pamcheck.plotting.field import (
    Field,
    Quantity,
    compute,
    operand_label,
    shown_label,
    tick_text,
    title,
    worst_label,
)
from pamcheck.plotting.grids import Range
from pamcheck.plotting.style import BLACK, ERRORS, MARK, PALE, VALUES, halo, new_figure, number, settle, style


def surface(
    name: str,
    *,
    quantity: Quantity = "value",
    fmt: str | FloatFormat = "float32",
    domain: tuple[Range, Range] = ((1.0, 2.0), (1.0, 2.0)),
    offset: float = 0.0,
    three_d: bool = False,
) -> Figure:
    """Draw pam, padiv or papow over a domain of operand pairs, with its kinks and its worst point.

    quantity  "value": the result; "error": (result - truth) / truth, signed, in percent
    domain    closed intervals of the first and the second operand
    offset    compensation in octaves, rounded to whole codes of the format; pam and padiv only
    Every code of the domain is drawn where the format has few, else a grid rounded to the format. Grey is
    where there is nothing to show: the truth or the result is no normal number there.
    Raises ValueError, naming the argument, for a name, format, domain or offset that cannot be drawn.
    """
    field = compute(name, quantity, get_format(fmt), domain, offset, three_d)
    with style():
        figure = _in_space(field) if three_d else _in_plane(field)
        handles = [Line2D([], [], color=BLACK, lw=1.1, label="slopes jump")] if field.kinks else []
        if field.worst:
            handles.append(Line2D([], [], label=worst_label(field, field.worst), **MARK))
        figure.legend(handles=handles, loc="outside lower center", ncols=2, handlelength=1.6)
        settle(figure)
    return figure


def _colours(field: Field) -> tuple[Normalize, Any]:
    return Normalize(*field.limits), colormaps[ERRORS if field.quantity == "error" else VALUES]


def _in_plane(field: Field) -> Figure:
    figure = new_figure(6.2)
    ax = figure.add_subplot()
    x, y = field.axes
    norm, cmap = _colours(field)
    ax.set_facecolor(PALE)
    mesh = ax.pcolormesh(x.edges, y.edges, field.shown.T, norm=norm, cmap=cmap, rasterized=True, gid="mesh")
    lines = LineCollection(field.kinks, colors=BLACK, linewidths=1.1, gid="kinks", path_effects=halo(2.2))
    ax.add_collection(lines, autolim=False)
    if not _write_cells(ax, field, norm, cmap):
        _contours(ax, field)
    for place in field.worst.places if field.worst else ():
        ax.plot(*place, "o", ms=6, mfc="none", mec=BLACK, mew=0.9, gid="shared")
    if field.worst:
        ax.plot(*field.worst.operands, gid="worst", **MARK)
    ax.set_xlim(x.edges[[0, -1]] if x.complete else field.domains[0])
    ax.set_ylim(y.edges[[0, -1]] if y.complete else field.domains[1])
    ax.set_box_aspect(1)
    ax.set(xlabel=operand_label(field, 0), ylabel=operand_label(field, 1), title=title(field))
    _colourbar(figure, ax, mesh, field)
    return figure


def _in_space(field: Field) -> Figure:
    figure = new_figure(6.2)
    ax = figure.add_subplot(projection="3d", computed_zorder=False)
    norm, cmap = _colours(field)
    shown = np.clip(field.shown, *field.limits)
    a, b = np.meshgrid(*(axis.values for axis in field.axes), indexing="ij")
    mesh = ax.plot_surface(
        a, b, shown, norm=norm, cmap=cmap, rcount=100, ccount=100, lw=0, antialiased=False, rasterized=True
    )
    low, high = field.limits
    for line in field.kinks:
        height = np.clip(field.height(line[:, 0], line[:, 1]), low, high)
        ax.plot(line[:, 0], line[:, 1], height, color=BLACK, lw=1.0, zorder=5, gid="kink")
    if field.worst:
        at = np.array([field.worst.operands[0]]), np.array([field.worst.operands[1]])
        ax.plot(*at, field.height(*at), gid="worst", **MARK)
    ax.set(xlabel=operand_label(field, 0), ylabel=operand_label(field, 1), zlabel=shown_label(field))
    ax.set_title(title(field))
    ax.view_init(elev=32, azim=-125)
    _colourbar(figure, ax, mesh, field)
    return figure


def _levels(field: Field) -> Floats:
    low, high = max(field.limits[0], field.span[0]), min(field.limits[1], field.span[1])
    ticks = MaxNLocator(8, steps=[1, 2, 2.5, 5, 10]).tick_values(low, high) if low < high else []
    return np.asarray([tick for tick in ticks if low < tick < high])


def _contours(ax: Any, field: Field) -> None:
    """Draw labelled contour lines, so that the figure can be read in grey."""
    levels = _levels(field)
    if levels.size == 0:
        return
    x, y = (axis.values for axis in field.axes)
    lines = ax.contour(x, y, field.shown.T, levels=levels, colors="#333333", linewidths=0.6)
    for text in ax.clabel(lines, fmt=FuncFormatter(lambda v, _: tick_text(field, v)), fontsize=8):
        text.set(path_effects=halo(2.5), color=BLACK, rotation=0)


def _write_cells(ax: Any, field: Field, norm: Normalize, cmap: Any) -> bool:
    """Write its number into every cell where all cells are wide enough, and say whether they were."""
    for axis in field.axes:
        widths = np.diff(axis.edges)
        if not axis.complete or widths.min() < 0.085 * widths.sum():
            return False
    for i, x in enumerate(field.axes[0].values):
        for j, y in enumerate(field.axes[1].values):
            value = field.shown[i, j]
            if np.isfinite(value):
                dark = np.dot(cmap(norm(value))[:3], (0.3, 0.59, 0.11)) < 0.5
                text = number(round(value, 1) + 0.0 if field.quantity == "error" else value, 3)
                ink = "white" if dark else BLACK
                ax.text(x, y, text, ha="center", va="center", fontsize=8, color=ink, gid="cell")
    return True


def _colourbar(figure: Figure, ax: Any, mesh: Any, field: Field) -> None:
    """Draw the colour scale. An error's map stays centred at 0, but only the part in use is shown."""
    (low, high), (least, most) = field.limits, field.span
    ends = {(False, False): "neither", (True, False): "min", (False, True): "max", (True, True): "both"}
    bar = figure.colorbar(mesh, ax=ax, label=shown_label(field), shrink=0.82, aspect=30, extend=ends[least < low, most > high])
    bar.outline.set_linewidth(0.7)
    if field.quantity == "error" and least < most:
        bar.ax.set_ylim(max(low, min(least, 0)), min(high, max(most, 0)))
