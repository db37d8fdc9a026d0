"""How slopes and causes are coloured, in every figure of pieces."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from matplotlib import colormaps
from matplotlib.colors import ListedColormap, LogNorm, Normalize
from matplotlib.lines import Line2D

from pamcheck.measure.regions.causes import CAUSES, Cause
from pamcheck.plotting.style import BLACK, BLUE, GREEN, ORANGE, PURPLE, SKY, VERMILION

# Slopes in greys, of even steps in lightness, so that the hue is free to say the cause.
SLOPES = ListedColormap(colormaps["gray"](np.linspace(0.98, 0.55, 256)), "slopes")
FLAT = "#ffffff"  # slope 0
LEFT = "////"  # what has no map

COLOURS: dict[Cause, str] = {
    "binade": BLUE,
    "carry": VERMILION,
    "borrow": PURPLE,
    "integer": ORANGE,
    "sign": "#7f5539",
    "relu": GREEN,
    "max": SKY,
    "floor": BLACK,
}
DASHES: dict[Cause, Any] = {"floor": (0, (4, 2)), "max": (0, (5, 1.5)), "sign": (0, (1, 1))}


def causes_in(found: Iterable[str]) -> list[Cause]:
    """Return the causes that occur, in the order of CAUSES."""
    names = set(found)
    return [cause for cause in CAUSES if cause in names]


def handles(causes: Iterable[Cause], counts: dict[str, int] | None = None) -> list[Line2D]:
    """Return the entries of a legend of causes."""
    return [
        Line2D(
            [], [], color=COLOURS[cause], lw=1.8, ls=DASHES.get(cause, "-"),
            label=cause if counts is None else f"{cause} ({counts.get(cause, 0):,})",
        )
        for cause in causes
    ]  # fmt: skip


def norm(slopes: Iterable[float]) -> Normalize:
    """Return a scale for slopes, from the least positive one: logarithmic where they differ by more than a factor 4."""
    positive = [slope for slope in slopes if slope > 0]
    if not positive:
        return Normalize(0, 1)
    low, high = min(positive), max(positive)
    if high > 4 * low:
        return LogNorm(low, high)
    return Normalize(low if high > low else 0, high)


def shades() -> Any:
    """Return the map of slopes, with white for slope 0."""
    return SLOPES.with_extremes(under=FLAT, bad=FLAT)
