"""What the study counts: known counts, slices, lines, and interpreters."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from analyses.regions import networks
from analyses.regions.records import Array, Compared, Interpreted, Known, Slice
from pamcheck.arithmetic import Arithmetic, Pam
from pamcheck.measure.regions import CAUSES, Partition, Restriction, counts, partition, recheck
from pamcheck.measure.regions.plain import Plain, as_array
from pamcheck.measure.regions.tracer import (
    Symmetry,
    Trace,
    linear_interpreter,
    shift_logits,
    symmetries,
    trace,
    trace_many,
)
from pamcheck.measure.regions_request import command
from pamcheck.nn import layers

SMALLEST = -12  # of the triangle
ALONG = -24  # of lines, where a binade more costs little

# expression, domain, formula, pieces of the program, of the function
KNOWN: tuple[tuple[str, str, str, int, int], ...] = (
    ("pam(x, y)", "1:2", "2 on one binade of each", 2, 2),
    ("pam(x, y)", "1:16", "2 k² on k × k binades", 32, 32),
    ("padiv(x, y)", "1:16", "2 k² on k × k binades", 32, 32),
    ("paexp2(x)", "0:7", "n on [0, n]", 7, 7),
    ("palog2(x)", "1:64", "k on k binades", 6, 6),
    ("pasqrt(x)", "1:64", "1 and one more for every odd power of two", 4, 4),
    ("pam(x, x)", "1:2", "2 on one binade, break at M = 1/2", 2, 2),
    ("pam(x, x)", "1:32", "2 k on k binades; k + 1 maps, as 2^j is no break", 10, 6),
    ("dot(x, y, 1.5, 1.25)", "1:8", "(2 k)²: lines of x and of y", 36, 36),
    ("pam(x, y) + pam(x, 1.5)", "1:4", "4 k²: in x 2 k, and each cell of y has a carry", 16, 16),
    ("dot(x, y, x + y, 1.5, 1.5, 1.5)", "1:2", "faces of 3 lines through a point", 6, 6),
    ("dot(x, y, x + y, 1.25, 1.25, 1.5)", "1:2", "faces of 3 lines not through a point", 7, 7),
    ("softmax(x, y)", "1:2", "8 on one binade", 8, 8),
    ("softmax(x, y)", "1:4", "derived cell by cell", 92, 92),
    ("softmax(x, y, 0)", "1:2", "18; at 4 borders the greatest changes and no map does", 18, 14),
)


def known() -> Iterator[Known]:
    """Yield the counts that can be derived by hand, each partition verified again."""
    for expression, domain, formula, program, function in KNOWN:
        found = command.regions(command.Request(expression, (domain,), recheck=True))
        pieces = found.partition.program_pieces, found.partition.function_pieces
        assert found.recheck is not None
        yield Known(expression, domain, formula, (program, function), pieces, found.recheck)


def sliced(
    weights: networks.Weights, images: Sequence[Array], shrink: int, inner: int, points: int, seed: int
) -> Slice:
    """Return the partition on a triangle, and on one `inner` times smaller that is verified again in full."""
    whole = networks.triangle(weights, images, shrink)
    part = networks.triangle(weights, images, shrink * inner)
    found, within = (partition(each, smallest=SMALLEST) for each in (whole, part))
    wrong = sum(_differs(found, whole, number) for number in _some(found, points, seed))
    return Slice(whole, found, counts(found), within, recheck(within, part, points=1), points, wrong)


def lined(
    weights: networks.Weights, pairs: Sequence[tuple[Array, Array]], **labels: Any
) -> Iterator[dict[str, Any]]:
    """Yield a row for each line between two images: pieces and breaks a unit of length of input space."""
    firsts, seconds = (np.stack([pair[end] for pair in pairs])[:, None] for end in (0, 1))
    low, high = map(float, networks.LINE)
    moves = {"x": seconds - firsts}
    found = trace_many(
        networks.classifier(weights), {"x": firsts}, moves, low, high, smallest=ALONG, keep=True
    )
    for number, each in enumerate(found.traces):
        scale = float(np.linalg.norm(moves["x"][number]))
        length, causes, numbers = (each.end - each.low) * scale, each.by_cause(), each.statistics()
        yield {
            **labels,
            "line": number,
            "length": length,
            "pieces": each.pieces / length,
            "function": each.function_pieces / length,
            "slope": numbers["slope_mean"] / scale,
            "jump": numbers["jump_greatest"] / scale,
            "partial": each.partial,
            **{cause: causes.get(cause, 0) / length for cause in CAUSES},
            **_by_layer(each),
        }


def _by_layer(found: Trace) -> dict[str, int]:
    """Return how often the products of each matrix product break, by cause: "carry 1" is those of the first layer."""
    matrices = [step for step, name in enumerate(found.operations, 1) if name == "matmul"]
    return {
        f"{cause} {layer}": int(((found.steps == step) & (found.causes == CAUSES.index(cause))).sum())
        for layer, step in enumerate(matrices, 1)
        for cause in ("carry", "binade")
    }


def compared(weights: networks.Weights, first: Array, second: Array) -> Compared:
    """Count the pieces along a line by the tracer and by the exact partition."""
    on = networks.line(weights, first, second)
    fast, exact = trace(on, smallest=ALONG), partition(on, smallest=ALONG)
    return Compared(
        traced=(fast.pieces, fast.function_pieces),
        exact=(exact.program_pieces, exact.function_pieces),
        small=int(fast.approximate.sum()) + len(exact.remainder),
    )


def symmetric(weights: networks.Weights, images: Sequence[Array]) -> Iterator[Symmetry]:
    """Yield whether the classifier stays as it is, at some images, when its weights are changed or scores moved.

    The neuron that is scaled is the one most active at the first image.
    """
    points = [{"x": np.asarray(image, np.float64)[None]} for image in images]

    def function(v: Mapping[str, Any], ar: Arithmetic) -> Any:
        return layers.perceptron(v["x"], v, ar)

    first = {name: array for name, array in weights.items() if name.startswith("0.")}
    neuron = int(layers.perceptron(np.asarray(images[0], np.float32)[None], first, Pam()).argmax())
    yield from symmetries(function, weights, points, neuron=neuron)
    scores = np.array([as_array(function({**weights, **p}, Plain())).tolist() for p in points], np.float64)
    for shift, octaves in ((1, True), (Fraction(1, 2), True), (1, False)):
        yield shift_logits(scores, shift, octaves)


def interpreted(weights: networks.Weights, image: Array, tried: int, seed: int) -> Interpreted:
    """Return the linear interpreter at an image, of its pixels that are not 0, held against the definition."""
    function, x = networks.classifier(weights), np.asarray(image, np.float64)[None]
    piece = linear_interpreter(function, {"x": x}, ["x"], only={"x": x > 0})
    rng, worst = np.random.default_rng(seed), Fraction(0)
    for _ in range(tried):
        d = rng.uniform(-1, 1, len(piece.entries)) * piece.radius * (1 - 2.0**-20)
        moved = as_array(x)
        moved[x > 0] = [p + Fraction(q) for p, q in zip(moved[x > 0], d.tolist(), strict=True)]
        exact = as_array(function({"x": moved}, Plain()))
        stated = [Fraction(value) for value in piece(d).tolist()]
        worst = max(worst, *(abs(p - q) for p, q in zip(exact.tolist(), stated, strict=True)))
    return Interpreted(piece, tried, float(worst) / float(np.abs(piece.value).max()))


def _some(found: Partition, count: int, seed: int) -> list[int]:
    return random.Random(seed).sample(range(len(found.cells)), min(count, len(found.cells)))


def _differs(found: Partition, restriction: Restriction, number: int) -> bool:
    """Return whether the maps of a cell differ from the definition at a point inside it."""
    cell, rng = found.cells[number], random.Random(number)
    shares = [rng.randint(1, 1000) for _ in cell.vertices]
    point = [
        sum((w * x for w, x in zip(shares, along, strict=True)), Fraction(0)) / sum(shares)
        for along in zip(*cell.vertices, strict=True)
    ]
    value = as_array(restriction.function(restriction.at(point), Plain())).tolist()
    stated = [sum((a * x for a, x in zip(affine, point, strict=False)), affine[-1]) for affine in cell.maps]
    return bool(value != stated)
