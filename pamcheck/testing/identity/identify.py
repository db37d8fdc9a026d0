"""Which unit is this? From its answers alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from pamcheck.formats import FloatFormat, get_format
from pamcheck.testing.identity.asking import Asker
from pamcheck.testing.identity.core import PairCore
from pamcheck.testing.identity.describe import subject_offset
from pamcheck.testing.identity.find_pair import CERTAIN
from pamcheck.testing.identity.find_table import correction_ranges
from pamcheck.testing.identity.fitting import Case, Fit, spread
from pamcheck.testing.identity.model import ANY_NAN, ZONES, Model
from pamcheck.testing.identity.names import octaves
from pamcheck.testing.identity.policies import PolicyFound, compare, find_policy, possible
from pamcheck.testing.identity.power import study_power
from pamcheck.testing.identity.probe import Probe
from pamcheck.testing.identity.record import CANNOT_TELL, Conclusion, Fingerprint, Row
from pamcheck.testing.identity.study import (
    UNKNOWN,
    Study,
    answered,
    magnitudes,
    study_pair,
    study_single,
)
from pamcheck.testing.identity.thresholds import describe_high, describe_low
from pamcheck.testing.identity.words import class_words, rule_words
from pamcheck.testing.subject import make_subject
from pamcheck.testing.target import Target

TABLE_BITS = 2
FEW = 50  # cases kept apart that are enough


def identify(target: Target, fmt: str | FloatFormat, op: str = "pam", seed: int = 0) -> Fingerprint:
    """Say which unit a target is: what it computes, with which offset, rounding, flush, overflow, NaN and zeros.

    fmt   format of operands and results, or its name
    op    name of the operation: pam, padiv, palog2, paexp2, pasqrt, palog, paexp, papow
    seed  of the probes

    Some thousand probes in a few calls. A fault of the target costs the probes that it prevented, and what they
    would have shown is "cannot tell". Raises ValueError, naming what exists, for unknown names.
    """
    f = get_format(fmt)
    asker = Asker(target, make_subject(op, f))
    if op == "papow":
        return study_power(f, asker, seed)
    study = (study_pair if asker.subject.operation.arity == 2 else study_single)(op, f, asker, seed)
    conclusions = list(_conclusions(study, asker))
    fresh = _kept_apart(study, asker)
    apart = set(fresh)
    seen = {case: answer for case, answer in asker.known.items() if case not in apart}
    policy = find_policy(op, f, study.learnt, study.groups, seen) if seen else None
    kept, fit = _holdout(study, asker, fresh, policy)
    if policy is not None:
        conclusions.append(_policy_conclusion(policy, f, asker))
    conclusions.append(_conclusion("random cases kept apart", kept, fit, asker))
    fault = asker.fault(study.groups["numbers"])
    variant = f"{CANNOT_TELL}: {fault}" if fault and not study.fit.asked else study.variant
    core = study.core
    is_pam = isinstance(core, PairCore) and core.kind == "pam" and not study.approximate
    return Fingerprint(
        target=target.name,
        op=op,
        fmt=f,
        variant=variant,
        offset=subject_offset(core) if is_pam and isinstance(core, PairCore) else None,
        policy=policy.name if policy else f"{CANNOT_TELL}: {fault}",
        nearest=policy.nearest if policy else "",
        differences=policy.differences if policy else (),
        confidence=fit.share,
        conclusions=tuple(conclusions),
        asked=len(asker.known),
        calls=asker.calls,
    )


def _conclusions(study: Study, asker: Asker) -> Iterator[Conclusion]:
    yield _computed(study, asker)
    numbers = study.groups["numbers"]
    if study.sign is not None:
        words, fit = study.sign
        if fit.share < CERTAIN:
            words = f"{CANNOT_TELL}: no rule explains more than {fit.agree} of {fit.asked} signs"
        yield _conclusion("sign of numbers", words, fit, asker, numbers)
    model = study.learnt.model
    if isinstance(model.core, PairCore) and not study.approximate:
        ladder = study.groups.get("ladder", [])
        for aspect, words, outside in (
            ("results begin", describe_low(model.low, model.fmt), ("under", "far under")),
            ("results end", describe_high(model.high, model.fmt), ("over", "far over")),
        ):
            yield _conclusion(aspect, words, _about_edge(model, ladder, outside, asker), asker, ladder)
    yield from _rules(study, asker)


def _computed(study: Study, asker: Asker) -> Conclusion:
    numbers = study.groups["numbers"]
    model = study.learnt.model
    table: tuple[Row, ...] = ()
    words = study.variant
    if study.approximate or (isinstance(model.core, PairCore) and model.core.kind == "corrected"):
        f = model.fmt
        bits = min(TABLE_BITS, f.mant_bits)
        ranges = correction_ranges(model.op, f, magnitudes(f, answered(asker, numbers), asker.known), bits)
        table = tuple(Row(f"{a:0{bits}b}", f"{b:0{bits}b}", *ends) for (a, b), ends in ranges.items())
        low, high = min(row.least for row in table), max(row.greatest for row in table)
        words += f", from {octaves(low, f)} to {octaves(high, f)}"
    return _conclusion("computed", words, study.fit, asker, numbers, table)


def _about_edge(model: Model, ladder: Sequence[Case], outside: tuple[str, str], asker: Asker) -> Fit:
    """Return what the ladder says of one edge: the cases next to it decide."""
    within = [(model.zone(case), case) for case in ladder if case in asker.known]
    beyond = [case for zone, case in within if zone in outside]
    inside = [case for zone, case in within if zone == "inside"]
    cases = [*beyond, *inside]
    right = [case for case in cases if _same(model, model.predict(case), asker.known[case])]
    wrong = [case for case in cases if case not in set(right)]

    def size(case: Case) -> int:
        return int(model.seen(case).total or 0)

    if "under" in outside:
        near = [*sorted(beyond, key=size)[-1:], *sorted(inside, key=size)[:1]]
    else:
        near = [*sorted(inside, key=size)[-1:], *sorted(beyond, key=size)[:1]]
    return Fit(len(right), len(cases), tuple(near), tuple(wrong[:4]))


def _rules(study: Study, asker: Asker) -> Iterator[Conclusion]:
    """Yield what answers each zone and class; those of one rule together."""
    op, learnt = study.learnt.model.op, study.learnt
    together: dict[tuple[str, bool, tuple[str, ...]], list[str]] = {}
    for name, fit in learnt.fits.items():
        rule = rule_words(learnt, name)
        together.setdefault((rule, name in ZONES, fit.also if name in ZONES else ()), []).append(name)
    for (rule, _, also), names in together.items():
        fits = [learnt.fits[name] for name in names]
        shared = set(fits[0].also).intersection(*(fit.also for fit in fits))
        fit = Fit(
            sum(fit.agree for fit in fits),
            sum(fit.asked for fit in fits),
            spread([case for fit in fits for case in fit.deciding]),
            tuple(case for fit in fits for case in fit.contradicting)[:4],
            also or tuple(x for x in fits[0].also if x in shared),
        )
        asked = [case for name in names for case in study.groups.get(name, [])]
        yield _conclusion(", ".join(class_words(name, op) for name in names), rule, fit, asker, asked)
    for name, cases in study.groups.items():
        fault = asker.fault(cases)
        if fault and name not in learnt.fits and ("," in name or name[0] in "+-"):
            yield Conclusion(class_words(name, op), f"{CANNOT_TELL}: {fault}", fault=fault)


def _policy_conclusion(policy: PolicyFound, fmt: FloatFormat, asker: Asker) -> Conclusion:
    probes = tuple(Probe(fmt, case, asker.known[case]) for case in policy.fit.deciding)
    how = "every answer is the definition's" if policy.exact else "by the rules of its classes of operands"
    differences = f"; differs: {'; '.join(policy.differences)}" if policy.differences else ""
    found = (
        f"{policy.name}, {how}"
        if not policy.differences
        else f"{policy.name}, nearest {policy.nearest}{differences}"
    )
    return Conclusion("policy", found, policy.fit.agree, policy.fit.asked, probes, also=policy.fit.also)


def _kept_apart(study: Study, asker: Asker) -> list[Case]:
    """Return the answered cases that no conclusion has used."""
    used = {case for name, cases in study.groups.items() if name != "holdout" for case in cases}
    return [
        case for case in dict.fromkeys(study.groups["holdout"]) if case in asker.known and case not in used
    ]


def _holdout(study: Study, asker: Asker, fresh: list[Case], policy: PolicyFound | None) -> tuple[str, Fit]:
    """Return how many cases kept apart the model predicts to the bit; all of the format where few are left.

    Where every other answer is the definition's, under a policy, the definition is the model.
    """
    cases = fresh
    if len(fresh) < FEW:
        cases = [case for case in dict.fromkeys(study.groups["holdout"]) if case in asker.known]
    if policy is not None and policy.exact:
        core = study.core
        offset = subject_offset(core) if isinstance(core, PairCore) else 0
        subject = possible(asker.subject.op, asker.subject.fmt, offset)[policy.name]
        fit = compare(subject, cases, asker.known)
        return (
            f"{fit.agree} of {fit.asked} predicted to the bit by the definition, policy {policy.name}",
            fit,
        )
    model = study.learnt.model
    right: list[Case] = []
    wrong: list[Case] = []
    for case in cases:
        unknown = study.variant == UNKNOWN and model.class_of(case) == "num"
        same = not unknown and _same(model, model.predict(case), asker.known[case])
        (right if same else wrong).append(case)
    words = f"{len(right)} of {len(cases)} predicted to the bit by a model of these conclusions"
    return words, Fit(len(right), len(cases), spread(right), tuple(wrong[:4]))


def _same(model: Model, predicted: int | None, answer: int) -> bool:
    if predicted == ANY_NAN:
        return 0 <= answer < 2 * model.fmt.sign and model.fmt.is_nan(answer)
    return predicted == answer


def _conclusion(
    aspect: str,
    words: str,
    fit: Fit,
    asker: Asker,
    asked: Sequence[Case] = (),
    table: tuple[Row, ...] = (),
) -> Conclusion:
    fault = asker.fault(asked)
    found = f"{CANNOT_TELL}: {fault}" if fault and not fit.asked else words
    return Conclusion(
        aspect,
        found,
        fit.agree,
        fit.asked,
        _probes(fit.deciding, asker.known, asker.subject.fmt),
        _probes(fit.contradicting, asker.known, asker.subject.fmt),
        fit.also,
        fault,
        table,
    )


def _probes(cases: Sequence[Case], answers: Mapping[Case, int], fmt: FloatFormat) -> tuple[Probe, ...]:
    return tuple(Probe(fmt, case, answers[case]) for case in cases if case in answers)
