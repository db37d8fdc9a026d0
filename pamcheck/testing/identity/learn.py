"""Learning the rules: which one answers each class of operands, and each zone beyond the edges."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from pamcheck.testing.identity.fitting import Answers, Case, Fit, best
from pamcheck.testing.identity.model import ANY_NAN, ZONES, Model
from pamcheck.testing.identity.rules import AS_ZERO, KEPT, ORDINARY, SOME_NAN, rules_of

CERTAIN = 0.9
ENOUGH = 12
ABOUT_EDGES = ("below", "above", "far", "threshold", "numbers", "ladder")


@dataclass(frozen=True)
class Learnt:
    """A model with its rules, and how well each explains its class or zone."""

    model: Model
    fits: Mapping[str, Fit]

    @property
    def zones_agree(self) -> int:
        """How many cases beyond the edges the rules explain."""
        return sum(fit.agree for name, fit in self.fits.items() if name in ZONES)

    def accepts(self, name: str) -> set[str]:
        """Return the rules that explain a class or zone as well as the one taken."""
        rule = self.model.rules.get(name, "")
        return {rule, *self.fits[name].also} if rule and name in self.fits else set()


def learn(model: Model, groups: Mapping[str, Sequence[Case]], answers: Answers) -> Learnt:
    """Return the model with the rules that explain the answers best; zones first, then zeros, then others."""
    fits: dict[str, Fit] = {}
    edges = [case for name in ABOUT_EDGES for case in groups.get(name, ()) if case in answers]
    few: set[str] = set()
    zones: dict[str, list[Case]] = {name: [] for name in ZONES}
    for case in edges:
        if model.class_of(case) == "num" and (zone := model.zone(case)) in ZONES:
            zones[zone].append(case)
    for case, zone in _subnormal(model, groups, answers):
        if not zones[zone] or zone in few:
            few.add(zone)
            zones[zone].append(case)
    for name, cases in zones.items():
        model = _take(model, name, cases, answers, fits)
    classes: dict[str, list[Case]] = {}
    for name in groups:
        for case in groups[name] if name not in ("holdout", *ABOUT_EDGES[:4]) else ():
            if case in answers and (found := model.class_of(case)) != "num":
                classes.setdefault(found, []).append(case)
    for name in sorted(classes, key=lambda name: ("sub" in name, "zero" not in name)):
        model = _take(model, name, classes[name], answers, fits)
    return Learnt(model, fits)


def _subnormal(
    model: Model, groups: Mapping[str, Sequence[Case]], answers: Answers
) -> Iterator[tuple[Case, str]]:
    """Yield cases of subnormal operands that would be in a zone if their value counted.

    For formats so narrow that no normal operands lead there. A unit to which subnormal operands are zeros
    answers such a case with what it has for zero, which does no harm.
    """
    for name in groups:
        if name in ("sub,num", "num,sub", "sub,sub", "+sub", "-sub"):
            for case in groups[name]:
                if case in answers and (zone := model.zone(case, keep=True)) in ZONES:
                    yield case, zone


def _take(model: Model, name: str, cases: Sequence[Case], answers: Answers, fits: dict[str, Fit]) -> Model:
    if not cases:
        return model
    found = best(_hypotheses(model, name, cases, answers), cases, answers, ENOUGH)
    if found is None:
        fits[name] = Fit(0, len(cases), (), tuple(cases[:4]))
        return model
    rule, _, fit = found
    # that it is a NaN says nothing more where its bits are known
    fits[name] = replace(fit, also=tuple(x for x in fit.also if x != SOME_NAN))
    if fits[name].agree < CERTAIN * len(cases):
        return model
    return replace(model, rules={**model.rules, name: rule})


def _hypotheses(
    model: Model, name: str, cases: Sequence[Case], answers: Answers
) -> Iterator[tuple[str, str, Callable[[Case], int | None]]]:
    seen = {case: model.seen(case, keep=name in ZONES) for case in cases}
    readings = [] if name in ZONES else [AS_ZERO, KEPT] if "sub" in name else []

    def read(rule: str) -> Callable[[Case], int | None]:
        return lambda case: _or_other(model.apply(rule, case), answers[case], model)

    for rule in readings:
        yield rule, rule, read(rule)
    for rule, body in rules_of(model.fmt, len(cases[0])).items():
        yield rule, rule, lambda case, body=body: -2 if (x := body(seen[case])) is None else x  # type: ignore[misc]
    if name not in ZONES:
        yield ORDINARY, ORDINARY, read(ORDINARY)
    if model.fmt.nan is not None:
        yield SOME_NAN, SOME_NAN, lambda case: _or_other(ANY_NAN, answers[case], model)


def _or_other(predicted: int | None, answer: int, model: Model) -> int:
    """Return a prediction; the answer itself where any NaN was predicted and it is one, else no code."""
    if predicted == ANY_NAN and 0 <= answer < 2 * model.fmt.sign and model.fmt.is_nan(answer):
        return answer
    return -2 if predicted is None else predicted
