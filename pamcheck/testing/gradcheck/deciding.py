"""Whether an answer is the slope: inside a piece, and at its end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Literal

from pamcheck.testing.gradcheck.findings import Case, Finding, GradResult
from pamcheck.testing.gradcheck.slopes import Function, Line, line_of

Side = Literal["outward", "right", "either", "any"]
SIDES: dict[str, str] = {
    "outward": "at a break the slope towards larger magnitude, as pam, padiv's a, palog2 and pasqrt have it",
    "right": "at a break the slope towards larger values, as paexp2 has it",
    "either": "at a break the slope of one of the two sides, or one between them",
    "any": "at a break whatever the answer is, which is listed apart where it is the slope of neither side",
}


class Tally:
    """Cases as they are decided."""

    def __init__(self, side: Side, roundings: int) -> None:
        self._side, self._roundings = side, roundings
        self._checked = self._rounded = 0
        self._undecided: list[Finding] = []
        self._breaks: list[Finding] = []
        self._failures: list[Finding] = []

    def result(self) -> GradResult:
        """Return the verdict on what was added."""
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
    return replace(found, reason=reason)


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
