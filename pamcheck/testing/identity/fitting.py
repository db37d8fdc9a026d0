"""How well something explains what was asked: what agrees, what contradicts, what else would agree."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

Case = tuple[int, ...]
Answers = Mapping[Case, int]
T = TypeVar("T")

TRIAL = 24  # cases by which a hypothesis that explains little is dropped


@dataclass(frozen=True)
class Fit:
    """What a hypothesis explains.

    agree, asked   how many cases it explains, of how many
    deciding       some cases that it explains
    contradicting  some that it does not
    also           other hypotheses that explain as many
    """

    agree: int = 0
    asked: int = 0
    deciding: tuple[Case, ...] = ()
    contradicting: tuple[Case, ...] = ()
    also: tuple[str, ...] = ()

    @property
    def share(self) -> float:
        """Share of the cases explained; 0 without any."""
        return self.agree / self.asked if self.asked else 0.0


def measure(predict: Callable[[Case], int | None], cases: Sequence[Case], answers: Answers) -> Fit:
    """Return how many cases `predict` gets right; None for a case that it says nothing about."""
    good: list[Case] = []
    bad: list[Case] = []
    for case in cases:
        predicted = predict(case)
        if predicted is not None:
            (good if predicted == answers[case] else bad).append(case)
    return Fit(len(good), len(good) + len(bad), spread(good), tuple(bad[:4]))


def spread(cases: Sequence[Case], count: int = 3) -> tuple[Case, ...]:
    """Return a few cases from all along a list."""
    if len(cases) <= count:
        return tuple(cases)
    return tuple(cases[i * (len(cases) - 1) // (count - 1)] for i in range(count))


def hopeful(predict: Callable[[Case], int | None], cases: Sequence[Case], answers: Answers) -> bool:
    """Whether `predict` is right at half or more of some cases: the others are not worth the time."""
    some = spread(cases, TRIAL)
    said = [(case, predicted) for case in some if (predicted := predict(case)) is not None]
    return sum(answers[case] == predicted for case, predicted in said) * 2 >= len(said)


def best(
    hypotheses: Iterable[tuple[str, T, Callable[[Case], int | None]]],
    cases: Sequence[Case],
    answers: Answers,
    enough: int = 6,
) -> tuple[str, T, Fit] | None:
    """Return the first hypothesis that explains most cases, with its name; None where there is nothing to go by.

    enough  hypotheses that explain all are looked for no further than this many
    """
    found: list[tuple[str, T, Fit]] = []
    for name, what, predict in hypotheses:
        if not hopeful(predict, cases, answers):
            continue
        fit = measure(predict, cases, answers)
        if fit.asked:
            found.append((name, what, fit))
        if sum(one.share == 1 for _, _, one in found) >= enough:
            break
    if not found:
        return None
    name, what, fit = max(found, key=lambda one: (one[2].agree, one[2].share))
    also = tuple(other for other, _, one in found if one.agree == fit.agree and other != name)
    return name, what, Fit(fit.agree, fit.asked, fit.deciding, fit.contradicting, also)
