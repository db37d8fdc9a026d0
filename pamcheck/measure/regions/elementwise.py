"""Operations of one operand on cells, and maxima: each returns the parts of a cell with their rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from pamcheck.measure.regions.breaks import binades, exponent, whole
from pamcheck.measure.regions.cells import Outline
from pamcheck.measure.regions.cutting import halves
from pamcheck.measure.regions.forms import (
    ZERO,
    Form,
    at_corners,
    is_constant,
    plus,
    shifted,
    sub,
)
from pamcheck.measure.regions.products import Pairs
from pamcheck.measure.regions.sweep import Part, Row, Sweep, finite

One = Callable[[Sweep, Outline, Form], list[tuple[Outline, Form]]]


def exp2(sweep: Sweep, outline: Outline, row: Row) -> list[Part]:
    """Return 2^n (1 + y - n) with n = floor(y), cut where y is a whole number."""

    def one(sweep: Sweep, outline: Outline, form: Form) -> list[tuple[Outline, Form]]:
        return [(part, shifted(plus(form, 1 - n), n)) for part, n in whole(sweep, outline, form, "integer")]

    return _each(sweep, outline, row, one)


def floor(sweep: Sweep, outline: Outline, row: Row) -> list[Part]:
    """Return whole numbers, cut where they change."""

    def one(sweep: Sweep, outline: Outline, form: Form) -> list[tuple[Outline, Form]]:
        return [(part, (0, 0, n, 0)) for part, n in whole(sweep, outline, form, "floor")]

    return _each(sweep, outline, row, one)


def log2(sweep: Sweep, outline: Outline, row: Row) -> list[Part]:
    """Return E - 1 + x 2^-E, cut at powers of two. Refuses what is not above zero."""

    def one(sweep: Sweep, outline: Outline, form: Form) -> list[tuple[Outline, Form]]:
        parts = _positive(sweep, outline, form, zero=False)
        return [(part, plus(shifted(form, -e), e - 1)) for part, e in parts]

    return _each(sweep, outline, row, one)


def sqrt(sweep: Sweep, outline: Outline, row: Row) -> list[Part]:
    """Return X(L(x) / 2), cut at odd powers of two; at even ones the slopes on both sides agree.

    With x = 2^E F it is 2^((E-3)/2) (F + 2) for odd E, and for even E that of E - 1.
    """

    def one(sweep: Sweep, outline: Outline, form: Form) -> list[tuple[Outline, Form]]:
        if form[:3] == (0, 0, 0):
            return [(outline, ZERO)]
        found = []
        for part, e in _positive(sweep, outline, form, zero=True, every=2):
            odd = e if e & 1 else e - 1
            half = (odd - 3) // 2
            found.append((part, plus(shifted(form, half - odd), 1, half + 1)))
        return found

    return _each(sweep, outline, row, one)


def maximum(sweep: Sweep, outline: Outline, a: Row, b: Row, pairs: Pairs) -> list[Part]:
    """Return the greater of each pair, cut where they are equal."""
    branches: list[Part] = [(outline, [])]
    for i, j in pairs:
        f, g = a[i], b[j]
        if f is None or g is None:
            for _, row in branches:
                row.append(g if f is None else f)
            continue
        cause = sweep.cause("relu" if ZERO[:3] in (f[:3], g[:3]) else "max")
        for at in range(len(branches)):
            here, row = branches[at]
            below, above = halves(here, sub(f, g), cause)
            if below is not None and above is not None:
                branches.append((below, [*row, g]))
                branches[at] = (above, row)
            row.append(f if above is not None else g)
    return branches


def greatest(sweep: Sweep, outline: Outline, row: Row, groups: Sequence[Sequence[int]]) -> list[Part]:
    """Return the greatest form of each group, cut where another one becomes the greatest."""
    branches: list[Part] = [(outline, [])]
    for group in groups:
        forms = list(dict.fromkeys(form for i in group if (form := row[i]) is not None))
        if not forms:
            for _, found in branches:
                found.append(None)
            continue
        after: list[Part] = []
        for here, found in branches:
            areas = _areas(sweep, here, forms)
            after += [(part, [*found, form]) for part, form in areas]
        branches = after
    return branches


def _areas(sweep: Sweep, outline: Outline, forms: Sequence[Form]) -> list[tuple[Outline, Form]]:
    """Return where each form is the greatest, without the lines where it is not."""
    found: list[tuple[Outline, Form]] = []
    cause = sweep.cause("max")
    for i, form in enumerate(forms):
        here: Outline | None = outline
        for j, other in enumerate(forms):
            if j == i or here is None:
                continue
            lead = sub(form, other)
            if not any(lead[:3]) and j < i:
                here = None  # equal functions: the first one has it
            elif any(lead[:3]):
                _, here = halves(here, lead, cause)
        if here is not None:
            found.append((here, form))
    return found


def _each(sweep: Sweep, outline: Outline, row: Row, one: One) -> list[Part]:
    branches: list[Part] = [(outline, [])]
    for form in row:
        given = finite(form, sweep)
        after: list[Part] = []
        for at, (here, found) in enumerate(branches):
            if len(after) >= sweep.most:
                sweep.put_off += [part for part, _ in branches[at:]]
                break
            parts = one(sweep, here, given)
            if len(parts) == 1:
                found.append(parts[0][1])
                after.append((parts[0][0], found))
            else:
                after += [(part, [*found, value]) for part, value in parts]
        branches = after
    return branches


def _positive(
    sweep: Sweep, outline: Outline, form: Form, zero: bool, every: int = 1
) -> list[tuple[Outline, int]]:
    """Return parts with the exponent of a form; what is below zero is refused, and zero unless `zero`."""
    values = at_corners(form, outline.corners)
    wrong = min(values) < 0 if zero else min(values) <= 0
    if wrong:
        at = outline.corners[min(range(len(values)), key=lambda i: values[i] / outline.corners[i][2])]
        reason = f"an operand is {'below' if zero else 'not above'} 0"
        if max(values) <= 0:
            sweep.refuse(outline, at, reason)
            return []
        sweep.note(at, reason)
        below, above = halves(outline, form, sweep.cause("sign"))
        if below is not None and above is not None:
            sweep.refuse(below, at, reason)
            outline = above
    if is_constant(form):
        return [(outline, exponent(form)[1])]
    return [(part, size) for part, (_, size) in binades(sweep, outline, form, every)]
