"""A cell: a segment or a convex polygon on which every operation stays on one of its affine pieces."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import NamedTuple

from pamcheck.measure.regions.causes import Break
from pamcheck.measure.regions.forms import Corner, Form, fractions

Point = tuple[Fraction, ...]
Affine = tuple[Fraction, ...]  # slopes by each parameter, then the value at the origin of the parameters


class Outline(NamedTuple):
    """A cell without its maps: corners counterclockwise, or two ascending, and the break of each side.

    corners  homogeneous integers (x, y, w), w > 0, in lowest terms; y is 0 on a segment
    sides    of a polygon, sides[i] leads from corner i to the next; of a segment, sides[i] is at its end i
    """

    corners: tuple[Corner, ...]
    sides: tuple[Break, ...]


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell and the affine map of every output component on it.

    outline  corners as integers and the break of each side
    forms    one a component, in C order; empty for a part without maps
    piece    number of the piece of the function that it belongs to; -1 for a part without maps
    left     for a part without maps why, and in which operation; else None
    """

    outline: Outline
    forms: tuple[Form, ...]
    piece: int = -1
    left: Break | None = None

    @property
    def dimensions(self) -> int:
        """1 for a segment, 2 for a polygon."""
        return 1 if len(self.outline.corners) == 2 else 2

    @property
    def vertices(self) -> tuple[Point, ...]:
        """Corners as Fractions: polygons counterclockwise, the ends of a segment ascending."""
        return tuple(
            tuple(Fraction(part, corner[2]) for part in corner[: self.dimensions])
            for corner in self.outline.corners
        )

    @property
    def sides(self) -> tuple[Break, ...]:
        """The break of each side: sides[i] leads from vertex i to the next; of a segment, it is at its end i."""
        return self.outline.sides

    @property
    def maps(self) -> tuple[Affine, ...]:
        """(slope, value at 0) or (slope by t, slope by s, value at 0) of each component."""
        return tuple(coefficients(form, self.dimensions) for form in self.forms)

    @property
    def size(self) -> Fraction:
        """The area, or the length of a segment."""
        return size_of(self.vertices)


def coefficients(form: Form, dimensions: int) -> Affine:
    """Return slopes by each parameter, then the value at 0, as Fractions."""
    by_t, by_s, offset = fractions(form)
    return (by_t, offset) if dimensions == 1 else (by_t, by_s, offset)


def outline_of(domain: Sequence[Point], border: Break) -> Outline:
    """Return a domain as an outline: a polygon counterclockwise, ends ascending."""
    vertices = list(domain)
    if size_of(vertices) < 0:
        vertices.reverse()
    return Outline(tuple(corner_of(vertex) for vertex in vertices), (border,) * len(vertices))


def size_of(vertices: Sequence[Point]) -> Fraction:
    """Return the length or the area, negative for descending ends and clockwise corners."""
    if len(vertices) == 2:
        return vertices[1][0] - vertices[0][0]
    x, y = vertices[0]
    spokes = [(p - x, q - y) for p, q in vertices[1:]]
    return sum((a * d - b * c for (a, b), (c, d) in pairwise(spokes)), Fraction(0)) / 2


def corner_of(vertex: Point) -> Corner:
    """Return a point as homogeneous integers in lowest terms."""
    x, y = vertex[0], vertex[1] if len(vertex) == 2 else Fraction(0)
    w = math.lcm(x.denominator, y.denominator)
    return (int(x * w), int(y * w), w)
