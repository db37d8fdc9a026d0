"""Cutting outlines along lines where an affine form takes a value."""

from __future__ import annotations

import math
from collections.abc import Iterable

from pamcheck.measure.regions.causes import Break
from pamcheck.measure.regions.cells import Outline
from pamcheck.measure.regions.forms import Corner, Form, add, at_corners


def halves(outline: Outline, form: Form, cause: Break) -> tuple[Outline | None, Outline | None]:
    """Return the parts where form <= 0 and where form >= 0; None for one without an inside."""
    values = at_corners(form, outline.corners)
    if max(values) <= 0:
        return outline, None
    if min(values) >= 0:
        return None, outline
    return _cut(outline, values, cause)


def slices(
    outline: Outline, form: Form, levels: Iterable[tuple[int, int]], cause: Break, most: int
) -> tuple[list[Outline], Outline | None]:
    """Return the parts between levels of a form, from below, and what is left after `most` of them.

    levels  (n, k) for n 2^k, ascending, each strictly inside the form's range on the outline
    """
    parts: list[Outline] = []
    rest = outline
    for n, k in levels:
        if len(parts) >= most:
            return parts, rest
        below, rest = _cut(rest, at_corners(add(form, (0, 0, -n, -k)), rest.corners), cause)
        parts.append(below)
    return [*parts, rest], None


def _cut(outline: Outline, values: list[int], cause: Break) -> tuple[Outline, Outline]:
    corners, sides = outline
    if len(corners) == 2:
        middle = _between(corners[0], values[0], corners[1], values[1])
        first = Outline((corners[0], middle), (sides[0], cause))
        last = Outline((middle, corners[1]), (cause, sides[1]))
        return (first, last) if values[0] < 0 else (last, first)
    below: tuple[list[Corner], list[Break]] = ([], [])
    above: tuple[list[Corner], list[Break]] = ([], [])
    for i, (corner, value, side) in enumerate(zip(corners, values, sides, strict=True)):
        after = i + 1 if i + 1 < len(corners) else 0
        following = values[after]
        if value <= 0:
            below[0].append(corner)
            # a corner on the line is where one part leaves the old border for the cut
            below[1].append(cause if value == 0 and following > 0 else side)
        if value >= 0:
            above[0].append(corner)
            above[1].append(cause if value == 0 and following < 0 else side)
        if (value < 0 < following) or (following < 0 < value):
            met = _between(corner, value, corners[after], following)
            below[0].append(met)
            above[0].append(met)
            below[1].append(cause if value < 0 else side)
            above[1].append(side if value < 0 else cause)
    return Outline(tuple(below[0]), tuple(below[1])), Outline(tuple(above[0]), tuple(above[1]))


def _between(p: Corner, p_value: int, q: Corner, q_value: int) -> Corner:
    """Return where a form with these values, of opposite signs, at two corners is zero, in lowest terms."""
    m, n = abs(q_value), abs(p_value)
    x, y, w = m * p[0] + n * q[0], m * p[1] + n * q[1], m * p[2] + n * q[2]
    common = math.gcd(x, y, w)
    return (x // common, y // common, w // common)
