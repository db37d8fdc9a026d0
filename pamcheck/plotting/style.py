"""The house style of figures: colours, fonts, number texts, and files with reproducible bytes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
from matplotlib import colormaps, patheffects, rcsetup
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure

WIDTH = 6.5  # inches: the text width of a page
DPI = 180
SVG_DPI = 100  # of the meshes inside an SVG

# Okabe and Ito (2008), told apart with every common colour vision
BLACK, ORANGE, SKY, GREEN = "#000000", "#E69F00", "#56B4E9", "#009E73"
YELLOW, BLUE, VERMILION, PURPLE = "#F0E442", "#0072B2", "#D55E00", "#CC79A7"
GREY, PALE = "#6e6e6e", "#d9d9d9"

# both are safe for every common colour vision; the darkest ends, where no line could be seen, are cut off
VALUES = ListedColormap(colormaps["cividis"](np.linspace(0.3, 1.0, 256)), "values")
ERRORS = ListedColormap(colormaps["PuOr"](np.linspace(0.12, 0.88, 257)), "errors")

# the worst point, in every figure
MARK: dict[str, Any] = {
    "marker": "*", "ms": 13, "mfc": YELLOW, "mec": BLACK, "mew": 1, "ls": "none", "clip_on": False,
    "zorder": 9,
}  # fmt: skip

_RC: dict[str, Any] = {
    "font.family": "DejaVu Sans",  # ships with matplotlib: the same glyphs on every machine
    "font.size": 9,
    "axes.titlesize": 10,
    "axes.titlelocation": "left",
    "axes.titlepad": 8,
    "axes.labelsize": 9,
    "axes.linewidth": 0.7,
    "axes.edgecolor": "#333333",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.prop_cycle": rcsetup.cycler(color=[BLUE, VERMILION, GREEN, PURPLE, ORANGE, SKY, YELLOW, BLACK]),
    "xtick.labelsize": 8,
    "ytick.labelsize": 8,
    "xtick.major.width": 0.7,
    "ytick.major.width": 0.7,
    "legend.fontsize": 8.5,
    "legend.frameon": False,
    "lines.linewidth": 1.4,
    "lines.solid_capstyle": "butt",
    "figure.facecolor": "white",
    "figure.dpi": DPI,
    "savefig.dpi": DPI,
    "savefig.facecolor": "white",
    "svg.hashsalt": "pamcheck",
    "svg.fonttype": "path",
    "axes.unicode_minus": True,
    "contour.negative_linestyle": "dashed",
}


@contextmanager
def style() -> Iterator[None]:
    """Draw inside this with the project's settings, whatever the user's own matplotlibrc says."""
    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(_RC)
        yield


def save(figure: Figure, stem: Path) -> list[Path]:
    """Write `stem`.svg and `stem`.png and return their paths; the folder is made where it is missing.

    Equal figures give equal bytes: no date, no version, fixed identifiers. Large meshes are pixels inside
    the SVG, lines and text are vectors.
    """
    stem = Path(stem)
    stem.parent.mkdir(parents=True, exist_ok=True)
    svg, png = stem.with_name(stem.name + ".svg"), stem.with_name(stem.name + ".png")
    with style():
        settle(figure)
        figure.savefig(svg, format="svg", dpi=SVG_DPI, metadata={"Date": None, "Creator": None})
        figure.savefig(png, format="png", metadata={"Software": None})
    return [svg, png]


def new_figure(height: float, constrained: bool = True) -> Figure:
    """Return an empty figure of the page's width; `height` in inches."""
    figure = Figure(figsize=(WIDTH, height), layout="constrained" if constrained else None)
    FigureCanvasAgg(figure)
    return figure


def settle(figure: Figure) -> None:
    """Compute the layout once and keep it, so that drawing twice cannot move anything."""
    if figure.get_layout_engine() is not None:
        for _ in range(2):  # the first pass does not yet know the size of its own title
            figure.draw_without_rendering()
        figure.set_layout_engine("none")


def halo(width: float = 2.0, colour: str = "white") -> list[Any]:
    """Return the path effects that keep a text or line legible on any background."""
    return [patheffects.withStroke(linewidth=width, foreground=colour)]


def number(value: float, digits: int = 6) -> str:
    """Return a number with a true minus sign, no trailing zeros."""
    return f"{value:.{digits}g}".replace("-", "−")


def percent(value: float) -> str:
    """Return a share as signed percent to four figures."""
    return f"{100 * value:+.4g}%".replace("-", "−") if value else "0%"


def interval(lo: float, hi: float) -> str:
    """Return a closed interval as text."""
    return f"[{number(lo)}, {number(hi)}]"
