"""What a restriction has to be: finite arrays, directions that fit them, a convex domain with a size."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]
Point = tuple[Fraction, ...]

_FARTHEST = Fraction(2) ** 1000  # parts are ordered and boxed in float64


def check_arrays(label: str, arrays: Mapping[str, Array]) -> None:
    """Raise TypeError or ValueError unless every array is one of finite floats."""
    for name, array in arrays.items():
        if getattr(array, "dtype", None) not in (np.float32, np.float64):
            told = getattr(array, "dtype", type(array).__name__)
            raise TypeError(f"{label} has {name!r} of {told}; it must be an array of float64 or float32")
        if not np.isfinite(array).all():
            raise ValueError(f"{label} has entries of {name!r} that are not finite; they must all be")


def check_direction(direction: Mapping[str, Array], origin: Mapping[str, Array]) -> None:
    """Raise ValueError unless names are those of the origin, and shapes too."""
    for name, array in direction.items():
        if name not in origin:
            raise ValueError(f"directions name {name!r}; origin has {', '.join(origin) or 'nothing'}")
        if array.shape != origin[name].shape:
            shape = origin[name].shape
            raise ValueError(
                f"directions have {name!r} of shape {array.shape}; it must be {shape}, as in origin"
            )


def check_domain(domain: tuple[Point, ...], dimensions: int) -> None:
    """Raise ValueError unless a domain is a segment or a convex polygon, TypeError unless it is in Fractions."""
    if any(len(vertex) != dimensions for vertex in domain):
        raise ValueError(f"domain has vertices that are not of {dimensions} coordinates, one a direction")
    if any(not isinstance(share, Fraction) for vertex in domain for share in vertex):
        raise TypeError(
            "domain has coordinates that are no Fractions; segment() and polygon() convert them"
        )
    if any(abs(share) > _FARTHEST for vertex in domain for share in vertex):
        raise ValueError("domain has coordinates beyond the range of float64; scale the directions instead")
    if dimensions == 1:
        if len(domain) != 2 or domain[0] == domain[1]:
            raise ValueError(f"domain is {_told(domain)}; it must be two different ends")
        return
    turns = [_turn(domain[i - 2], domain[i - 1], domain[i]) for i in range(len(domain))]
    if len(domain) < 3 or not any(turns):
        raise ValueError(f"domain is {_told(domain)}, of zero size; it must be a polygon with an area")
    if (min(turns) < 0 < max(turns)) or not _once_around(domain):
        raise ValueError(f"domain is {_told(domain)}; it must be a convex polygon, its vertices in order")


def _turn(a: Point, b: Point, c: Point) -> Fraction:
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])


def _once_around(domain: tuple[Point, ...]) -> bool:
    """Return whether the sides of a polygon that turns one way only turn once: a star turns more often."""
    signs = []
    for before, here in zip(domain[-1:] + domain[:-1], domain, strict=True):
        if before == here:
            return False
        steps = [q - p for p, q in zip(before, here, strict=True)]
        signs.append(next(1 if step > 0 else -1 for step in steps if step))
    return sum(p != q for p, q in zip(signs, signs[1:] + signs[:1], strict=True)) == 2


def _told(domain: tuple[Point, ...]) -> str:
    return ", ".join("(" + ", ".join(f"{float(x):g}" for x in vertex) + ")" for vertex in domain)
