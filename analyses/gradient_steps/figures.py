"""The figures of the steps study."""

from __future__ import annotations

from typing import Any

from analyses.gradient_steps.numbers import Measured
from pamcheck.measure.agreement import Interval
from pamcheck.plotting.style import BLACK, BLUE, GREEN, GREY, PURPLE, VERMILION, new_figure, settle, style
from pamcheck.reporting.records import Plate

COLOURS = {"exact": BLUE, "mimic": VERMILION, "native rules": GREEN, "native": GREY}
MARKS = {"exact": "o", "mimic": "s", "native rules": "^", "native": "D"}
LABELS = {
    "exact": "exact",
    "mimic": "mimic",
    "native rules": "native rules on PAM values",
    "native": "native network",
}

SHARES = {
    "piece": (PURPLE, "o", "products: piece changed"),
    "carry": (BLUE, "s", "products: carry changed"),
    "exponent": (GREEN, "^", "weights: exponent changed"),
    "sign": (VERMILION, "v", "weights: sign changed"),
}


def draw_prediction(measured: Measured) -> Plate:
    """Return the error of predicted slopes against the step size."""
    names = [name for name in measured.cases if name not in ("2 layers", "8 layers, float32")]
    with style():
        figure = new_figure(4.9)
        axes = figure.subplots(2, 2, sharex=True, sharey=True).ravel()
        for ax, name in zip(axes, names, strict=True):
            for gradient in measured.gradients:
                _points(
                    ax,
                    measured.over(name, gradient, "error"),
                    COLOURS[gradient],
                    MARKS[gradient],
                    LABELS[gradient],
                )
            ax.set_title(_title(name))
            ax.set(xscale="log", yscale="log", ylim=(1e-4, 3))
            ax.set_xscale("log", base=2)
        narrow = measured.over("8 layers, float32", "exact", "error")
        place = names.index("8 layers")
        _points(axes[place], narrow, BLACK, "x", "exact, loss in float32", ls=":")
        for ax in axes[2:]:
            ax.set_xlabel("step / norm of weights")
        figure.supylabel("error of the predicted slope", fontsize=9)
        figure.legend(*axes[place].get_legend_handles_labels(), loc="outside lower center", ncols=3)
        settle(figure)
    return Plate(
        "prediction",
        "How well each gradient predicts the slope of the PAM network's loss over a step along random directions. The "
        "exact one converges as the step shrinks, the others stay a third off; they win beyond 2^-5. A layer norm "
        "whose gains are 1 sits on a kink, and keeps the exact one from converging. In float32 rounding shows at "
        "2^-20. Bars: 95% intervals over seeds.",
        figure,
    )


def draw_decrease(measured: Measured) -> Plate:
    """Return the decrease along each gradient against the step size."""
    with style():
        figure = new_figure(3.3)
        axes = figure.subplots(1, 3, sharex=True, sharey=True)
        for ax, name in zip(axes, ("4 layers", "8 layers", "block, gains moved"), strict=True):
            for gradient in measured.gradients:
                found = {t: v for t, v in measured.over(name, gradient, "decrease").items() if t <= 2**-5}
                _points(ax, found, COLOURS[gradient], MARKS[gradient], LABELS[gradient])
            ax.axhline(0, color=BLACK, lw=0.8, zorder=1)
            ax.set_title(_title(name), fontsize=9)
            ax.set_xscale("log", base=2)
            ax.set(xlabel="step / norm of weights", ylim=(-0.6, 1.1))
        axes[0].set_ylabel("decrease / promised by exact")
        figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=4)
        settle(figure)
    return Plate(
        "decrease",
        "What one step along minus each gradient takes off the PAM network's loss, over what the exact gradient "
        "promises. At tiny steps the exact direction is the steepest, by 3% to 6%; at 2^-6 all are alike, because "
        "the curvature of the loss decides. Below 0 the loss grows. Bars: 95% intervals over seeds.",
        figure,
    )


def draw_crossings(measured: Measured) -> Plate:
    """Return the shares of crossings against the learning rate."""
    with style():
        figure = new_figure(3.4)
        axes = figure.subplots(1, 2, sharey=True)
        for ax, optimiser in zip(axes, ("SGD", "Adam"), strict=True):
            for share, (colour, mark, label) in SHARES.items():
                found = {rate: _percent(value) for rate, value in measured.shares(optimiser, share).items()}
                _points(ax, found, colour, mark, label)
            if optimiser == "Adam":
                expected = measured.shares(optimiser, "predicted")
                ax.plot(
                    list(expected), [100 * v.mean for v in expected.values()], color=BLACK, lw=0.9, ls=":",
                    label="weights: each moved by the rate",
                )  # fmt: skip
            ax.set(xscale="log", yscale="log", xlabel="learning rate", ylim=(5e-4, 100))
            ax.set_title(optimiser)
        axes[0].set_ylabel("share in one step (%)")
        figure.legend(*axes[1].get_legend_handles_labels(), loc="outside lower center", ncols=3)
        settle(figure)
    return Plate(
        "crossings",
        "What one training step crosses. At Adam's usual rate, 1e-3, between one and two products in a hundred "
        "change their affine piece, and with it the exact gradient. Dotted: weights that a step of exactly the rate "
        "on each would move over a power of two; Adam's are smaller. Bars: 95% intervals over seeds.",
        figure,
    )


def draw_training(measured: Measured) -> Plate:
    """Return the loss curves of the three modes."""
    with style():
        figure = new_figure(3.0)
        axes = figure.subplots(1, 2, sharey=True)
        for ax, optimiser in zip(axes, ("SGD", "Adam"), strict=True):
            for mode in ("native", "exact", "mimic"):
                found = measured.losses(optimiser, mode)
                steps, means = list(found), [value.mean for value in found.values()]
                ax.plot(
                    steps,
                    means,
                    color=COLOURS[mode],
                    label=LABELS[mode],
                    ls="--" if mode == "native" else "-",
                )
                ax.fill_between(
                    steps, [v.low for v in found.values()], [v.high for v in found.values()],
                    color=COLOURS[mode], alpha=0.12, lw=0,
                )  # fmt: skip
            ax.set(yscale="log", xlabel="training step", ylim=(0.1, 10))
            ax.set_title(f"{optimiser}, learning rate 0.01")
        axes[0].set_ylabel("held-out squared error")
        axes[1].legend(loc="upper right")
        settle(figure)
    return Plate(
        "training",
        "Training with each gradient, PAM forward for exact and mimic. The curves cannot be told apart at this size: "
        "a residual that is new in every step averages out. Bands: 95% intervals over seeds, mostly the spread of "
        "the teachers.",
        figure,
    )


def _title(name: str) -> str:
    if name.startswith("block"):
        return "block, gains off 1" if name.endswith("moved") else "block, gains of 1"
    return f"perceptron, {name}"


def _percent(value: Interval) -> Interval:
    return Interval(100 * value.mean, 100 * value.half, value.runs)


def _points(
    ax: Any, found: dict[float, Interval], colour: str, mark: str, label: str, ls: str = "-"
) -> None:
    ax.errorbar(
        list(found),
        [value.mean for value in found.values()],
        # on a logarithmic axis a bar that reaches zero ends a little above it
        yerr=[[min(v.half, 0.95 * abs(v.mean)) for v in found.values()], [v.half for v in found.values()]],
        color=colour,
        fmt=mark,
        ls=ls,
        ms=4,
        lw=1.1,
        elinewidth=0.9,
        label=label,
    )
