"""Where cells meet: common sides, the jump of slope across them, and cells with the same maps put together."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

from pamcheck.measure.regions.causes import Break
from pamcheck.measure.regions.cells import Outline
from pamcheck.measure.regions.forms import Corner, Form, fractions, sub

Found = Sequence[tuple[Outline, tuple[Form, ...]]]
Line = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Border:
    """A common side of two cells, or a common end.

    cells    their numbers
    cause    the break that parts them
    ends     the ends of the side, or the one common end, as homogeneous integers
    changes  the maps of the second cell less those of the first, as forms; () where none changes
    """

    cells: tuple[int, int]
    cause: Break
    ends: tuple[Corner, ...]
    changes: tuple[Form, ...] = ()

    @property
    def breaks(self) -> bool:
        """Whether a map changes: it is a border of the function, not of the program only."""
        return bool(self.changes)

    @property
    def jumps(self) -> tuple[tuple[Fraction, ...], ...]:
        """The change of slope of every component, by each parameter; () where no map changes."""
        return tuple(fractions(change)[: 1 if len(self.ends) == 1 else 2] for change in self.changes)

    @property
    def length(self) -> float:
        """The length of the side in the parameters; 0 for an end."""
        if len(self.ends) == 1:
            return 0.0
        (x, y, w), (p, q, v) = self.ends
        return math.hypot(float(Fraction(p, v) - Fraction(x, w)), float(Fraction(q, v) - Fraction(y, w)))

    @property
    def jump_squared(self) -> Fraction:
        """The greatest squared length of a component's change of slope."""
        return max((sum((d * d for d in jump), Fraction(0)) for jump in self.jumps), default=Fraction(0))


def borders(found: Found, dimensions: int) -> tuple[Border, ...]:
    """Return every border between two cells, once."""
    meetings = _ends(found) if dimensions == 1 else _sides(found)
    met = []
    for (i, j), cause, ends in meetings:
        f, g = found[i][1], found[j][1]
        changes = () if f == g else tuple(sub(q, p) for p, q in zip(f, g, strict=True))
        met.append(Border((i, j), cause, ends, changes))
    return tuple(met)


def numbered(count: int, met: Sequence[Border]) -> list[int]:
    """Return for each cell the number of the connected set of cells with its maps."""
    parent = list(range(count))

    def root(i: int) -> int:
        while parent[i] != i:
            parent[i] = parent[parent[i]]
            i = parent[i]
        return i

    for border in met:
        if not border.breaks:
            i, j = (root(cell) for cell in border.cells)
            parent[max(i, j)] = min(i, j)
    numbers: dict[int, int] = {}
    return [numbers.setdefault(root(i), len(numbers)) for i in range(count)]


Meeting = tuple[tuple[int, int], Break, tuple[Corner, ...]]


def _ends(found: Found) -> Iterator[Meeting]:
    starts = {outline.corners[0]: i for i, (outline, _) in enumerate(found)}
    for i, (outline, _) in enumerate(found):
        end = outline.corners[1]
        if end in starts:
            yield (i, starts[end]), outline.sides[1], (end,)


def _sides(found: Found) -> Iterator[Meeting]:
    """Yield common sides: first those with both ends in common, then those that a corner of another divides."""
    sides: dict[tuple[Corner, Corner], tuple[int, Break]] = {}
    for i, (outline, _) in enumerate(found):
        for k, corner in enumerate(outline.corners):
            sides[outline.corners[k - 1], corner] = i, outline.sides[k - 1]
    lines: dict[Line, list[tuple[Corner, Corner, int, Break]]] = defaultdict(list)
    for (p, q), (i, cause) in sides.items():
        other = sides.get((q, p))
        if other is None:
            lines[_line(p, q)].append((p, q, i, cause))
        elif i < other[0]:
            yield (i, other[0]), cause, (p, q)
    for alike in lines.values():
        if len(alike) > 1:
            yield from _overlaps(alike)


def _line(p: Corner, q: Corner) -> Line:
    """Return the coefficients of the line through two corners, the same for both directions."""
    a, b, c = p[1] * q[2] - p[2] * q[1], p[2] * q[0] - p[0] * q[2], p[0] * q[1] - p[1] * q[0]
    common = math.gcd(a, b, c)
    if (a or b) < 0:
        common = -common
    return (a // common, b // common, c // common)


def _overlaps(sides: Sequence[tuple[Corner, Corner, int, Break]]) -> Iterator[Meeting]:
    """Yield where sides of one line overlap that have their cells on different sides of it."""
    axis = 0 if any(p[0] * q[2] != q[0] * p[2] for p, q, _, _ in sides) else 1
    forward, backward = [], []
    for p, q, i, cause in sides:
        x, y = Fraction(p[axis], p[2]), Fraction(q[axis], q[2])
        if x < y:
            forward.append((x, y, p, q, i, cause))
        else:
            backward.append((y, x, q, p, i, cause))
    forward.sort(key=lambda side: side[0])
    backward.sort(key=lambda side: side[0])
    start = 0
    for low, high, p, q, i, cause in forward:
        # sides of one direction do not overlap each other, so that their ends ascend as well
        while start < len(backward) and backward[start][1] <= low:
            start += 1
        at = start
        while at < len(backward) and backward[at][0] < high:
            other_low, other_high, r, s, j, _ = backward[at]
            ends = (p if low >= other_low else r, q if high <= other_high else s)
            yield (min(i, j), max(i, j)), cause, ends
            at += 1
