"""The innermost loop of a kernel, counted: how many instructions one multiply-accumulate takes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pamcheck.measure.audit.code import Function, Kind


@dataclass(frozen=True)
class InnerLoop:
    """The body of one loop, as it lies in the listing.

    first_line, last_line  in the listing
    adds                   floats added in one pass: float additions, each times its lanes
    kinds                  instructions by kind
    """

    function: str
    first_line: int
    last_line: int
    instructions: int
    adds: int
    loads: int
    kinds: dict[str, int]

    @property
    def instructions_per_add(self) -> float:
        """Instructions a float added. In a matrix product that is one a multiply-accumulate; NaN without any."""
        return self.instructions / self.adds if self.adds else float("nan")


def inner_loop(functions: Function | tuple[Function, ...]) -> InnerLoop | None:
    """Return the loop that adds the most floats in one pass, of those with no loop inside; None without loops.

    A loop is what lies between a label and a branch back to it. What the compiler has moved out of that
    range, because it is seldom run, is not counted.
    """
    several = (functions,) if isinstance(functions, Function) else functions
    found = [_count(function, *span) for function in several for span in _innermost(function)]
    return max(found, key=lambda loop: (loop.adds, loop.instructions), default=None)


def _innermost(function: Function) -> Iterator[tuple[int, int]]:
    spans = {
        (function.labels[label], place)
        for place, instruction in enumerate(function.instructions)
        for label in instruction.targets
        if function.labels.get(label, place) < place  # a branch to itself ends every kernel on a GPU
    }
    # by their ends, a span has one inside it if the last that ended began no earlier
    latest = -1
    for start, end in sorted(spans, key=lambda span: (span[1], -span[0])):
        if start > latest:
            yield start, end
        latest = max(latest, start)


def _count(function: Function, start: int, end: int) -> InnerLoop:
    body = function.instructions[start : end + 1]
    kinds: dict[str, int] = {}
    for instruction in body:
        kinds[instruction.kind.value] = kinds.get(instruction.kind.value, 0) + 1
    return InnerLoop(
        function=function.name,
        first_line=body[0].line,
        last_line=body[-1].line,
        instructions=len(body),
        adds=sum(item.meaning.lanes for item in body if item.kind is Kind.FLOAT_ADD),
        loads=sum(item.loads for item in body),
        kinds=kinds,
    )
