"""The tables of the study of regions."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction

import pandas as pd

from analyses.regions.records import Measured
from analyses.regions.verdicts import fans
from pamcheck.measure.regions import CAUSES
from pamcheck.measure.regions_request.slopes import quantiles
from pamcheck.reporting.records import Table

DEFINITIONS = {
    "pieces": "connected sets on which the function has one affine map",
    "program": "sets on which every operation stays on one of its pieces; later operations may cancel breaks",
    "slope": "length of the gradient of the steepest score",
}


def tabulate(measured: Measured) -> Sequence[Table]:
    """Return the known counts, the slices, and lines by epoch, size and layer."""
    return [
        _known(measured),
        _slices(measured),
        _training(measured),
        _sizes(measured),
        _layers(measured),
        _symmetries(measured),
    ]


def _known(measured: Measured) -> Table:
    rows = [
        {
            "function": k.expression,
            "domain": f"[{k.domain.replace(':', ', ')}]",
            "rule": k.formula,
            "program": k.found[0],
            "pieces": k.found[1],
            "expected": f"{k.expected[0]}, {k.expected[1]}",
            "verified at": k.recheck.points,
        }
        for k in measured.known
    ]
    return Table(
        "known",
        "Pieces that can be counted by hand",
        pd.DataFrame(rows),
        {"verified at": ",d"},
        {
            **{name: DEFINITIONS[name] for name in ("pieces", "program")},
            "domain": "of every variable",
            "expected": "program, pieces",
            "verified at": "points at which the maps were compared with the definition, besides the geometry",
        },
    )


def _slices(measured: Measured) -> Table:
    rows = []
    for name, each in measured.slices.items():
        slopes, counts = quantiles(each.partition), each.counts
        jump = counts.largest_jump
        squared = max(counts.lipschitz_squared or (Fraction(0),))
        rows.append(
            {"network": name, "program": counts.program_pieces, "pieces": counts.function_pieces}
            | {cause: counts.breaks[cause] for cause in CAUSES if cause in counts.breaks}
            | {
                "remainder": float(counts.remainder / each.partition.size),
                "least slope": slopes[0], "median slope": slopes[2], "Lipschitz": math.sqrt(squared),
                "largest jump": math.sqrt(jump.jump_squared) if jump else 0.0,
            }
        )  # fmt: skip
    frame = pd.DataFrame(rows)
    names = [cause for cause in CAUSES if cause in frame]
    frame[names] = frame[names].fillna(0).astype(int)
    return Table(
        "slices",
        f"The classifier on the triangle of three test images, shrunk {measured.shrink} times",
        frame,
        {"program": ",d", "pieces": ",d", "remainder": ".2%"}
        | dict.fromkeys(names, ",d")
        | dict.fromkeys(("least slope", "median slope", "Lipschitz", "largest jump"), ".4g"),
        {
            **DEFINITIONS,
            "carry": "borders at which a map changes, by what broke; binade and others likewise",
            "remainder": "share of the area where an operand is below 2^-12; no map is given there",
            "Lipschitz": "of the steepest score, by the parameters t, s of the triangle, in the Euclidean norm",
        },
    )


_LINES = ("pieces", "function", "carry", "binade", "relu", "slope", "jump")


def _training(measured: Measured) -> Table:
    of = measured.lines[measured.lines.network == "training"]
    frame = of.groupby("size")[list(_LINES)].mean().reset_index().rename(columns={"size": "epoch"})
    frame.insert(1, "accuracy", measured.accuracy)
    return _table("training", "The classifier along lines between test images, by epoch", frame)


def _sizes(measured: Measured) -> Table:
    of = measured.lines[measured.lines.network == "sizes"]
    frame = of.groupby(["size", "depth"])[list(_LINES)].mean().reset_index()
    frame = frame.rename(columns={"size": "width", "depth": "hidden layers"})
    frame["hidden layers"] = frame["hidden layers"].astype(int)
    return _table("sizes", "Untrained perceptrons along the same lines, by width and depth", frame)


def _table(name: str, caption: str, frame: pd.DataFrame) -> Table:
    frame = frame.rename(columns={"pieces": "program", "function": "pieces"})
    return Table(
        name,
        f"{caption}: means over lines",
        frame,
        {"accuracy": ".1%"} | dict.fromkeys(("program", "pieces", "carry", "binade", "relu"), ".1f")
        | {"slope": ".3g", "jump": ".3g"},
        {
            "program": "pieces of the program a unit of length of input space",
            "pieces": "pieces of the function, likewise",
            "carry": "breaks of that cause a unit of length; binade, relu likewise; binades down to 2^-24",
            "slope": "mean over the line of the steepest score's, a unit of length; jump: the largest change",
        },
    )  # fmt: skip


def _layers(measured: Measured) -> Table:
    frame = fans(measured.lines[measured.lines.network == "training"], measured.widths)
    return Table(
        "layers",
        "Carries and binade crossings of each layer of the classifier, over all lines",
        frame,
        {"ratio": ".1f", "carries": ",d", "binades": ",d"},
        {"ratio": "carries for each binade crossing; expected are the layer's outputs"},
    )


def _symmetries(measured: Measured) -> Table:
    rows = [
        {"change": s.name, "exact": "yes" if s.holds else "no", "relative": s.relative, "points": s.points}
        for s in measured.symmetries
    ]
    return Table(
        "symmetries",
        "What leaves the trained classifier, and the softmax of its scores, as it is",
        pd.DataFrame(rows),
        {"relative": ".3g"},
        {
            "exact": "every score is the same fraction at every image",
            "relative": "largest deviation, over the largest score of the image",
            "points": "test images",
        },
    )
