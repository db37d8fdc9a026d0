"""Which named policy a unit follows, and in what it differs from the nearest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from pamcheck.formats import FloatFormat
from pamcheck.policy import POLICIES
from pamcheck.testing.identity.core import PairCore
from pamcheck.testing.identity.describe import subject_offset
from pamcheck.testing.identity.fitting import Answers, Case, Fit, measure
from pamcheck.testing.identity.learn import Learnt, learn
from pamcheck.testing.identity.model import Edge, Model
from pamcheck.testing.identity.rounding import log_code
from pamcheck.testing.identity.thresholds import describe_high, describe_low
from pamcheck.testing.identity.unary import UnaryCore
from pamcheck.testing.identity.words import class_words, rule_words, together
from pamcheck.testing.subject import Subject, make_subject

NONE = "none of the named"


@dataclass(frozen=True)
class PolicyFound:
    """The policy, or the nearest and the differences in words; `exact` where whole answers were compared."""

    name: str
    nearest: str
    differences: tuple[str, ...]
    fit: Fit
    exact: bool


def find_policy(
    op: str, fmt: FloatFormat, learnt: Learnt, groups: Mapping[str, Sequence[Case]], answers: Answers
) -> PolicyFound:
    """Return the policy under which the definition gives every answer, or the nearest by its rules."""
    core = learnt.model.core
    offset = subject_offset(core) if isinstance(core, PairCore) else 0
    subjects = possible(op, fmt, offset if core is not None and abs(offset) < fmt.tiny else 0)
    if is_reference(core) and abs(offset) < fmt.tiny:
        fits = {}
        for name, subject in subjects.items():
            if subject.policy.reference_only and _ordinary(learnt.model):
                continue
            fits[name] = compare(subject, list(answers), answers)
            if fits[name].share == 1:
                also = tuple(x for x, fit in fits.items() if fit.share == 1 and x != name)
                also += tuple(_others(subjects, name, list(answers), answers)) if not also else ()
                return PolicyFound(
                    name, name, (), Fit(len(answers), len(answers), fits[name].deciding, (), also), True
                )
    return _by_rules(op, fmt, learnt, groups, answers, subjects)


def possible(op: str, fmt: FloatFormat, offset: int) -> dict[str, Subject]:
    """Return the subjects of the policies that fit an operation and a format, with an offset in codes."""
    found = {}
    for name in POLICIES:
        try:
            found[name] = make_subject(op, fmt, name, Fraction(offset, fmt.tiny))
        except ValueError:
            continue
    return found


def compare(subject: Subject, cases: Sequence[Case], answers: Answers) -> Fit:
    """Return how many answers are what the definition gives."""
    wanted = reference(subject, cases)
    return measure(lambda case: wanted[case], cases, answers)


def reference(subject: Subject, cases: Sequence[Case]) -> dict[Case, int]:
    """Return the definition's answers."""
    if not cases:
        return {}
    columns = [np.array(column, subject.dtype) for column in zip(*cases, strict=True)]
    return dict(zip(cases, subject.expected(columns)[0].tolist(), strict=True))


def defined_pair(op: str, fmt: FloatFormat, cases: Sequence[Case], answers: Answers) -> PairCore | None:
    """Return PAM with the offset with which the definition gives every answer under some policy; None without one.

    For formats in which hardly any two numbers have a result that is inside.
    """
    for offset in sorted(range(1 - fmt.tiny, fmt.tiny), key=abs):
        for subject in possible(op, fmt, offset).values():
            if not subject.policy.reference_only and compare(subject, cases, answers).share == 1:
                return PairCore(op, fmt, offset=offset if op == "pam" else -offset)
    return None


def defined_single(op: str, fmt: FloatFormat, cases: Sequence[Case], answers: Answers) -> UnaryCore | None:
    """Return the definition's function if it gives every answer under some policy; None otherwise."""
    for name, subject in possible(op, fmt, 0).items():
        if compare(subject, cases, answers).share == 1:
            return UnaryCore(op, fmt, inner=name)
    return None


def is_reference(core: object) -> bool:
    """Whether a core is one that the definition has."""
    if isinstance(core, PairCore):
        plain = PairCore(core.op, core.fmt, offset=core.offset)
        return core == plain
    return isinstance(core, UnaryCore) and core.kind == "pam" and not core.offset and not core.places


def _others(
    subjects: Mapping[str, Subject], name: str, cases: Sequence[Case], answers: Answers
) -> list[str]:
    quick = [x for x, subject in subjects.items() if x != name and not subject.policy.reference_only]
    return [x for x in quick if compare(subjects[x], cases, answers).share == 1]


def _ordinary(model: Model) -> bool:
    """Whether both edges are the format's own."""
    return model.low == Edge(model.fmt.tiny) and model.high == Edge(model.fmt.largest + 1)


def _by_rules(
    op: str,
    fmt: FloatFormat,
    learnt: Learnt,
    groups: Mapping[str, Sequence[Case]],
    answers: Answers,
    subjects: Mapping[str, Subject],
) -> PolicyFound:
    """Compare rules, class by class, with those that a policy's own answers show."""
    found: list[tuple[str, tuple[str, ...], Fit]] = []
    asked = {
        name: [c for c in cases if c in answers] for name, cases in groups.items() if name != "holdout"
    }
    for name, subject in subjects.items():
        if subject.policy.reference_only and _ordinary(learnt.model):
            continue
        theirs = _rules_of(op, fmt, subject, asked)
        differences = _differences(learnt, theirs, name)
        same = sum(bool(learnt.accepts(x) & theirs.accepts(x)) for x in learnt.fits)
        found.append((name, differences, Fit(same, len(learnt.fits))))
    name, differences, fit = min(found, key=lambda one: len(one[1]) + one[2].asked - one[2].agree)
    return PolicyFound(name if not differences else NONE, name, differences, fit, False)


def _rules_of(op: str, fmt: FloatFormat, subject: Subject, groups: Mapping[str, Sequence[Case]]) -> Learnt:
    core: PairCore | UnaryCore
    if subject.operation.arity == 2:
        core = PairCore(op, fmt, offset=subject.offset if op == "pam" else -subject.offset)
    else:
        core = UnaryCore(op, fmt, inner=subject.policy.name)
    low, high = Edge(fmt.tiny), Edge(fmt.largest + 1)
    if subject.policy.thresholds is not None:
        low, high = (Edge(log_code(x, fmt), "product") for x in subject.policy.thresholds)
    wanted = reference(subject, list(dict.fromkeys(c for cases in groups.values() for c in cases)))
    return learn(Model(op, fmt, core, low, high), groups, wanted)


def _differences(mine: Learnt, theirs: Learnt, name: str) -> tuple[str, ...]:
    model, fmt = mine.model, mine.model.fmt
    found: dict[tuple[str, str], list[str]] = {}
    for where in mine.fits:
        if where in theirs.fits and not mine.accepts(where) & theirs.accepts(where):
            pair = rule_words(mine, where), rule_words(theirs, where)
            found.setdefault(pair, []).append(class_words(where, model.op))
    words = [f"{together(where)}: {got} ({name}: {wanted})" for (got, wanted), where in found.items()]
    if model.core is not None:
        if not _same_edge(model.low, theirs.model.low):
            words.insert(
                0,
                f"results begin {describe_low(model.low, fmt)} ({name}: {describe_low(theirs.model.low, fmt)})",
            )
        if not _same_edge(model.high, theirs.model.high):
            words.insert(
                0,
                f"results end {describe_high(model.high, fmt)} ({name}: {describe_high(theirs.model.high, fmt)})",
            )
    return tuple(words)


def _same_edge(a: Edge, b: Edge) -> bool:
    return a.by == b.by and -(-a.at.numerator // a.at.denominator) == -(-b.at.numerator // b.at.denominator)
