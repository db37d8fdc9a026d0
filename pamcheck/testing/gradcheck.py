"""Derivatives of piecewise affine functions, checked by one-sided differences that are exact.

A function made of PAM operations is affine on pieces. An ordinary finite difference straddles breaks and rounds,
and so shows the slope of no piece. But let f be affine on [x, x + h] without rounding: then the values of f at
x + h/8, x + 2h/8, ..., x + h lie on a line through f(x), exactly, and its slope is the derivative there. So h is
a power of two, as large as x's binade at first, and halved until nine such values are in line to the last bit.
Values are compared as exact fractions. Additions round, but where h is large enough for every change to be a
whole number of units in the last place, rounding adds the same to all nine and cancels.

A derivative is asked for in two places. *Inside* the piece, at x + h/2, no choice of side can matter, and the
answer must be the slope. *At* x it must be the slope of the side that the function's rules pick, if x is a
break: `side`. The rules pick one side for each operation, and where breaks of two operations meet, the chain
rule may give the slope of no piece (docs/explanation/spec.md, section 3, and differentiability.md): palog at 1/2
receives half its derivative. Such a point is reported under `at_breaks`, apart from failures, if side="any".

Where no step is found - a break too near, or rounding that hides the slope - nothing is claimed: the case counts
as undecided, never as passed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Literal

import numpy as np

from pamcheck.lookup import lookup
from pamcheck.measure.sampling import SEED
from pamcheck.operands import format_of
from pamcheck.testing.slopes import Function, Line, line_of

Side = Literal["outward", "right", "either", "any"]
SIDES: dict[Side, str] = {
    "outward": "at a break the slope towards larger magnitude, as pam, padiv's a, palog2 and pasqrt have it",
    "right": "at a break the slope towards larger values, as paexp2 has it",
    "either": "at a break the slope of one of the two sides, or one between them",
    "any": "at a break whatever the answer is, which is listed apart where it is the slope of neither side",
}


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
        counts = f"{verdict}  {self.checked} checked{rounded}, {len(self.failures)} wrong, {len(self.undecided)} undecided"
        breaks = f", {len(self.at_breaks)} at breaks have the slope of no piece" if self.at_breaks else ""
        return "\n".join((counts + breaks, *(f"  {one}" for one in self.failures[:20])))


def gradcheck(
    fn: Callable[..., Any],
    vjp: Callable[..., Any],
    points: Sequence[Any],
    *,
    side: Side = "outward",
    elementwise: bool = False,
    roundings: int = 0,
    outputs: int = 8,
    directions: int = 64,
    seed: int = SEED,
) -> GradResult:
    """Compare a vector-Jacobian product with exact one-sided differences of its function.

    fn           fn(*operands) -> array, made of PAM operations, additions and choices; any dtype that pamcheck
                 supports, float64 by choice: the more bits, the more slopes can be told
    vjp          vjp(*operands, cotangent) -> tuple of cotangents, one an operand, or the array itself of one
    points       tuples of operands; an array stands for a tuple of one
    side         which slope is right at a break, see SIDES
    elementwise  element i of the result depends on element i of each operand alone, and all have one shape:
                 every element is a case, and fn is called on all of them together
    roundings    how many times the vjp may round on the way: its answer may be off by so many units roundoff of
                 the largest slope in the same row of the Jacobian. 0 demands equality
    outputs      at most so many elements of the result, and of each operand `directions`, are looked at, drawn
                 with `seed`

    Cotangents are 1, -1.5 and 3 in turn, for one output each. Raises ValueError for an unknown side, no points
    and operands or results of unfit shapes, TypeError for a dtype without a format.
    """
    lookup("side", side, dict(SIDES))
    points = [point if isinstance(point, tuple) else (point,) for point in points]
    if not points:
        raise ValueError("points is empty; give at least one tuple of operands")
    rng = np.random.default_rng(seed)
    tally = _Tally(side, roundings)
    for point in points:
        operands = tuple(np.asarray(x) for x in point)
        function = Function(fn, vjp, operands, elementwise, format_of(operands[0].dtype, "point"))
        for number in range(len(operands)):
            for rows in _cases(function, number, rng, outputs, directions):
                tally.add(function, rows)
    return tally.result()


def _cases(
    function: Function, operand: int, rng: np.random.Generator, outputs: int, directions: int
) -> list[list[Case]]:
    """Return the cases of one operand, those of one output together."""
    shape, size = function.operands[operand].shape, function.operands[operand].size
    results = function.value.size
    if function.elementwise:
        flat = _some(size, outputs * directions, rng)
        return [[_case(function, operand, shape, i, i)] for i in flat]
    chosen = _some(size, directions, rng)
    return [[_case(function, operand, shape, i, j) for i in chosen] for j in _some(results, outputs, rng)]


def _case(function: Function, operand: int, shape: tuple[int, ...], i: int, j: int) -> Case:
    index = tuple(int(x) for x in np.unravel_index(i, shape))
    output = tuple(int(x) for x in np.unravel_index(j, function.value.shape))
    return Case(function.operands, operand, index, output, _COTANGENTS[j % len(_COTANGENTS)])


_COTANGENTS = (Fraction(1), Fraction(-3, 2), Fraction(3))


def _some(size: int, most: int, rng: np.random.Generator) -> list[int]:
    return list(range(size)) if size <= most else sorted(rng.choice(size, most, replace=False).tolist())


class _Tally:
    """Cases as they are decided."""

    def __init__(self, side: Side, roundings: int) -> None:
        self._side, self._roundings = side, roundings
        self._checked = self._rounded = 0
        self._undecided: list[Finding] = []
        self._breaks: list[Finding] = []
        self._failures: list[Finding] = []

    def result(self) -> GradResult:
        return GradResult(
            self._checked, self._rounded, tuple(self._undecided), tuple(self._breaks), tuple(self._failures)
        )

    def add(self, function: Function, cases: Sequence[Case]) -> None:
        """Decide cases of one output."""
        lines = [self._line(function, case) for case in cases]
        pairs = list(zip(cases, lines, strict=True))
        sizes = [abs(line.slope * case.cotangent) for case, line in pairs if line.slope is not None]
        unit = Fraction(1, 2 << function.fmt.mant_bits)
        room = self._roundings * unit * max(sizes, default=Fraction(0))
        for case, line in pairs:
            self._decide(function, case, line, room)

    def _line(self, function: Function, case: Case, other: bool = False) -> Line:
        """Return the line on the side that counts, or on the other one."""
        outward = -1 if function.operands[case.operand][case.index] < 0 else 1
        first = 1 if self._side == "right" else outward
        return line_of(function, case.operand, case.index, case.output, -first if other else first)

    def _decide(self, function: Function, case: Case, line: Line, room: Fraction) -> None:
        if line.slope is None:
            self._leave(
                Finding(
                    case,
                    None,
                    None,
                    None,
                    None,
                    "no step shows a slope: a break is too near, or rounding hides it",
                )
            )
            return
        slope, doubt, fmt = line.slope * case.cotangent, line.doubt * abs(case.cotangent), function.fmt
        if slope and not fmt.decode(fmt.tiny) <= abs(slope) <= fmt.decode(fmt.largest):
            self._leave(Finding(case, slope, None, line.step, None, f"{fmt.name} has no such slope"))
            return
        answer, *inside = function.partials(
            case.operand, case.index, case.output, case.cotangent, (None, *line.inside)
        )
        right = [_same(one, slope, room) for one in inside]
        if not all(right):
            wrong = inside[right.index(False)]
            found = Finding(case, slope, wrong, line.step, self._other(function, case), "")
            if _same(wrong, slope, doubt):
                self._leave(_but(found, "nearer to the slope than rounding lets it be told"))
            elif any(right):
                self._leave(
                    _but(found, "several slopes inside a piece: rounding on the way leads to others")
                )
            else:
                self._failures.append(_but(found, f"wrong inside a piece{_ratio(wrong, slope)}"))
        elif _same(answer, slope, room):
            self._count(answer != slope or any(one != slope for one in inside))
        else:
            self._at_end(Finding(case, slope, answer, line.step, self._other(function, case), ""), room)

    def _other(self, function: Function, case: Case) -> Fraction | None:
        slope = self._line(function, case, other=True).slope
        return None if slope is None else slope * case.cotangent

    def _leave(self, found: Finding) -> None:
        self._undecided.append(found)

    def _count(self, rounded: bool) -> None:
        self._checked += 1
        self._rounded += rounded

    def _at_end(self, found: Finding, room: Fraction) -> None:
        """Judge an answer that is right inside the piece and another one at its end."""
        told = f"at the end of a piece{_ratio(found.answer, found.slope)}"
        if self._side in ("either", "any") and _between(found, room):
            self._count(False)
        elif self._side == "any":
            self._breaks.append(_but(found, f"the slope of no piece {told}"))
        elif found.other is None and self._side == "either":
            self._leave(_but(found, f"the slope of the other side is not known {told}"))
        else:
            which = (
                "the slope of the other side" if _same(found.answer, found.other, room) else "another slope"
            )
            self._failures.append(_but(found, f"{which} {told}"))


def _same(answer: Fraction | None, slope: Fraction | None, room: Fraction) -> bool:
    return answer is not None and slope is not None and abs(answer - slope) <= room


def _between(found: Finding, room: Fraction) -> bool:
    """Whether an answer is a one-sided slope, or lies between the two."""
    if found.answer is None or found.slope is None or found.other is None:
        return False
    low, high = sorted((found.slope, found.other))
    return low - room <= found.answer <= high + room


def _but(found: Finding, reason: str) -> Finding:
    return Finding(found.case, found.slope, found.answer, found.step, found.other, reason)


def _ratio(answer: Fraction | None, slope: Fraction | None) -> str:
    """Return how an answer relates to a slope, where that says something."""
    if answer is None:
        return ", not a finite number"
    if not slope or not answer:
        return ", 0" if slope else ""
    ratio = answer / slope
    if ratio == -1:
        return ", of the wrong sign"
    power = (
        ratio > 0
        and not (ratio.numerator & (ratio.numerator - 1))
        and not (ratio.denominator & (ratio.denominator - 1))
    )
    return f", {ratio} times what it should be" if power else ""


def _hex(value: Fraction) -> str:
    return f"{float(value).hex()} ({float(value):.6g})"


def _told(x: Any, index: tuple[int, ...]) -> str:
    return f"{float(x[index]):.17g}" if index or not x.ndim else f"array of shape {x.shape}"
