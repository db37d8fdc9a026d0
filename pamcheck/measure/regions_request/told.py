"""What `pamcheck regions` prints: lines for people, and a record."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Any

from pamcheck.measure.regions import CAUSES, MEANINGS
from pamcheck.measure.regions.borders import Border
from pamcheck.measure.regions_request.command import Found
from pamcheck.measure.regions_request.slopes import SHARES, quantiles


def lines(found: Found) -> Iterator[str]:
    """Yield what the command prints. The last line begins with PASS or FAIL where a recheck was asked for."""
    partition, counts = found.partition, found.counts
    spans = [
        f"{name} in {_span([vertex[axis] for vertex in partition.domain])}"
        for axis, name in enumerate(found.axes)
    ]
    what = "length" if partition.dimensions == 1 else "area"
    yield f"{found.shown}, {', '.join(spans)}"
    yield f"pieces     {counts.function_pieces:,} of the function, {counts.program_pieces:,} of the program"
    yield f"density    {float(counts.per_length):.6g} pieces of the function a unit of {what}"
    for cause in (cause for cause in CAUSES if cause in counts.borders):
        count, kept = counts.borders[cause], counts.breaks.get(cause, 0)
        yield f"{cause:<10} {kept:,} of {count:,} breaks change the function: {MEANINGS[cause]}"
    yield from _slopes(found)
    yield from _left(found)
    yield last(found)


def last(found: Found) -> str:
    """Return the last line."""
    counts, checked = found.counts, found.recheck
    if checked is None:
        told = "part of the domain" if found.partition.partial else "the domain"
        kept = " but for the remainder" if counts.remainder and not found.partition.partial else ""
        return f"{counts.function_pieces:,} pieces on {told}{kept}; --recheck verifies them independently"
    if not checked.holds:
        return f"FAIL  {checked.reason}"
    partial = "; PARTIAL: part of the domain only" if found.partition.partial else ""
    return f"PASS  {checked.reason}{partial}"


def record(found: Found, files: list[str]) -> dict[str, Any]:
    """Return what the command prints as data."""
    checked = found.recheck
    return {
        "expression": found.shown,
        "axes": list(found.axes),
        "domain": [[str(x) for x in vertex] for vertex in found.partition.domain],
        "smallest": found.partition.smallest,
        "counts": found.counts.record(),
        "slope_quantiles": dict(zip(map(str, SHARES), quantiles(found.partition), strict=False)),
        "recheck": None if checked is None else {"holds": checked.holds, "reason": checked.reason},
        "files": files,
    }


def _slopes(found: Found) -> Iterator[str]:
    counts = found.counts
    slopes = quantiles(found.partition)
    if not slopes:
        return
    yield "slope      " + ", ".join(
        f"{slope:.6g}{f' ({share:.0%})' if share not in (0, 1) else (' least', ' greatest')[int(share)]}"
        for share, slope in zip(SHARES, slopes, strict=True)
    )
    if counts.largest_jump is not None:
        yield f"jump       the slope changes most, by {_jump(counts.largest_jump, found.axes)}"
    if counts.lipschitz_squared is None or counts.lipschitz_max is None:
        yield "Lipschitz  none: the function jumps at a floor"
        return
    squared, most = (
        max(each, default=Fraction(0)) for each in (counts.lipschitz_squared, counts.lipschitz_max)
    )
    without = ", on the cells alone" if counts.remainder or found.partition.partial else ""
    if len(found.axes) == 1:
        yield f"Lipschitz  {_exact(most)}{without}"
        return
    euclid, maximum = _root(squared), _exact(most)
    yield f"Lipschitz  {euclid} in the Euclidean norm of the parameters, {maximum} in the maximum norm{without}"


def _left(found: Found) -> Iterator[str]:
    """Yield what has no map, and why."""
    partition, axes = found.partition, found.axes
    what = "length" if len(axes) == 1 else "area"
    share = found.counts.remainder / partition.size
    if share:
        count, undefined = len(partition.remainder), " or outside its domain" if partition.undefined else ""
        parts = "1 part" if count == 1 else f"{count:,} parts"
        yield (
            f"remainder  {_share(share)} of the {what}, in {parts}, has no map: an operand is below "
            f"2^{partition.smallest}{undefined}"
        )
    for point, operation, step, why in partition.undefined:
        yield f"PARTIAL    {operation} (step {step}) is undefined in the domain: {why} at {_point(point, axes)}"
    if partition.unexplored:
        missed = _share(found.counts.unexplored / partition.size)
        yield f"PARTIAL    more than --max-cells {partition.max_cells} cells: {missed} of the {what} is unexplored"


def _jump(border: Border, axes: tuple[str, ...]) -> str:
    ends = [[Fraction(end[axis], end[2]) for axis in range(len(axes))] for end in border.ends]
    middle = [sum(along, Fraction(0)) / len(ends) for along in zip(*ends, strict=True)]
    return f"{_root(border.jump_squared)}, at {_point(middle, axes)}: {border.cause}"


def _point(point: Sequence[Fraction], axes: tuple[str, ...]) -> str:
    return ", ".join(f"{name} = {float(x):.6g}" for name, x in zip(axes, point, strict=True))


def _root(squared: Fraction) -> str:
    top, bottom = math.isqrt(squared.numerator), math.isqrt(squared.denominator)
    if top * top == squared.numerator and bottom * bottom == squared.denominator:
        return _exact(Fraction(top, bottom))
    return f"{math.sqrt(squared):.7g} = sqrt({squared})" if _short(squared) else f"{math.sqrt(squared):.9g}"


def _exact(number: Fraction) -> str:
    if number.denominator == 1 and _short(number):
        return str(number)
    return f"{float(number):.9g} = {number}" if _short(number) else f"{float(number):.9g}"


def _short(number: Fraction) -> bool:
    return len(str(number)) <= 24


def _span(ends: list[Fraction]) -> str:
    return f"[{_plain(min(ends))}, {_plain(max(ends))}]"


def _plain(number: Fraction) -> str:
    return str(number) if len(str(number)) <= 12 else f"{float(number):.9g}"


def _share(share: Fraction) -> str:
    return f"{float(share):.4%}" if share >= Fraction(1, 10000) else f"{float(share):.3g}"
