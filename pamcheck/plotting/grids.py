"""Where a figure is drawn: the codes of a domain, the errors on them, the worst point among them.

Codes are handled by ordinal, the signed place of a value in its format: neighbours are 1 apart.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import frexp, isfinite, ldexp

import numpy as np
import numpy.typing as npt

from pamcheck.formats import FloatFormat
from pamcheck.measure.errors import Errors, measure
from pamcheck.measure.sampling import Sample
from pamcheck.measure.values import Codes, Floats, Ints, code_dtype, decode, encode, ordinal

Range = tuple[float, float]

# the least first operand on which the function is real, and whether it is real there too
_LEAST: dict[str, tuple[float, bool]] = {
    "log2": (0, False),
    "log": (0, False),
    "pow": (0, False),
    "sqrt": (0, True),
}
# The search for the worst point cuts its window into _ZOOM steps and goes on with _REACH of them at either
# side of the best: several, as it may lie on a kink that runs askew between the steps.
_ZOOM, _REACH = 32, 4


@dataclass(frozen=True)
class Axis:
    """One operand's codes, ascending. `complete` says whether they are all the codes of the domain."""

    fmt: FloatFormat
    ordinals: Ints
    complete: bool

    @property
    def values(self) -> Floats:
        """The operands as float64, exact."""
        return decode(codes_of(self.ordinals, self.fmt), self.fmt)

    @property
    def edges(self) -> Floats:
        """Borders of the cells around the values, one more than there are values."""
        values = self.values
        inner = (values[:-1] + values[1:]) / 2
        return np.concatenate(
            [[1.5 * values[0] - values[1] / 2], inner, [1.5 * values[-1] - values[-2] / 2]]
        )


FARTHEST = 2.0**1000  # beyond it the neighbours of a point are no longer float64


@dataclass(frozen=True)
class Worst:
    """The operands of the largest error. `places` are all points of the grid that share it."""

    codes: tuple[int, ...]
    operands: tuple[float, ...]
    result: float
    error: float
    places: tuple[tuple[float, ...], ...]


def codes_of(ordinals: Ints, fmt: FloatFormat) -> Codes:
    """Return the codes at these ordinals; 0 gives +0."""
    signs = np.where(ordinals < 0, np.uint64(fmt.sign), np.uint64(0))
    return (np.abs(ordinals).astype(np.uint64) | signs).astype(code_dtype(fmt))


def ordinals_of(values: npt.ArrayLike, fmt: FloatFormat) -> Ints:
    """Return the ordinals of the codes nearest to the values."""
    array = np.asarray(values, dtype=np.float64)
    # zero has no exponent, and is not left to an encoder that works by exponents
    return np.where(array == 0, 0, ordinal(encode(np.where(array == 0, 1.0, array), fmt), fmt))


def check_domain(argument: str, domain: Range, approximates: str = "", operand: int = 0) -> Range:
    """Return the domain as floats. Raises ValueError where it is no interval the function is real on."""
    try:
        lo, hi = (float(end) for end in domain)
    except (TypeError, ValueError):
        raise ValueError(f"{argument} is {domain!r}; it must be a pair of numbers (lo, hi)") from None
    if not (isfinite(lo) and isfinite(hi)):
        raise ValueError(f"{argument} is ({lo:g}, {hi:g}); both ends must be finite")
    if max(abs(lo), abs(hi)) > FARTHEST:
        raise ValueError(f"{argument} is ({lo:g}, {hi:g}); a figure reaches to ±{FARTHEST:g}")
    if not lo < hi:
        raise ValueError(f"{argument} is ({lo:g}, {hi:g}), which is empty; it must have lo < hi")
    least, allowed = _LEAST.get(approximates, (-np.inf, True))
    if operand == 0 and (lo < least or (lo == least and not allowed)):
        sign = ">=" if allowed else ">"
        raise ValueError(
            f"{argument} is ({lo:g}, {hi:g}); {approximates} is real only on lo {sign} {least:g}"
        )
    return lo, hi


def make_axis(
    argument: str, domain: Range, fmt: FloatFormat, most: int, extra: Sequence[float] = ()
) -> Axis:
    """Return all codes of the domain, or `most` spread evenly over it and the `extra` values besides.

    Raises ValueError for a domain that holds fewer than two codes.
    """
    lo, hi = domain
    near = ordinals_of([lo, hi], fmt).clip(-fmt.largest, fmt.largest)
    first, last = (int(place) for place in near)
    first += bool(_value(first, fmt) < lo)
    last -= bool(_value(last, fmt) > hi)
    if last <= first or _value(last, fmt) < lo or _value(first, fmt) > hi:
        raise ValueError(
            f"{argument} is ({lo:g}, {hi:g}), which holds fewer than two codes of {fmt.name}; "
            "take a wider domain or a finer format"
        )
    if last - first < most:
        return Axis(fmt, np.arange(first, last + 1), True)
    wanted = np.concatenate([np.linspace(lo, hi, most), [x for x in extra if lo <= x <= hi]])
    places = np.unique(ordinals_of(wanted, fmt).clip(first, last))
    return Axis(fmt, places, False)


def binades(lo: float, hi: float, fmt: FloatFormat, share: float = 1 / 32) -> list[tuple[int, int]]:
    """Return (sign, exponent) of the normal binades that meet the domain, those too narrow to see left out.

    A binade below `share` of the domain's length is too narrow: they crowd without end towards zero.
    """
    found = []
    for sign, near, far in ((-1, -hi, -lo), (1, lo, hi)):
        if far <= 0:
            continue
        smallest = max(near, share * (hi - lo), ldexp(1.0, 1 - fmt.bias))
        first, last = frexp(smallest)[1] - 1, frexp(far)[1] - 1
        found += [(sign, exponent) for exponent in range(first, last + (ldexp(1.0, last) < far))]
    return found


def landmarks(lo: float, hi: float, fmt: FloatFormat, offset: float = 0.0) -> list[float]:
    """Return points a grid should not miss: the ends of the binades, their middles, and those offset."""
    inner = {1.0, 1.5, 2.0, 1 + abs(offset), 2 - abs(offset), (3 + offset) / 2, (3 - offset) / 2}
    return [sign * ldexp(m, exponent) for sign, exponent in binades(lo, hi, fmt) for m in sorted(inner)]


def errors_on(name: str, axes: Sequence[Axis], offset: int = 0) -> Errors:
    """Return the errors on the product of the axes, flat, the last operand varying fastest."""
    return _errors_at(name, axes[0].fmt, [axis.ordinals for axis in axes], offset)


def find_worst(name: str, axes: Sequence[Axis], errors: Errors, kind: str, offset: int = 0) -> Worst | None:
    """Return the largest error of the grid, followed between its points; None where there is none."""
    if not errors.compared.any():
        return None
    fmt, size = errors.fmt, _size(errors, kind)
    on_grid, start = _best(axes, size)
    best, windows = start, [_window(axis, place) for axis, place in zip(axes, start, strict=True)]
    while any(low < high for low, high in windows):
        finer = [_spread(low, high) for low, high in windows]
        found = _size(_errors_at(name, fmt, finer, offset), kind)
        error, place = _best([Axis(fmt, ordinals, False) for ordinals in finer], found)
        if error > on_grid * (1 + 1e-15):
            on_grid, best = error, place
        windows = [_narrowed(window, centre) for window, centre in zip(windows, best, strict=True)]
    final = _errors_at(name, fmt, [np.array([place]) for place in best], offset)
    signed = final.relative if kind == "relative" else final.absolute
    share = 1 - 1e-14 if on_grid > 0 and best == start else np.inf
    shared = np.flatnonzero(size >= on_grid * share)
    columns = [decode(codes, fmt) for codes in errors.operands]
    return Worst(
        codes=tuple(int(codes[0]) for codes in final.operands),
        operands=tuple(_value(place, fmt) for place in best),
        result=float(decode(final.results, fmt)[0]),
        error=float(signed[0]),
        places=tuple(tuple(float(column[i]) for column in columns) for i in shared),
    )


def _errors_at(name: str, fmt: FloatFormat, ordinals: Sequence[Ints], offset: int) -> Errors:
    grid = np.meshgrid(*(codes_of(axis, fmt) for axis in ordinals), indexing="ij")
    return measure(
        name, Sample(fmt, tuple(axis.ravel() for axis in grid), "grid of a figure"), offset=offset
    )


def _size(errors: Errors, kind: str) -> Floats:
    """Return the magnitude of the error, -1 where there is none."""
    size = np.abs(errors.relative if kind == "relative" else errors.absolute)
    return np.where(np.isnan(size), -1.0, size)


def _best(axes: Sequence[Axis], size: Floats) -> tuple[float, tuple[int, ...]]:
    """Return the largest of the sizes and the ordinals where it is."""
    place = int(np.argmax(size))
    where = np.unravel_index(place, [axis.ordinals.size for axis in axes])
    return float(size[place]), tuple(int(axis.ordinals[i]) for axis, i in zip(axes, where, strict=True))


def _window(axis: Axis, centre: int) -> tuple[int, int]:
    """Return the ordinals next to one of the grid, between which the grid has not looked."""
    if axis.complete:
        return centre, centre
    place = int(np.searchsorted(axis.ordinals, centre))
    near = axis.ordinals[max(0, place - 1) : place + 2]
    return int(near[0]), int(near[-1])


def _spread(low: int, high: int) -> Ints:
    """Return about _ZOOM ordinals from low to high in even steps: all of them where there are no more."""
    step = max(1, (high - low) // _ZOOM)
    return np.append(np.arange(low, high, step, dtype=np.int64), high)


def _narrowed(window: tuple[int, int], centre: int) -> tuple[int, int]:
    """Return the part of a window around the centre that its even steps have not all tried."""
    low, high = window
    step = (high - low) // _ZOOM
    reach = step * _REACH if step > 1 else 0
    return max(low, centre - reach), min(high, centre + reach)


def _value(place: int, fmt: FloatFormat) -> float:
    return fmt.to_float(abs(place) | (fmt.sign if place < 0 else 0))
