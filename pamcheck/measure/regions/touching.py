"""Which convex parts meet or overlap, by separating lines, in Fractions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

from pamcheck.measure.regions.cells import Point

Polygon = Sequence[Point]


@dataclass(frozen=True, slots=True)
class Meeting:
    """Two parts that overlap, or that have a side in common (its ends), or an end (one point)."""

    i: int
    j: int
    overlap: bool
    ends: tuple[Point, ...] = ()


def touching(parts: Sequence[Polygon]) -> Iterator[Meeting]:
    """Yield pairs of convex parts, counterclockwise or ascending, that overlap or have more than a corner in common.

    A sweep over the first coordinate, with boxes in floats: rounding is monotone, so boxes whose floats are apart
    are apart.
    """
    boxes = [_box(part) for part in parts]
    active: list[int] = []
    for i in sorted(range(len(parts)), key=lambda i: boxes[i][0]):
        left, _, bottom, top = boxes[i]
        active = [j for j in active if boxes[j][1] >= left]
        for j in active:
            _, _, low, high = boxes[j]
            if low <= top and high >= bottom:
                meeting = _meeting(parts, min(i, j), max(i, j))
                if meeting is not None:
                    yield meeting
        active.append(i)


def size(vertices: Sequence[Point]) -> Fraction:
    """Return the length, or the area: negative for descending ends and clockwise corners."""
    if len(vertices[0]) == 1:
        return vertices[1][0] - vertices[0][0]
    around = zip(vertices, [*vertices[1:], vertices[0]], strict=True)
    return sum((p[0] * q[1] - p[1] * q[0] for p, q in around), Fraction(0)) / 2


def inside(vertices: Sequence[Point], domain: Sequence[Point]) -> bool:
    """Return whether vertices lie in a convex domain, ascending or counterclockwise."""
    if len(domain[0]) == 1:
        return all(len(v) == 1 and domain[0][0] <= v[0] <= domain[1][0] for v in vertices)
    sides = list(zip(domain, [*domain[1:], domain[0]], strict=True))
    return all(len(v) == 2 and all(_turn(p, q, v) >= 0 for p, q in sides) for v in vertices)


def convex(vertices: Sequence[Point]) -> bool:
    """Return whether corners turn left, and once: the area then is that of the set of its points."""
    if len(vertices[0]) == 1:
        return len(vertices) == 2 and vertices[0][0] < vertices[1][0]
    if len(vertices) < 3 or size(vertices) <= 0:
        return False
    if any(_turn(vertices[i - 2], vertices[i - 1], vertices[i]) < 0 for i in range(len(vertices))):
        return False
    sides = zip(vertices, [*vertices[1:], vertices[0]], strict=True)
    return all(_turn(p, q, v) >= 0 for p, q in sides for v in vertices)


def _box(part: Polygon) -> tuple[float, float, float, float]:
    xs = [float(p[0]) for p in part]
    ys = [float(p[1]) for p in part] if len(part[0]) == 2 else [0.0]
    return min(xs), max(xs), min(ys), max(ys)


def _meeting(parts: Sequence[Polygon], i: int, j: int) -> Meeting | None:
    a, b = parts[i], parts[j]
    if len(a[0]) == 1:
        low, high = max(a[0], b[0]), min(a[1], b[1])
        if low > high:
            return None
        return Meeting(i, j, low < high, (low,))
    for one, other in ((a, b), (b, a)):
        for k, q in enumerate(one):
            p = one[k - 1]
            turns = [_turn(p, q, vertex) for vertex in other]
            if max(turns) <= 0:
                on = [vertex for vertex, turn in zip(other, turns, strict=True) if turn == 0]
                ends = _overlap(p, q, on) if len(on) > 1 else ()
                return Meeting(i, j, False, ends) if ends else None
    return Meeting(i, j, True)


def _turn(a: Point, b: Point, c: Point) -> Fraction:
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])


def _overlap(p: Point, q: Point, on: Sequence[Point]) -> tuple[Point, ...]:
    """Return the ends of what a side and points on its line have in common, () for a point or nothing."""
    low, high = max(min(p, q), min(on)), min(max(p, q), max(on))
    return (low, high) if low < high else ()
