"""Finding the cells: sweeps over the domain until nothing is put off, or there are as many cells as there may be."""

from __future__ import annotations

from fractions import Fraction

from pamcheck.measure.regions.borders import borders, numbered
from pamcheck.measure.regions.causes import BORDER, Break
from pamcheck.measure.regions.cells import Cell, Outline, Point, outline_of
from pamcheck.measure.regions.forms import ZERO, Form, reduced
from pamcheck.measure.regions.on_cells import OnCells
from pamcheck.measure.regions.partitions import Partition, UndefinedInDomain
from pamcheck.measure.regions.restriction import Array, Restriction, exact
from pamcheck.measure.regions.sweep import Sweep, Undefined
from pamcheck.measure.regions.values import Value, constants, moving

AT_ONCE = 2048  # cells of one sweep; more are put off, which bounds the memory
TOGETHER = 256  # parts that were put off, and begin a sweep together


def partition(restriction: Restriction, *, smallest: int = -16, max_cells: int = 100_000) -> Partition:
    """Return the cells of a restriction, exactly.

    smallest   parts where an operand that varies is below 2^smallest in magnitude, and an operation needs its
               exponent, are in the remainder
    max_cells  beyond this number of cells, or of parts of the remainder, the rest is `unexplored`, and the result
               partial

    Raises ValueError for max_cells below 1 and for constants that are no finite binary fractions, and
    UndefinedInDomain, a ValueError that carries the partition, where the domain holds a division by zero, a
    logarithm of what is not above zero, or a root of what is below.
    """
    if max_cells < 1:
        raise ValueError(f"max_cells is {max_cells}; it must be 1 or more")
    waiting = [outline_of(restriction.domain, BORDER)]
    run = _Run(restriction, smallest, max_cells)
    while waiting and run.room > 0:
        begun = waiting[-TOGETHER:]
        del waiting[-TOGETHER:]
        waiting += run.sweep(begun)
    return run.result(waiting)


class _Run:
    """Sweeps over one domain, and what they found."""

    def __init__(self, restriction: Restriction, smallest: int, max_cells: int) -> None:
        self.restriction, self.smallest, self.max_cells = restriction, smallest, max_cells
        self.parts = _parts(restriction)
        self.shape: tuple[int, ...] = ()
        self.found: list[tuple[Outline, tuple[Form, ...]]] = []
        self.left: list[tuple[Outline, Break]] = []
        self.undefined: list[Undefined] = []

    @property
    def room(self) -> int:
        """How many cells may still come; none once the remainder has as many parts as there may be cells."""
        return self.max_cells - max(len(self.found), len(self.left))

    def sweep(self, outlines: list[Outline]) -> list[Outline]:
        """Evaluate the function on outlines, keep what is finished, and return what is not."""
        sweep = Sweep(outlines, self.smallest, max(1, min(AT_ONCE, self.room)))
        arguments = {name: moving(sweep, parts) for name, parts in self.parts.items()}
        value = self.restriction.function(arguments, OnCells(sweep))
        result = value if isinstance(value, Value) else constants(sweep, value)
        self.shape = result.shape
        for cell, outline in enumerate(sweep.outlines):
            forms = tuple(reduced(form if form is not None else ZERO) for form in result.row(cell))
            self.found.append((outline, forms))
        self.left += sweep.left
        self.undefined += sweep.undefined
        return sweep.put_off

    def result(self, waiting: list[Outline]) -> Partition:
        """Return the partition. Raises UndefinedInDomain with it."""
        reasons = []
        domain = outline_of(self.restriction.domain, BORDER)
        unexplored = tuple(Cell(outline, ()) for outline in waiting)
        if unexplored:
            share = sum((cell.size for cell in unexplored), Fraction(0)) / Cell(domain, ()).size
            told = f"{len(unexplored)} parts, {float(share):.3g} of the domain, are unexplored"
            reasons.append(
                f"stopped at max_cells = {self.max_cells}: {told}; raise it or take a smaller domain"
            )
        undefined = _points(self.undefined, self.restriction.dimensions)
        if undefined:
            reasons.append(_told(undefined))
        self.found.sort(key=_place)
        met = borders(self.found, self.restriction.dimensions)
        pieces = numbered(len(self.found), met)
        partition = Partition(
            domain=Cell(domain, ()).vertices,
            shape=self.shape,
            smallest=self.smallest,
            max_cells=self.max_cells,
            cells=tuple(
                Cell(outline, forms, piece)
                for (outline, forms), piece in zip(self.found, pieces, strict=True)
            ),
            remainder=tuple(Cell(outline, (), left=why) for outline, why in self.left),
            unexplored=unexplored,
            partial=bool(reasons),
            reason="; ".join(reasons),
            undefined=undefined,
            borders=met,
        )
        if undefined:
            raise UndefinedInDomain(partition.reason, partition)
        return partition


def _place(found: tuple[Outline, tuple[Form, ...]]) -> list[tuple[float, float]]:
    """Return what cells are ordered by, so that their numbers do not depend on what was put off."""
    return sorted((x / w, y / w) for x, y, w in found[0].corners)


def _parts(restriction: Restriction) -> dict[str, list[Array]]:
    """Return origin and directions of every name, exactly."""
    found = {}
    for name, origin in restriction.origin.items():
        still = origin * 0
        found[name] = [
            exact(part) for part in (origin, *(d.get(name, still) for d in restriction.directions))
        ]
    return found


def _points(undefined: list[Undefined], dimensions: int) -> tuple[tuple[Point, str, int, str], ...]:
    """Return for each operation that is somewhere undefined the first such corner."""
    first: dict[int, tuple[Point, str, int, str]] = {}
    for u in undefined:
        x, y, w = u.at
        found = ((Fraction(x, w), Fraction(y, w))[:dimensions], u.operation, u.step, u.reason)
        first[u.step] = min(first.get(u.step, found), found)
    return tuple(first[step] for step in sorted(first))


def _told(undefined: tuple[tuple[Point, str, int, str], ...]) -> str:
    told = []
    for point, op, step, reason in undefined:
        names = ", ".join(f"{name} = {float(x):.6g}" for name, x in zip("ts", point, strict=False))
        told.append(f"{op} (step {step}) is undefined in the domain: {reason} at {names}")
    return "; ".join(told) + "; take a domain without it"
