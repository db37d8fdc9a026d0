"""Into how many affine pieces do PAM networks fall, what parts them, and what does training change?

Claim   A PAM network is affine on convex cells that can be listed exactly, as far as no operand that moves is below
        a stated binade. The counts of single operations, dot products and small softmaxes that can be derived by
        hand come out. In a classifier of digits nearly all pieces end at a carry, where the mantissas of an
        activation and of a weight add up to one: a layer has as many carries as outputs for every binade border
        that an activation crosses, so that pieces become more with width and depth as products do. ReLUs part
        next to none. Training makes the scores many times steeper, and pieces fewer by a lesser factor. At an image
        one matrix and one offset give all scores exactly, in a cell that is far smaller than a grey level. A neuron
        may be scaled by a power of two going in and back going out, and by nothing else.
Method  Exact partitions with Fractions on segments, boxes, and a triangle between three test images, shrunk around a
        point inside; verified again by other code, without the values they were found with. The classifier is
        trained in PAM, by SGD with mimic gradients. Along lines between test images the tracer, in float64, which is
        compared with the exact partition. The functions are the real ones of section 1: no format rounds them.
Writes  reports/regions/: study.json, known, slices, training, sizes, layers, symmetries (csv, json), piece, softmax,
        pair, slopes, profile, growth, interpreter (svg, png)
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from analyses.regions import networks
from analyses.regions.counting import ALONG, compared, interpreted, known, lined, sliced, symmetric
from analyses.regions.figures import draw
from analyses.regions.records import STATES, Array, Measured
from analyses.regions.tables import tabulate
from analyses.regions.verdicts import judge
from pamcheck.measure.regions import partition
from pamcheck.nn import layers
from pamcheck.nn.data import Images, digits
from pamcheck.reporting.records import Settings

__all__ = ["draw", "judge", "measure", "tabulate"]

SHOWN = (0, 1, 8)  # classes of the slice's images; the interpreters are at the last


def measure(settings: Settings) -> Measured:
    """Train, and count: known functions, a triangle, lines, sizes; and interpret one image."""
    quick, seed = settings.quick, settings.seed
    images = digits(seed, block=2 if quick else 1)
    widths = (images.side**2, 8 if quick else 16, 10)
    epochs, shrink = (12, 24) if quick else (20, 32)
    history = networks.train(images, widths, epochs, seed)
    ends = dict(zip(STATES, (history[0], history[-1]), strict=True))
    x = networks.jittered(images.x_test, seed)
    pairs = [(x[2 * k], x[2 * k + 1]) for k in range(12)]
    shown = [x[images.y_test == k][0] for k in SHOWN]
    checked = settings.samples(24, 8)
    return Measured(
        known=list(known()),
        widths=widths,
        accuracy=[networks.accuracy(images, weights) for weights in history],
        shrink=shrink,
        slices={name: sliced(weights, shown, shrink, 8, checked, seed) for name, weights in ends.items()},
        lines=_lines(settings, images, history, pairs),
        compared=[compared(weights, *pair) for weights in ends.values() for pair in pairs[:3]],
        interpreted={
            name: interpreted(weights, shown[-1], checked, seed) for name, weights in ends.items()
        },
        symmetries=list(symmetric(history[-1], shown)),
        profiles={
            name: partition(networks.line(weights, shown[0], shown[1]), smallest=ALONG)
            for name, weights in ends.items()
        },
        image=shown[-1].reshape(images.side, images.side),
        shown=SHOWN,
    )


def _lines(
    settings: Settings,
    images: Images,
    history: Sequence[networks.Weights],
    pairs: Sequence[tuple[Array, Array]],
) -> pd.DataFrame:
    """Return pieces along lines: of the classifier by epoch, and of untrained perceptrons by width and depth."""
    rows: list[dict[str, Any]] = []
    for epoch, weights in enumerate(history):
        rows += lined(weights, pairs, network="training", size=epoch)
    inputs, classes = images.side**2, 10
    for width in (4, 8, 16) if settings.quick else (4, 8, 16, 32, 64):
        for depth in (1, 2) if settings.quick else (1, 2, 3, 4):
            rng = np.random.default_rng([settings.seed, width, depth])
            weights = layers.perceptron_weights([inputs, *[width] * depth, classes], rng)
            rows += lined(weights, pairs[:4], network="sizes", size=width, depth=depth)
    return pd.DataFrame(rows)
