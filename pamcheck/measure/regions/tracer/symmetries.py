"""Which symmetries of a network hold exactly under PAM, and which it breaks: judged in exact fractions.

    function = lambda v, ar: perceptron(v["x"], weights_of(v), ar)
    scaled = scale_neuron(weights, 0, neuron=3, factor=4)
    compare("scaling by 4", function, weights, scaled, [{"x": x}]).holds

A ReLU neuron may be scaled by a power of two going in and by its inverse going out, because that is only added to
exponents. By any other factor mantissas move. Sums of real numbers are in no order, so neurons may be permuted.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from pamcheck import functional
from pamcheck.arithmetic import Arithmetic
from pamcheck.measure.regions.tracer.changes import Number, Weights, permute_neurons, scale_neuron
from pamcheck.measure.regions.tracer.exact import Exact, fractions
from pamcheck.measure.regions.tracer.program import Function

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Symmetry:
    """Whether a change leaves a function as it is.

    largest   the largest deviation that was seen, of any entry at any point
    relative  that, over the largest entry of the result at its point; 0 where that is 0
    points    how many points were tried
    witness   number of the point, index of the entry, and the two values there; None where it holds
    """

    name: str
    holds: bool
    largest: float
    relative: float
    points: int
    witness: tuple[int, tuple[int, ...], Fraction, Fraction] | None = None

    def __str__(self) -> str:
        if self.witness is None:
            return f"{self.name}: holds at {self.points} points, exactly"
        at, entry, before, after = self.witness
        values = f"{float(before):.9g} becomes {float(after):.9g}"
        return f"{self.name}: broken by up to {self.relative:.3g}; at point {at}, entry {entry}, {values}"


def compare(
    name: str,
    function: Function,
    before: Weights,
    after: Weights,
    points: Sequence[Mapping[str, Any]],
    changed: Function | None = None,
) -> Symmetry:
    """Return whether function(weights and point) is the same, exactly, for two sets of weights at every point.

    points   arrays by name, which with the weights are what the function takes
    changed  another function for the weights `after`

    Raises ValueError where there are no points, or results differ in shape.
    """
    if not points:
        raise ValueError("points are none; there must be one or more")
    best, relative, witness = Fraction(0), Fraction(0), None
    for at, point in enumerate(points):
        f = _evaluated(function, {**before, **point})
        g = _evaluated(changed or function, {**after, **point})
        if f.shape != g.shape:
            raise ValueError(f"results have shapes {f.shape} and {g.shape}; they must be the same")
        gaps = np.abs(f - g).reshape(-1)
        entry = max(range(gaps.size), key=gaps.__getitem__, default=0)
        if gaps.size and gaps[entry] > best:
            index = tuple(map(int, np.unravel_index(entry, f.shape)))
            best, witness = gaps[entry], (at, index, f[index], g[index])
        top = max(map(abs, f.reshape(-1).tolist()), default=Fraction(0))
        relative = max(relative, max(gaps.tolist(), default=Fraction(0)) / top if top else Fraction(0))
    return Symmetry(name, not best, float(best), float(relative), len(points), witness)


def shift_logits(logits: Any, shift: Number, octaves: bool = False) -> Symmetry:
    """Return whether softmax stays as it is when a number is added to all logits, rows (..., n).

    octaves  the number is added behind the product with log2 e, in octaves: exact where it is whole
    """

    def soft(plus: Number) -> Callable[[Mapping[str, Any], Arithmetic], Any]:
        number = fractions(np.array(Fraction(plus), object))
        if octaves:
            return lambda v, ar: _octaves(ar.add(ar.mul(v["x"], functional.LOG2_E), number), ar)
        return lambda v, ar: functional.softmax(ar.add(v["x"], number), ar)

    unit = "octaves" if octaves else "logits"
    return compare(
        f"softmax moved by {float(shift):g} {unit}", soft(0), {}, {}, [{"x": logits}], soft(shift)
    )


def symmetries(
    function: Function,
    weights: Weights,
    points: Sequence[Mapping[str, Any]],
    layer: int = 0,
    neuron: int = 0,
) -> tuple[Symmetry, ...]:
    """Return what becomes of a network with ReLU when a neuron is scaled, turned, or exchanged with others.

    function  of the weights and of a point, by name, as of a perceptron
    """
    count = np.shape(weights[f"{layer}.weight"])[1]
    changes = {
        f"neuron scaled by {told}": scale_neuron(weights, layer, neuron, factor)
        for told, factor in (
            ("4", 4),
            ("1/2", Fraction(1, 2)),
            ("3/2", Fraction(3, 2)),
            ("3", 3),
            ("-1", -1),
        )
    }
    changes["neurons reversed"] = permute_neurons(weights, layer, range(count)[::-1])
    return tuple(compare(name, function, weights, after, points) for name, after in changes.items())


def _octaves(z: Any, ar: Arithmetic) -> Any:
    power = ar.exp2(ar.sub(z, ar.floor(ar.max(z, axis=-1, keepdims=True))))
    return ar.div(power, ar.sum(power, axis=-1, keepdims=True))


def _evaluated(function: Function, arrays: Mapping[str, Any]) -> Array:
    given: Any = {name: fractions(x) for name, x in arrays.items()}
    exact: Any = Exact()
    return fractions(function(given, exact))
