"""The claims of the study of regions, each judged."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from analyses.regions.records import STATES, Measured
from pamcheck.measure.verdict import Verdict

CAUSED, FAN, NEAR = 0.85, (0.75, 1.3), 2.0**-40
COUNTED = 50  # crossings, from which on a ratio of counts means something
GROWTH = (0.8, 1.6)
EXACT = ("neuron scaled by 4", "neuron scaled by 1/2", "neurons reversed", "softmax moved by 1 octaves")


def judge(measured: Measured) -> Sequence[Verdict]:
    """Judge the counts, the partitions, the tracer, what parts pieces, what training does, and the interpreter."""
    return [
        _judge_known(measured),
        _judge_slices(measured),
        _judge_traced(measured),
        _judge_causes(measured),
        _judge_fan(measured),
        _judge_growth(measured),
        _judge_training(measured),
        _judge_interpreted(measured),
        _judge_symmetries(measured),
    ]


def fans(lines: pd.DataFrame, widths: Sequence[int]) -> pd.DataFrame:
    """Return carries for each binade crossing of every layer, and the layer's outputs."""
    rows = []
    for layer, outputs in enumerate(widths[1:], 1):
        for epoch in (lines["size"].min(), lines["size"].max()):
            of = lines[lines["size"] == epoch]
            carries, binades = int(of[f"carry {layer}"].sum()), int(of[f"binade {layer}"].sum())
            rows.append(
                {"state": STATES[int(epoch > 0)], "layer": layer, "outputs": outputs, "carries": carries,
                 "binades": binades, "ratio": carries / binades if binades else float("nan")}
            )  # fmt: skip
    return pd.DataFrame(rows)


def _judge_known(measured: Measured) -> Verdict:
    good = [each.found == each.expected and each.recheck.holds for each in measured.known]
    points = sum(each.recheck.points for each in measured.known)
    return Verdict(
        claim="Operations, dot products and softmaxes have the numbers of pieces that are derived by hand",
        holds=all(good),
        measured=f"{sum(good)} of {len(good)} counts equal",
        lower=float(sum(good)),
        upper=float(len(good)),
        evidence="proof",
        reason=(
            "Exact arithmetic; each partition was verified again: it covers the domain without overlap, is continuous, "
            f"and agrees with the definition at {points:,} points."
        ),
    )


def _judge_slices(measured: Measured) -> Verdict:
    slices = measured.slices
    wrong = sum(s.wrong + (not s.recheck.holds) + s.partition.partial for s in slices.values())
    told = " and ".join(f"{s.partition.function_pieces:,} {name}" for name, s in slices.items())
    return Verdict(
        claim=f"On a triangle between three test images the classifier is affine on {told} pieces",
        holds=wrong == 0,
        measured=f"{wrong} cells wrong",
        lower=float(wrong),
        upper=float(wrong),
        evidence="sample",
        reason=(
            "The partition is exact. Verified again in full on a triangle 8 times smaller "
            f"({', '.join(str(s.recheck.cells) for s in slices.values())} cells), and on the whole at a point in "
            f"each of {min(s.points for s in slices.values())} seeded cells of either network."
        ),
    )


def _judge_traced(measured: Measured) -> Verdict:
    apart = [max(abs(p - q) for p, q in zip(c.traced, c.exact, strict=True)) for c in measured.compared]
    holds = all(gap <= each.small for gap, each in zip(apart, measured.compared, strict=True))
    total = sum(each.exact[0] for each in measured.compared)
    return Verdict(
        claim="Along lines the tracer counts the pieces that the exact partition has",
        holds=holds,
        measured=f"at most {max(apart)} apart on a line, {total:,} pieces in all",
        lower=0.0,
        upper=float(max(apart)),
        evidence="sample",
        reason=(
            f"{len(apart)} lines between test images; they may differ only by pieces where an operand is below the "
            f"smallest binade, of which there are {sum(each.small for each in measured.compared)}."
        ),
    )


def _judge_causes(measured: Measured) -> Verdict:
    lines = measured.lines
    share = lines.carry / (lines.pieces - 1 / lines.length)
    relu = float((lines.relu / lines.pieces).mean())
    return Verdict(
        claim=f"In ReLU perceptrons more than {CAUSED:.0%} of the breaks are carries",
        holds=bool(share.mean() > CAUSED),
        measured=f"{share.mean():.1%} on average, ReLUs {relu:.1%}",
        lower=float(share.min()),
        upper=float(share.max()),
        evidence="sample",
        reason=(
            f"{len(lines)} lines: a carry is of one activation and one weight, a binade crossing of one activation, "
            "and a ReLU switches once where it does."
        ),
    )


def _judge_fan(measured: Measured) -> Verdict:
    found = fans(measured.lines[measured.lines.network == "training"], measured.widths)
    found = found[found.binades >= COUNTED]
    relative = (found.ratio / found.outputs).to_numpy()
    return Verdict(
        claim="A layer has about as many carries as outputs for each binade border that an activation crosses",
        holds=bool(len(found) and ((relative > FAN[0]) & (relative < FAN[1])).all()),
        measured=", ".join(f"{r.ratio:.1f} for {r.outputs}" for r in found.itertuples()),
        lower=float(relative.min(initial=np.inf)),
        upper=float(relative.max(initial=0.0)),
        evidence="sample",
        reason=(
            "While an activation goes through a binade its mantissa meets one minus that of each weight once. Between "
            f"{FAN[0]} and {FAN[1]} times is counted as about, as lines end inside binades; layers with {COUNTED} "
            "crossings or more."
        ),
    )


def growth(measured: Measured) -> float:
    """Return the exponent of pieces a unit of length, against the number of weights, by least squares of logarithms."""
    of = measured.lines[measured.lines.network == "sizes"].groupby(["size", "depth"]).pieces.mean()
    width, depth = (of.index.get_level_values(name).to_numpy(np.float64) for name in ("size", "depth"))
    weights = (measured.widths[0] + measured.widths[-1]) * width + (depth - 1) * width**2
    return float(np.polyfit(np.log(weights), np.log(of.to_numpy()), 1)[0])


def _judge_growth(measured: Measured) -> Verdict:
    exponent = growth(measured)
    return Verdict(
        claim="Pieces of an untrained perceptron grow about in proportion to its weights",
        holds=bool(GROWTH[0] < exponent < GROWTH[1]),
        measured=f"as the number of weights to the power {exponent:.2f}",
        lower=exponent,
        upper=exponent,
        evidence="sample",
        reason=(
            "Each weight gives a carry for every binade that its activation crosses. Least squares over the widths and "
            f"depths in the table, one network each; {GROWTH[0]} to {GROWTH[1]} is counted as about."
        ),
    )


def _judge_training(measured: Measured) -> Verdict:
    lines = measured.lines[measured.lines.network == "training"].groupby("size")
    pieces, slopes = lines.pieces.mean(), lines.slope.mean()
    change = pieces.iloc[-1] / pieces.iloc[0]
    steeper = slopes.iloc[-1] / slopes.iloc[0]
    return Verdict(
        claim="Training makes the classifier steeper, and its pieces fewer by a lesser factor",
        holds=bool(change < 1 and steeper > 1 / change),
        measured=f"slopes × {steeper:.3g}, pieces a unit of length × {change:.3g}",
        lower=float(change),
        upper=float(steeper),
        evidence="sample",
        reason=(
            f"One network, {measured.accuracy[0]:.1%} to {measured.accuracy[-1]:.1%} of the test images right after "
            f"{len(measured.accuracy) - 1} epochs. The first layer's breaks hardly move, as its inputs are the same; "
            "the hidden units cross fewer binades."
        ),
    )


def _judge_interpreted(measured: Measured) -> Verdict:
    errors = [each.error for each in measured.interpreted.values()]
    radii = ", ".join(f"{each.piece.radius:.2g} {name}" for name, each in measured.interpreted.items())
    tried = sum(each.tried for each in measured.interpreted.values())
    positive = all(each.piece.radius > 0 for each in measured.interpreted.values())
    return Verdict(
        claim="At an image one matrix and one offset give the scores on the whole piece",
        holds=bool(positive and max(errors) <= NEAR),
        measured=f"largest difference {max(errors):.1e} of the largest score, float64 against Fractions",
        lower=0.0,
        upper=float(np.max(errors)),
        evidence="sample",
        reason=(
            f"{tried} displacements up to the radius within which no operation breaks: {radii}; a grey level is 0.0625."
        ),
    )


def _judge_symmetries(measured: Measured) -> Verdict:
    wrong = [s.name for s in measured.symmetries if s.holds != (s.name in EXACT)]
    kept = sum(s.holds for s in measured.symmetries)
    return Verdict(
        claim="Scaling a neuron by a power of two, permuting neurons, and moving a softmax by an octave change nothing",
        holds=not wrong and kept == len(EXACT),
        measured=f"{kept} of {len(measured.symmetries)} changes exact"
        + (f"; not so: {', '.join(wrong)}" if wrong else ""),
        lower=float(kept),
        upper=float(len(measured.symmetries)),
        evidence="sample",
        reason=(
            f"Fractions, at {max(s.points for s in measured.symmetries)} images. A power of two is only added to "
            "exponents; other factors, and numbers added to scores before log2 e, move mantissas."
        ),
    )
