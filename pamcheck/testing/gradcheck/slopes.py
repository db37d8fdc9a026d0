"""Slopes of a function along a line, from exact differences; see gradcheck."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np

from pamcheck.formats import FloatFormat

PARTS = (8, 4, 2)  # of a step, at the ends of which the function must be in line: as many as the format has

TOGETHER = 12  # steps whose values are asked for in one call


class Line(NamedTuple):
    """A piece that begins at a point.

    slope   None where no piece was found
    doubt   how far off the slope may be, should rounding have hidden as much as it can
    step    its length, signed
    inside  values of the operand's element inside the piece
    """

    slope: Fraction | None
    doubt: Fraction = Fraction(0)
    step: Fraction | None = None
    inside: tuple[Fraction, ...] = ()


NONE = Line(None)


class Function:
    """A function and its vector-Jacobian product at one point.

    Raises ValueError and TypeError where results do not have the shape or the dtype that they must have.
    """

    def __init__(
        self,
        fn: Callable[..., Any],
        vjp: Callable[..., Any],
        operands: tuple[Any, ...],
        elementwise: bool,
        fmt: FloatFormat,
    ) -> None:
        self.operands, self.elementwise, self.fmt = operands, elementwise, fmt
        self._fn, self._vjp = fn, vjp
        self._values: dict[Any, Any] = {}
        self._cotangents: dict[Any, Any] = {}
        if any(x.dtype != operands[0].dtype for x in operands):
            raise TypeError(
                f"a point has dtypes {', '.join(str(x.dtype) for x in operands)}; they must be one"
            )
        if elementwise and any(x.shape != operands[0].shape for x in operands):
            raise ValueError(
                f"a point has shapes {', '.join(str(x.shape) for x in operands)}; elementwise needs one"
            )
        self.value = self._called(operands)
        if elementwise and self.value.shape != operands[0].shape:
            raise ValueError(
                f"fn returned shape {self.value.shape}; elementwise, it must be {operands[0].shape}"
            )

    def along(
        self, operand: int, index: tuple[int, ...], output: tuple[int, ...], places: Sequence[Fraction]
    ) -> Iterator[Fraction | None]:
        """Yield an element of the result for other values of an operand's element; None for what is no number."""
        if self.elementwise:
            lines = [np.full(len(places), x[index], x.dtype) for x in self.operands]
            lines[operand][:] = [float(place) for place in places]
            yield from map(exact, self._called(lines).astype(np.float64).tolist())
            return
        for place in places:
            key = (operand, index, place)
            if key not in self._values:
                self._values[key] = self._called(self._moved(operand, index, place))
            yield exact(float(self._values[key][output]))

    def partials(
        self,
        operand: int,
        index: tuple[int, ...],
        output: tuple[int, ...],
        cotangent: Fraction,
        places: Sequence[Fraction | None],
    ) -> list[Fraction | None]:
        """Return what the vjp gives an operand's element, for the cotangent of one element of the result.

        places  values that the element has; None for its own
        """
        if not self.elementwise:
            return [self._partial(operand, index, output, cotangent, place) for place in places]
        operands = tuple(np.full(len(places), x[index], x.dtype) for x in self.operands)
        for number, place in enumerate(places):
            if place is not None:
                operands[operand][number] = float(place)
        found = self._pulled(operands, np.full(len(places), float(cotangent), operands[0].dtype))
        return [exact(value) for value in found[operand].astype(np.float64).tolist()]

    def _partial(
        self,
        operand: int,
        index: tuple[int, ...],
        output: tuple[int, ...],
        cotangent: Fraction,
        place: Fraction | None,
    ) -> Fraction | None:
        key = (output, cotangent, () if place is None else (operand, index, place))
        if key not in self._cotangents:
            operands = self.operands if place is None else self._moved(operand, index, place)
            seed = np.zeros(self.value.shape, operands[0].dtype)
            seed[output] = float(cotangent)
            self._cotangents[key] = self._pulled(operands, seed)
        return exact(float(self._cotangents[key][operand][index]))

    def _pulled(self, operands: tuple[Any, ...], seed: Any) -> tuple[Any, ...]:
        with np.errstate(all="ignore"):
            found = self._vjp(*(x.copy() for x in operands), seed)
        return self._fitting(found, operands)

    def _moved(self, operand: int, index: tuple[int, ...], place: Fraction) -> tuple[Any, ...]:
        moved = self.operands[operand].copy()
        moved[index] = float(place)
        return (*self.operands[:operand], moved, *self.operands[operand + 1 :])

    def _called(self, operands: Sequence[Any]) -> Any:
        with np.errstate(all="ignore"):
            result = np.asarray(self._fn(*(x.copy() for x in operands)))
        if result.dtype != operands[0].dtype:
            raise TypeError(
                f"fn returned dtype {result.dtype}; it must be {operands[0].dtype}, as the operands"
            )
        return result

    @staticmethod
    def _fitting(found: Any, operands: Sequence[Any]) -> tuple[Any, ...]:
        results = tuple(found) if isinstance(found, tuple | list) else (found,)
        if len(results) != len(operands):
            raise ValueError(
                f"vjp returned {len(results)} cotangents; it must return {len(operands)}, one an operand"
            )
        arrays = tuple(np.asarray(x) for x in results)
        for place, (array, operand) in enumerate(zip(arrays, operands, strict=True)):
            if array.shape != operand.shape:
                raise ValueError(
                    f"vjp returned shape {array.shape} for operand {place}; it must be {operand.shape}"
                )
        return arrays


def line_of(
    function: Function, operand: int, index: tuple[int, ...], output: tuple[int, ...], sign: int
) -> Line:
    """Return the piece that begins at a point towards larger (sign 1) or smaller values of one element."""
    x, start = exact(float(function.operands[operand][index])), exact(float(function.value[output]))
    if x is None or start is None:
        return NONE
    steps = _steps(x, sign, function.fmt, function.operands[operand].dtype)
    for first in range(0, len(steps), TOGETHER):
        some = steps[first : first + TOGETHER]
        values = _values(function, operand, index, output, x, some)
        for number, ((step, _), row) in enumerate(zip(some, values, strict=True), first):
            line = _line(x, start, step, row, function.fmt, number)
            if line.slope is not None:
                return line
    return NONE


def _values(
    function: Function,
    operand: int,
    index: tuple[int, ...],
    output: tuple[int, ...],
    x: Fraction,
    steps: Sequence[tuple[Fraction, int]],
) -> Iterator[list[Fraction | None]]:
    """Yield the values at the ends of every part of each step; only the last few where they are in no line."""
    places = [[x + step * j / parts for j in range(1, parts + 1)] for step, parts in steps]
    if function.elementwise:
        values = function.along(operand, index, output, [place for row in places for place in row])
        for row in places:
            yield [next(values) for _ in row]
        return
    start = exact(float(function.value[output]))
    for row in places:
        half, full = function.along(operand, index, output, [row[len(row) // 2 - 1], row[-1]])
        if start is None or half is None or full is None or 2 * (half - start) != full - start:
            yield [None]  # most steps fail here, and are not looked at any closer
        else:
            yield list(function.along(operand, index, output, row))


def exact(value: float) -> Fraction | None:
    """Return a finite number as a fraction, None for any other."""
    return Fraction(value) if np.isfinite(value) else None


def ulp(value: Fraction, fmt: FloatFormat) -> Fraction:
    """Return the distance of numbers of a format around a value."""
    return Fraction(2) ** (max(exponent(value), 1 - fmt.bias) - fmt.mant_bits) if value else fmt.decode(1)


def exponent(value: Fraction) -> int:
    """Return the exponent E with 2^E <= |value| < 2^(E + 1), for a value that is not zero."""
    size = abs(value)
    found = size.numerator.bit_length() - size.denominator.bit_length()
    return found if size >= Fraction(2) ** found else found - 1


def _steps(x: Fraction, sign: int, fmt: FloatFormat, dtype: Any) -> list[tuple[Fraction, int]]:
    """Return steps, halving, with the parts they are cut into; every place is a normal number of the format."""
    outward = x * sign >= 0
    top = (exponent(x) if x else 0) - (not outward)
    lengths = np.ldexp(float(sign), np.arange(top, top - fmt.mant_bits - 1, -1))
    fits = {}
    for parts in PARTS if fmt.mant_bits <= 10 else PARTS[:1]:
        ends = lengths[:, None] * (np.arange(1, parts + 1) / parts)
        fits[parts] = _are_numbers(float(x), ends, fmt, dtype).all(axis=1)
    found = []
    for number, length in enumerate(lengths.tolist()):
        parts = next((parts for parts, fitting in fits.items() if fitting[number]), 0)
        if parts:
            found.append((Fraction(length), parts))
    return found


def _are_numbers(x: float, ends: Any, fmt: FloatFormat, dtype: Any) -> Any:
    """Return where x + end is a normal number of the format."""
    with np.errstate(all="ignore"):
        places = x + ends
        nothing_lost = (places - x == ends) & (places - ends == x)
        held = places.astype(dtype).astype(np.float64) == places
    sizes = np.abs(places)
    return nothing_lost & held & (sizes >= fmt.to_float(fmt.tiny)) & (sizes <= fmt.to_float(fmt.largest))


def _line(
    x: Fraction,
    start: Fraction,
    step: Fraction,
    values: Sequence[Fraction | None],
    fmt: FloatFormat,
    number: int,
) -> Line:
    """Return the line through these values at equal distances, NONE where they are not on one that shows."""
    last, parts = values[-1], len(values)
    if last is None or any(
        v is None or (v - start) * parts != (last - start) * j for j, v in enumerate(values, 1)
    ):
        return NONE
    change, unit = last - start, ulp(max(abs(start), abs(last)), fmt)
    shows = abs(change) >= max(parts, 1 << fmt.mant_bits // 2) * unit
    # no change at all is a slope of zero if the result is zero, or if over so long a step it would have shown
    if not shows and not (change == 0 and (start == 0 or number <= fmt.mant_bits // 4)):
        return NONE
    inside = tuple(x + step * j / parts for j in sorted({parts // 4, parts // 2, 3 * parts // 4} - {0}))
    return Line(change / step, 2 * unit / abs(step), step, inside)
