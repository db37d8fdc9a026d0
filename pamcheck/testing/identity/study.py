"""Studying a unit: what it computes, where its results end, and the rule of every class of operands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import product

from pamcheck.formats import FloatFormat
from pamcheck.testing.identity.asking import Asker
from pamcheck.testing.identity.cases import about_threshold, pair_groups, single_groups
from pamcheck.testing.identity.core import Core, PairCore, raw_size
from pamcheck.testing.identity.describe import describe
from pamcheck.testing.identity.edges import Ladder, find_edges, make_ladders, rungs
from pamcheck.testing.identity.find_pair import CERTAIN, find_pair, find_sign, fit_of
from pamcheck.testing.identity.find_table import is_mitchell_like
from pamcheck.testing.identity.find_unary import MANY, find_unary, predictor
from pamcheck.testing.identity.find_unary import describe as describe_unary
from pamcheck.testing.identity.fitting import Case, Fit, measure
from pamcheck.testing.identity.learn import ABOUT_EDGES, Learnt, learn
from pamcheck.testing.identity.model import ZONES, Edge, Model
from pamcheck.testing.identity.policies import defined_pair, defined_single
from pamcheck.testing.identity.thresholds import by_product
from pamcheck.testing.identity.unary import UnaryCore

UNKNOWN = "unknown"
NARROW = 3  # mantissa bits up to which every offset is tried against the definition
Groups = dict[str, list[Case]]


@dataclass(frozen=True)
class Study:
    """What was found of a unit.

    variant  what it computes, in words
    core     the fit of that
    sign     the rule of its signs, and the fit; None for one operand
    approximate  whether the core is only near what is computed: its corrections have no law
    """

    variant: str
    fit: Fit
    learnt: Learnt
    groups: Groups
    sign: tuple[str, Fit] | None = None
    approximate: bool = False

    @property
    def core(self) -> Core | None:
        """What it computes, where that is known at least nearly."""
        return self.learnt.model.core


def study_single(op: str, fmt: FloatFormat, asker: Asker, seed: int) -> Study:
    """Study a function of one operand."""
    groups = single_groups(fmt, seed)
    asker.ask(groups)
    ordinary = Model(op, fmt, None, Edge(fmt.tiny), Edge(fmt.largest + 1))
    numbers = [case for case in answered(asker, groups["numbers"]) if ordinary.class_of(case) == "num"]
    probes = [case for name in groups if name != "holdout" for case in answered(asker, groups[name])]
    defined = defined_single(op, fmt, probes, asker.known)
    core: UnaryCore | None
    if defined is not None and len(numbers) > MANY:
        core, fit = defined, measure(predictor(defined), numbers, asker.known)
    else:
        core, fit = find_unary(op, fmt, numbers, asker.known)
        core = defined or core
        fit = replace(fit, also=tuple(x for x in fit.also if core is None or x != describe_unary(core)))
    learnt = learn(replace(ordinary, core=core), groups, asker.known)
    variant = UNKNOWN if core is None else describe_unary(core)
    if core is not None and fit.share < CERTAIN:
        variant += ", within one code of it"
    return Study(variant, fit, learnt, groups)


def study_pair(op: str, fmt: FloatFormat, asker: Asker, seed: int) -> Study:
    """Study a product or quotient."""
    groups = pair_groups(op, fmt, seed)
    asker.ask(groups)
    numbers = answered(asker, groups["numbers"])
    sign = find_sign(fmt, numbers, asker.known)
    core, fit = find_pair(op, fmt, numbers, asker.known, lambda cut, span: _refine(cut, span, asker))
    rows = magnitudes(fmt, numbers, asker.known)
    if core is None and fmt.mant_bits <= NARROW:
        probes = [case for name in groups if name != "holdout" for case in answered(asker, groups[name])]
        core = defined_pair(op, fmt, probes, asker.known)
        fit = Fit() if core is None else fit_of(core, numbers, asker.known)
    approximate = core is None and is_mitchell_like(op, fmt, rows)
    variant = UNKNOWN if core is None else describe(core)
    if approximate:
        corrections = sorted(got - raw_size(op, a, b, fmt) for a, b, got in rows)
        core = PairCore(op, fmt, offset=corrections[len(corrections) // 2])
        variant = "Mitchell-like with a correction that depends on mantissas"
    if core is not None:
        core = replace(core, sign=sign[0])
    model = Model(op, fmt, core, Edge(fmt.tiny), Edge(fmt.largest + 1))
    if core is not None and not approximate:
        model = _with_edges(model, core, asker, groups)
    learnt = learn(model, groups, asker.known)
    if core is not None and not approximate:
        learnt = _compared_otherwise(learnt, core, groups, asker, seed)
    return Study(variant, fit, learnt, groups, sign, approximate)


def answered(asker: Asker, cases: Sequence[Case]) -> list[Case]:
    """Return the cases that were answered with a code."""
    top = 2 * asker.subject.fmt.sign
    return [case for case in cases if asker.known.get(case, top) < top]


def magnitudes(
    fmt: FloatFormat, cases: Sequence[Case], answers: Mapping[Case, int]
) -> list[tuple[int, int, int]]:
    """Return the magnitudes of pairs of operands and of the answers."""
    return [(a & fmt.magnitude, b & fmt.magnitude, answers[a, b] & fmt.magnitude) for a, b in cases]


def _with_edges(model: Model, core: PairCore, asker: Asker, groups: Groups) -> Model:
    ladders: tuple[Ladder, Ladder] = make_ladders(core)
    f = model.fmt
    wanted = [
        (f.tiny, 0, core.offset, f.tiny + core.offset),
        (f.largest, f.magnitude, f.largest + core.offset),
    ]
    groups["ladder"] = [
        case for ladder, near in zip(ladders, wanted, strict=True) for case in rungs(ladder, near)
    ]
    asker.ask({"ladder": groups["ladder"]})
    known = {case: asker.known[case] for case in answered(asker, groups["ladder"])}

    def ask(cases: list[Case]) -> None:
        asker.ask({"ladder": cases})
        known.update((case, asker.known[case]) for case in answered(asker, cases))

    low, high = find_edges(model, ladders, known, ask)
    groups["ladder"] = list(known)
    # a rung's own result is off by what bits or a table take from it
    taken = [1 << core.places, 1 << core.drop, *(abs(x) + 1 for x in core.table.values())]
    slack = max(taken)
    if slack > 1:
        low = model.low if abs(Fraction(low.at - model.low.at)) <= slack else low
        high = model.high if abs(Fraction(high.at - model.high.at)) <= slack else high
    return replace(model, low=low, high=high)


def _compared_otherwise(learnt: Learnt, core: PairCore, groups: Groups, asker: Asker, seed: int) -> Learnt:
    """Return the best of the models that compare either the result or the true product with their thresholds."""
    f, offset = core.fmt, core.offset if core.kind == "pam" else 0
    missed = sum(fit.asked - fit.agree for name, fit in learnt.fits.items() if name in ZONES)
    model = learnt.model
    own = Edge(f.tiny), Edge(f.largest + 1)
    if (model.low, model.high) == own and not missed:
        return learnt
    groups["threshold"] = [
        case
        for edge, usual in zip((model.low, model.high), own, strict=True)
        if edge != usual
        for case in about_threshold(core.op, f, int(edge.at) - offset, seed)
    ]
    asker.ask({"threshold": groups["threshold"]})
    numbers = [
        case
        for name in ("numbers", "below", "above", "far", "threshold")
        for case in answered(asker, groups[name])
    ]
    near = {name: cases for name, cases in groups.items() if name in ABOUT_EDGES}
    found = [learn(model, near, asker.known)]
    lows, highs = ([edge, by_product(edge, offset, f)] for edge in (model.low, model.high))
    for low, high in product(lows, highs):
        if (low, high) != (model.low, model.high):
            found.append(learn(replace(model, low=low, high=high), near, asker.known))
    best = max(found, key=lambda one: sum(one.model.predict(case) == asker.known[case] for case in numbers))
    return learn(replace(best.model, rules={}), groups, asker.known)


def _refine(cut: PairCore, span: range, asker: Asker) -> int:
    """Return which offset of a span a core has whose results are cut, by asking where they step."""
    f, low, high = cut.fmt, span.start, span.stop - 1
    base = f.one + f.tiny
    while low < high and not cut.drop and base <= f.largest:
        inner = range(low + 1, high + 1)
        tried = inner[:: max(1, len(inner) // 100)]
        cases = {c: ((f.one, base - c) if cut.swapped else (base - c, f.one)) for c in tried}
        cases = {c: case for c, case in cases.items() if f.tiny <= min(case) and max(case) <= f.largest}
        asker.ask({"refine": list(cases.values())})
        seen = {c: asker.known[case] & f.magnitude for c, case in cases.items() if case in asker.known}
        if not seen:
            break
        low = max([low, *(c for c, got in seen.items() if got >= base)])
        high = min([high, *(c - 1 for c, got in seen.items() if got < base)])
    return next((c for c in (0, 1 << cut.places >> 1) if low <= c <= high), low)
