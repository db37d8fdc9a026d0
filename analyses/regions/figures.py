"""The figures of the study of regions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from analyses.regions.records import STATES, Interpreted, Measured
from pamcheck.measure.regions import operation, partition
from pamcheck.measure.verdict import Verdict
from pamcheck.plotting.regions import cells, interpreter, pair, profile
from pamcheck.plotting.regions.colours import COLOURS
from pamcheck.plotting.style import BLACK, BLUE, GREEN, ORANGE, VERMILION, new_figure, settle, style
from pamcheck.reporting.records import Plate


def draw(measured: Measured, verdicts: Sequence[Verdict]) -> Sequence[Plate]:  # noqa: ARG001
    """Return a product's pieces, the classifier before and after training, a line, growth, and interpreters."""
    return [_piece(), _pair(measured), _profile(measured), _growth(measured), _interpreter(measured)]


def _piece() -> Plate:
    found = partition(operation("pam", (1, 8), (1, 8)))
    return Plate(
        "piece",
        "pam on three binades of each operand: 18 pieces, on each of which the product is an affine function of both "
        "operands. Shade: how steep it is there. Borders: where an operand enters its next binade, and where the "
        "mantissas add up to one and carry into the exponent.",
        cells(found, ("a", "b"), "pam(a, b)"),
    )


def _pair(measured: Measured) -> Plate:
    first, second = (measured.slices[state].partition for state in STATES)
    names = ", ".join(map(str, measured.shown))
    return Plate(
        "pair",
        f"The classifier before and after training on one triangle: that of test images of {names}, shrunk "
        f"{measured.shrink} times around a point inside. Each cell is a piece: there all ten scores are affine. Dotted "
        "borders are of operations whose result is cut off later, by a ReLU that is off. Shades have a scale each.",
        pair(first, second, ("t", "s"), STATES),
    )


def _profile(measured: Measured) -> Plate:
    found = measured.profiles["trained"]
    a, b = measured.shown[:2]
    return Plate(
        "profile",
        f"Seven of the trained classifier's scores along the middle half of the line from an image of {a} (t = 0) to "
        f"one of {b} (t = 1), and their slopes. Every tick is a break, in the row of its cause. The scores look smooth; "
        "the slopes show the pieces.",
        profile(found, "t", f"from {a} to {b}"),
    )


def _growth(measured: Measured) -> Plate:
    lines = measured.lines
    with style():
        figure = new_figure(3.3)
        left, right = figure.subplots(1, 2)
        _by_epoch(left, measured)
        of = lines[lines.network == "sizes"]
        for depth, colour in zip(sorted(of.depth.unique()), (BLUE, VERMILION, GREEN, ORANGE), strict=False):
            found = of[of.depth == depth].groupby("size").pieces.mean()
            right.plot(found.index, found, "o-", ms=4, color=colour, label=f"{int(depth)} hidden")
        right.set(
            xscale="log", yscale="log", xlabel="width", ylabel="pieces a unit of length", title="untrained"
        )
        right.set_xticks(sorted(of["size"].unique()), [str(n) for n in sorted(of["size"].unique())])
        right.minorticks_off()
        right.legend()
        settle(figure)
    return Plate(
        "growth",
        "Pieces of the program along lines between test images. Left: breaks by cause while the classifier is trained, "
        "and the slope of its scores. Right: by width and number of hidden layers.",
        figure,
    )


def _by_epoch(ax: Any, measured: Measured) -> None:
    of = measured.lines[measured.lines.network == "training"].groupby("size")
    for cause in ("carry", "binade", "relu"):
        found = of[cause].mean()
        ax.plot(found.index, found, "o-", ms=3, color=COLOURS[cause], label=cause)  # type: ignore[index]
    slope = of.slope.mean()
    ax.plot(slope.index, slope, "s--", ms=3, color=BLACK, label="slope")
    ax.set(yscale="log", xlabel="epoch", ylabel="a unit of length", title="training")
    ax.legend(ncols=2, loc="lower right")


def _interpreter(measured: Measured) -> Plate:
    image, found = measured.image, [measured.interpreted[state] for state in STATES]
    rows = [_rows(each, image) for each in found]
    scores = [each.piece.value - each.piece.value.max() for each in found]
    radii = " and ".join(f"{each.piece.radius:.1e}" for each in found)
    return Plate(
        "interpreter",
        "The linear interpreter at a test image: row k of the matrix J, as an image, says by how much the score of "
        "class k grows with each pixel, relative to the mean of all classes. Titles have the score, less the best one. "
        "Pixels that are black in the image have no slope, as binades accumulate at 0, and are left white. The maps "
        f"are exact while no pixel moves by more than {radii}.",
        interpreter(
            image, rows, [float(s) for each in scores for s in each], [str(k) for k in range(10)], STATES
        ),
    )


def _rows(found: Interpreted, image: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Return the rows of the matrix as images, less the mean over classes, NaN where a pixel is black."""
    classes, width = len(found.piece.value), image.shape[1]
    rows = np.full((classes, *image.shape), np.nan)
    for column, (_, (_, pixel)) in enumerate(found.piece.entries):
        rows[:, pixel // width, pixel % width] = found.piece.matrix[:, column]
    return rows - rows.mean(axis=0)
