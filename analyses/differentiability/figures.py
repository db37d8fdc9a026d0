"""Figures of the study of differentiability."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.figure import Figure

from pamcheck.formats import FORMATS
from pamcheck.measure.differentiability.chains import log2_e
from pamcheck.measure.differentiability.grids import evaluate, examine, exp, log, returned
from pamcheck.plotting.style import BLUE, GREY, ORANGE, PALE, SKY, VERMILION, halo, new_figure, style

SHOWN = FORMATS["float8_e4m3"]
_LABELS = {"pam": ("$2^{E_b}$", "$2^{E_b+1}$"), "padiv": ("$2^{-E_b}$", "$2^{-E_b-1}$")}


def draw_pieces() -> Figure:
    """Draw one binade of each operand: pieces, their slopes in a, and what is returned on the lattice."""
    with style():
        figure = new_figure(3.7)
        axes: Any = figure.subplots(1, 2)
        for ax, op in zip(axes, ("pam", "padiv"), strict=True):
            _draw_plane(ax, op)
        axes[0].set_ylabel("$M_b$")
    return figure


def _draw_plane(ax: Any, op: str) -> None:
    colours = (SKY, ORANGE) if op == "pam" else (ORANGE, SKY)
    corners = [(0, 0), (1, 0), (0, 1)] if op == "pam" else [(0, 0), (1, 0), (1, 1)]
    others = [(1, 0), (1, 1), (0, 1)] if op == "pam" else [(0, 0), (0, 1), (1, 1)]
    for shape, colour in ((corners, colours[0]), (others, colours[1])):
        ax.fill(*zip(*shape, strict=True), color=colour, alpha=0.25, lw=0)
    line = [(0, 1), (1, 0)] if op == "pam" else [(0, 0), (1, 1)]
    for ends in (line, [(0, 0), (0, 1)], [(0, 0), (1, 0)]):
        ax.plot(*zip(*ends, strict=True), color=GREY, lw=1.2, zorder=2)
    mantissas = np.arange(SHOWN.tiny) / SHOWN.tiny
    found = examine(op, 1 + mantissas, 1 + mantissas, SHOWN.mant_bits)
    slope = returned(op, (1 + mantissas)[:, None], (1 + mantissas)[None, :])[0]
    first, second = np.meshgrid(mantissas, mantissas, indexing="ij")
    for value, colour in zip((1.0, 2.0 if op == "pam" else 0.5), colours, strict=True):
        for broken in (False, True):
            chosen = (slope == value) & (found.joint != broken)
            edge = {"mec": "black", "mew": 1.1} if broken else {"mew": 0}
            ax.plot(
                first[chosen], second[chosen], "o", color=colour, ms=5.5, zorder=4, clip_on=False, **edge
            )
    places = ((0.31, 0.31), (0.69, 0.69)) if op == "pam" else ((0.69, 0.31), (0.31, 0.69))
    for (x, y), label in zip(places, _LABELS[op], strict=True):
        ax.text(x, y, label, ha="center", va="center", fontsize=13, path_effects=halo(3), zorder=5)
    ax.set(xlim=(0, 1), ylim=(0, 1), aspect="equal", xlabel="$M_a$", title=f"{op}: slope in $a$")
    ax.set_xticks([0, 0.5, 1])
    ax.set_yticks([0, 0.5, 1])


def draw_networks(shares: dict[tuple[str, str], tuple[float, float]]) -> Figure:
    """Draw the shares of weights that are incorrect, and outside Clarke's subdifferential, by activation and bias."""
    activations, biases = (list(dict.fromkeys(key[place] for key in shares)) for place in (0, 1))
    with style():
        figure = new_figure(2.9)
        ax: Any = figure.subplots()
        for at, (bias, colour) in enumerate(zip(biases, (PALE, SKY, BLUE), strict=True)):
            places = np.arange(len(activations)) + 0.27 * (at - 1)
            pairs = [shares[activation, bias] for activation in activations]
            ax.bar(
                places, [100 * both for _, both in pairs], 0.24, fc="white", ec=GREY, lw=0.8, hatch="////"
            )
            ax.bar(places, [100 * wrong for wrong, _ in pairs], 0.24, color=colour, label=f"bias {bias}")
            for x, (_, both) in zip(places, pairs, strict=True):
                if not both:
                    ax.text(x, 0.05, "0", ha="center", va="bottom", color="black", fontsize=8)
        ax.set_xticks(range(len(activations)), activations)
        ax.tick_params(axis="x", length=0)
        ax.set_ylabel("share of weights (%)")
        ax.set_title("Where the chain rule is wrong")
        ax.legend(loc="upper left")
    return figure


def draw_chain() -> Figure:
    """Draw palog and paexp where the breaks of their primitives cancel, with the tangent that is returned."""
    c = log2_e(FORMATS["float16"])
    with style():
        figure = new_figure(3.2)
        axes: Any = figure.subplots(1, 2)
        x = np.linspace(0.3, 0.75, 901)
        scale = returned("padiv", log(np.float64(0.5)), np.float64(c))[0]
        slope = returned("palog2", np.float64(0.5))[0] * scale
        _draw_tangent(
            axes[0], x, evaluate("padiv", log(x), np.float64(c)), 0.5, (2.0, slope.item()), "palog"
        )
        at = -(2 - (c - 1)) / 2
        x = np.linspace(at - 0.35, at + 0.35, 901)
        inner = evaluate("pam", x, np.float64(c))
        slope = returned("pam", np.float64(at), np.float64(c))[0] * returned("paexp2", np.float64(-1))[0]
        _draw_tangent(axes[1], x, exp(inner), at, (0.5, slope.item()), "paexp")
    return figure


def _draw_tangent(
    ax: Any, x: np.ndarray, y: np.ndarray, at: float, slopes: tuple[float, float], name: str
) -> None:
    height = float(np.interp(at, x, y))
    near = np.abs(x - at) < 0.12
    ax.plot(x, y, color=BLUE, label=name)
    ax.plot(x[near], height + slopes[1] * (x[near] - at), "--", color=VERMILION, label="chain rule")
    ax.plot(at, height, "o", color="black", ms=4, zorder=5)
    ax.set(xlabel="$x$", title=f"{name}: slope {slopes[0]:g}, returned {slopes[1]:g}")
    ax.legend(loc="upper left")
