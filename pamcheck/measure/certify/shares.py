"""Bounds of one entry of a softmax over a region: its own input in a cell, the sum in a range, the others in groups.

With p = paexp(x), S the sum of all powers and T the sum of the others' true ones, an entry's ratio to its truth is

    q(p, S) (1 + T e^-x),    q the quotient of the definition,    S - p the sum of the others' powers.

For any slope s, T is at most s (S - p) + the others' greatest e^t - s paexp(t), and at least that with the least.
What remains is a product of two functions of x and S, both held between bilinear ones  [docs: proofs].
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, NamedTuple

from pamcheck.measure.certify.curve import Curve, Part, Touch

Side = Literal["above", "below"]
Group = tuple[float, float, int]  # inputs from, to, and of how many entries
TAUS = (1.0, 0.9375, 0.875, 0.8125, 0.75, 0.6875, 0.625, 0.5625, 0.5)
FLAT = 2.0**-40  # width of a cell that is as good as a point


class Region(NamedTuple):
    """An entry's input in [low, high], the sum in [least, most], the others in groups."""

    low: float
    high: float
    least: float
    most: float
    groups: tuple[Group, ...]


class Edge(NamedTuple):
    """A line between two points of the curve that lies in no part of it: some of a group are at either end."""

    group: int
    start: Touch
    end: Touch


@dataclass(frozen=True)
class Bound:
    """The bound of a region: of 1 + error from above, or its negative from below; `slope` and `tau` prove it."""

    value: float
    slope: float
    tau: float
    edge: Edge | None
    least: float
    most: float


def bound(curve: Curve, side: Side, region: Region) -> Bound | None:
    """Return the bound of a region, or None where no row has such a sum."""
    a, b = curve.at(region.low), curve.at(region.high)
    parts = [(curve.part(low, high), count) for low, high, count in region.groups]
    least = max(region.least, a.p + sum(k * part.ends[0].p for part, k in parts))
    most = min(region.most, b.p + sum(k * part.ends[-1].p for part, k in parts))
    if least > most * (1 + FLAT):
        return None
    most = max(least, most)
    if side == "above":
        slope, edge = _slope_above(parts, a, b, least, most)
        rest = sum(k * max(t.e - slope * t.p for t in part.above) for part, k in parts)
        return Bound(_above(a, b, least, most, slope, rest), slope, 1.0, edge, least, most)
    slope, edge = _slope_below(parts, a, b, least, most)
    rest = sum(k * (t.e - slope * t.p) for part, k in parts for t in (part.below(slope),))
    tau, value = _below(a, b, least, most, slope, rest)
    return Bound(-value, slope, tau, edge, least, most)


def quotient(p: float, total: float) -> float:
    """Return padiv of two floats."""
    (f, e), (g, d) = math.frexp(p), math.frexp(total)
    rest = 2 * f - 2 * g
    return math.ldexp(1 + (rest if rest >= 0 else rest / 2), e - d)


def octave(low: float, high: float) -> int:
    """Return E such that both lie in [2^E, 2^(E+1)], if there is one."""
    return math.frexp((low + high) / 2)[1] - 1


# From above


Edges = list[tuple[float, float, Edge]]  # slope, length along p, edge


def _edges(parts: list[tuple[Part, int]]) -> tuple[float, Edges]:
    """Return where the sum of all hulls from above begins, and its edges in order."""
    edges = [
        ((b.e - a.e) / (b.p - a.p), k * (b.p - a.p), Edge(g, a, b))
        for g, (part, k) in enumerate(parts)
        for a, b in zip(part.above, part.above[1:], strict=False)
    ]
    return sum(k * part.ends[0].p for part, k in parts), sorted(edges, key=lambda e: -e[0])


def _edge_at(start: float, edges: Edges, p: float) -> tuple[float, Edge]:
    for slope, length, edge in edges:
        start += length
        if p <= start:
            return slope, edge
    return edges[-1][0], edges[-1][2]


def _slope_above(
    parts: list[tuple[Part, int]], a: Touch, b: Touch, least: float, most: float
) -> tuple[float, Edge | None]:
    """Return the slope at which the product is greatest: where it is level, or that of the hull at an end."""
    start, edges = _edges(parts)
    p, middle = (a.p + b.p) / 2, (least + most) / 2
    slope, edge = _edge_at(start, edges, middle - p)
    if most <= least * (1 + 1e-15):
        return slope, edge
    first, last = quotient(p, least), quotient(p, most)
    rest = sum(k * max(t.e - slope * t.p for t in part.above) for part, k in parts)
    level = 2 * (first - last) / (most - least) * (a.e + rest + slope * (middle - p)) / (first + last)
    steepest, flattest = (_edge_at(start, edges, end - p) for end in (least, most))
    if level >= steepest[0]:
        return steepest
    return flattest if level <= flattest[0] else (level, None)


def _above(a: Touch, b: Touch, least: float, most: float, slope: float, rest: float) -> float:
    """Return an upper bound of q (1 + T e^-x): both are convex in x and in S, so below their corners' bilinear form."""
    sums = (least, most)
    q = [[quotient(end.p, total) for total in sums] for end in (a, b)]
    h = [[1 + (rest + slope * (total - end.p)) / end.e for total in sums] for end in (a, b)]
    if b.t - a.t <= FLAT:
        q[0], h[1] = q[1], h[0]
    return max(bernstein(q, h))


def bernstein(q: list[list[float]], h: list[list[float]]) -> list[float]:
    """Return the nine coefficients of a product of two bilinear functions, in whose hull it lies."""
    rows = [_products(q[0], h[0]), _products(q[1], h[1])]
    mixed = [(x + y) / 2 for x, y in zip(_products(q[0], h[1]), _products(q[1], h[0]), strict=True)]
    return rows[0] + mixed + rows[1]


def _products(q: list[float], h: list[float]) -> list[float]:
    return [q[0] * h[0], (q[0] * h[1] + q[1] * h[0]) / 2, q[1] * h[1]]


# From below


def _slope_below(
    parts: list[tuple[Part, int]], a: Touch, b: Touch, least: float, most: float
) -> tuple[float, Edge | None]:
    """Return the slope that makes the lesser of the products at both ends of S greatest."""
    p = (a.p + b.p) / 2
    first, last = quotient(p, least), quotient(p, most)
    low, high = min(part.slopes[0] for part, _ in parts), max(part.slopes[1] for part, _ in parts)
    while True:
        slope = (low + high) / 2
        if slope in (low, high):
            return high, _edge_below(parts, low, high)
        touches = [(part.below(slope), k) for part, k in parts]
        here = sum(k * t.p for t, k in touches)
        rest = a.e + sum(k * (t.e - slope * t.p) for t, k in touches)
        falls = first * (rest + slope * (least - p)) > last * (rest + slope * (most - p))
        if here < least - p or (here <= most - p and falls):
            low = slope
        else:
            high = slope


def _edge_below(parts: list[tuple[Part, int]], low: float, high: float) -> Edge | None:
    """Return the longest edge of the hull from below that two slopes next to each other touch at its ends."""
    edges = [
        Edge(g, part.below(low * (1 - 1e-13)), part.below(high * (1 + 1e-13)))
        for g, (part, _) in enumerate(parts)
    ]
    longest = max(edges, key=lambda e: e.end.p - e.start.p)
    return longest if longest.end.p - longest.start.p > 1e-9 else None


def _below(a: Touch, b: Touch, least: float, most: float, slope: float, rest: float) -> tuple[float, float]:
    """Return (tau, lower bound): q is above the line of slope tau in its mantissas, 1 + T e^-x above its tangent."""
    scale = octave(a.p, b.p), octave(least, most)
    sums = (least, most)
    d = [[math.ldexp(end.p, -scale[0]) - math.ldexp(total, -scale[1]) for total in sums] for end in (a, b)]
    if b.t - a.t <= FLAT:
        d[1] = d[0]
        h = [[1 + (rest + slope * (total - b.p)) / b.e for total in sums]] * 2
    else:
        h = _tangent(a, b, sums, slope, rest)
    flat = [x for row in d for x in row]
    taus = TAUS[:1] if min(flat) >= 0 else TAUS[-1:] if max(flat) <= 0 else TAUS
    found = []
    for tau in taus:
        q = [[math.ldexp(1 + tau * x, scale[0] - scale[1]) for x in row] for row in d]
        safe = min(map(min, q)) >= 0 and min(map(min, h)) >= 0
        found.append((min(bernstein(q, h)) if safe else 0.0, tau))
    value, tau = max(found)
    return tau, value


def _tangent(a: Touch, b: Touch, sums: tuple[float, float], slope: float, rest: float) -> list[list[float]]:
    """Return 1 + T e^-x on its tangent in x at the middle, at the corners."""
    p, half = (a.p + b.p) / 2, (b.t - a.t) / 2
    e, steep = math.exp(a.t + half), (b.p - a.p) / (b.t - a.t)
    rows: list[list[float]] = [[], []]
    for total in sums:
        other = rest + slope * (total - p)
        rise = -half * (slope * steep + other) / e
        for row, turn in zip(rows, (-1, 1), strict=True):
            row.append(1 + other / e + turn * rise)
    return rows
