"""Where results cease to be numbers: a ladder of results over the whole range, and bisection between its rungs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from pamcheck.formats import FloatFormat
from pamcheck.testing.identity.core import PairCore
from pamcheck.testing.identity.fitting import Case
from pamcheck.testing.identity.model import Edge, Model

RUNGS = 48
CUTS = 100  # probes of one step of the bisection


@dataclass(frozen=True)
class Ladder:
    """Pairs with a power of two, on which exact and PAM results are the same but for an offset.

    base  what a result's code is above that of the other operand
    """

    core: PairCore
    other: int
    base: int

    def case(self, total: int) -> Case | None:
        """Return the pair with a result of this code; None where there is none."""
        f, a = self.core.fmt, total - self.base
        if not f.tiny <= a <= f.largest:
            return None
        return (self.other, a) if self.core.swapped else (a, self.other)

    def ends(self) -> tuple[int, int]:
        """Return the least and the greatest result."""
        return self.core.fmt.tiny + self.base, self.core.fmt.largest + self.base


def make_ladders(core: PairCore) -> tuple[Ladder, Ladder]:
    """Return the ladders down to underflow and up to overflow."""
    f = core.fmt
    top = f.largest >> f.mant_bits
    small, large = max(1, f.bias // 2) * f.tiny, (f.bias + (top - f.bias) // 2) * f.tiny
    low, high = (small, large) if core.op == "pam" else (large, small)
    return _ladder(core, low), _ladder(core, high)


def _ladder(core: PairCore, other: int) -> Ladder:
    offset = core.offset if core.kind == "pam" else 0
    base = other - core.fmt.one if core.op == "pam" else core.fmt.one - other
    return Ladder(core, other, base + offset)


def rungs(ladder: Ladder, wanted: Sequence[int]) -> list[Case]:
    """Return cases of a ladder: all along it, and close to the totals wanted."""
    low, high = ladder.ends()
    grid = {low + (high - low) * i // RUNGS for i in range(RUNGS + 1)}
    near = {total + step for total in wanted for step in range(-3, 4)}
    return _cases(ladder, sorted(grid | near))


def find_edges(
    model: Model,
    ladders: tuple[Ladder, Ladder],
    answers: dict[Case, int],
    ask: Callable[[list[Case]], None],
) -> tuple[Edge, Edge]:
    """Return where results begin and end to be what the core says, found by bisection over codes."""
    f = model.fmt
    low = _bisected(model, ladders[0], answers, ask, upward=False)
    high = _bisected(model, ladders[1], answers, ask, upward=True)
    # the first code above the largest number is infinity (or NaN), which a result that overflows may be
    top = f.largest + 1 if high is None or high == f.largest + 2 else high
    return Edge(f.tiny if low is None else low), Edge(top)


def _bisected(
    model: Model,
    ladder: Ladder,
    answers: dict[Case, int],
    ask: Callable[[list[Case]], None],
    upward: bool,
) -> int | None:
    """Return the first result that is one above the last good one, or the last good one downward; None without one."""
    f = model.fmt
    middle = sum(safe_ends(f)) // 2
    while True:
        good, bad = middle, None
        for total, case in _known(ladder, answers, middle, upward):
            if answers[case] != _plain(model, case):
                bad = total
                break
            good = total
        if good == middle:
            return None
        if bad is None or abs(bad - good) <= 1:
            beyond = bad is not None or (good > f.largest if upward else good < f.tiny)
            return (good + upward) if beyond else None
        inner = range(min(good, bad) + 1, max(good, bad))
        step = max(1, len(inner) // CUTS)
        before = len(answers)
        ask(_cases(ladder, inner[::step]))
        if len(answers) == before:
            return good + upward


def safe_ends(fmt: FloatFormat) -> tuple[int, int]:
    """Return the codes of the numbers within which results are taken to be ordinary."""
    return max(fmt.tiny, fmt.one - fmt.tiny), min(fmt.largest, fmt.one + fmt.tiny)


def _known(
    ladder: Ladder, answers: dict[Case, int], middle: int, upward: bool
) -> Iterable[tuple[int, Case]]:
    """Return the results known on a ladder, from the middle outward."""
    place = 1 if ladder.core.swapped else 0
    found = [
        (case[place] + ladder.base, case)
        for case in answers
        if case[1 - place] == ladder.other and not case[place] & ladder.core.fmt.sign
    ]
    outward = [x for x in found if (x[0] > middle) == upward and ladder.case(x[0]) is not None]
    return sorted(outward, reverse=not upward)


def _plain(model: Model, case: Case) -> int | None:
    seen = model.seen(case)
    if seen.total is None or not 0 <= seen.total <= model.fmt.magnitude:
        return None
    return seen.total | (model.fmt.sign if seen.negative else 0)


def _cases(ladder: Ladder, totals: Iterable[int]) -> list[Case]:
    return [case for total in totals if (case := ladder.case(total)) is not None]
