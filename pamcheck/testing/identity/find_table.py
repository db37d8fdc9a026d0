"""Corrections that depend on the mantissas: constant on squares of them, or without a law that shows."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from pamcheck.formats import FloatFormat
from pamcheck.testing.identity.core import PairCore, raw_size

Row = tuple[int, int, int]
Range = dict[tuple[int, int], tuple[int, int]]

TABLE_BITS = 4  # squares of up to 16 by 16
SHOWN_BITS = 2
NEARLY = Fraction(2, 5)  # of an octave: corrections beyond it are none
MOST = 0.99


def find_table(op: str, fmt: FloatFormat, rows: Sequence[Row]) -> PairCore | None:
    """Return PAM with a correction by the leading bits of both mantissas, the fewest that do; None without one.

    A square needs to have been seen twice on average, lest any answers at all make a table.
    """
    for bits in range(1, min(TABLE_BITS, fmt.mant_bits) + 1):
        ranges = correction_ranges(op, fmt, rows, bits)
        if len(rows) >= 2 * len(ranges) and all(low == high for low, high in ranges.values()):
            table = {square: low for square, (low, _) in ranges.items()}
            if all(abs(x) <= NEARLY * fmt.tiny for x in table.values()):
                return PairCore(op, fmt, "corrected", table_bits=bits, table=table)
    return None


def correction_ranges(op: str, fmt: FloatFormat, rows: Sequence[Row], bits: int) -> Range:
    """Return the least and greatest correction, in codes, by the leading bits of both mantissas."""
    down, low_bits = fmt.mant_bits - bits, fmt.tiny - 1
    found: Range = {}
    for a, b, got in rows:
        square = ((a & low_bits) >> down, (b & low_bits) >> down)
        correction = got - raw_size(op, a, b, fmt)
        low, high = found.get(square, (correction, correction))
        found[square] = (min(low, correction), max(high, correction))
    return dict(sorted(found.items()))


def is_mitchell_like(op: str, fmt: FloatFormat, rows: Sequence[Row]) -> bool:
    """Whether answers differ from PAM by less than half an octave throughout, and are no noise.

    In formats of so few bits that anything does, no answer is called Mitchell-like.
    """
    if not rows or fmt.mant_bits < 2:
        return False
    near = sum(abs(got - raw_size(op, a, b, fmt)) <= NEARLY * fmt.tiny for a, b, got in rows)
    return near >= MOST * len(rows)
