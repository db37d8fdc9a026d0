"""Figures of the compensation study."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analyses.compensation.records import END, OBJECTIVES, OPS, Measured, find
from pamcheck.measure.compensation import Achieved
from pamcheck.plotting.style import (
    BLACK,
    BLUE,
    GREEN,
    GREY,
    ORANGE,
    PURPLE,
    SKY,
    VERMILION,
    new_figure,
    style,
)


def _named(measured: Measured, op: str) -> dict[str, tuple[float, str, Achieved]]:
    """Return the offsets that a figure marks: name to place, colour, and what it achieves."""
    best = {aim: find(measured.designs, op, None, "uniform", aim) for aim in OBJECTIVES}
    published = best["worst"].achieved
    colours = {"none": GREY, "L-Mul": ORANGE, "Mogami": PURPLE}
    marks = {name: (published[name].octaves, colour, published[name]) for name, colour in colours.items()}
    aims = {
        "least worst error": ("worst", VERMILION),
        "no bias": ("bias", GREEN),
        "least RMS": ("mse", BLUE),
    }
    for name, (aim, colour) in aims.items():
        marks[name] = (best[aim].octaves, colour, best[aim].achieved["optimum"])
    return marks


def draw_offsets(measured: Measured) -> Figure:
    """Draw worst error, RMS error and bias along the offset."""
    with style():
        figure = new_figure(3.4)
        axes = figure.subplots(1, 2, sharey=True)
        for ax, op in zip(axes, OPS, strict=True):
            course = measured.courses[op]
            x = np.array(measured.offsets)
            lines = {
                "worst error": (
                    VERMILION,
                    [max(-at.lower, at.upper) for at in course],
                    "least worst error",
                ),
                "RMS error": (BLUE, [at.mean_square**0.5 for at in course], "least RMS"),
                "|bias|": (GREEN, [abs(at.bias) for at in course], "no bias"),
            }
            marks = _named(measured, op)
            for label, (colour, values, aim) in lines.items():
                # the valley itself lies between two offsets of the grid
                place, _, achieved = marks[aim]
                low = {"worst error": achieved.worst, "RMS error": achieved.rms, "|bias|": 0.0}[label]
                order = np.argsort([*x, place])
                ax.plot(
                    np.array([*x, place])[order],
                    100 * np.array([*values, low])[order],
                    color=colour,
                    label=label,
                )
                ax.plot(place, 100 * low, "o", color=colour, ms=5, clip_on=False, zorder=5)
                shift = {"worst error": (0, -13), "RMS error": (-2, -13), "|bias|": (-8, 12)}[label]
                ax.annotate(
                    f"{place:.4f}",
                    (place, 100 * low),
                    shift,
                    textcoords="offset points",
                    color=colour,
                    ha="center" if label != "|bias|" else "left",
                    fontsize=8,
                    bbox={"fc": "white", "ec": "none", "pad": 0.5},
                )
            _mark_constants(ax, marks)
            ax.set_title(op)
            ax.set_xlabel("offset (octaves)")
            ax.set_xlim(0, END)
            ax.set_ylim(0, 13)
        axes[0].set_ylabel("relative error (%)")
        figure.legend(*axes[0].get_legend_handles_labels(), loc="outside upper center", ncols=3)
    return figure


def _mark_constants(ax: Axes, marks: dict[str, tuple[float, str, Achieved]]) -> None:
    for name, side in (("L-Mul", "right"), ("Mogami", "left")):
        place = marks[name][0]
        ax.axvline(place, color=BLACK, lw=0.7, ls=(0, (4, 3)), zorder=1)
        gap = -3 if side == "right" else 3
        ax.annotate(
            name,
            (place, 12.6),
            (gap, 0),
            textcoords="offset points",
            ha=side,
            va="top",
            fontsize=8,
            color=BLACK,
        )


def draw_trade_off(measured: Measured) -> Figure:
    """Draw worst error against bias, the offset growing along the curve."""
    with style():
        figure = new_figure(3.6)
        axes = figure.subplots(1, 2, sharey=True)
        for ax, op in zip(axes, OPS, strict=True):
            course = measured.courses[op]
            bias = [100 * at.bias for at in course]
            worst = [100 * max(-at.lower, at.upper) for at in course]
            ax.plot(bias, worst, color=SKY, lw=1, zorder=1)
            colours = ax.scatter(
                bias,
                worst,
                c=[100 * at.mean_square**0.5 for at in course],
                cmap="cividis_r",
                s=16,
                vmin=3,
                vmax=5.5,
            )
            ax.axvline(0, color=GREY, lw=0.8, ls=":")
            _label(ax, op, _named(measured, op))
            ax.set_title(op)
            ax.set_xlabel("bias (%)")
            ax.set_ylim(6.2, 13)
        axes[0].set_ylabel("worst relative error (%)")
        figure.colorbar(colours, ax=axes, label="RMS error (%)", fraction=0.04, pad=0.01)
    return figure


def _label(ax: Axes, op: str, marks: dict[str, tuple[float, str, Achieved]]) -> None:
    side = 1 if op == "pam" else -1  # the two panels are almost mirror images
    places = {
        "none": (14 * side, 4),
        "L-Mul": (-30 * side, -8),
        "Mogami": (20 * side, -3),
        "no bias": (4 * side, 40),
        "least worst error": (-12 * side, -14),
        "least RMS": (-30 * side, 0),
    }
    for name, (_, colour, achieved) in marks.items():
        at = (100 * achieved.bias, 100 * achieved.worst)
        ax.plot(*at, "o", color=colour, ms=6, mec="white", mew=0.8, zorder=5, clip_on=False)
        dx, dy = places[name]
        ax.annotate(
            name, at, (dx, dy), textcoords="offset points", fontsize=8, color=colour,
            ha="left" if dx > 0 else "right", va="center",
            arrowprops={"arrowstyle": "-", "color": colour, "lw": 0.6, "shrinkB": 3},
        )  # fmt: skip
