"""The figures of the depth study."""

from __future__ import annotations

from typing import Any

import numpy as np

from analyses.gradient_depth.numbers import MODES, Measured, one_sign, parted
from analyses.gradient_operands import OPERANDS
from pamcheck.measure.agreement import Interval
from pamcheck.plotting.style import BLACK, BLUE, GREY, PALE, SKY, VERMILION, new_figure, settle, style
from pamcheck.reporting.records import Plate

COLOURS = {"exact": BLUE, "mimic": VERMILION}
MARKS = {"exact": "o", "mimic": "s"}
LABELS = {
    "exact": "PAM, exact rules",
    "mimic": "PAM, mimic rules",
    "exact rules": "exact rules alone",
    "mimic rules": "mimic rules alone",
    "forward": "forward pass alone",
}
DASHED = ("exact rules", "mimic rules")


def draw_terms(measured: Measured) -> Plate:
    """Return one layer's residual against the number of terms, for random signs and for one sign."""
    names = ("binade, random signs", "binade, one sign")
    with style():
        figure = new_figure(3.3)
        axes = figure.subplots(1, 2, sharey=True, sharex=True)
        for ax, name in zip(axes, names, strict=True):
            for mode in MODES:
                found = measured.over(name, mode, "x", "residual")
                _points(ax, found, mode, LABELS[mode].removeprefix("PAM, "))
                if (name, mode) != (names[1], "mimic"):
                    _expected(ax, measured, mode, name == names[0], max(found))
            ax.set_title("terms of random sign" if name == names[0] else "terms of one sign")
            ax.set(xscale="log", yscale="log", xlabel="terms in one element of the gradient")
        axes[1].axhline(27**-0.5, color=GREY, lw=0.6)
        axes[1].text(1, 0.155, "1/√27", color=GREY, fontsize=8, va="center")
        axes[0].set_ylabel("residual |r| / |g|")
        axes[0].plot([], [], color=BLACK, lw=0.9, ls=":", label="from one product")
        axes[0].legend(loc="center left", bbox_to_anchor=(0, 0.45))
        settle(figure)
    return Plate(
        "terms",
        "What one layer adds to a gradient that is a sum of so many products. Where signs are random, signal and "
        "error grow alike and nothing averages out. Where they agree, the mimic error falls as one over the root of "
        "the number of terms; the exact one stops at 1/√27, as every element keeps an error that its own mantissa "
        "decides. Bars: 95% intervals over seeds.",
        figure,
    )


def _expected(ax: Any, measured: Measured, mode: str, random: bool, most: int) -> None:
    """Draw the residual that single products predict for 1 to `most` terms."""
    terms = np.unique(np.round(np.geomspace(1, most, 60)))
    one = measured.predicted[mode, "binade"].residual
    residuals = [one if random else one_sign(int(n)) for n in terms]
    ax.plot(terms, residuals, color=BLACK, lw=0.9, ls=":", zorder=4)


def draw_operands(measured: Measured) -> Plate:
    """Return one layer's gain and residual by the distribution of operands."""
    with style():
        figure = new_figure(2.9)
        axes = figure.subplots(1, 2, sharey=True)
        for ax, statistic in zip(axes, ("gain", "residual"), strict=True):
            for place, name in enumerate(OPERANDS):
                ax.axhline(place, color=PALE, lw=0.6, zorder=0)
                for mode in MODES:
                    found = measured.over(name, mode, "x", statistic)
                    size = min(found, key=lambda n: abs(n - 64))
                    y, value = place + (0.14 if mode == "mimic" else -0.14), found[size]
                    ax.errorbar(
                        value.mean, y, xerr=value.half, fmt=MARKS[mode], ms=4.5, color=COLOURS[mode],
                        label=f"{mode} rules" if not place else None,
                    )  # fmt: skip
            ax.set_xlabel("gain" if statistic == "gain" else "residual |r| / |g|")
        axes[0].axvline(1, color=BLACK, lw=0.8, zorder=1)
        axes[1].set_xlim(0, 0.33)
        axes[0].set_yticks(range(len(OPERANDS)), list(OPERANDS))
        axes[0].set_ylim(len(OPERANDS) - 0.5, -0.5)
        axes[0].tick_params(axis="y", length=0)
        figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=2)
        settle(figure)
    return Plate(
        "operands",
        "One layer by the distribution of its operands. The residual hardly depends on it. The exact rules have no "
        "bias where mantissas are uniform, and lose most where half the inputs are zero: a zero sits on a kink and "
        "gets the lower slope. Bars: 95% intervals over seeds.",
        figure,
    )


def draw_depth(measured: Measured) -> Plate:
    """Return the cosine against depth for chains, perceptrons and blocks, parted by cause."""
    panels = {"chain": ("x", "linear chain, by x"), "perceptron": ("weights", "ReLU perceptron, by weights"),
              "blocks": ("weights", "blocks, by weights")}  # fmt: skip
    with style():
        figure = new_figure(3.5)
        axes = figure.subplots(1, 3, sharey=True)
        for ax, (network, (parameter, title)) in zip(axes, panels.items(), strict=True):
            variants = ("exact", "mimic") if network == "chain" else tuple(LABELS)
            for variant in variants:
                _points(ax, measured.over(network, variant, parameter, "cosine"), variant, LABELS[variant])
            _depths(ax, measured, network)
            ax.set_title(title, fontsize=9)
        depth = np.geomspace(1, max(measured.over("chain", "exact", "x", "gain")), 50)
        for mode in MODES:
            ax, cosine = axes[0], measured.predicted[mode, "normal"].cosine
            ax.plot(depth, cosine**depth, color=BLACK, lw=0.9, ls=":", zorder=4)
        axes[0].text(1.1, 0.8, f"{measured.predicted['exact', 'normal'].cosine:.3f}$^L$", fontsize=8.5)
        axes[0].text(6, 1.02, f"{measured.predicted['mimic', 'normal'].cosine:.4f}$^L$", fontsize=8.5)
        axes[0].set_ylabel("cosine with the native gradient")
        axes[0].set_ylim(0, 1.04)
        figure.legend(*axes[1].get_legend_handles_labels(), loc="outside lower center", ncols=3)
        settle(figure)
    return Plate(
        "depth",
        "Direction of PAM gradients by depth. In a chain each layer turns them by the same angle, as one product "
        "predicts (dotted). In a ReLU perceptron the forward pass (pale band) turns them too, and the mimic gradient "
        "(red) lies on it: its rules alone (red, dashed) cost nearly nothing. Residual connections keep what the "
        "deeper layers make of it small. Bars: 95% intervals over seeds.",
        figure,
    )


def draw_gain(measured: Measured) -> Plate:
    """Return the gain against depth, with and without offsets."""
    shades = {"exact": BLUE, "mimic": VERMILION, "exact balanced": SKY, "mimic balanced": "#E69F00"}
    marks = {"exact": "o", "mimic": "s", "exact balanced": "D", "mimic balanced": "v"}
    with style():
        figure = new_figure(3.3)
        axes = figure.subplots(1, 2, sharey=True)
        for ax, network in zip(axes, ("chain", "perceptron"), strict=True):
            for variant, colour in shades.items():
                found = measured.over(network, variant, "weights", "gain")
                mode, _, offset = variant.partition(" ")
                label = f"{mode} rules{', balanced offset' if offset else ''}"
                _points(ax, found, variant, label, colour, marks[variant])
            _depths(ax, measured, network)
            ax.axhline(1, color=BLACK, lw=0.8, zorder=1)
            ax.set_title("linear chain" if network == "chain" else "ReLU perceptron")
        axes[0].set_ylabel("gain, all weights")
        axes[0].set_ylim(0, 1.5)
        figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=2)
        settle(figure)
    return Plate(
        "gain",
        "Length of PAM gradients along the native one. Without an offset each product takes 4% of it, forward and "
        "backward. The offset that leaves a product no bias holds it at 1 in a chain, but not where gates differ. "
        "Bars: 95% intervals over seeds.",
        figure,
    )


def draw_layers(measured: Measured) -> Plate:
    """Return the cosine by layer of one perceptron, and by parameter of blocks, by cause."""
    depth = parted(measured, "perceptron")
    with style():
        figure = new_figure(3.1)
        ax = figure.subplots()
        for variant in LABELS:
            found = {
                layer + 1: measured.at("perceptron", variant, f"{layer}.weight", "cosine", depth)
                for layer in range(depth)
            }
            _points(ax, found, variant, LABELS[variant])
        ax.set(xlabel=f"layer, of {depth}", ylabel="cosine with the native gradient", ylim=(0, 1.04))
        figure.legend(*ax.get_legend_handles_labels(), loc="outside lower center", ncols=3)
        settle(figure)
    return Plate(
        "layers",
        f"The weights of a ReLU perceptron of {depth} layers, one by one: the output is right, the input left. The "
        "exact rules lose on the way back, so the first layers suffer most; the forward pass has lost its part by the "
        "middle. Bars: 95% intervals over seeds.",
        figure,
    )


def draw_sizes(measured: Measured) -> Plate:
    """Return the cosine against width and fan-in."""
    with style():
        figure = new_figure(3.4)
        axes = figure.subplots(1, 2, sharey=True)
        titles = {"width": ("width of all four layers", "four layers"),
                  "fan-in": ("fan-in of the first of two layers", "two layers")}  # fmt: skip
        for ax, (network, (xlabel, title)) in zip(axes, titles.items(), strict=True):
            for variant in LABELS:
                _points(ax, measured.over(network, variant, "weights", "cosine"), variant, LABELS[variant])
            ax.set(xscale="log", xlabel=xlabel)
            ax.set_title(title)
        axes[0].set_ylim(0.8, 1.01)
        axes[0].set_ylabel("cosine with the native gradient")
        figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=3)
        settle(figure)
    return Plate(
        "sizes",
        "Direction against width and fan-in, gradients by all weights. Wider layers neither help nor hurt; more "
        "inputs only shift the weight from the second layer's gradient to the first's, which has one layer more "
        "behind it. The axis starts at 0.8. Bars: 95% intervals over seeds.",
        figure,
    )


def _points(
    ax: Any, found: dict[int, Interval], variant: str, label: str, colour: str = "", mark: str = ""
) -> None:
    kind = variant.partition(" ")[0]
    if kind == "forward":
        # under the mimic gradient, which lies on it
        ax.plot(
            list(found), [value.mean for value in found.values()], color=PALE, lw=6, label=label, zorder=1
        )
        return
    dashed = variant in DASHED
    ax.errorbar(
        list(found),
        [value.mean for value in found.values()],
        yerr=[value.half for value in found.values()],
        color=colour or COLOURS[kind],
        fmt=mark or MARKS[kind],
        ls="--" if dashed else "-",
        mfc="white" if dashed else None,
        ms=4,
        lw=1.1,
        elinewidth=0.9,
        label=label,
        zorder=3,
    )


def _depths(ax: Any, measured: Measured, network: str) -> None:
    depths = list(measured.over(network, "exact", "weights", "gain"))
    ax.set_xscale("log", base=2)
    ax.set_xticks(depths, [str(n) for n in depths])
    ax.minorticks_off()
    ax.set_xlabel("blocks" if network == "blocks" else "layers")
