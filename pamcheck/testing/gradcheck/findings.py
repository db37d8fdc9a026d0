"""What gradcheck finds: cases, what came out of each, and the verdict."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any


@dataclass(frozen=True)
class Case:
    """One partial derivative.

    point      the operands
    operand    which of them, index the element of it, output the element of the result
    cotangent  of that output; the others are 0
    """

    point: tuple[Any, ...]
    operand: int
    index: tuple[int, ...]
    output: tuple[int, ...]
    cotangent: Fraction


@dataclass(frozen=True)
class Finding:
    """What came out of one case.

    slope    what the derivative should be, cotangent included: a one-sided difference; None where none is found
    answer   what the vjp gives
    step     of the difference, signed
    other    the slope on the other side where it was found; the point is a break if it differs
    reason   what is the matter, a sentence
    """

    case: Case
    slope: Fraction | None
    answer: Fraction | None
    step: Fraction | None
    other: Fraction | None
    reason: str

    def __str__(self) -> str:
        where = f"operand {self.case.operand}{list(self.case.index)}, output {list(self.case.output)}"
        at = ", ".join(
            _told(x, self.case.index if n == self.case.operand else ())
            for n, x in enumerate(self.case.point)
        )
        numbers = {"slope": self.slope, "vjp": self.answer, "step": self.step, "other side": self.other}
        told = ", ".join(f"{name} {_hex(x)}" for name, x in numbers.items() if x is not None)
        return f"{self.reason}: {where} at ({at}), cotangent {_hex(self.case.cotangent)}: {told}"


@dataclass(frozen=True)
class GradResult:
    """The verdict on a vjp.

    checked    cases whose slope was found and given
    rounded    how many of these were off by no more than the roundings allowed
    undecided  cases in which no slope was found: nothing is known about them
    at_breaks  cases at a break in which the answer is the slope of neither side, with side="any"
    failures   cases in which the answer is wrong
    """

    checked: int
    rounded: int
    undecided: tuple[Finding, ...]
    at_breaks: tuple[Finding, ...]
    failures: tuple[Finding, ...]

    @property
    def passed(self) -> bool:
        """Whether something was checked, and nothing is wrong."""
        return self.checked > 0 and not self.failures

    def __str__(self) -> str:
        verdict = "PASS" if self.passed else "FAIL"
        rounded = f" ({self.rounded} within rounding)" if self.rounded else ""
        wrong = f"{len(self.failures)} wrong, {len(self.undecided)} undecided"
        counts = f"{verdict}  {self.checked} checked{rounded}, {wrong}"
        breaks = f", {len(self.at_breaks)} at breaks have the slope of no piece" if self.at_breaks else ""
        return "\n".join((counts + breaks, *(f"  {one}" for one in self.failures[:20])))


def _hex(value: Fraction) -> str:
    return f"{float(value).hex()} ({float(value):.6g})"


def _told(x: Any, index: tuple[int, ...]) -> str:
    return f"{float(x[index]):.17g}" if index or not x.ndim else f"array of shape {x.shape}"
