"""Partitions, checked again: geometry by separating lines, maps by evaluation of the definition in Fractions.

Nothing here is shared with what finds the cells, but for the record that holds them: it reads vertices and maps as
Fractions, and the function through pamcheck.spec.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

from pamcheck.measure.regions.cells import Affine, Cell, Point
from pamcheck.measure.regions.partitions import Partition
from pamcheck.measure.regions.plain import Plain, as_array
from pamcheck.measure.regions.restriction import Restriction
from pamcheck.measure.regions.touching import Meeting, convex, inside, size, touching

_NEAR = Fraction(1, 1 << 20)  # how far from a vertex, of the way to the middle, limits are taken


@dataclass(frozen=True)
class Recheck:
    """Whether a partition is right, and where not.

    reason   what is wrong first; what was checked where it holds
    cells    with maps
    meetings pairs of cells with a common side, or end
    points   at which a map was held against the definition
    """

    holds: bool
    reason: str
    cells: int = 0
    meetings: int = 0
    points: int = 0


class _Wrong(Exception):
    """What is wrong with a partition."""


def recheck(partition: Partition, restriction: Restriction, *, points: int = 1, seed: int = 0) -> Recheck:
    """Return whether a partition is one of its restriction, exactly.

    points  random ones inside each cell, besides its vertices and points near them

    A part of the remainder has, at a random point, an operand below the smallest binade, or is not defined.
    The cells, the remainder and what is unexplored lie in the domain, do not overlap, and have its area; maps agree
    where cells meet, unless a floor jumps there, and with the definition at vertices and inside; cells are of one
    piece of the function exactly where they are connected and have the same maps.
    """
    try:
        parts = _outlines(partition, restriction)
        meetings = list(touching(parts))
        for meeting in meetings:
            if meeting.overlap:
                raise _Wrong(f"parts {meeting.i} and {meeting.j} overlap")
        count = len(partition.cells)
        met = [m for m in meetings if m.ends and m.i < count and m.j < count]
        for m in met:
            _check_border(partition.cells[m.i], partition.cells[m.j], m, restriction)
        _check_pieces(partition, [(m.i, m.j) for m in met])
        rng = random.Random(seed)
        tried = sum(
            _check_maps(number, cell, restriction, rng, points)
            for number, cell in enumerate(partition.cells)
        )
        for number, cell in enumerate(partition.remainder):
            _check_remainder(number, cell, partition.smallest, restriction, rng)
    except _Wrong as wrong:
        return Recheck(False, str(wrong))
    told = (
        f"{count} cells cover their part of the domain, agree at {len(met)} borders and at {tried} points"
    )
    return Recheck(True, told, count, len(met), tried)


def _outlines(partition: Partition, restriction: Restriction) -> list[Sequence[Point]]:
    """Return every part with its vertices, once it lies in the domain and the areas add up."""
    domain = list(restriction.domain)
    if size(domain) < 0:
        domain.reverse()
    every = (*partition.cells, *partition.remainder, *partition.unexplored)
    parts: list[Sequence[Point]] = [cell.vertices for cell in every]
    components = math.prod(partition.shape)
    for number, cell in enumerate(partition.cells):
        if len(cell.maps) != components:
            raise _Wrong(
                f"cell {number} has {len(cell.maps)} maps; shape {partition.shape} has {components}"
            )
    total = Fraction(0)
    for number, vertices in enumerate(parts):
        if not inside(vertices, domain):
            raise _Wrong(f"part {number} reaches beyond the domain")
        if not convex(vertices):
            raise _Wrong(f"part {number} is no convex polygon, counterclockwise, or no ascending interval")
        total += size(vertices)
    if total != size(domain):
        raise _Wrong(f"the parts lack {float(1 - total / size(domain)):.3g} of the size of the domain")
    if partition.unexplored and not partition.partial:
        raise _Wrong("parts are unexplored, and the partition is not marked partial")
    return parts


def _value(affine: Affine, point: Point) -> Fraction:
    return sum((slope * x for slope, x in zip(affine, point, strict=False)), affine[-1])


def _check_border(a: Cell, b: Cell, meeting: Meeting, restriction: Restriction) -> None:
    """Raise where maps differ on a common side, unless a floor jumps all along it."""
    for f, g in zip(a.maps, b.maps, strict=True):
        if f != g and any(_value(f, end) != _value(g, end) for end in meeting.ends):
            middle = _mixed(meeting.ends, [1] * len(meeting.ends))
            if not all(_evaluated(restriction, point)[1] for point in (*meeting.ends, middle)):
                raise _Wrong(f"cells {meeting.i} and {meeting.j} do not agree where they meet")


def _check_pieces(partition: Partition, met: Sequence[tuple[int, int]]) -> None:
    """Raise unless the pieces are the connected sets of cells with the same maps."""
    alike: dict[int, list[int]] = {i: [] for i in range(len(partition.cells))}
    for i, j in met:
        if partition.cells[i].maps == partition.cells[j].maps:
            alike[i].append(j)
            alike[j].append(i)
    seen: set[int] = set()
    pieces: set[int] = set()
    for first in alike:
        if first in seen:
            continue
        piece, waiting = partition.cells[first].piece, [first]
        if piece in pieces:
            raise _Wrong(f"piece {piece} is not connected, or its cells differ in their maps")
        pieces.add(piece)
        while waiting:
            cell = waiting.pop()
            if cell not in seen:
                if partition.cells[cell].piece != piece:
                    raise _Wrong(
                        f"cells {first} and {cell} have the same maps and meet, but not the same piece"
                    )
                seen.add(cell)
                waiting += alike[cell]


def _check_maps(number: int, cell: Cell, restriction: Restriction, rng: random.Random, points: int) -> int:
    """Return how many points were tried. Raises where a map is not the definition."""
    tried = 0
    for point, at_vertex in _points(cell.vertices, rng, points):
        tried += 1
        found, jumped = _evaluated(restriction, point)
        if [_value(affine, point) for affine in cell.maps] != found and not (at_vertex and jumped):
            where = ", ".join(f"{float(x):.9g}" for x in point)
            raise _Wrong(f"the maps of cell {number} are not the function at ({where})")
    return tried


def _check_remainder(
    number: int, cell: Cell, smallest: int, restriction: Restriction, rng: random.Random
) -> None:
    """Raise where a part without maps has no reason: no operand below the smallest binade, and every one allowed."""
    point = _mixed(cell.vertices, [rng.randint(1, 1000) for _ in cell.vertices])
    arithmetic = Plain(watch=True)
    try:
        restriction.function(restriction.at(point), arithmetic)
    except ValueError:
        return  # undefined, as it may be
    if arithmetic.least is None or arithmetic.least >= Fraction(2) ** smallest:
        raise _Wrong(f"part {number} of the remainder has no operand below 2^{smallest}")


def _evaluated(restriction: Restriction, point: Point) -> tuple[list[Fraction], bool]:
    """Return the function by the definition, and whether a floor jumps there, so that it is the limit of one side."""
    arithmetic = Plain()
    try:
        value = restriction.function(restriction.at(point), arithmetic)
    except ValueError as error:
        where = ", ".join(f"{float(x):.9g}" for x in point)
        raise _Wrong(f"the function is not defined at ({where}): {error}") from error
    return as_array(value).reshape(-1).tolist(), arithmetic.jumped


def _points(vertices: Sequence[Point], rng: random.Random, count: int) -> Iterator[tuple[Point, bool]]:
    """Yield vertices, points near them inside, and random ones, each with whether it is a vertex."""
    middle = _mixed(vertices, [1] * len(vertices))
    for vertex in vertices:
        yield vertex, True
        yield tuple(x + (m - x) * _NEAR for x, m in zip(vertex, middle, strict=True)), False
    for _ in range(count):
        yield _mixed(vertices, [rng.randint(1, 1000) for _ in vertices]), False


def _mixed(vertices: Sequence[Point], weights: Sequence[int]) -> Point:
    total = sum(weights)
    return tuple(
        sum((w * x for w, x in zip(weights, axis, strict=True)), Fraction(0)) / total
        for axis in zip(*vertices, strict=True)
    )
