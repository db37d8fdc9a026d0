"""Finding what is computed of one ordinary operand."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction

from pamcheck.formats import FloatFormat
from pamcheck.testing.identity.core import Core
from pamcheck.testing.identity.fitting import Answers, Case, Fit, best, measure, spread
from pamcheck.testing.identity.rounding import EVEN, MODES, rounded, value_of
from pamcheck.testing.identity.unary import COMPOSITES, CONSTANTS, UnaryCore

CERTAIN = 0.9
CLOSE = 0.99  # of the results are within one code of what is called nearly correct
FEW = 24
MANY = 200  # cases of a format wide enough that two hypotheses seldom agree on all


def find_unary(
    op: str, fmt: FloatFormat, cases: Sequence[Case], answers: Answers
) -> tuple[UnaryCore | None, Fit]:
    """Return the core that explains most results that are numbers, if it explains CERTAIN of them."""
    places = _zeros(fmt, cases, answers)
    enough = 2 if len(cases) > MANY else 12
    candidates = list(_pam(op, fmt, cases, answers, places))
    for group in (candidates, list(_exact(op, fmt, places))):
        found = best(((describe(core), core, predictor(core)) for core in group), cases, answers, enough)
        if found is not None and found[2].share >= CERTAIN and found[2].asked >= min(len(cases) // 4, 3):
            return found[1], found[2]
    near = UnaryCore(op, fmt, "exact", places=places)
    if len(cases) > MANY and _close(near, cases, answers) >= CLOSE:
        return near, measure(predictor(near), cases, answers)
    return None, Fit(0, len(cases), (), spread(cases))


def _close(core: UnaryCore, cases: Sequence[Case], answers: Answers) -> float:
    """Return the share of results that are within one code of a core's."""
    predict = predictor(core)
    said = [(answers[case], predicted) for case in cases if (predicted := predict(case)) is not None]
    return sum(abs(got - predicted) <= 1 for got, predicted in said) / len(said) if said else 0.0


def describe(core: UnaryCore) -> str:
    """Return what a core computes, in words."""
    what = {"pam": core.op, "exact": f"the true {core.op.removeprefix('pa')}", "fused": f"{core.op}, fused"}
    offset = f" with an offset of {core.offset} codes" if core.offset else ""
    bits = f", results of {core.fmt.mant_bits - core.places} mantissa bits" if core.places else ""
    constant = f", log2 e rounded {core.constant}" if core.constant != EVEN else ""
    inner = f", the step inside as policy {core.inner} has it" if core.inner != "ftz" else ""
    once = ", rounded once at the end" if core.kind == "fused" else ""
    return f"{what[core.kind]}{offset}, rounded {core.mode}{bits}{constant}{inner}{once}"


def predictor(core: Core) -> Callable[[Case], int | None]:
    """Return what a core gives for one signed operand; None where that is no normal number."""
    f: FloatFormat = core.fmt  # type: ignore[attr-defined]

    def predict(case: Case) -> int | None:
        [code] = case
        found = core.result((code & f.magnitude,), (bool(code & f.sign),))
        if not isinstance(found, tuple):
            return None
        t, negative = found[0], found[1]
        if t is None:
            return None
        total = rounded(t, negative, core.mode, core.places)
        return (f.sign if negative else 0) | total if f.tiny <= total <= f.largest else None

    return predict


def _pam(
    op: str, fmt: FloatFormat, cases: Sequence[Case], answers: Answers, places: int
) -> Iterator[UnaryCore]:
    if op in COMPOSITES:
        for kind in ("pam", "fused"):
            for constant in CONSTANTS:
                for mode in MODES:
                    for inner in ("ftz", "gradual", "saturate") if kind == "pam" else ("ftz",):
                        yield UnaryCore(op, fmt, kind, 0, mode, places, inner, constant)
        return
    for offset in _offsets(op, fmt, cases, answers):
        for mode in MODES:
            yield UnaryCore(op, fmt, "pam", offset, mode, places)


def _exact(op: str, fmt: FloatFormat, places: int) -> Iterator[UnaryCore]:
    for mode in MODES:
        yield UnaryCore(op, fmt, "exact", 0, mode, places)


def _offsets(op: str, fmt: FloatFormat, cases: Sequence[Case], answers: Answers) -> list[int]:
    """Return the offsets that a few answers have, none first, each with its neighbours: rounding hides them."""
    found: Counter[int] = Counter()
    for case in spread(cases, FEW):
        got = answers[case]
        size, signs = got & fmt.magnitude, (bool(case[0] & fmt.sign),)
        plain = UnaryCore(op, fmt).result((case[0] & fmt.magnitude,), signs)
        if not isinstance(plain, tuple) or not fmt.tiny <= size <= fmt.largest:
            continue
        if op == "palog2":
            value = value_of(size, fmt) * (-1 if got & fmt.sign else 1) * fmt.tiny
            found[round(value - ((case[0] & fmt.magnitude) - fmt.one))] += 1
        elif plain[0] is not None:
            found[round((2 if op == "pasqrt" else 1) * (Fraction(size) - plain[0]))] += 1
    usual = [offset for offset, _ in found.most_common(1)]
    near = [x + y for x in usual for y in (0, -1, 1)]
    return list(dict.fromkeys([0, *(x for x in near if abs(x) < fmt.tiny)]))


def _zeros(fmt: FloatFormat, cases: Sequence[Case], answers: Answers) -> int:
    seen = 0
    for case in cases:
        got = answers[case] & fmt.magnitude
        if fmt.tiny <= got <= fmt.largest and got != fmt.one:
            seen |= got
    zeros = min((seen & -seen).bit_length() - 1, fmt.mant_bits) if seen else 0
    return zeros if len(cases) >= FEW else 0
