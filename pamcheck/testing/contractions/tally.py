"""Exact sums of codes: how large, how many, and what is not finite among them."""

from __future__ import annotations

from fractions import Fraction
from typing import NamedTuple

import numpy as np

from pamcheck.formats import FloatFormat
from pamcheck.testing.subject import Codes


class Tally(NamedTuple):
    """The terms of one sum. Sizes are whole numbers of the format's smallest subnormal.

    many        terms that are finite and not zero
    plus        sum of those above zero
    minus       sum of the sizes of those below zero
    grain       the largest power of two that divides every term, as an exponent; 0 where there is none
    plus_inf    whether +infinity is among them; minus_inf and nan likewise
    all_minus   whether there are terms and all of them are -0
    """

    many: int
    plus: int
    minus: int
    grain: int
    plus_inf: bool
    minus_inf: bool
    nan: bool
    all_minus: bool


def unit(fmt: FloatFormat) -> Fraction:
    """Return the smallest subnormal number, of which every finite number is a multiple."""
    return Fraction(2) ** (1 - fmt.bias - fmt.mant_bits)


def tallies(terms: Codes, fmt: FloatFormat) -> list[Tally]:
    """Return the tally of every row of an array of codes (rows, terms)."""
    sizes = terms.astype(np.int64) & fmt.magnitude
    negative = (terms.astype(np.uint64) & np.uint64(fmt.sign)) != 0
    finite = sizes <= fmt.largest
    infinite = sizes == (fmt.magnitude + 1 if fmt.inf is None else fmt.inf)
    whole = np.where(finite, _multiples(sizes, fmt), 0)
    columns = (
        np.count_nonzero(finite & (sizes > 0), axis=1).tolist(),
        np.where(negative, 0, whole).sum(axis=1, initial=0).tolist(),
        np.where(negative, whole, 0).sum(axis=1, initial=0).tolist(),
        np.bitwise_or.reduce(whole, axis=1, initial=0).tolist(),
        (infinite & ~negative).any(axis=1).tolist(),
        (infinite & negative).any(axis=1).tolist(),
        (~finite & ~infinite).any(axis=1).tolist(),
        ((sizes == 0) & negative).all(axis=1).tolist() if terms.shape[1] else [False] * len(terms),
    )
    return [
        Tally(many, plus, minus, _trailing_zeros(union), *flags)
        for many, plus, minus, union, *flags in zip(*columns, strict=True)
    ]


def exact_codes(terms: Codes, fmt: FloatFormat) -> Codes:
    """Return the sum of every row, rounded once; of what is not finite, what IEEE additions make of it."""
    found = [_exact(tally, fmt) for tally in tallies(terms, fmt)]
    return np.array(found, terms.dtype)


def _exact(tally: Tally, fmt: FloatFormat) -> int:
    if tally.nan or (tally.plus_inf and tally.minus_inf):
        return fmt.sign if fmt.nan is None else fmt.nan
    if tally.plus_inf or tally.minus_inf:
        return fmt.too_large(fmt.sign if tally.minus_inf else 0)
    return fmt.encode((tally.plus - tally.minus) * unit(fmt))


def _multiples(sizes: np.ndarray, fmt: FloatFormat) -> np.ndarray:
    """Return finite magnitudes as Python integers, in units of the smallest subnormal."""
    field = sizes >> fmt.mant_bits
    significand = (sizes & (fmt.tiny - 1)) + np.where(field > 0, fmt.tiny, 0)
    return significand.astype(object) << np.maximum(field - 1, 0).astype(object)  # type: ignore[no-any-return]


def _trailing_zeros(number: int) -> int:
    return (number & -number).bit_length() - 1 if number else 0
