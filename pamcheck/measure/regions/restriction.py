"""A function of arrays, restricted to a segment or a convex polygon of the space of its inputs and weights.

    restriction = segment(lambda v, ar: functional.softmax(v["x"], ar), {"x": x}, {"x": direction}, 0, 1)
    restriction = operation("pam", (1, 4), (1, 4))

Numbers are taken exactly: a float is the fraction it is. The function is that of real numbers [spec section 1].
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from pamcheck.arithmetic import Arithmetic
from pamcheck.lookup import lookup
from pamcheck.measure.regions.checks import check_arrays, check_direction, check_domain

Array = np.ndarray[Any, Any]
Point = tuple[Fraction, ...]
Number = int | float | Fraction
Function = Callable[[Mapping[str, Any], Arithmetic], Any]


@dataclass(frozen=True)
class Restriction:
    """A function at the points origin + t directions[0] (+ s directions[1]), where (t) or (t, s) is in the domain.

    function    from arrays by name and an Arithmetic to a value of any shape
    origin      arrays by name, of float64 or float32, taken exactly; inputs, weights or both
    directions  one or two mappings from names of the origin to arrays of the same shape; what is missing does
                not move
    domain      the two ends of a segment as tuples of one Fraction, or the vertices of a convex polygon as
                tuples of two, (t, s), in order, either way round

    Raises ValueError for a domain of zero size or one that is not convex, for unknown names, shapes that
    differ, or entries that are not finite, and TypeError for arrays that are no floats.
    """

    function: Function
    origin: Mapping[str, Array]
    directions: tuple[Mapping[str, Array], ...]
    domain: tuple[Point, ...]

    def __post_init__(self) -> None:
        check_arrays("origin", self.origin)
        if len(self.directions) not in (1, 2):
            raise ValueError(f"directions are {len(self.directions)}; there must be one or two")
        for direction in self.directions:
            check_arrays("directions", direction)
            check_direction(direction, self.origin)
        check_domain(self.domain, len(self.directions))

    @property
    def dimensions(self) -> int:
        """1 for a segment, 2 for a polygon."""
        return len(self.directions)

    def at(self, point: Sequence[Number]) -> dict[str, Array]:
        """Return the arrays at a point (t) or (t, s) of the parameters, as object arrays of Fractions."""
        if len(point) != self.dimensions:
            raise ValueError(f"point has {len(point)} coordinates; it must have {self.dimensions}")
        found: dict[str, Array] = {}
        for name, array in self.origin.items():
            value = exact(array)
            for share, direction in zip(point, self.directions, strict=True):
                if name in direction:
                    value = value + exact(direction[name]) * Fraction(share)
            found[name] = np.asarray(value, object)
        return found


def segment(
    function: Function,
    origin: Mapping[str, Any],
    direction: Mapping[str, Any],
    low: Number = 0,
    high: Number = 1,
) -> Restriction:
    """Return the restriction to origin + t direction for low <= t <= high. Raises as Restriction does."""
    ends = sorted((Fraction(low), Fraction(high)))
    return Restriction(function, _arrays(origin), (_arrays(direction),), ((ends[0],), (ends[1],)))


def polygon(
    function: Function,
    origin: Mapping[str, Any],
    u: Mapping[str, Any],
    v: Mapping[str, Any],
    vertices: Sequence[Sequence[Number]],
) -> Restriction:
    """Return the restriction to origin + t u + s v for (t, s) in a convex polygon. Raises as Restriction does."""
    corners = tuple(tuple(Fraction(share) for share in vertex) for vertex in vertices)
    return Restriction(function, _arrays(origin), (_arrays(u), _arrays(v)), corners)


def operation(name: str, *intervals: tuple[Number, Number]) -> Restriction:
    """Return the restriction of a primitive or composite to an interval, or to a box of two, of its operands.

    name  pam, padiv, pamax and papow take two intervals; paexp2, palog2, pasqrt, paexp, palog and relu take one

    Raises ValueError for another name or number of intervals.
    """
    arity, function = lookup("operation", name, _OPERATIONS)
    if len(intervals) != arity:
        raise ValueError(f"intervals of {name} are {len(intervals)}; it takes {arity}")
    zero, one = np.zeros(()), np.ones(())
    if arity == 1:
        return segment(lambda v, ar: function(ar, v["a"]), {"a": zero}, {"a": one}, *intervals[0])
    (left, right), (bottom, top) = intervals
    box = ((left, bottom), (right, bottom), (right, top), (left, top))
    return polygon(
        lambda v, ar: function(ar, v["a"], v["b"]), {"a": zero, "b": zero}, {"a": one}, {"b": one}, box
    )


_OPERATIONS: dict[str, tuple[int, Callable[..., Any]]] = {
    "pam": (2, lambda ar, a, b: ar.mul(a, b)),
    "padiv": (2, lambda ar, a, b: ar.div(a, b)),
    "pamax": (2, lambda ar, a, b: ar.maximum(a, b)),
    "papow": (2, lambda ar, a, b: ar.exp2(ar.mul(ar.log2(a), b))),
    "paexp2": (1, lambda ar, a: ar.exp2(a)),
    "palog2": (1, lambda ar, a: ar.log2(a)),
    "pasqrt": (1, lambda ar, a: ar.sqrt(a)),
    "paexp": (1, lambda ar, a: ar.exp(a)),
    "palog": (1, lambda ar, a: ar.log(a)),
    "relu": (1, lambda ar, a: ar.maximum(a, 0.0)),
}


def exact(array: Any) -> Array:
    """Return an array of floats as an object array of the Fractions that they are, of the same shape."""
    given = np.asarray(array)
    found = np.empty(given.shape, object)
    found.reshape(-1)[:] = [Fraction(x) for x in given.reshape(-1).tolist()]
    return found


def _arrays(given: Mapping[str, Any]) -> dict[str, Array]:
    return {
        name: np.asarray(x, None if getattr(x, "dtype", None) == np.float32 else np.float64)
        for name, x in given.items()
    }
