"""The state of one evaluation on many cells at once: which cells there are, and what became of the others.

Every operation goes through all cells and replaces each by the parts between its breaks, so that nothing is ever
evaluated twice. Values made before a split are found through the parents of the parts. What goes beyond the limit
of cells is put off: it starts anew from the beginning, in a sweep of its own, which bounds the memory.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from pamcheck.measure.regions.causes import SMALLEST, UNDEFINED, Break, Cause
from pamcheck.measure.regions.cells import Outline
from pamcheck.measure.regions.forms import Corner, Form

Row = list[Form | None]  # None is minus infinity, which a mask puts in for a maximum to leave out
Part = tuple[Outline, Row]


@dataclass(frozen=True)
class Undefined:
    """Where an operation has an operand outside its domain: a corner of a cell and what the operand is there."""

    at: Corner
    operation: str
    step: int
    reason: str


@dataclass
class Sweep:
    """Cells of one evaluation, in order, each with its parent in the generation before.

    smallest   a varying operand below 2^smallest in magnitude has no binade: that part is left
    most       cells at a time
    left       parts without maps, with the reason
    put_off    parts that have to be evaluated from the start
    """

    outlines: list[Outline]
    smallest: int
    most: int
    left: list[tuple[Outline, Break]] = field(default_factory=list)
    put_off: list[Outline] = field(default_factory=list)
    undefined: list[Undefined] = field(default_factory=list)
    parents: list[list[int]] = field(default_factory=list)
    step: int = 0
    operation: str = ""

    def begin(self, operation: str) -> None:
        """Count an operation, and name it in the breaks that follow."""
        self.step += 1
        self.operation = operation

    def cause(self, cause: Cause) -> Break:
        """Return a break of the operation that is being computed."""
        return Break(cause, self.operation, self.step)

    def leave(self, outline: Outline) -> None:
        """Set a part aside because an operand is below the smallest binade on it."""
        self.left.append((outline, Break(SMALLEST, self.operation, self.step)))

    def refuse(self, outline: Outline, at: Corner, reason: str) -> None:
        """Set a part aside because an operand is outside the domain of the operation on it."""
        self.left.append((outline, Break(UNDEFINED, self.operation, self.step)))
        self.note(at, reason)

    def note(self, at: Corner, reason: str) -> None:
        """Remember a point where the operation is undefined."""
        self.undefined.append(Undefined(at, self.operation, self.step, reason))

    def expand(self, work: Callable[[int, Outline], Sequence[Part]]) -> list[Row]:
        """Replace every cell by the parts that `work` makes of it, and return their rows."""
        outlines: list[Outline] = []
        rows: list[Row] = []
        parents: list[int] = []
        for i, outline in enumerate(self.outlines):
            if len(outlines) >= self.most:
                self.put_off += self.outlines[i:]
                break
            parts = work(i, outline)
            for part, row in parts:
                outlines.append(part)
                rows.append(row)
                parents.append(i)
        kept = self.most
        self.put_off += outlines[kept:]
        self.outlines = outlines[:kept]
        self.parents.append(parents[:kept])
        return rows[:kept]


def finite(form: Form | None, sweep: Sweep) -> Form:
    """Return a form. Raises ValueError for minus infinity, which only a maximum takes."""
    if form is None:
        told = f"{sweep.operation} (step {sweep.step})"
        raise ValueError(f"{told} or a sum after it has an operand -inf; only a maximum takes one")
    return form
