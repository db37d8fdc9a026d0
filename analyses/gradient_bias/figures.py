"""The figures of the gradient study."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from analyses.gradient_bias.records import MODES, NORMAL95, Compensated, Key, Row, name_of
from pamcheck.formats import get_format
from pamcheck.measure import gradients
from pamcheck.measure.gradients import DISTRIBUTIONS, get_factor
from pamcheck.plotting.style import (
    BLACK,
    BLUE,
    GREEN,
    GREY,
    PALE,
    SKY,
    VERMILION,
    new_figure,
    settle,
    style,
)
from pamcheck.reporting.records import Plate

COLOURS = {"uniform": BLUE, "log-uniform": VERMILION, "normal": GREEN}
SHAPES = {"uniform": "o", "log-uniform": "s", "normal": "^"}
MODE_COLOURS = {"exact": BLUE, "mimic": VERMILION}
LOOKS: dict[str, dict[str, Any]] = {
    "uniform": {},
    "log-uniform": {"lw": 3.2, "alpha": 0.55},
    "normal": {"lw": 1.1, "ls": (0, (4, 2))},
}
BINS = 10


def draw_bias(rows: Sequence[Row]) -> Plate:
    """Return the bias of every cotangent by distribution, exact and mimic side by side."""
    names = list(dict.fromkeys(name_of(row.key) for row in rows))
    names.sort(key=["pam da", "padiv da", "padiv db", "palog2 dx", "paexp2 dx", "pasqrt dx"].index)
    with style():
        figure = new_figure(3.9)
        axes = figure.subplots(1, 2, sharey=True, sharex=True)
        for ax, mode in zip(axes, MODES, strict=True):
            for place, name in enumerate(names):
                ax.axhline(place, color=PALE, lw=0.6, zorder=0)
                _bias_row(ax, place, [r for r in rows if name_of(r.key) == name and r.key[2] == mode])
            ax.axvline(0, color=BLACK, lw=0.8, zorder=1)
            ax.set_title(mode)
            ax.set_xlabel("mean relative error (%)")
            ax.set_xlim(-10.8, 15.2)
            ax.tick_params(axis="y", length=0)
        axes[0].set_yticks(range(len(names)), names)
        axes[0].set_ylim(len(names) - 0.45, -0.6)
        handles = [
            Line2D(
                [], [], marker=SHAPES[d], mec=COLOURS[d], mfc="white", mew=1.3, ls="none", ms=5.5, label=d
            )
            for d in DISTRIBUTIONS
        ]
        handles.append(Line2D([], [], color=BLACK, lw=1.6, label="sampled, 95% interval"))
        figure.legend(handles=handles, loc="outside lower center", ncols=4)
        settle(figure)
    return Plate(
        "bias",
        "Bias of each cotangent, the exact one left, the mimic one right, by the distribution of the operands. "
        "Exact pam has none where mantissas are uniform, exact palog2 none where they are log-uniform. With "
        "log-uniform operands exact and mimic share one bias for pam and padiv's a. Marks are closed forms or "
        "quadratures, the black bars inside them float32 samples.",
        figure,
    )


def _bias_row(ax: Any, place: int, rows: Sequence[Row]) -> None:
    for row in rows:
        y = place + 0.23 * (DISTRIBUTIONS.index(row.distribution) - 1)
        colour = COLOURS[row.distribution]
        ax.plot(
            100 * row.bias, y, SHAPES[row.distribution], mec=colour, mfc="white", mew=1.3, ms=5.5, zorder=3
        )
        ax.plot([100 * row.low, 100 * row.high], [y, y], color=BLACK, lw=1.6, zorder=4)
        text = f"{100 * row.bias:+.2f}%".replace("-", "−") if abs(row.bias) >= 5e-5 else "0%"
        side = 1 if row.bias >= 0 else -1
        reach = 0.35 + (100 * (row.high - row.low) / 2)
        ax.annotate(
            text,
            (100 * row.bias + side * reach, y),
            ha="left" if side > 0 else "right",
            va="center",
            fontsize=6.8,
            color="#333333",
            xytext=(3 * side, 0),
            textcoords="offset points",
        )


def draw_carry(carries: Mapping[str, tuple[Any, Any]]) -> Plate:
    """Return the mean slope of exact pam given b, and its relative bias."""
    m = np.linspace(0, 1, 401)
    with style():
        figure = new_figure(3.4)
        left, right = figure.subplots(1, 2)
        _staircase(left)
        for distribution in DISTRIBUTIONS:
            colour = COLOURS[distribution]
            bias = gradients.conditional(get_factor("pam", "a", "exact"), distribution, m)
            # log-uniform and normal are so close that one is drawn upon the other
            look: dict[str, Any] = {"color": colour, **LOOKS[distribution]}
            left.plot(m, (1 + bias) * (1 + m) - 1, label=f"a {distribution}", **look)
            right.plot(m, 100 * bias, **look)
            if distribution != "normal":
                _binned(right, distribution, *carries[distribution])
        mimic = gradients.conditional(get_factor("pam", "a", "mimic"), "uniform", m)
        right.plot(m, 100 * mimic, color=GREY, lw=1.1, label="mimic, d uniform")
        right.axhline(0, color=BLACK, lw=0.6, zorder=0)
        left.set(xlabel="mantissa of b", ylabel="chance of a carry", xlim=(0, 1), ylim=(0, 1))
        right.set(
            xlabel="mantissa of b", ylabel="bias of the slope given b (%)", xlim=(0, 1), ylim=(-6.9, 2.4)
        )
        left.set_title("Chance of a carry, given b")
        right.set_title("Mean slope against b, given b")
        left.legend(loc="upper left")
        right.legend(loc="upper center")
        settle(figure)
    return Plate(
        "carry",
        "Exact derivative of pam. Left: with a uniform mantissa of a the chance of a carry is the mantissa of b; on "
        "the eight mantissas of float8_e4m3 it is so too (dots, counted through the kernel). Right: so the mean "
        "slope is b. Log-uniform or normal mantissas are more often small: fewer carries, a slope short of b, by "
        "nearly as much as the mimic one. Marks with bars: float32 samples, 95%.",
        figure,
    )


def _staircase(ax: Any) -> None:
    """Draw the share of carries of a format of three mantissa bits, as its kernel counts them."""
    fmt = get_format("float8_e4m3")
    total, _ = gradients.slope_sums(fmt)
    share = total / (2 * fmt.tiny) - 1  # the slope is 1, and 2 with a carry
    at = np.arange(fmt.tiny) / fmt.tiny
    ax.step([*at, 1], [*share, share[-1]], where="post", color=SKY, lw=0.9, zorder=1)
    ax.plot(at, share, "o", color=BLUE, ms=4.5, zorder=5, clip_on=False, label="every a of float8_e4m3")


def _binned(ax: Any, distribution: str, mantissa: Any, relative: Any) -> None:
    """Draw the sampled bias in ten bins of the mantissa of b, with 95% intervals."""
    which = np.minimum((BINS * mantissa).astype(int), BINS - 1)
    count = np.bincount(which, minlength=BINS)
    mean = np.bincount(which, relative, BINS) / count
    spread = np.sqrt(np.maximum(np.bincount(which, relative**2, BINS) / count - mean**2, 0) / count)
    middle = np.bincount(which, mantissa, BINS) / count
    ax.errorbar(
        middle, 100 * mean, 100 * NORMAL95 * spread, fmt=SHAPES[distribution], ms=3.2, lw=1.1,
        color=COLOURS[distribution], zorder=4,
    )  # fmt: skip


def draw_spread(relative: Mapping[Key, Any]) -> Plate:
    """Return densities of the relative error, exact and mimic, mantissas uniform."""
    pairs = list(dict.fromkeys(key[:2] for key in relative))
    with style():
        figure = new_figure(4.4)
        axes = figure.subplots(2, 3, sharex=True)
        for ax, (op, partial) in zip(axes.ravel(), pairs, strict=True):
            _densities(ax, [relative[op, partial, mode] for mode in MODES])
            ax.set_title(f"{op} d{partial}")
        for ax in axes[-1]:
            ax.set_xlabel("relative error (%)")
        figure.supylabel("density (% of the sample per percent)", fontsize=9)
        handles: list[Any] = [
            Line2D([], [], color=MODE_COLOURS[mode], lw=5, alpha=0.6, label=mode) for mode in MODES
        ]
        handles.append(Line2D([], [], color=BLACK, lw=1, ls=(0, (2, 2)), label="mean of each"))
        figure.legend(handles=handles, loc="outside lower center", ncols=3)
        settle(figure)
    return Plate(
        "spread",
        "Distribution of the relative error of each cotangent in float32, mantissas uniform. The exact derivative is "
        "a power of two and strays by a factor of up to two either way; the mimic one keeps close, mostly to one side.",
        figure,
    )


def _densities(ax: Any, samples: Sequence[Any]) -> None:
    edges = np.linspace(-55, 105, 161)
    tops = []
    for mode, values in zip(MODES, samples, strict=True):
        counts, _ = np.histogram(100 * values, edges)
        share = 100 * counts / values.size
        ax.stairs(share, edges, fill=True, color=MODE_COLOURS[mode], alpha=0.55, lw=0)
        tops.append(share.max())
    top = 1.12 * max(tops)
    for mode, values in zip(MODES, samples, strict=True):
        ax.plot([100 * values.mean()] * 2, [0, top], color=MODE_COLOURS[mode], lw=1, ls=(0, (2, 2)))
    ax.set_ylim(0, top)
    ax.set_xlim(-55, 105)
    ax.set_xticks([-50, 0, 50, 100])


def draw_offsets(cases: Sequence[Compensated]) -> Plate:
    """Return the bias of pam's and padiv's derivative over the offset, with the published constants."""
    offsets = np.linspace(0, 0.1, 41)
    closed = {"pam": gradients.product_slope_bias, "padiv": gradients.quotient_slope_bias}
    with style():
        figure = new_figure(3.3)
        for ax, op in zip(figure.subplots(1, 2, sharey=True), closed, strict=True):
            exact = [100 * closed[op](float(c)) for c in offsets]
            factor = get_factor(op, "a", "mimic")
            mimic = [100 * gradients.moments(factor, "uniform", Fraction(float(c))).bias for c in offsets]
            ax.plot(offsets, exact, color=BLUE)
            ax.plot(offsets, mimic, color=VERMILION)
            ax.axhline(0, color=BLACK, lw=0.6, zorder=0)
            _marks(ax, [case for case in cases if case.row.key[0] == op])
            ax.set(xlabel="offset (octaves)", title=f"{op} da", xlim=(-0.003, 0.103))
        figure.axes[0].set_ylabel("mean relative error (%)")
        _offset_legend(figure)
        settle(figure)
    return Plate(
        "offsets",
        "Bias of the derivatives of pam and padiv over a compensation, mantissas uniform; marks are float32 samples "
        "with the published constants. What centres pam, and with it the mimic derivative, moves the exact "
        "derivative of pam away from zero.",
        figure,
    )


def _marks(ax: Any, cases: Sequence[Compensated]) -> None:
    shapes = dict(zip(dict.fromkeys(case.label for case in cases), "osD", strict=True))
    for case in cases:
        ax.plot(
            float(case.octaves), 100 * case.row.sampled, shapes[case.label], ms=5, mec=BLACK, mew=0.8,
            color=MODE_COLOURS[case.row.key[2]], zorder=4,
        )  # fmt: skip


def _offset_legend(figure: Figure) -> None:
    handles = [Line2D([], [], color=MODE_COLOURS[mode], label=mode) for mode in MODES]
    handles += [
        Line2D([], [], marker=shape, mfc="white", mec=BLACK, ls="none", ms=5, label=label)
        for label, shape in (("none", "o"), ("L-Mul 2^-4", "s"), ("Mogami 0x3f76d000", "D"))
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=5)
