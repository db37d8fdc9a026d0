"""Branch and bound over regions: the greatest, or least, ratio of an entry of a softmax, and a tree that proves it.

A region is cut at an input of the entry, at a sum, or at an input of one group of the others: then there is one
child for each number of the group on the left. The region with the worst bound is cut next, where it helps most.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction

from pamcheck.measure.certify.certificate import Box
from pamcheck.measure.certify.curve import Curve, Touch
from pamcheck.measure.certify.search import PAD
from pamcheck.measure.certify.shares import Bound, Edge, Group, Region, Side, bound, quotient

TOLERANCE = 1e-10
MOST = 16_000  # regions that are bounded, before what is left is taken as it is
STUCK = 1.9  # roots of what is open, in all children: two that are as open as their parent have 2
Rows = list[tuple[float, int]]  # inputs of the others, and how many entries have each


@dataclass
class Node:
    """A region with its bound, and the cut that its children come from: axis 0 the entry, 1 the sum, 2.. a group."""

    region: Region
    bound: Bound | None
    axis: int = 0
    value: float = 0.0
    children: list[Node] = field(default_factory=list)

    @property
    def worst(self) -> float:
        """The bound, or minus infinity where no row is in the region."""
        return self.bound.value if self.bound else -math.inf


class Search:
    """The state of one search: the best row seen, and the regions that may hold a better one."""

    def __init__(self, curve: Curve, side: Side, size: int) -> None:
        self.curve, self.side, self.size = curve, side, size
        self.turn = 1 if side == "above" else -1
        self.best, self.entry, self.others = -math.inf, 0.0, [(0.0, size - 1)]
        self.count = 0
        ends = [float(t) for t in (curve.cuts[0], curve.cuts[-1])]
        sums = [self.size * curve.at(t).p for t in ends]
        outward = (sums[0] * (1 - 2**-40), sums[1] * (1 + 2**-40))
        self.root = self._node(Region(ends[0], ends[1], *outward, ((ends[0], ends[1], size - 1),)))

    def run(self, most: int = MOST) -> None:
        """Cut until no region may hold anything better by more than the tolerance, or enough were bounded."""
        heap = [(-leaf.worst, number, leaf) for number, leaf in enumerate(self._started(self.root))]
        heapq.heapify(heap)
        number = len(heap)
        while heap and self.count < most:
            _, _, node = heapq.heappop(heap)
            if node.bound is None or node.worst <= self.best + TOLERANCE * (1 + abs(self.best)):
                return
            self._try_rows(node.region, node.bound)
            if node.worst <= self.best + TOLERANCE * (1 + abs(self.best)) or not self._cut(node):
                continue
            for child in node.children:
                number += 1
                heapq.heappush(heap, (-child.worst, number, child))

    def _node(self, region: Region) -> Node:
        self.count += 1
        return Node(region, bound(self.curve, self.side, region))

    def _started(self, root: Node) -> Iterator[Node]:
        """Cut the root at breakpoints and at powers of two of the sum; yield the leaves."""
        cuts = [float(t) for t in self.curve.cuts[1:-1]]
        exponents = range(math.ceil(math.log2(root.region.least)), math.ceil(math.log2(root.region.most)))
        powers = [2.0**k for k in exponents if root.region.least < 2.0**k < root.region.most]
        for node in _halved(root, 0, cuts, self._child):
            yield from _halved(node, 1, powers, self._child)

    def _child(self, node: Node, axis: int, value: float) -> list[Node]:
        return [self._node(region) for region in cut(node.region, axis, value)]

    def _cut(self, node: Node) -> bool:
        """Give a node its children by the cut that leaves least to do; False where none is left.

        Sharing out a group makes many children, so it seems to leave most; where halving does not help at all, both
        halves being as open as the whole, only that does.
        """
        options = [(self._child(node, *place), place) for place in self._options(node)]
        if not options:
            return False
        stuck = STUCK * math.sqrt(max(0.0, node.worst - self.best))
        shared = [option for option in options if option[1][0] >= 2]
        if shared and all(self._left(children) >= stuck for children, _ in options):
            options = shared
        node.children, (node.axis, node.value) = min(options, key=lambda option: self._left(option[0]))
        return True

    def _left(self, children: list[Node]) -> float:
        """Return what is left to do: how far bounds are above the best row, and how many there are."""
        return sum(math.sqrt(max(0.0, child.worst - self.best)) for child in children) + 1e-9 * len(
            children
        )

    def _options(self, node: Node) -> Iterator[tuple[int, float]]:
        assert node.bound is not None
        region, found = node.region, node.bound
        for axis, low, high in ((0, region.low, region.high), (1, found.least, found.most)):
            middle = (low + high) / 2
            if low < middle < high and (axis or high - low > 2.0**-42):
                yield axis, middle
        edge = found.edge
        if edge is not None and found.most - found.least < edge.end.p - edge.start.p:
            low, high, _ = region.groups[edge.group]
            value = self._farthest(region, edge)
            if low < value < high:
                yield 2 + edge.group, value

    def _farthest(self, region: Region, edge: Edge) -> float:
        """Return the input between an edge's ends at which the curve is farthest from it."""
        low, high, _ = region.groups[edge.group]
        part = self.curve.part(low, high)
        slope = (edge.end.e - edge.start.e) / (edge.end.p - edge.start.p)
        inside = [t for t in part.ends if edge.start.t < t.t < edge.end.t]
        if self.side == "above":
            inside += [
                part.touch(i, slope)
                for i, t in enumerate(part.ends[:-1])
                if edge.start.t <= t.t < edge.end.t
            ]
            inside = [t for t in inside if edge.start.t < t.t < edge.end.t]
        away = [(self.turn * (slope * t.p - t.e), t.t) for t in inside]
        return max(away)[1] if away else (edge.start.t + edge.end.t) / 2

    # Rows

    def _try_rows(self, region: Region, found: Bound) -> None:
        """Try the rows that the bound of a region is made of, with the sum at its ends and middle."""
        for x in (region.low, region.high):
            for total in (found.least, (found.least + found.most) / 2, found.most):
                rows = self._row(region.groups, total - self.curve.at(x).p, found)
                value = self.turn * self.ratio(x, rows)
                if value > self.best:
                    self.best, self.entry, self.others = value, x, rows

    def ratio(self, x: float, rows: Rows) -> float:
        """Return an entry's ratio to its truth, in float64."""
        here, others = self.curve.at(x), [(self.curve.at(t), k) for t, k in rows]
        total = here.p + sum(k * t.p for t, k in others)
        return quotient(here.p, total) * (here.e + sum(k * t.e for t, k in others)) / here.e

    def _row(self, groups: tuple[Group, ...], rest: float, found: Bound) -> Rows:
        """Return inputs of the others whose powers add up to `rest`: where lines touch, and a remainder."""
        rows: Rows = []
        last = found.edge.group if found.edge else len(groups) - 1
        for g, (low, high, count) in enumerate(groups):
            if g != last:
                touch = self._touch(low, high, found.slope)
                rows.append((touch.t, count))
                rest -= count * touch.p
        low, high, count = groups[last]
        if found.edge is None:
            return [*rows, (self.curve.input_of(rest / count, low, high), count)]
        a, b = found.edge.start, found.edge.end
        many = min(count - 1, max(0, math.floor((rest - count * a.p) / (b.p - a.p))))
        free = rest - many * b.p - (count - 1 - many) * a.p
        rows += [(b.t, many), (a.t, count - 1 - many), (self.curve.input_of(free, low, high), 1)]
        return [(t, k) for t, k in rows if k]

    def _touch(self, low: float, high: float, slope: float) -> Touch:
        part = self.curve.part(low, high)
        return (
            part.below(slope) if self.side == "below" else max(part.above, key=lambda t: t.e - slope * t.p)
        )


def cut(region: Region, axis: int, value: float) -> list[Region]:
    """Return the parts of a region: two, or one for each way to share a group out between both sides."""
    if axis == 0:
        return [region._replace(high=value), region._replace(low=value)]
    if axis == 1:
        return [region._replace(most=value), region._replace(least=value)]
    low, high, count = region.groups[axis - 2]
    before, after = region.groups[: axis - 2], region.groups[axis - 1 :]
    shares = [((low, value, k), (value, high, count - k)) for k in range(count + 1)]
    return [
        region._replace(groups=(*before, *(group for group in pair if group[2]), *after)) for pair in shares
    ]


def _halved(node: Node, axis: int, values: list[float], child: object) -> Iterator[Node]:
    """Cut a node at every value, the middle one first; yield the leaves."""
    if not values:
        yield node
        return
    middle = len(values) // 2
    node.axis, node.value = axis, values[middle]
    node.children = child(node, axis, values[middle])  # type: ignore[operator]
    yield from _halved(node.children[0], axis, values[:middle], child)
    yield from _halved(node.children[1], axis, values[middle + 1 :], child)


def boxes_of(node: Node) -> Iterator[Box]:
    """Yield the tree as boxes, each cut before its children."""
    if node.children:
        yield Box("cut", ((Fraction(node.axis), Fraction(node.value)),), Fraction(0), Fraction(0))
        for child in node.children:
            yield from boxes_of(child)
    elif node.bound is None:
        yield Box("empty", (), Fraction(0), Fraction(0))
    else:
        found = node.bound
        proof = ((Fraction(found.slope), Fraction(found.tau)),)
        end = Fraction(abs(found.value)) - 1
        pad = PAD * (1 + abs(end))
        if found.value > 0:
            yield Box("above", proof, end + pad, end + pad)
        else:
            yield Box("below", proof, end - pad, end - pad)
