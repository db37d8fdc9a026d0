"""Labelled contour lines, so that a surface can be read in grey: one label a level, where there is room."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.ticker import MaxNLocator

from pamcheck.measure.values import Floats
from pamcheck.plotting.field import Field
from pamcheck.plotting.grids import binades
from pamcheck.plotting.style import BLACK, number

Points = npt.NDArray[np.float64]  # shape (n, 2), in shares of the axes

_RESOLVED = 1 / 16  # share of an axis that a binade must have for contours inside it
_NEAR = 0.07  # share of the axes that a label keeps from others


def draw_contours(ax: Any, field: Field, rasterized: bool = False) -> None:
    """Draw contour lines where the pieces are wide enough to tell them apart, and label each level once."""
    levels = _levels(field)
    if levels.size == 0:
        return
    x, y = (axis.values for axis in field.axes)
    resolved = np.outer(_resolved(field, 0), _resolved(field, 1))
    shown = np.ma.masked_invalid(np.where(resolved, field.shown, np.nan))
    lines = ax.contour(x, y, shown.T, levels=levels, colors="#3a3a3a", linewidths=0.6)
    lines.set_rasterized(rasterized)
    to_axes = ax.transData + ax.transAxes.inverted()
    taken = _obstacles(field, to_axes)
    for level, path in zip(lines.levels, lines.get_paths(), strict=True):
        points = to_axes.transform(path.vertices) if len(path.vertices) else np.empty((0, 2))
        place = _roomiest(points, taken)
        if place is not None:
            text = number(level, 4) + ("%" if field.quantity == "error" else "")
            box = {"boxstyle": "round,pad=0.12", "fc": "white", "ec": "none", "alpha": 0.85}
            ax.text(
                *place, text, transform=ax.transAxes, ha="center", va="center", fontsize=8, color=BLACK,
                bbox=box, gid="level", zorder=6,
            )  # fmt: skip
            taken = np.vstack([taken, place])


def _levels(field: Field) -> Floats:
    """Return round levels, the fewer the more pieces there are."""
    low, high = max(field.limits[0], field.span[0]), min(field.limits[1], field.span[1])
    if not low < high:
        return np.array([])
    pieces = len(field.kinks)
    ticks = MaxNLocator(
        8 if pieces < 24 else 5 if pieces < 60 else 3, steps=[1, 2, 2.5, 5, 10]
    ).tick_values(low, high)
    margin = 1e-9 * (high - low)
    return np.asarray([tick for tick in ticks if low + margin < tick < high - margin])


def _resolved(field: Field, i: int) -> npt.NDArray[np.bool_]:
    """Return where the i-th operand lies in a binade that is wide enough to be seen."""
    values, resolved = np.abs(field.axes[i].values), np.zeros(field.axes[i].ordinals.size, dtype=bool)
    for _, exponent in binades(*field.domains[i], field.fmt, _RESOLVED):
        resolved |= (values >= 2.0**exponent) & (values <= 2.0 ** (exponent + 1))
    return resolved


def _obstacles(field: Field, to_axes: Any) -> Points:
    """Return what labels stay away from: the worst points, and the kinks where they are few."""
    marks = (field.worst.places or (field.worst.operands,)) if field.worst else ()
    points = [np.array(marks).reshape(-1, 2)] + (field.kinks if len(field.kinks) < 40 else [])
    return np.asarray(to_axes.transform(np.vstack(points)))


def _roomiest(points: Points, taken: Points) -> Points | None:
    """Return the point of a contour that is farthest from what is taken; None where all are near."""
    if len(points) == 0:
        return None
    inside = points[((points > 0.05) & (points < 0.95)).all(axis=1)]
    inside = inside[:: max(1, len(inside) // 400)]
    if len(inside) == 0:
        return None
    # a label is wide and low, so distances along x count less
    gaps = (inside[:, None] - taken[None]) * (0.6, 1.0) if len(taken) else np.ones((len(inside), 1, 2))
    room = np.minimum(np.hypot(*gaps.T).min(axis=0), 0.25)
    best = int(np.argmax(room))
    return inside[best] if room[best] > _NEAR / 2 else None
