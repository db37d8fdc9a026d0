"""The figures of the study of regions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from analyses.regions.records import STATES, Interpreted, Measured
from pamcheck.measure.regions import operation, partition
from pamcheck.measure.regions_request.command import Request, regions
from pamcheck.measure.regions_request.slopes import steepness
from pamcheck.measure.verdict import Verdict
from pamcheck.plotting.regions import cells, interpreter, pair, profile
from pamcheck.plotting.regions.colours import COLOURS
from pamcheck.plotting.style import BLACK, BLUE, GREEN, ORANGE, VERMILION, new_figure, settle, style
from pamcheck.reporting.records import Plate


def draw(measured: Measured, verdicts: Sequence[Verdict]) -> Sequence[Plate]:  # noqa: ARG001
    """Return a product's pieces, the classifier before and after training, a line, growth, and interpreters."""
    return [
        _piece(),
        _softmax(),
        _pair(measured),
        _slopes(measured),
        _profile(measured),
        _growth(measured),
        _interpreter(measured),
    ]


def _piece() -> Plate:
    found = partition(operation("pam", (1, 8), (1, 8)))
    return Plate(
        "piece",
        "pam on three binades of each operand: 18 pieces, on each of which the product is an affine function of both "
        "operands. Shade: how steep it is there. Borders: where an operand enters its next binade, and where the "
        "mantissas add up to one and carry into the exponent.",
        cells(found, ("a", "b"), "pam(a, b)"),
    )


def _softmax() -> Plate:
    found = regions(Request("softmax(x, y)", ("1:4",))).partition
    return Plate(
        "softmax",
        "softmax of two numbers: 92 pieces, and every cause but ReLU. Vertical and horizontal edges are of x log2 e "
        "and its power; the others of the sum and the quotient. Where the floor of the maximum jumps, so does the "
        "power, and the quotient takes it back.",
        cells(found, ("x", "y"), "softmax(x, y)"),
    )


def _pair(measured: Measured) -> Plate:
    first, second = (measured.slices[state].partition for state in STATES)
    names = ", ".join(map(str, measured.shown))
    return Plate(
        "pair",
        f"The classifier before and after training on one triangle: that of test images of {names}, shrunk "
        f"{measured.shrink} times around a point inside. Each cell is a piece: there all ten scores are affine. Dotted "
        "borders are of operations whose result is cut off later, by a ReLU that is off. Dense bands lie where a "
        "hidden unit comes to 0: there its binades accumulate. Shades have a scale each.",
        pair(first, second, ("t", "s"), STATES),
    )


def _slopes(measured: Measured) -> Plate:
    with style():
        figure = new_figure(2.9)
        ax: Any = figure.subplots()
        for state, colour in zip(STATES, (BLUE, VERMILION), strict=True):
            cells_ = measured.slices[state].partition.cells
            ordered = sorted((steepness(cell), float(cell.size)) for cell in cells_)
            slopes, sizes = np.array(ordered).T
            share = np.cumsum(sizes) / sizes.sum()
            middle = slopes[np.searchsorted(share, 0.5)]
            ax.step(
                slopes / middle, share, where="post", color=colour, label=f"{state}, median {middle:.3g}"
            )
        ax.set(xlabel="slope over its median", ylabel="share of the area", title="slopes of the pieces")
        ax.set_ylim(0, 1)
        ax.legend(loc="upper left")
        settle(figure)
    return Plate(
        "slopes",
        "How much of the triangle is how steep: the share of its area on which the steepest score has at most that "
        "slope, over the median slope of the network.",
        figure,
    )


def _profile(measured: Measured) -> Plate:
    found = measured.profiles["trained"]
    a, b = measured.shown[:2]
    return Plate(
        "profile",
        f"Seven of the trained classifier's scores along the middle half of the line from an image of {a} (t = 0) to "
        f"one of {b} (t = 1), and their slopes. Every tick is a break, in the row of its cause. The "
        "scores look smooth; the slopes show the pieces. In training all scores drift downwards together, as a PAM "
        "softmax adds up to less or more than 1; only differences count.",
        profile(found, "t", f"trained, from {a} to {b}", tuple(f"score {k}" for k in range(10))),
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
    for name, colour, form in (
        ("carry", COLOURS["carry"], "o-"),
        ("binade", COLOURS["binade"], "o-"),
        ("slope", BLACK, "s--"),
        ("relu", COLOURS["relu"], "o-"),
    ):
        found = of[name].mean()
        ax.plot(found.index, found, form, ms=3, color=colour)
        ax.annotate(
            name, (found.index[-1], found.iloc[-1]), (6, 0), textcoords="offset points", va="center",
            color=colour, fontsize=8,
        )  # fmt: skip
    ax.set(yscale="log", xlabel="epoch", ylabel="a unit of length", title="training")


def _interpreter(measured: Measured) -> Plate:
    image, found = measured.image, [measured.interpreted[state] for state in STATES]
    rows = [_rows(each, image) for each in found]
    scores = [each.piece.value - each.piece.value.max() for each in found]
    radii = " and ".join(f"{each.piece.radius:.1e}" for each in found)
    return Plate(
        "interpreter",
        "The linear interpreter at a test image: row k of the matrix J, as an image, says by how much the score of "
        "class k grows with each pixel, relative to the mean of all classes. Titles have the score, less the best one. "
        "Pixels that are black in the image have no slope, as binades accumulate at 0, and are hatched. The maps "
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
    relative: np.ndarray[Any, Any] = rows - rows.mean(axis=0)
    return relative
