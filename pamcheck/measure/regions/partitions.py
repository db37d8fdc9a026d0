"""The exact partition of a restriction into cells on which the function is affine."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction

from pamcheck.measure.regions.borders import Border
from pamcheck.measure.regions.cells import Cell, Point, size_of


@dataclass(frozen=True)
class Partition:
    """What became of the domain of a restriction: cells with maps, and the parts without.

    domain      its vertices, polygons counterclockwise
    shape       of the function's result; a cell has one map a component, in C order
    cells       pieces of the program: on each every operation stays on one of its affine pieces
    borders     where two cells meet, with the cause, and the jump of slope
    remainder   parts where a varying operand is below 2^smallest in magnitude, where infinitely many binades
                meet at zero, or where an operation is not defined; no maps, and in no count
    unexplored  parts that were not come to
    partial     whether there is a reason why the partition is not of the whole domain, other than `smallest`
    """

    domain: tuple[Point, ...]
    shape: tuple[int, ...]
    smallest: int
    max_cells: int
    cells: tuple[Cell, ...]
    remainder: tuple[Cell, ...]
    unexplored: tuple[Cell, ...] = ()
    partial: bool = False
    reason: str = ""
    undefined: tuple[tuple[Point, str, int, str], ...] = ()
    borders: tuple[Border, ...] = field(default=(), repr=False)

    @property
    def dimensions(self) -> int:
        """1 for a segment, 2 for a polygon."""
        return 1 if len(self.domain) == 2 else 2

    @property
    def size(self) -> Fraction:
        """The area of the domain, or the length."""
        return size_of(self.domain)

    @property
    def program_pieces(self) -> int:
        """The number of cells: sets on which every operation stays on one of its pieces."""
        return len(self.cells)

    @property
    def function_pieces(self) -> int:
        """The number of connected sets of cells with the same maps: later operations cancelled what parts them."""
        return 1 + max((cell.piece for cell in self.cells), default=-1)

    @property
    def remainder_size(self) -> Fraction:
        """The area, or length, of the remainder."""
        return sum((cell.size for cell in self.remainder), Fraction(0))

    @property
    def unexplored_size(self) -> Fraction:
        """The area, or length, of what was not come to."""
        return sum((cell.size for cell in self.unexplored), Fraction(0))


class UndefinedInDomain(ValueError):
    """The function is not defined everywhere in the domain: a division by zero, or a logarithm or root outside its own.

    partition  what was found where it is defined, marked partial
    """

    def __init__(self, message: str, partition: Partition) -> None:
        super().__init__(message)
        self.partition = partition
