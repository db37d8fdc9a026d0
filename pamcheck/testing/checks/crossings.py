"""Where results leave the range of normal numbers: found by halving, for every operation, policy and derivative.

The class of a result (zero, subnormal, normal, the largest number, infinite, NaN) is asked of the definition on a
grid of one input's magnitudes, the others kept. Where it changes between two of them, halving finds the two
neighbouring codes at which it does.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from pamcheck.formats import FloatFormat
from pamcheck.testing.checks.material import Ints, Wide, ints, is_negative, magnitude_of, signed, within
from pamcheck.testing.subject import Subject

ZERO, SUBNORMAL, NORMAL, LARGEST, INFINITE, NAN = range(6)


class Crossings(NamedTuple):
    """Neighbouring magnitudes `low` and `high` of one input at which the class of a result changes.

    row            which of the given inputs are the other ones
    below, above   the classes at low and at high
    """

    row: Ints
    low: Ints
    high: Ints
    below: Ints
    above: Ints

    def where(self, chosen: Ints) -> Crossings:
        """Return some of them."""
        return Crossings(*(column[chosen] for column in self))


def crossings(
    subject: Subject,
    inputs: Sequence[Wide],
    place: int,
    low_side: bool,
    most: int,
    rng: np.random.Generator,
) -> Crossings:
    """Return at most `most` crossings of one side, with input `place` varied over the numbers of its sign.

    low_side  whether those into zeros and subnormal numbers are wanted, or those into what is too large
    """
    grid = _grid(subject)
    rows = np.repeat(np.arange(inputs[0].size), grid.size)
    tables = _classes(subject, inputs, place, rows, np.tile(grid, inputs[0].size))
    parts = []
    for output, flat in enumerate(tables):
        table = flat.reshape(-1, grid.size)
        below, above = table[:, :-1], table[:, 1:]
        high_side = np.maximum(below, above) >= LARGEST
        row, cell = np.nonzero((below != above) & (high_side != low_side))
        if row.size > most:
            kept = rng.choice(row.size, most, replace=False)
            row, cell = row[kept], cell[kept]
        found = Crossings(row, grid[cell], grid[cell + 1], below[row, cell], above[row, cell])
        parts.append(_halved(subject, inputs, place, output, found))
    return Crossings(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))


def _grid(subject: Subject) -> Ints:
    """Return the first magnitude of every binade, and the last of all; subnormal ones where they are numbers."""
    fmt = subject.fmt
    counts = subject.policy.gradual or subject.policy.reference_only
    first = 1 if counts else fmt.tiny
    starts = [field << fmt.mant_bits for field in range(1, (fmt.largest >> fmt.mant_bits) + 1)]
    return within(ints({first, *starts, fmt.largest}), first, fmt.largest)


def _halved(
    subject: Subject, inputs: Sequence[Wide], place: int, output: int, found: Crossings
) -> Crossings:
    low, high = found.low, found.high
    while (high - low > 1).any():
        middle = low + ((high - low) >> 1)
        same = _classes(subject, inputs, place, found.row, middle)[output] == found.below
        low, high = np.where(same, middle, low), np.where(same, high, middle)
    return Crossings(found.row, low, high, found.below, found.above)


def _classes(
    subject: Subject, inputs: Sequence[Wide], place: int, row: Ints, magnitude: Ints
) -> list[Ints]:
    """Return the classes of every output, input `place` having the magnitude given and its own sign."""
    columns = [column[row] for column in inputs]
    columns[place] = signed(magnitude, is_negative(columns[place], subject.fmt), subject.fmt)
    if not row.size:
        return [np.empty(0, np.int64) for _ in subject.outputs]
    codes = subject.expected([column.astype(subject.dtype) for column in columns])
    return [class_of(output.astype(np.uint64), subject.fmt) for output in codes]


def class_of(codes: Wide, fmt: FloatFormat) -> Ints:
    """Return the class of each code, ZERO to NAN."""
    magnitude = magnitude_of(codes, fmt)
    limits = [0, fmt.tiny - 1, fmt.largest - 1, fmt.largest, fmt.largest if fmt.inf is None else fmt.inf]
    found: Ints = np.searchsorted(np.array(limits, np.int64), magnitude, side="left").astype(np.int64)
    return found
