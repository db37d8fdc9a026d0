"""Where one operand breaks: cutting a cell at all its binades, or at all whole numbers that it crosses."""

from __future__ import annotations

from pamcheck.measure.regions.causes import Cause
from pamcheck.measure.regions.cells import Outline
from pamcheck.measure.regions.cutting import slices
from pamcheck.measure.regions.forms import Form, at_corners, floor_log2, is_constant
from pamcheck.measure.regions.sweep import Sweep

Sized = tuple[int, int]  # sign, and exponent of the magnitude


def binades(sweep: Sweep, outline: Outline, form: Form, every: int = 1) -> list[tuple[Outline, Sized]]:
    """Return the parts of a cell on which a form that varies keeps its sign and its exponent.

    every  2 cuts at odd powers of two only, where the square root breaks; exponents are then rounded down to odd

    The part below the smallest binade is left to the sweep, what is beyond the limit is put off.
    """
    values, e = at_corners(form, outline.corners), form[3]
    low, high = min(values), max(values)
    sizes = [
        floor_log2(value, corner[2]) if value else None
        for value, corner in zip(values, outline.corners, strict=True)
    ]
    # ends of the exponent, from above a power of two belongs to the binade below it
    bottoms = [(v, None if s is None else s[0] - e) for v, s in zip(values, sizes, strict=True)]
    tops = [(v, s[0] - e - s[1]) for v, s in zip(values, sizes, strict=True) if s is not None]
    small = sweep.smallest
    if low > 0 or high < 0:
        least = min(s for _, s in bottoms if s is not None)
        most = max(s for _, s in tops)
        if least >= small and (most <= least or (every == 2 and _odd(most) <= _odd(least))):
            return [(outline, (1 if low > 0 else -1, _odd(least) if every == 2 else least))]
    levels: list[tuple[int, int]] = []
    if low < 0:
        least = (
            small if high >= 0 else max(small, 1 + min(s for v, s in bottoms if s is not None and v < 0))
        )
        levels += [(-1, k) for k in _steps(max(s for v, s in tops if v < 0), least, every, small)]
    if high > 0:
        least = small if low <= 0 else max(small, 1 + min(s for v, s in bottoms if s is not None and v > 0))
        levels += [(1, k) for k in reversed(_steps(max(s for v, s in tops if v > 0), least, every, small))]
    parts, rest = slices(outline, form, levels, sweep.cause("binade"), sweep.most)
    if rest is not None:
        sweep.put_off.append(rest)
    found = []
    for part in parts:
        sized = _sized(part, form, small)
        if sized is None:
            sweep.leave(part)
        else:
            found.append((part, (sized[0], _odd(sized[1]) if every == 2 else sized[1])))
    return found


def whole(sweep: Sweep, outline: Outline, form: Form, cause: Cause) -> list[tuple[Outline, int]]:
    """Return the parts of a cell on which floor(form) is one number, and that number."""
    a, b, c, e = form
    if e < 0:
        form = (a << -e, b << -e, c << -e, 0)
    if is_constant(form):
        return [(outline, form[2] >> form[3])]
    ends = [
        divmod(value, corner[2] << form[3])
        for value, corner in zip(at_corners(form, outline.corners), outline.corners, strict=True)
    ]
    low = min(n for n, _ in ends)
    high = max(n - (part == 0) for n, part in ends)
    if high <= low:
        return [(outline, low)]
    levels = ((n, 0) for n in range(low + 1, high + 1))
    parts, rest = slices(outline, form, levels, sweep.cause(cause), sweep.most)
    if rest is not None:
        sweep.put_off.append(rest)
    return [(part, low + i) for i, part in enumerate(parts)]


def exponent(form: Form) -> Sized:
    """Return sign and exponent of a constant that is not zero."""
    return (1 if form[2] > 0 else -1), abs(form[2]).bit_length() - 1 - form[3]


def _odd(k: int) -> int:
    return k if k & 1 else k - 1


def _steps(top: int, bottom: int, every: int, smallest: int) -> list[int]:
    """Return the exponents of the cuts from top down to bottom."""
    return [k for k in range(top, bottom - 1, -1) if every == 1 or k & 1 or k == smallest]


def _sized(outline: Outline, form: Form, smallest: int) -> Sized | None:
    """Return sign and exponent of a form that crosses no binade here; None below the smallest one."""
    best: Sized | None = None
    for value, corner in zip(at_corners(form, outline.corners), outline.corners, strict=True):
        if value:
            power, attained = floor_log2(value, corner[2])
            # of a closed binade the upper end alone is a power of two too many
            found = power - form[3] - attained
            if best is None or found > best[1]:
                best = (1 if value > 0 else -1, found)
    return best if best is not None and best[1] >= smallest else None
