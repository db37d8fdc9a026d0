"""Bounds of one entry of a softmax on a region, checked again: from the region's corners, in integers.

A leaf of the tree has only a slope. Its bound follows from exact powers by the definition, e^x as series with their
remainders, and the coefficients of a product of two bilinear functions, in whose hull it lies.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import pairwise
from typing import NamedTuple

from pamcheck import spec
from pamcheck.measure.certify import jets
from pamcheck.measure.certify.certificate import Box
from pamcheck.measure.certify.curve import NARROW, power
from pamcheck.measure.certify.jets import ONE, UNIT, Range, exact
from pamcheck.spec.real import floor_log2, power_of_two

FLAT = Fraction(1, 1 << 40)


class Refused(Exception):
    """A part of the tree that proves nothing."""


@dataclass(frozen=True)
class Area:
    """A region: an entry's input, the sum of all powers, and groups (from, to, how many) of the others' inputs."""

    low: Fraction
    high: Fraction
    least: Fraction
    most: Fraction
    groups: tuple[tuple[Fraction, Fraction, int], ...]


class Point(NamedTuple):
    """An input, its power exactly and as an interval, and e^t."""

    t: Fraction
    power: Fraction
    p: Range
    e: Range


class Piece(NamedTuple):
    """Two points with a line between them: its slope; or None, where they are as good as one."""

    a: Point
    b: Point
    rise: Range | None


@dataclass
class Lines:
    """Where paexp is affine, and its points, each computed once."""

    log2_e: Fraction
    ends: list[Fraction]
    points: dict[Fraction, Point] = field(default_factory=dict)
    parts: dict[tuple[Fraction, Fraction], list[Piece]] = field(default_factory=dict)
    inverses: dict[Fraction, Range] = field(default_factory=dict)

    def at(self, t: Fraction) -> Point:
        """Return the point at an input."""
        if t not in self.points:
            p = power(t, self.log2_e)
            self.points[t] = Point(t, p, exact(p), jets.exp(exact(t)))
        return self.points[t]

    def in_one(self, low: Fraction, high: Fraction) -> bool:
        """Whether two inputs lie between the same two ends."""
        at = bisect_right(self.ends, low)
        return 0 < at < len(self.ends) and high <= self.ends[at]

    def inverse_exp(self, t: Fraction) -> Range:
        """Return e^-t."""
        if t not in self.inverses:
            self.inverses[t] = jets.exp(exact(-t))
        return self.inverses[t]

    def part(self, low: Fraction, high: Fraction) -> list[Piece]:
        """Return the pieces of paexp from one input to another."""
        if (low, high) not in self.parts:
            inner = self.ends[bisect_right(self.ends, low) : bisect_left(self.ends, high)]
            points = [self.at(t) for t in (low, *inner, high)]
            self.parts[low, high] = [
                Piece(a, b, exact((b.power - a.power) / (b.t - a.t)) if b.t - a.t > NARROW else None)
                for a, b in pairwise(points)
            ]
        return self.parts[low, high]


def proven(box: Box, area: Area, side: str, lines: Lines) -> bool:
    """Prove a leaf: all coefficients of a product of two bilinear functions lie on the right side."""
    [(slope, tau)] = box.corners
    if slope is None or tau is None or slope <= 0:
        return False
    if side == "below" and box.lower <= -1:
        return True  # no ratio is negative
    a, b = lines.at(area.low), lines.at(area.high)
    flat = b.t - a.t <= FLAT
    if not flat and not lines.in_one(a.t, b.t):
        return False
    steep = exact(slope)
    rest = Range(0, 0)
    for low, high, count in area.groups:
        part = lines.part(low, high)
        level = _greatest(part, steep) if side == "above" else _least(part, steep)
        rest += Range(count * level, count * level)
    others = [
        [rest + exact(slope * (total - end.power)) for total in (area.least, area.most)] for end in (a, b)
    ]
    # e^-x T, with T linear in x, is convex where T is not below -2 dT/dx, and falls where T is not below 0
    spare = Fraction(0) if flat else 2 * slope * (b.power - a.power) / (b.t - a.t)
    if any((other + exact(spare)).low < 0 for row in others for other in row):
        return False
    if side == "above":
        return _below_bound(_quotients(a, b, area, flat), _chords(a, b, others, flat), 1 + box.upper)
    q = _lines_below(a, b, area, tau, flat)
    far = b.e.inverse() if flat else lines.inverse_exp((a.t + b.t) / 2)
    h = _tangents(a, b, area, slope, rest, far)
    if q is None or any(x.low < 0 for row in (*q, *h) for x in row):
        return False
    return min(x.low for x in _bernstein(q, h)) >= exact(1 + box.lower).high


Corners = list[list[Range]]


def _below_bound(q: Corners, h: Corners, bound: Fraction) -> bool:
    return max(x.high for x in _bernstein(q, h)) <= exact(bound).low


def _greatest(part: list[Piece], slope: Range) -> int:
    """Return the most that e^t - slope paexp(t) is: it is convex on a line, so it is at an end of one."""
    s = slope.low
    found = max(piece.a.e.high - (s * piece.a.p.low >> jets.BITS) for piece in part)
    found = max(found, part[-1].b.e.high - (s * part[-1].b.p.low >> jets.BITS))
    loose = [piece.b.e.high - (s * piece.a.p.low >> jets.BITS) for piece in part if piece.rise is None]
    return max([found, *loose]) + 1


def _least(part: list[Piece], steep: Range) -> int:
    """Return the least that e^t - slope paexp(t) is, or a little less: on each line, above a tangent of e^t."""
    found = []
    s = steep.high
    for a, b, line in part:
        if line is None:
            found.append(a.e.low - (s * b.p.high >> jets.BITS))
            continue
        low, high = s * line.low >> jets.BITS, (s * line.high >> jets.BITS) + 1
        if a.e.low >= high:  # rises all the way
            found.append(a.e.low - (s * a.p.high >> jets.BITS))
        elif b.e.high <= low:
            found.append(b.e.low - (s * b.p.high >> jets.BITS))
        else:
            touch = Fraction(math.log(low / UNIT))
            e = jets.exp(exact(touch))
            found += [(e * exact(1 + end.t - touch) - steep * end.p).low for end in (a, b)]
    return min(found) - 2


def _quotients(a: Point, b: Point, area: Area, flat: bool) -> Corners:
    """Return the quotient at the corners; where a cell is flat its greatest, else p has to keep its octave."""
    if flat:
        return [[exact(spec.padiv(b.power, total)) for total in (area.least, area.most)]] * 2
    if b.power > 2 * power_of_two(floor_log2(a.power)):
        raise Refused("a cell crosses a power of two")
    return [[exact(spec.padiv(end.power, total)) for total in (area.least, area.most)] for end in (a, b)]


def _chords(a: Point, b: Point, others: Corners, flat: bool) -> Corners:
    """Return 1 + T e^-x at the corners, between which it is convex in x and linear in the sum."""
    inverse = [end.e.inverse() for end in (a, b)]
    rows = [[ONE + other * inverse[i] for other in others[i]] for i in (0, 1)]
    return [rows[0], rows[0]] if flat else rows


def _lines_below(a: Point, b: Point, area: Area, tau: Fraction, flat: bool) -> Corners | None:
    """Return 2^(E - F) (1 + tau d) at the corners, d the difference of mantissas: the quotient is never less."""
    octave = [floor_log2(a.power), floor_log2(area.least)]
    inside = b.power <= 2 * power_of_two(octave[0]) and area.most <= 2 * power_of_two(octave[1])
    if not inside or not Fraction(1, 2) <= tau <= 1:
        return None
    scale = power_of_two(octave[0] - octave[1])
    rows = [
        [
            exact(
                scale * (1 + tau * (end.power / power_of_two(octave[0]) - total / power_of_two(octave[1])))
            )
            for total in (area.least, area.most)
        ]
        for end in (a, b)
    ]
    return [rows[0], rows[0]] if flat else rows


def _tangents(a: Point, b: Point, area: Area, slope: Fraction, rest: Range, inverse: Range) -> Corners:
    """Return 1 + T e^-x on its tangent in x at the middle of the cell, at the corners, or all at the far end.

    inverse  e^-x there
    """
    sums = (area.least, area.most)
    if b.t - a.t <= FLAT:
        return [[ONE + (rest + exact(slope * (total - b.power))) * inverse for total in sums]] * 2
    half = (b.t - a.t) / 2
    steep, middle = (b.power - a.power) / (b.t - a.t), (a.power + b.power) / 2
    rows: Corners = [[], []]
    for total in sums:
        other = rest + exact(slope * (total - middle))
        rise = exact(half) * (exact(slope * steep) + other) * inverse
        here = ONE + other * inverse
        rows[0].append(here + rise)
        rows[1].append(here - rise)
    return rows


def _bernstein(q: Corners, h: Corners) -> list[Range]:
    """Return the nine coefficients of the product."""
    first, last = _row(q[0], h[0]), _row(q[1], h[1])
    mixed = [_half(x + y) for x, y in zip(_row(q[0], h[1]), _row(q[1], h[0]), strict=True)]
    return first + mixed + last


def _row(q: list[Range], h: list[Range]) -> list[Range]:
    return [q[0] * h[0], _half(q[0] * h[1] + q[1] * h[0]), q[1] * h[1]]


def _half(x: Range) -> Range:
    return Range(x.low >> 1, -(-x.high >> 1))
