"""Two-operand operations on a domain: the value, or the relative error, in the plane or in space."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from mpl_toolkits.mplot3d import Axes3D  # noqa: F401  registers the projection

from pamcheck.formats import FloatFormat, get_format
from pamcheck.measure.values import Floats
from pamcheck.plotting.contours import draw_contours
from pamcheck.plotting.field import Field, Quantity, compute, operand_label, shown_label, title, worst_label
from pamcheck.plotting.grids import Range
from pamcheck.plotting.style import (
    BLACK,
    ERRORS,
    MARK,
    PALE,
    VALUES,
    WIDTH,
    halo,
    new_figure,
    number,
    style,
)

_LEFT, _SIDE, _HEIGHT = 0.78, 4.4, 6.2  # inches
_MANY = 24  # kinks beyond which they are drawn thin
# around the number in a cell, which a star would cover
_FRAME: dict[str, Any] = MARK | {"marker": "s", "mfc": "none", "mew": 2}


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
        figure = new_figure(_HEIGHT, constrained=False)
        figure.text(_LEFT / WIDTH, 1 - 0.12 / _HEIGHT, title(field), fontsize=10, va="top")
        mesh = _in_space(figure, field) if three_d else _in_plane(figure, field)
        _colourbar(figure, mesh, field)
        _legend(figure, field, framed=not three_d and _cells_are_wide(field))
    return figure


def _box(left: float, bottom: float, width: float, height: float) -> tuple[float, float, float, float]:
    """Return a place in the figure, given in inches."""
    return left / WIDTH, bottom / _HEIGHT, width / WIDTH, height / _HEIGHT


def _in_plane(figure: Figure, field: Field) -> Any:
    ax: Any = figure.add_axes(_box(_LEFT, 1.22, _SIDE, _SIDE))
    x, y = field.axes
    ax.set_facecolor(PALE)
    wide = _cells_are_wide(field)
    grid = {"edgecolors": "white", "lw": 0.7} if wide else {}
    mesh = ax.pcolormesh(
        x.edges, y.edges, field.shown.T, **_colours(field), rasterized=True, gid="mesh", **grid
    )
    ax.set_xlim(x.edges[[0, -1]] if x.complete else field.domains[0])
    ax.set_ylim(y.edges[[0, -1]] if y.complete else field.domains[1])
    ax.set(xlabel=operand_label(field, 0), ylabel=operand_label(field, 1))
    many = len(field.kinks) > _MANY
    ax.plot(
        *_broken(field).T,
        color=BLACK,
        lw=0.7 if many else 1.2,
        path_effects=halo(1.2 if many else 2.4),
        gid="kinks",
    )
    places = field.worst.places if field.worst else ()
    if not wide:
        draw_contours(ax, field, rasterized=many)
        for place in places:
            size = 5 if len(places) < 20 else 3.5
            ax.plot(
                *place, "o", ms=size, mfc="white", mec=BLACK, mew=0.9, gid="shared", clip_on=False, zorder=8
            )
    else:
        _write_cells(ax, field, mesh)
    if field.worst:
        ax.plot(*field.worst.operands, gid="worst", **(_frame(field) if wide else MARK))
    return mesh


def _in_space(figure: Figure, field: Field) -> Any:
    ax: Any = figure.add_axes(_box(0.55, 1.0, 4.75, 4.6), projection="3d", computed_zorder=False)
    low, high = field.limits
    a, b = np.meshgrid(*(axis.values for axis in field.axes), indexing="ij")
    shown = np.clip(field.shown, low, high)
    mesh = ax.plot_surface(
        a, b, shown, **_colours(field), rcount=100, ccount=100, lw=0, antialiased=False, rasterized=True
    )
    kinks = _broken(field)
    height = np.clip(field.height(kinks[:, 0], kinks[:, 1]), low, high)
    ax.plot(kinks[:, 0], kinks[:, 1], height, color=BLACK, lw=0.9, zorder=5, gid="kinks")
    if field.worst:
        at = np.array([field.worst.operands[0]]), np.array([field.worst.operands[1]])
        ax.plot(*at, np.clip(field.height(*at), low, high), gid="worst", **MARK)
    ax.set(xlabel=operand_label(field, 0), ylabel=operand_label(field, 1), zlabel=shown_label(field))
    ax.view_init(elev=40, azim=-150)
    return mesh


def _broken(field: Field) -> Floats:
    """Return all kinks as one line with gaps."""
    gap = np.full((1, 2), np.nan)
    return np.concatenate([part for line in field.kinks for part in (line, gap)] or [gap])


def _colours(field: Field) -> dict[str, Any]:
    return {"norm": Normalize(*field.limits), "cmap": ERRORS if field.quantity == "error" else VALUES}


def _cells_are_wide(field: Field) -> bool:
    """Return whether every code has a cell that a number can be written into."""
    widths = [np.diff(axis.edges) for axis in field.axes]
    return all(axis.complete for axis in field.axes) and all(w.min() >= 0.085 * w.sum() for w in widths)


def _frame(field: Field) -> dict[str, Any]:
    """Return the marker that fits into the narrowest cell."""
    share = min(np.diff(axis.edges).min() / (axis.edges[-1] - axis.edges[0]) for axis in field.axes)
    return _FRAME | {"ms": 0.84 * share * _SIDE * 72}


def _write_cells(ax: Any, field: Field, mesh: Any) -> None:
    for i, x in enumerate(field.axes[0].values):
        for j, y in enumerate(field.axes[1].values):
            value = field.shown[i, j]
            if np.isfinite(value):
                text = number(round(value, 1) + 0.0 if field.quantity == "error" else value, 3)
                cell = halo(4, mesh.cmap(mesh.norm(value)))  # interrupts a kink behind the number
                ax.text(x, y, text, ha="center", va="center", fontsize=8, path_effects=cell, gid="cell")


def _colourbar(figure: Figure, mesh: Any, field: Field) -> None:
    """Draw the colour scale. An error's map stays centred at 0, but only the part in use is shown."""
    (low, high), (least, most) = field.limits, field.span
    ends = {(False, False): "neither", (True, False): "min", (False, True): "max", (True, True): "both"}
    bar = figure.colorbar(
        mesh,
        cax=figure.add_axes(_box(5.42, 1.52, 0.16, 3.8)),
        label=shown_label(field),
        extend=ends[least < low, most > high],
    )
    bar.outline.set_linewidth(0.7)
    if field.quantity == "error" and least < most:
        bar.ax.set_ylim(max(low, min(least, 0)), min(high, max(most, 0)))


def _legend(figure: Figure, field: Field, framed: bool) -> None:
    handles = [Line2D([], [], color=BLACK, lw=1.2, label="kinks: the slopes jump")] if field.kinks else []
    if field.worst:
        handles.append(
            Line2D(
                [], [], label=worst_label(field, field.worst), **(_FRAME | {"ms": 10} if framed else MARK)
            )
        )
    corner = (_LEFT - 0.06) / WIDTH, 0.06 / _HEIGHT
    figure.legend(
        handles=handles, loc="lower left", bbox_to_anchor=corner, borderaxespad=0, handlelength=1.6
    )
