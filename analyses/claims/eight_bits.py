"""Exhaustive counts over pairs of codes of the formats of 8 bits and fewer."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np

from pamcheck import truth
from pamcheck.formats import FORMATS, FloatFormat, get_format
from pamcheck.kernels.launch import run_codes
from pamcheck.kernels.words import make_words
from pamcheck.measure import sampling
from pamcheck.measure.errors import round_pair
from pamcheck.measure.values import Codes, decode
from pamcheck.policy import get_policy

NARROW = tuple(fmt for fmt in FORMATS.values() if fmt.width <= 8)
TRUE = {"pam": "mul", "padiv": "div"}


@dataclass(frozen=True)
class Rounding:
    """How integer arithmetic on codes compares with correct rounding, on normal operands and results."""

    fmt: str
    op: str
    pairs: int
    unfaithful: int  # results that are neither neighbour of the true result, nor the true result
    nearest: int  # results equal to the true result rounded to nearest, ties to even


def power_of_two_exceptions() -> int:
    """Return how many normal products of a power of two are not exact."""
    count = 0
    for fmt in NARROW:
        a, b, result = _normal_results(fmt, "pam")
        power = ((a & (fmt.tiny - 1)) == 0) | ((b & (fmt.tiny - 1)) == 0)
        exact = decode(result, fmt) == decode(a, fmt) * decode(b, fmt)
        count += int(np.count_nonzero(power & ~exact))
    return count


def inverse_exceptions() -> int:
    """Return how many normal products, divided by their second operand, do not give back the first."""
    count = 0
    for fmt in NARROW:
        a, b, result = _normal_results(fmt, "pam")
        count += int(np.count_nonzero(_run("padiv", (result, b), fmt) != a))
    return count


@cache
def rounding(name: str, op: str) -> Rounding:
    """Compare "pam" or "padiv" with the correctly rounded operation on all normal pairs of a format."""
    fmt = get_format(name)
    a, b, result = _normal_results(fmt, op)
    head, tail = truth.pairs(TRUE[op], decode(a, fmt), decode(b, fmt))
    best = round_pair(head, tail, fmt)
    normal = (best & fmt.magnitude) <= fmt.largest
    size = np.abs(head)
    magnitude = result & np.uint8(fmt.magnitude)
    below, above = decode(magnitude - np.uint8(1), fmt), _above(magnitude, fmt)
    faithful = (below < size) & (size < above)
    return Rounding(
        name,
        op,
        int(np.count_nonzero(normal)),
        int(np.count_nonzero(normal & ~faithful)),
        int(np.count_nonzero(normal & (result == best))),
    )


def _above(magnitude: Codes, fmt: FloatFormat) -> np.ndarray:
    top = magnitude >= fmt.largest
    next_code = np.where(top, fmt.largest, magnitude + 1).astype(magnitude.dtype)
    return np.where(top, np.inf, decode(next_code, fmt))


@cache
def _normal_results(fmt: FloatFormat, op: str) -> tuple[Codes, Codes, Codes]:
    """Return the pairs of normal codes, of both signs, whose result is normal, and the results."""
    a, b = sampling.exhaustive(fmt, 2).operands
    first, second = ((codes & np.uint8(fmt.magnitude)).astype(np.int64) for codes in (a, b))
    # not the result's own code: some formats saturate
    plain = first + second - fmt.one if op == "pam" else first - second + fmt.one
    keep = np.ones(a.shape, dtype=bool)
    for magnitude in (first, second, plain):
        keep &= (magnitude >= fmt.tiny) & (magnitude <= fmt.largest)
    a, b = a[keep], b[keep]
    return a, b, _run(op, (a, b), fmt)


def _run(op: str, codes: tuple[Codes, Codes], fmt: FloatFormat) -> Codes:
    return run_codes(op, codes, make_words(fmt, get_policy("ftz"), 0))
