"""Products and quotients on cells: first the binades of the operands, then the carries and borrows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from pamcheck.measure.regions.breaks import Sized, binades, exponent
from pamcheck.measure.regions.causes import Break
from pamcheck.measure.regions.cells import Outline
from pamcheck.measure.regions.cutting import halves
from pamcheck.measure.regions.forms import Form, at_corners, is_constant, total
from pamcheck.measure.regions.rules import Choice, product, quotient, simple
from pamcheck.measure.regions.sweep import Part, Row, Sweep, finite

Pairs = Sequence[tuple[int, int]]
Known = tuple[dict[int, Sized], dict[int, Sized]]  # signs and exponents of the operands on both sides
Forms = dict[int, Form]
Choose = Callable[[Form, Form, Sized, Sized], Choice]

_UNKNOWN: Sized = (0, 0)  # of operands whose binade does not matter


def multiplied(sweep: Sweep, outline: Outline, a: Row, b: Row, pairs: Pairs) -> list[Part]:
    """Return the parts of a cell with the products a[i] b[j] of all pairs on each."""
    left, right = _forms(sweep, a, b, pairs)
    plain_left, plain_right = ({i for i, f in forms.items() if simple(f)} for forms in (left, right))
    vary = [(i, j) for i, j in pairs if i not in plain_left and j not in plain_right]
    needed = {i: left[i] for i, _ in vary}, {j: right[j] for _, j in vary}
    parts = _in_binades(sweep, outline, *needed)
    return _joined(parts, left, right, pairs, product, sweep.cause("carry"), sweep)


def divided(sweep: Sweep, outline: Outline, a: Row, b: Row, pairs: Pairs) -> list[Part]:
    """Return the parts of a cell with the quotients a[i] / b[j] of all pairs on each.

    Where a divisor is zero on a cell it is refused; where it comes to zero that point is noted, and the part
    near it is below the smallest binade.
    """
    left, right = _forms(sweep, a, b, pairs)
    for g in right.values():
        if not any(g[:3]):
            sweep.refuse(outline, outline.corners[0], "a divisor is 0")
            return []
    divisors = {j: g for j, g in right.items() if not simple(g)}
    needed = {i: left[i] for i, j in pairs if j in divisors and any(left[i][:3])}
    for g in divisors.values():
        _note_zero(sweep, outline, g)
    parts = _in_binades(sweep, outline, needed, divisors)
    return _joined(parts, left, right, pairs, quotient, sweep.cause("borrow"), sweep)


def sums(sweep: Sweep, row: Row, length: int) -> Row:
    """Return the sums of so many neighbours each."""
    forms = [finite(form, sweep) for form in row]
    return [total(forms[start : start + length]) for start in range(0, len(forms), length)]


def _forms(sweep: Sweep, a: Row, b: Row, pairs: Pairs) -> tuple[Forms, Forms]:
    left = {i: finite(a[i], sweep) for i in dict.fromkeys(i for i, _ in pairs)}
    return left, {j: finite(b[j], sweep) for j in dict.fromkeys(j for _, j in pairs)}


def _note_zero(sweep: Sweep, outline: Outline, divisor: Form) -> None:
    """Remember where the divisor is zero, if anywhere: at corners, or where its line of zeros leaves the cell."""
    values = at_corners(divisor, outline.corners)
    if min(values) <= 0 <= max(values):
        below, _ = halves(outline, divisor, sweep.cause("sign"))
        for corner in (*(below or outline).corners, *outline.corners):
            if not at_corners(divisor, [corner])[0]:
                sweep.note(corner, "a divisor is 0")


def _in_binades(sweep: Sweep, outline: Outline, a: Forms, b: Forms) -> list[tuple[Outline, Known]]:
    """Return the parts on which every operand stays in a binade, with signs and exponents."""
    parts: list[tuple[Outline, Known]] = [(outline, ({}, {}))]
    for side, forms in ((0, a), (1, b)):
        for i, form in forms.items():
            if is_constant(form):
                for _, known in parts:
                    known[side][i] = exponent(form)
            else:
                parts = _in_binade(sweep, parts, side, i, form)
    return parts


def _in_binade(
    sweep: Sweep, parts: Sequence[tuple[Outline, Known]], side: int, i: int, form: Form
) -> list[tuple[Outline, Known]]:
    after: list[tuple[Outline, Known]] = []
    for at, (outline, known) in enumerate(parts):
        if len(after) >= sweep.most:
            sweep.put_off += [part for part, _ in parts[at:]]
            break
        found = binades(sweep, outline, form)
        for part, sized in found:
            mine = known if len(found) == 1 else (known[0].copy(), known[1].copy())
            mine[side][i] = sized
            after.append((part, mine))
    return after


def _joined(
    parts: Iterable[tuple[Outline, Known]],
    left: Forms,
    right: Forms,
    pairs: Pairs,
    choose: Choose,
    cause: Break,
    sweep: Sweep,
) -> list[Part]:
    finished: list[Part] = []
    for outline, (known_left, known_right) in parts:
        if len(finished) >= sweep.most:
            sweep.put_off.append(outline)
            continue
        branches: list[Part] = [(outline, [])]
        for i, j in pairs:
            sized = known_left.get(i, _UNKNOWN), known_right.get(j, _UNKNOWN)
            _decide(branches, choose(left[i], right[j], *sized), cause)
        finished += branches
    return finished


def _decide(branches: list[Part], choice: Choice, cause: Break) -> None:
    """Add a result to the row of every branch, and cut those that the line crosses."""
    line, low, high = choice
    if line is None:
        for _, row in branches:
            row.append(low)
        return
    for at in range(len(branches)):
        outline, row = branches[at]
        below, above = halves(outline, line, cause)
        if below is not None and above is not None:
            branches.append((above, [*row, high]))
            branches[at] = (below, row)
        row.append(high if below is None else low)
