"""Small PAM networks over all their weights: is the chain rule's gradient the derivative, or at least Clarke's?

One unit, f(w, b, v) = pam(v, s(pam(w, x) + b)), in real arithmetic; an outer bias would change no gradient and is
left out. The pieces that meet at a weight are reached by short steps, exact in float64: w to either side; the sum z
with it, or by itself where b is a parameter; and v in every proportion to s(z) that borders of pam leave room for.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Literal

import numpy as np

from pamcheck.formats import FloatFormat
from pamcheck.lookup import lookup
from pamcheck.measure.differentiability.activations import ACTIVATIONS, Activation, multiply
from pamcheck.measure.differentiability.chains import log2_e
from pamcheck.measure.differentiability.exact import in_hull
from pamcheck.measure.differentiability.grids import returned, unit
from pamcheck.measure.differentiability.tally import finite_values
from pamcheck.measure.values import Floats

Bias = Literal["none", "frozen", "trained"]
Pair = tuple[Floats, Floats]

_STEP, _NEAR = 2.0**-20, 2.0**-26  # beside a nonzero number, relative; beside zero
_ENDS = (2.0**-6, 1 - 2.0**-6)  # mantissas of a step: below and above every mantissa of a narrow format
_MIDDLES = (2.0**-6, *((2 * i + 1) / 16 for i in range(8)))  # and between every two
_RATIOS = (0.25, 0.75, 1.5, 4.0)  # between the borders 1/2, 1 and 2
_TOPS = (2.0**-28, 2.0**-15, 1 - 2.0**-15, 1 - 2.0**-28)


@dataclass(frozen=True)
class Outcome:
    """On how many of `points` weights what happens.

    broken   the network is not differentiable
    wrong    it is, but the chain rule does not give its derivative: the incorrect set
    outside  the chain rule gives no element of Clarke's subdifferential; `wrong` ones among them
    example  (w, b, v, x) of one that is wrong, or else outside; None where there is none
    """

    points: int
    broken: int
    wrong: int
    outside: int
    example: tuple[float, ...] | None = None


@dataclass(frozen=True)
class _Found:
    """The same as arrays of shape (w, b, v)."""

    broken: np.ndarray
    wrong: np.ndarray
    outside: np.ndarray


@dataclass(frozen=True)
class _Unit:
    """An activation, the values that weights take, and what the activation needs to know of the format."""

    activation: Activation
    values: Floats
    log2_e: float

    def value(self, z: Floats) -> Floats:
        return self.activation.value(z, self.log2_e)

    def slope(self, z: Floats) -> Floats:
        return self.activation.slope(z, self.log2_e)

    def rule(self, z: Floats) -> Pair:
        """Return the chain rule's derivatives of F(z, v) = pam(v, s(z)), of shape (z, v)."""
        of_v, of_h = returned("pam", *np.broadcast_arrays(self.values[None, :], self.value(z)[:, None]))
        return of_h * self.slope(z)[:, None], of_v


def enumerate_weights(activation: str, bias: Bias, fmt: FloatFormat, inputs: Sequence[float]) -> Outcome:
    """Return what happens over all normal or zero weights of a format, for each input x != 0.

    activation  a key of ACTIVATIONS
    bias        "none"; "frozen": any value, but no variable; "trained": a variable like w and v
    fmt         6 bits or fewer, mantissas of at most 3; for "sigmoid" 2 exponent bits and small inputs

    Raises ValueError for another activation or a wider format.
    """
    if fmt.width > 6 or fmt.mant_bits > 3:
        raise ValueError(f"fmt is {fmt.name}; weights are enumerated for 6 bits or fewer, 3 of mantissa")
    values = finite_values(fmt)
    unit_ = _Unit(lookup("activation", activation, ACTIVATIONS), values, log2_e(fmt))
    biases = np.zeros(1) if bias == "none" else values
    totals, examples = np.zeros(4, np.int64), []
    for x in inputs:
        found = _trained(unit_, x) if bias == "trained" else _untrained(unit_, biases, x)
        kinds = (found.broken, found.wrong, found.outside)
        totals += np.array([found.broken.size, *(int(np.count_nonzero(kind)) for kind in kinds)])
        for place, kind in enumerate((found.wrong, found.outside)):
            for w, b, v in np.argwhere(kind)[:1]:
                examples.append((place, (values[w], biases[b], values[v], x)))
    points, broken, wrong, outside = map(int, totals)
    example = min(examples, default=(0, ()))[1]
    return Outcome(points, broken, wrong, outside, tuple(map(float, example)) or None)


def _untrained(net: _Unit, biases: Floats, x: float) -> _Found:
    """Return what happens where z moves with w alone."""
    shape = (net.values.size, biases.size, net.values.size)
    found = _Found(*(np.zeros(shape, bool) for _ in range(3)))
    for chosen, mantissas in ((net.values != 0, _ENDS), (net.values == 0, _MIDDLES)):
        w = net.values[chosen]
        moves = [_moved(moved, biases, x) for moved in _beside(w, mantissas)]
        z, own = _moved(w, biases, x)
        part = _examine(net, z, own, moves)
        for whole, piece in zip(
            (found.broken, found.wrong, found.outside), (part.broken, part.wrong, part.outside), strict=True
        ):
            whole[chosen] = piece.reshape(w.size, *shape[1:])
    return found


def _moved(w: Floats, biases: Floats, x: float) -> Pair:
    """Return z = pam(w, x) + b of every pair, and its slope in w."""
    slopes = np.repeat(returned("pam", w, np.float64(x))[0], biases.size)
    return (multiply(w, x)[:, None] + biases).ravel(), slopes


def _trained(net: _Unit, x: float) -> _Found:
    """Return what happens where a trained b moves z to either side, whatever w does.

    So with F(z, v) = pam(v, s(z)) the network is differentiable where F is, and pam(w, x) in w unless F is flat in
    z; and every piece of F meets every piece of pam(w, x), one of whose slopes is returned.
    """
    sums = multiply(net.values, x)[:, None] + net.values
    z, place = np.unique(sums, return_inverse=True)
    still = np.ones_like(z)
    outer = _examine(net, z, still, [(moved, still) for moved in _beside(z, _ENDS)])
    flat = net.rule(z)[0] == 0
    slopes = np.array([returned("pam", moved, np.float64(x))[0] for moved in _beside(net.values, _MIDDLES)])
    kinked = np.any(slopes != slopes[0], axis=0)[:, None, None]
    index = place.reshape(sums.shape)
    broken = outer.broken[index] | (kinked & ~flat[index])
    return _Found(broken, outer.wrong[index] & ~broken, outer.outside[index])


def _examine(net: _Unit, z: Floats, own: Floats, moves: Sequence[Pair]) -> _Found:
    """Return what happens to F(z, v), of shape (z, v), along moves of z, each with the slope of z in what moves it.

    Beside a zero factor the move of the other one is of second order: it decides the limits of gradients, and so
    `outside`, but not the derivative. For that the other factor stays.
    """
    v, h = net.values[None, :], net.value(z)[:, None]
    d_z, d_v = net.rule(z)
    got = own[:, None] * d_z, d_v
    limits: list[Pair] = []
    germs: list[Pair] = []
    for moved, slope in moves:
        factor, h_moved = (slope * net.slope(moved))[:, None], net.value(moved)[:, None]
        still_h = returned("pam", v, h_moved)[1]
        for v_moved in _directions(v, h, h_moved):
            of_v, of_h = returned("pam", v_moved, h_moved)
            still_v = returned("pam", v_moved, h)[0]
            limits.append((factor * np.where(v == 0, 0.0, of_h), np.where(h == 0, 0.0, of_v)))
            of_h, of_v = np.where(h == 0, still_h, of_h), np.where(v == 0, still_v, of_v)
            germs.append((factor * np.where(v == 0, 0.0, of_h), np.where(h == 0, 0.0, of_v)))
    smooth = np.logical_and.reduce([_same(one, germs[0]) for one in germs])
    wrong = smooth & ~_same(got, germs[0])
    met = np.logical_or.reduce([_same(one, got) for one in limits])
    return _Found(~smooth, wrong, _outside(got, limits, ~met & ~(smooth & ~wrong)))


def _same(one: Pair, other: Pair) -> np.ndarray:
    return np.asarray((one[0] == other[0]) & (one[1] == other[1]))


def _outside(got: Pair, limits: Sequence[Pair], in_doubt: np.ndarray) -> np.ndarray:
    """Return where the gradient is in no convex hull of limits; elsewhere than `in_doubt` it is known to be."""
    outside = np.zeros(in_doubt.shape, bool)
    known: dict[tuple[object, ...], bool] = {}
    for at in map(tuple, np.argwhere(in_doubt)):
        scale = [abs(float(part[at])) or 1.0 for part in got]
        point = tuple(float(part[at]) / unit_ for part, unit_ in zip(got, scale, strict=True))
        hull = frozenset((float(x[at]) / scale[0], float(y[at]) / scale[1]) for x, y in limits)
        if (point, hull) not in known:
            known[point, hull] = not in_hull(point, list(hull))
        outside[at] = known[point, hull]
    return outside


def _beside(numbers: Floats, mantissas: Iterable[float]) -> Iterator[Floats]:
    """Yield the numbers moved a little, to either side, by steps of all those mantissas."""
    length = np.where(numbers == 0, _NEAR, _STEP * unit(np.where(numbers == 0, 1.0, numbers)))
    for sign, mantissa in product((-1, 1), mantissas):
        yield numbers + sign * (1 + mantissa) * length


def _directions(v: Floats, h: Floats, h_moved: Floats) -> Iterator[Floats]:
    """Yield v moved to either side: in every proportion to the move of h, and through a binade beside zero."""
    move = np.abs(h_moved - h) / unit(np.where(h == 0, 1.0, h))
    relative = np.where((h == 0) | (move == 0), _STEP, move)
    length = relative * unit(np.where(v == 0, 1.0, v))
    for sign, (ratio, top) in product((-1, 1), zip(_RATIOS, _TOPS, strict=True)):
        yield np.where(v == 0, sign * _NEAR * (1 + top), v + sign * ratio * length)
