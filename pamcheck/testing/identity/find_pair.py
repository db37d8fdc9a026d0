"""Finding what is computed of two ordinary operands."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from pamcheck.formats import FloatFormat
from pamcheck.testing.identity.core import SIGNS, PairCore
from pamcheck.testing.identity.describe import describe
from pamcheck.testing.identity.find_table import find_table
from pamcheck.testing.identity.fitting import Answers, Case, Fit, best, measure, spread
from pamcheck.testing.identity.rounding import EVEN, MODES, TOWARD_ZERO, rounded

CERTAIN = 0.9  # share of the cases that a core has to explain
DROP_MODES = (TOWARD_ZERO, EVEN, "to nearest, ties away from zero")
SMALL = 100  # cases of a format so narrow that many of them may be out of its range
FEW = 16  # cases on which most hypotheses fail

Row = tuple[int, int, int]  # magnitudes of the operands and of the answer
Refine = Callable[[PairCore, range], int]


def find_sign(fmt: FloatFormat, cases: Sequence[Case], answers: Answers) -> tuple[str, Fit]:
    """Return the rule of SIGNS that explains most signs of results that are numbers."""

    def predict(name: str) -> Callable[[Case], int | None]:
        rule = SIGNS[name]

        def signed(case: Case) -> int | None:
            size = answers[case] & ~fmt.sign
            return size | (fmt.sign if rule(*(bool(code & fmt.sign) for code in case)) else 0)

        return signed

    found = best(((name, name, predict(name)) for name in SIGNS), cases, answers)
    return (next(iter(SIGNS)), Fit()) if found is None else (found[0], found[2])


def find_pair(
    op: str, fmt: FloatFormat, cases: Sequence[Case], answers: Answers, refine: Refine
) -> tuple[PairCore | None, Fit]:
    """Return the core that explains most magnitudes, if it explains CERTAIN of them; without a sign.

    refine  asks more, to tell which of a range of offsets a core has
    """
    rows = [(a & fmt.magnitude, b & fmt.magnitude, answers[a, b] & fmt.magnitude) for a, b in cases]
    if not rows:
        return None, Fit()
    found: list[tuple[PairCore, Fit]] = []
    for core in _candidates(op, fmt, rows, refine):
        found.append((core, fit_of(core, cases, answers)))
    if found:
        core, fit = max(found, key=lambda one: one[1].agree)
        also = (describe(other) for other, one in found if one.agree == fit.agree and other != core)
        if fit.share >= CERTAIN and fit.asked >= min(len(rows), SMALL) // 4:
            return core, replace(fit, also=tuple(dict.fromkeys(also)))
    table = find_table(op, fmt, rows)
    if table is not None:
        return table, fit_of(table, cases, answers)
    return None, found[0][1] if found else Fit(0, len(rows), (), tuple(spread(cases)))


def fit_of(core: PairCore, cases: Sequence[Case], answers: Answers) -> Fit:
    """Return how many magnitudes of results a core explains."""
    f = core.fmt

    def predict(case: Case) -> int | None:
        size = _size(core, case[0] & f.magnitude, case[1] & f.magnitude)
        if size is None or not f.tiny <= size <= f.largest:
            return None
        return (answers[case] & ~f.magnitude) | size

    return measure(predict, cases, answers)


def _size(core: PairCore, a: int, b: int) -> int | None:
    t = core.size(a, b)
    return None if t is None else rounded(t, False, core.mode, core.places)


def _candidates(op: str, fmt: FloatFormat, rows: Sequence[Row], refine: Refine) -> Iterator[PairCore]:
    """Yield cores that explain most of a few rows, the plain ones first; then those of dropped bits."""
    plain = [
        PairCore(op, fmt, swapped=swapped) for swapped in ((False, True) if op == "padiv" else (False,))
    ]
    places = _zeros(fmt, rows)
    hit = False
    for core in plain:
        for candidate in (*_pam(core, rows, places, refine), *_exact(core, rows, places)):
            yield candidate
            hit |= _explains(candidate, rows)
    if hit:
        return
    for core in plain:
        for base in _dropping(core):
            yield from _pam(base, rows, places, refine)
            yield from _exact(base, rows, places)


def _dropping(core: PairCore) -> Iterator[PairCore]:
    for drop in range(1, core.fmt.mant_bits + 1):
        for which in ("both", "a", "b"):
            for mode in DROP_MODES:
                yield replace(core, dropped=which, drop=drop, drop_mode=mode)


def _zeros(fmt: FloatFormat, rows: Sequence[Row]) -> int:
    """Return how many low mantissa bits no result has."""
    seen = 0
    for _, _, got in rows:
        seen |= got
    return min((seen & -seen).bit_length() - 1, fmt.mant_bits) if seen else 0


def _pam(base: PairCore, rows: Sequence[Row], places: int, refine: Refine) -> Iterator[PairCore]:
    """Yield PAM with the offset that most of a few rows have, and then with bits of the result dropped."""
    few = spread_rows(rows)
    sizes = [(int(base.size(a, b) or 0), got) for a, b, got in few]
    usual = Counter(got - size for size, got in sizes).most_common(2)
    for offset, count in usual:
        if count * 2 > len(few) or len(rows) < SMALL:
            yield replace(base, offset=offset)
    if not places or usual[0][1] == len(few):
        return
    for mode in MODES[:3]:
        core = replace(base, places=places, mode=mode)
        if _explains(core, few):
            yield core
    # the result is cut: got <= size + offset < got + 2^places for every row
    low = max(got - size for size, got in sizes)
    high = min(got - size for size, got in sizes) + (1 << places)
    if low < high:
        pairs = [(int(base.size(a, b) or 0), got) for a, b, got in rows]
        low = max(got - size for size, got in pairs)
        high = min(got - size for size, got in pairs) + (1 << places)
    if low < high:
        cut = replace(base, places=places, mode=TOWARD_ZERO)
        yield replace(cut, offset=refine(cut, range(low, high)))


def _exact(base: PairCore, rows: Sequence[Row], places: int) -> Iterator[PairCore]:
    few = spread_rows(rows)
    for mode in MODES[:3]:
        core = replace(base, kind="exact", mode=mode, places=places)
        if _explains(core, few):
            yield core


def _explains(core: PairCore, rows: Sequence[Row]) -> bool:
    """Whether a core explains most rows; that of an exact result may tie or be cut the same way often."""
    right = sum(_size(core, a, b) == got for a, b, got in rows)
    return right * 4 > len(rows) * 3


def spread_rows(rows: Sequence[Row]) -> list[Row]:
    """Return a few rows from all along a list."""
    step = max(1, len(rows) // FEW)
    return list(rows[::step])[:FEW]
