"""The classifier of the study: trained in PAM, and restricted to lines and triangles between test images."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from analyses.regions.records import Array
from pamcheck import functional
from pamcheck.arithmetic import Pam
from pamcheck.measure.regions import Restriction, polygon, segment
from pamcheck.nn import layers
from pamcheck.nn.autograd import Tape
from pamcheck.nn.data import Images

Weights = dict[str, Array]
BATCH = 32
RATES = {8: 0.25, 4: 0.5}  # by side of the images
CENTRE = (
    0.42,
    0.33,
    0.25,
)  # of the triangle; the middle is on many breaks at once, as pixels are sixteenths
LINE = (
    Fraction(1, 4),
    Fraction(3, 4),
)  # of the way; at an image its black pixels are 0, where binades accumulate


def train(images: Images, widths: Sequence[int], epochs: int, seed: int) -> list[Weights]:
    """Return the weights before training and after each epoch of SGD in PAM, forward exact and backward mimic."""
    rng = np.random.default_rng(seed)
    weights = layers.perceptron_weights(widths, rng)
    kept = [weights]
    for epoch in range(epochs):
        rate = RATES[images.side] * (1 - epoch / epochs)
        order = rng.permutation(len(images.x))
        for start in range(0, len(order) - BATCH + 1, BATCH):
            batch = order[start : start + BATCH]
            weights = _step(weights, images.x[batch], images.y[batch], rate)
        kept.append(weights)
    return kept


def accuracy(images: Images, weights: Weights) -> float:
    """Return the share of test images that a network in PAM classifies rightly."""
    scores = layers.perceptron(images.x_test, weights, Pam())
    return float((scores.argmax(axis=1) == images.y_test).mean())


def classifier(weights: Weights) -> Callable[[Any, Any], Any]:
    """Return the function of {"x": (1, pixels)} to the scores (classes,)."""
    classes = list(weights.values())[-1].shape[-1]
    return lambda v, ar: ar.reshape(layers.perceptron(v["x"], weights, ar), (classes,))


def triangle(weights: Weights, images: Sequence[Array], shrink: int) -> Restriction:
    """Return a network on the triangle of three images, made smaller by a factor around a point inside.

    The corners of the small one are t, s = 0, 0; 1, 0; 0, 1.
    """
    first, second, third = (np.asarray(image, np.float64)[None] for image in images)
    u, v = (second - first) / shrink, (third - first) / shrink
    centre = CENTRE[0] * first + CENTRE[1] * second + CENTRE[2] * third
    origin = centre - CENTRE[1] * u - CENTRE[2] * v
    corners = ((0, 0), (1, 0), (0, 1))
    return polygon(classifier(weights), {"x": origin}, {"x": u}, {"x": v}, corners)


def line(weights: Weights, first: Array, second: Array) -> Restriction:
    """Return a network on the middle half of the line between two images."""
    x, y = (np.asarray(image, np.float64)[None] for image in (first, second))
    return segment(classifier(weights), {"x": x}, {"x": y - x}, *LINE)


def jittered(images: Array, seed: int) -> Array:
    """Return images with up to half a grey level added to or taken from what is not black, as float64.

    Grey levels are sixteenths, so without it many pixels of a line come to a power of two at one point.
    """
    noise = np.random.default_rng(seed).uniform(-1 / 32, 1 / 32, images.shape)
    return np.where(images > 0, np.asarray(images, np.float64) + noise, 0.0)


def first_of(images: Images, classes: Sequence[int]) -> list[Array]:
    """Return the first test image of each class."""
    return [images.x_test[images.y_test == k][0] for k in classes]


def _step(weights: Weights, x: Array, y: Array, rate: float) -> Weights:
    tape = Tape()
    ar = tape.over(Pam("mimic"))
    leaves = {name: tape.variable(value) for name, value in weights.items()}
    loss = functional.mean(functional.cross_entropy(layers.perceptron(x, leaves, ar), y, ar), ar)
    tape.backward(loss)
    pam = Pam()
    return {
        name: pam.sub(value, pam.mul(leaves[name].grad, np.float32(rate)))
        for name, value in weights.items()
    }
