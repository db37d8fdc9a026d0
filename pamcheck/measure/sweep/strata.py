"""Classes and binades of operands: every code belongs to one stratum, and a range of codes to a few in a row."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from pamcheck.formats import FloatFormat
from pamcheck.measure.sweep.loops import INF_CLASS, NAN_CLASS, NORMAL_CLASS, SUBNORMAL_CLASS, ZERO_CLASS

CLASSES = ("normal", "subnormal", "zero", "inf", "NaN")


class Strata(NamedTuple):
    """All strata of a format, in the order of its codes.

    starts     first code of each; uint64
    classes    place in CLASSES of each
    negative   1 for those of negative codes
    exponents  that of the binade of a normal stratum, else 0
    """

    starts: Any
    classes: Any
    negative: Any
    exponents: Any

    @property
    def size(self) -> int:
        """How many there are."""
        return len(self.starts)

    @property
    def normal(self) -> int:
        """The first normal one, which stands in for the operand that is not there."""
        return int(np.argmax(self.classes == NORMAL_CLASS))

    def name(self, place: int) -> str:
        """Return a stratum's name, such as "+zero" or "-2^-3"."""
        sign = "-" if self.negative[place] else "+"
        kind = CLASSES[self.classes[place]]
        return f"{sign}2^{self.exponents[place]}" if kind == "normal" else sign + kind


@lru_cache(maxsize=64)
def strata(fmt: FloatFormat) -> Strata:
    """Return the strata of a format."""
    rows = [(0, ZERO_CLASS, 0)]
    if fmt.tiny > 1:
        rows.append((1, SUBNORMAL_CLASS, 0))
    fields = (fmt.largest >> fmt.mant_bits) + 1
    rows += [(field << fmt.mant_bits, NORMAL_CLASS, field - fmt.bias) for field in range(1, fields)]
    if fmt.inf is not None:
        rows.append((fmt.inf, INF_CLASS, 0))
    if fmt.nan is not None:
        rows.append((fmt.largest + 1 + (fmt.inf is not None), NAN_CLASS, 0))
    both = [(start + sign, kind, exponent) for sign in (0, fmt.sign) for start, kind, exponent in rows]
    starts, classes, exponents = zip(*both, strict=True)
    negative = np.arange(len(both)) >= len(rows)
    return Strata(
        np.array(starts, np.uint64), np.array(classes), negative.astype(np.int64), np.array(exponents)
    )


def of_codes(codes: Any, fmt: FloatFormat) -> Any:
    """Return the stratum of each code."""
    return np.searchsorted(strata(fmt).starts, codes.astype(np.uint64), side="right") - 1


def of_range(low: int, high: int, fmt: FloatFormat) -> tuple[Any, Any]:
    """Return where each stratum of range(low, high) ends, counted from low, and which it is."""
    starts = strata(fmt).starts
    first = int(np.searchsorted(starts, np.uint64(low), side="right")) - 1
    last = int(np.searchsorted(starts, np.uint64(high - 1), side="right")) - 1
    inner = starts[first + 1 : last + 1].astype(object) - low
    return np.array([*inner, high - low], np.int64), np.arange(first, last + 1)
