"""The claims of the steps study."""

from __future__ import annotations

import math
from collections.abc import Sequence

from analyses.gradient_steps.numbers import Measured
from pamcheck.measure.agreement import Interval, interval
from pamcheck.measure.verdict import Verdict

TINY, SMALL, MIDDLE = 2.0**-20, 2.0**-9, 2.0**-6
EVEN = (-7, -2)  # log2 of the steps between which the mimic gradient catches up
ON_KINK = "block"


def judge(measured: Measured) -> Sequence[Verdict]:
    """Judge convergence, kinks at initialisation, who predicts best, descent, crossings and training."""
    return [
        _judge_converges(measured),
        _judge_kink(measured),
        _judge_better(measured),
        _judge_descent(measured),
        _judge_crossings(measured),
        _judge_training(measured),
    ]


def _verdict(claim: str, holds: bool, measured: str, ends: Sequence[float], reason: str) -> Verdict:
    return Verdict(
        claim, holds, measured, min(ends), max(ends), "sample", reason, "docs/explanation/depth.md"
    )


def _cases(measured: Measured) -> list[str]:
    return [name for name in measured.cases if not name.endswith("float32")]


def _judge_converges(measured: Measured) -> Verdict:
    found = {
        name: measured.over(name, "exact", "error")[TINY] for name in _cases(measured) if name != ON_KINK
    }
    return _verdict(
        "The exact gradient is the derivative of the PAM network's loss wherever no weight sits on a kink",
        all(value.high < 0.01 for value in found.values()),
        ", ".join(f"{name} {value.mean:.4f}" for name, value in found.items()),
        [value.mean for value in found.values()],
        "Error of the slope along random directions against a central difference over 2^-20 of the weights' norm, in "
        f"float64. Every other gradient is off by {_best(measured):.2f} or more.",
    )


def _best(measured: Measured) -> float:
    others = [g for g in measured.gradients if g != "exact"]
    return min(measured.over(name, g, "error")[TINY].mean for name in _cases(measured) for g in others)


def _judge_kink(measured: Measured) -> Verdict:
    on, off = (measured.over(name, "exact", "error")[TINY] for name in (ON_KINK, f"{ON_KINK}, gains moved"))
    return _verdict(
        "With layer-norm gains of 1, on a kink, the exact gradient does not converge to the central difference",
        on.mean > 0.02 and off.high < 0.01,
        f"error {on.shown('.3f')} with gains of 1, {off.shown('.4f')} with gains moved off it",
        [off.mean, on.mean],
        "At a breakpoint the rules take the piece of larger magnitude: the derivative to one side.",
    )


def _judge_better(measured: Measured) -> Verdict:
    holds, words, places = True, [], []
    for name in _cases(measured):
        exact, mimic = (measured.over(name, g, "error") for g in ("exact", "mimic"))
        place = _crossing(exact, mimic)
        holds &= exact[SMALL].mean < mimic[SMALL].mean and EVEN[0] <= place <= EVEN[1]
        places.append(place)
        words.append(f"{name} 2^{place:.1f}")
    return _verdict(
        "The exact gradient predicts the loss better than the mimic one at steps of 2^-9 of the weights' norm; "
        "between 2^-7 and 2^-2 the mimic one catches up",
        holds,
        "they are even at " + ", ".join(words),
        [2.0**place for place in places],
        "Over a step that crosses many pieces a mean slope says more than that of the first piece. Interpolated "
        "between the steps that were tried.",
    )


def _crossing(exact: dict[float, Interval], mimic: dict[float, Interval]) -> float:
    """Return log2 of the step at which the exact gradient's error passes the mimic one's."""
    steps = sorted(exact)
    ahead = [math.log(exact[t].mean / mimic[t].mean) for t in steps]
    for (a, one), (b, other) in zip(
        zip(steps, ahead, strict=True), list(zip(steps, ahead, strict=True))[1:], strict=False
    ):
        if one < 0 <= other:
            return math.log2(a) + math.log2(b / a) * one / (one - other)
    return math.nan


def _judge_descent(measured: Measured) -> Verdict:
    tiny = {name: _ahead(measured, name, TINY) for name in _cases(measured)}
    middle = {name: _ahead(measured, name, MIDDLE) for name in _cases(measured)}
    return _verdict(
        "As a direction to go the exact gradient is ahead of the mimic one by at most 10% at tiny steps, and not "
        "ahead at 2^-6 of the weights' norm",
        all(0 < v.mean < 0.1 for v in tiny.values()) and all(v.low <= 0 for v in middle.values()),
        ", ".join(f"{name} {tiny[name].mean:+.3f} → {v.shown('+.3f')}" for name, v in middle.items()),
        [v.mean for v in (*tiny.values(), *middle.values())],
        "Decrease along the exact minus that along the mimic gradient, in what the exact one promises, seed by seed; "
        "at 2^-20, then at 2^-6.",
    )


def _ahead(measured: Measured, name: str, step: float) -> Interval:
    """Return the exact decrease minus the mimic one, paired by seed."""
    some = measured.steps[(measured.steps.case == name) & (measured.steps.step == step)]
    paired = some.pivot(index="seed", columns="gradient", values="decrease")
    return interval((paired["exact"] - paired["mimic"]).to_numpy())


def _judge_crossings(measured: Measured) -> Verdict:
    piece = measured.shares("Adam", "piece")
    usual, low = piece[1e-3], piece[1e-5]
    power = math.log(usual.mean / low.mean) / math.log(100)
    return _verdict(
        "With Adam at 1e-3 between 0.5% and 5% of the products change their piece in a step",
        0.005 < usual.low <= usual.high < 0.05,
        f"{100 * usual.mean:.2f} ± {100 * usual.half:.2f} %; at 1e-5 {100 * low.mean:.3f} %",
        [usual.low, usual.high],
        f"From 1e-5 to 1e-3 the share grows as the rate to the power {power:.2f}. A perceptron of three layers, "
        "products counted exactly in every fifth of its first steps.",
    )


def _judge_training(measured: Measured) -> Verdict:
    last = measured.curves.step.max()
    words, ratios = [], []
    for optimiser in ("SGD", "Adam"):
        end = measured.curves[(measured.curves.optimiser == optimiser) & (measured.curves.step == last)]
        paired = end.pivot(index="seed", columns="mode", values="loss")
        for mode in ("exact", "mimic"):
            ratio = interval((paired[mode] / paired["native"]).to_numpy())
            ratios.append(ratio)
            words.append(f"{optimiser} {mode} {ratio.shown('.3f')}")
    return _verdict(
        "A short training run ends at the native loss, within 10%, with either PAM gradient",
        all(abs(ratio.mean - 1) < 0.1 for ratio in ratios),
        ", ".join(words),
        [end for ratio in ratios for end in (ratio.low, ratio.high)],
        f"Held-out loss after {last} steps over that of the native run from the same seed.",
    )
