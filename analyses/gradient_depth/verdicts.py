"""The claims of the depth study."""

from __future__ import annotations

import math
from collections.abc import Sequence

from analyses.gradient_depth.numbers import MODES, Measured, one_sign, scalar_chain
from pamcheck.measure.agreement import Interval, student_quantile
from pamcheck.measure.verdict import Verdict

LEVEL = 0.999  # of the intervals that decide: some twenty comparisons a claim
RANDOM, ONE = "binade, random signs", "binade, one sign"


def judge(measured: Measured) -> Sequence[Verdict]:
    """Judge single layers, chains, offsets, causes, blocks, gains of layer norm, and width."""
    return [
        _judge_random(measured),
        _judge_one_sign(measured),
        *(_judge_chain(measured, mode) for mode in MODES),
        _judge_scalars(measured),
        _judge_offset(measured),
        _judge_mimic_cause(measured),
        _judge_exact_cause(measured),
        _judge_blocks(measured),
        _judge_kinks(measured),
        _judge_width(measured),
    ]


def covers(found: Interval, value: float) -> bool:
    """Whether an interval, widened from 95% to LEVEL, holds a value."""
    wide = student_quantile((1 + LEVEL) / 2, found.runs - 1) / student_quantile(0.975, found.runs - 1)
    return abs(found.mean - value) <= wide * found.half


def _verdict(claim: str, holds: bool, measured: str, ends: Sequence[float], reason: str) -> Verdict:
    return Verdict(
        claim, holds, measured, min(ends), max(ends), "sample", reason, "docs/explanation/depth.md"
    )


def _judge_random(measured: Measured) -> Verdict:
    ends, good, words = [], True, []
    for mode in MODES:
        found = measured.over(RANDOM, mode, "x", "residual")
        expected = measured.predicted[mode, "binade"].residual
        good &= all(covers(value, expected) for value in found.values())
        means = [value.mean for value in found.values()]
        ends += means
        words.append(f"{mode} {min(means):.4f} to {max(means):.4f} (predicted {expected:.4f})")
    terms = list(measured.over(RANDOM, "exact", "x", "residual"))
    return _verdict(
        "Where terms have random signs, a layer's residual is that of one product, however many terms there are",
        good,
        "; ".join(words),
        ends,
        f"Signal and error both grow as the root of the number of terms, 1 to {max(terms)} of them. Prediction: "
        "quadrature over one product with uniform mantissas; 1/√14 for the exact rules.",
    )


def _judge_one_sign(measured: Measured) -> Verdict:
    exact, mimic = (measured.over(ONE, mode, "x", "residual") for mode in MODES)
    few, many = min(mimic), max(mimic)
    power = math.log(mimic[many].mean / mimic[few].mean) / math.log(many / few)
    return _verdict(
        "Where terms agree in sign, the mimic rules' residual falls as one over the root of their number; that of "
        "the exact rules ends at 1/√27",
        -0.55 <= power <= -0.45 and all(covers(value, one_sign(n)) for n, value in exact.items()),
        f"{many} terms: exact {exact[many].shown()}, predicted {one_sign(many):.4f}; mimic {mimic[many].shown('.5f')}, "
        f"power {power:.3f}",
        [exact[many].low, exact[many].high],
        "Given a, the mean of the slope over uniform mantissas of b is off by Ma − 1/2 times 2^Eb: an error that all "
        "terms of one element share.",
    )


def _judge_chain(measured: Measured, mode: str) -> Verdict:
    one = measured.predicted[mode, "normal"]
    cosines, gains = (measured.over("chain", f"{mode} rules", "x", key) for key in ("cosine", "gain"))
    deep = max(cosines)
    return _verdict(
        f"In a linear chain the {mode} rules' gain and cosine are those of one product to the power of the depth",
        all(covers(value, one.cosine**n) for n, value in cosines.items())
        and all(covers(value, one.gain**n) for n, value in gains.items()),
        f"{deep} layers: cosine {cosines[deep].shown()}, predicted {one.cosine:.4f}^{deep} = {one.cosine**deep:.4f}; "
        f"gain {gains[deep].shown()}, predicted {one.gain:.4f}^{deep} = {one.gain**deep:.4f}",
        [cosines[deep].low, cosines[deep].high],
        f"Depths {', '.join(map(str, cosines))}; normal weights, errors of layers as if independent, quadrature.",
    )


def _judge_scalars(measured: Measured) -> Verdict:
    exact, mimic = (measured.over("scalars", mode, "x", "cosine") for mode in MODES)
    gains = {mode: measured.over("scalars", mode, "x", "gain") for mode in MODES}
    deep = max(exact)
    expected = {mode: scalar_chain(mode, deep) for mode in MODES}
    return _verdict(
        "In a product of many scalars the two gradients have one gain, and the exact one's angle hardly grows",
        all(covers(gains[mode][deep], expected[mode].gain) for mode in MODES)
        and covers(exact[deep], expected["exact"].cosine)
        and covers(mimic[deep], expected["mimic"].cosine),
        f"{deep} factors: gain exact {gains['exact'][deep].shown('.3f')}, mimic {gains['mimic'][deep].shown('.3f')}, "
        f"predicted {expected['exact'].gain:.3f}; cosine exact {exact[deep].shown()}, predicted "
        f"{expected['exact'].cosine:.4f}, mimic {mimic[deep].shown()}, predicted {expected['mimic'].cosine:.4f}",
        [exact[deep].low, mimic[deep].high],
        "PAM products associate: X(L a + L b + …). The exact slope of all of them is one power of two, rounded once, "
        "however many there are. What compounds in matrices is the sum over paths.",
    )


def _judge_offset(measured: Measured) -> Verdict:
    gains = measured.over("chain", "mimic balanced", "weights", "gain")
    pairs = [
        (
            measured.over("chain", mode, "weights", "cosine"),
            measured.over("chain", f"{mode} balanced", "weights", "cosine"),
        )
        for mode in MODES
    ]
    deep = max(gains)
    gained = max(after[n].mean - before[n].mean for before, after in pairs for n in before)
    return _verdict(
        "The balanced offset mends the length of gradients in a chain, not their direction",
        all(0.95 <= value.mean <= 1.05 for value in gains.values()) and gained <= 0.01,
        f"{deep} layers, mimic: gain {gains[deep].shown('.3f')} with, "
        f"{measured.at('chain', 'mimic', 'weights', 'gain', deep).shown('.3f')} without; no cosine is more than "
        f"{max(gained, 0.0):.3f} higher with it",
        [value.mean for value in gains.values()],
        "An offset multiplies every product by nearly the same number, so that the mean is right and the spread stays.",
    )


def _judge_mimic_cause(measured: Measured) -> Verdict:
    rules, forward = (
        measured.over("perceptron", v, "weights", "cosine") for v in ("mimic rules", "forward")
    )
    shares = {n: (1 - rules[n].mean) / (1 - forward[n].mean) for n in rules if n >= 4}
    deep = max(shares)
    return _verdict(
        "In a ReLU perceptron the mimic gradient's error comes from the forward pass: its rules alone lose less than "
        "a quarter as much cosine, from four layers on",
        all(share < 0.25 for share in shares.values()),
        f"{deep} layers: rules alone {rules[deep].shown('.3f')}, forward alone {forward[deep].shown('.3f')}",
        list(shares.values()),
        "The PAM forward decides some gates otherwise, and each of those switches a path of the gradient on or off.",
    )


def _judge_exact_cause(measured: Measured) -> Verdict:
    rules, forward = (
        measured.over("perceptron", v, "weights", "cosine") for v in ("exact rules", "forward")
    )
    lost = {n: (1 - rules[n].mean) - (1 - forward[n].mean) for n in rules if n <= 8}
    deep = max(rules)
    return _verdict(
        "Up to eight layers of a ReLU perceptron the exact rules alone turn the gradient further than the forward pass",
        all(value > 0 for value in lost.values()),
        ", ".join(f"{n} layers {rules[n].mean:.3f} against {forward[n].mean:.3f}" for n in rules),
        list(lost.values()),
        f"Cosines, rules alone against forward alone. At {deep} layers, which decides nothing here, the two are "
        f"{rules[deep].shown('.3f')} and {forward[deep].shown('.3f')}.",
    )


def _judge_blocks(measured: Measured) -> Verdict:
    exact, mimic = (measured.over("blocks", mode, "weights", "cosine") for mode in MODES)
    deep = max(exact)
    return _verdict(
        "Through pre-norm transformer blocks the mimic gradient keeps a cosine above 0.97; the exact one is below 0.93 "
        "from the first block on",
        all(value.mean > 0.97 for value in mimic.values())
        and all(value.mean < 0.93 for value in exact.values()),
        f"{deep} blocks: mimic {mimic[deep].shown('.3f')}, exact {exact[deep].shown('.3f')}",
        [exact[deep].low, mimic[deep].high],
        "All weights. Residual connections carry most of a gradient past the layers that would turn it.",
    )


def _judge_kinks(measured: Measured) -> Verdict:
    depth = max(measured.over("blocks", "exact", "weights", "gain"))
    found = {
        part: [measured.at("blocks", "exact", f"{n}.{norm}.{part}", "gain", depth).mean
               for n in range(depth) for norm in ("norm1", "norm2")]
        for part in ("gain", "bias")
    }  # fmt: skip
    gain, bias = (sum(values) / len(values) for values in found.values())
    return _verdict(
        "Layer-norm gains of 1 sit on a kink: the exact rules give them two thirds of their gradient",
        0.55 < gain < 0.75 and 0.85 < bias < 1.1,
        f"gain of the gradient by gains {gain:.3f}, by biases {bias:.3f}, mean over {2 * depth} layer norms",
        [gain, bias],
        "With Mγ = 0 there is no carry, so the slope is 2^E of the other operand, its lower bound; "
        "E[x 2^E] / E[x²] is 9/14 = 0.643 for uniform mantissas.",
    )


def _judge_width(measured: Measured) -> Verdict:
    spans, words, unsure = [], [], 0.0
    for variant in ("forward", "exact", "mimic"):
        found = measured.over("width", variant, "weights", "cosine")
        means = [value.mean for n, value in found.items() if n >= 16]
        unsure = max(unsure, *(value.half for n, value in found.items() if n >= 16))
        spans.append(max(means) - min(means))
        words.append(f"{variant} {min(means):.3f} to {max(means):.3f}")
    largest = max(measured.over("width", "exact", "weights", "cosine"))
    return _verdict(
        "The width of a perceptron makes no difference to the direction, from 16 on",
        max(spans) < 0.02 + unsure,
        f"width 16 to {largest}: cosine {', '.join(words)}",
        spans,
        f"Four layers; the widest 95% interval is ± {unsure:.3f}. "
        "Every element is the sum of as many terms as the layer is wide, of random sign.",
    )
