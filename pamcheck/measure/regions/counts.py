"""What a partition says in numbers: pieces, breaks by cause, slopes, jumps of slope and Lipschitz constants."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from pamcheck.measure.regions.borders import Border
from pamcheck.measure.regions.causes import Break
from pamcheck.measure.regions.cells import Cell
from pamcheck.measure.regions.forms import at_corners
from pamcheck.measure.regions.partitions import Partition

SHOWN = 12  # slopes that a record holds


@dataclass(frozen=True)
class Slope:
    """A gradient of one component, by each parameter, and how much of the domain has it."""

    by: tuple[Fraction, ...]
    size: Fraction
    cells: int


@dataclass(frozen=True)
class Counts:
    """Figures of a partition; all but lengths of sides are exact, and hold for its cells, not for the remainder.

    program_pieces   cells
    function_pieces  connected sets of cells with the same maps
    per_length       function pieces by the explored length of a segment, or area of a polygon
    borders          number of common sides (2-D) or points (1-D) of two cells by cause
    breaks           of these, those where a map changes
    operations       the same as borders, by operation and step
    lengths          of the sides counted in borders
    largest_jump     the border across which the gradient of a component changes most; None without breaks
    lipschitz_squared  per component the square of the least Lipschitz constant, with Euclid's norm of the
                     parameters: the greatest squared length of a gradient; None where the function jumps
    lipschitz_max    the same for the norm max(|t|, |s|): the greatest sum of magnitudes of slopes
    """

    program_pieces: int
    function_pieces: int
    explored: Fraction
    remainder: Fraction
    unexplored: Fraction
    borders: Mapping[str, int]
    breaks: Mapping[str, int]
    operations: Mapping[Break, int]
    lengths: Mapping[str, float]
    slopes: tuple[tuple[Slope, ...], ...]
    largest_jump: Border | None
    jumps: bool
    lipschitz_squared: tuple[Fraction, ...] | None
    lipschitz_max: tuple[Fraction, ...] | None
    partial: bool
    reason: str

    @property
    def per_length(self) -> Fraction:
        """Function pieces a unit of explored length or area; 0 where nothing was explored."""
        return self.function_pieces / self.explored if self.explored else Fraction(0)

    def record(self) -> dict[str, Any]:
        """Return plain data: exact numbers as text where they are fractions, and the 12 widest slopes a component."""
        jump = self.largest_jump
        return {
            "program_pieces": self.program_pieces,
            "function_pieces": self.function_pieces,
            "explored": str(self.explored),
            "remainder": str(self.remainder),
            "unexplored": str(self.unexplored),
            "per_length": float(self.per_length),
            "borders": dict(self.borders),
            "breaks": dict(self.breaks),
            "operations": [
                {"cause": at.cause, "operation": at.operation, "step": at.step, "borders": count}
                for at, count in self.operations.items()
            ],
            "lengths": dict(self.lengths),
            "slopes": [[_plain(slope) for slope in part[:SHOWN]] for part in self.slopes],
            "distinct_slopes": [len(part) for part in self.slopes],
            "largest_jump": None if jump is None else math.sqrt(jump.jump_squared),
            "largest_jump_at": None if jump is None else str(jump.cause),
            "jumps": self.jumps,
            "lipschitz_squared": _texts(self.lipschitz_squared),
            "lipschitz_max": _texts(self.lipschitz_max),
            "partial": self.partial,
            "reason": self.reason,
        }


def counts(partition: Partition) -> Counts:
    """Return the figures of a partition."""
    borders, cells = partition.borders, partition.cells
    lengths: defaultdict[str, float] = defaultdict(float)
    for border in borders:
        lengths[border.cause.cause] += border.length
    jumps = any(_jumps(border) for border in borders)
    squared, most = _lipschitz(cells, len(cells[0].forms) if cells else 0)
    return Counts(
        program_pieces=partition.program_pieces,
        function_pieces=partition.function_pieces,
        explored=partition.size - partition.remainder_size - partition.unexplored_size,
        remainder=partition.remainder_size,
        unexplored=partition.unexplored_size,
        borders=_by_cause(borders),
        breaks=_by_cause([border for border in borders if border.breaks]),
        operations=dict(Counter(border.cause for border in borders).most_common()),
        lengths=dict(lengths),
        slopes=_slopes(cells),
        largest_jump=max(
            (b for b in borders if b.jump_squared), key=lambda border: border.jump_squared, default=None
        ),
        jumps=jumps,
        lipschitz_squared=None if jumps else squared,
        lipschitz_max=None if jumps else most,
        partial=partition.partial,
        reason=partition.reason,
    )


def _by_cause(borders: tuple[Border, ...] | list[Border]) -> dict[str, int]:
    return dict(Counter(border.cause.cause for border in borders).most_common())


def _slopes(cells: tuple[Cell, ...]) -> tuple[tuple[Slope, ...], ...]:
    """Return for each component its gradients, the widest first."""
    found: list[dict[tuple[Fraction, ...], tuple[Fraction, int]]] = []
    for cell in cells:
        size = cell.size
        found += [{} for _ in range(len(cell.forms) - len(found))]
        for part, affine in zip(found, cell.maps, strict=True):
            before, count = part.get(affine[:-1], (Fraction(0), 0))
            part[affine[:-1]] = before + size, count + 1
    every = ([Slope(by, size, count) for by, (size, count) in part.items()] for part in found)
    return tuple(tuple(sorted(part, key=lambda slope: (-slope.size, slope.by))) for part in every)


def _lipschitz(
    cells: tuple[Cell, ...], components: int
) -> tuple[tuple[Fraction, ...], tuple[Fraction, ...]]:
    squared, most = [Fraction(0)] * components, [Fraction(0)] * components
    for cell in cells:
        for i, affine in enumerate(cell.maps):
            squared[i] = max(squared[i], sum((slope * slope for slope in affine[:-1]), Fraction(0)))
            most[i] = max(most[i], sum((abs(slope) for slope in affine[:-1]), Fraction(0)))
    return tuple(squared), tuple(most)


def _jumps(border: Border) -> bool:
    """Return whether a value, not only its slope, changes across a border: a floor alone can do that."""
    return any(any(at_corners(change, border.ends)) for change in border.changes)


def _plain(slope: Slope) -> dict[str, Any]:
    return {"slope": [str(x) for x in slope.by], "size": str(slope.size), "cells": slope.cells}


def _texts(numbers: tuple[Fraction, ...] | None) -> list[str] | None:
    return None if numbers is None else [str(x) for x in numbers]
