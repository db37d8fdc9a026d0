"""Rows of terms at which sums go wrong: not finite, zeros, overflow, underflow, cancellation, ties."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from pamcheck.formats import FloatFormat
from pamcheck.testing.subject import Codes

OCTAVES = 8  # on either side of 1, where the format has them


def code_dtype(fmt: FloatFormat) -> np.dtype[np.unsignedinteger]:
    """Return the unsigned integer that holds a code."""
    return np.dtype(f"u{fmt.storage_bits // 8}")


def drawn(
    rng: np.random.Generator, fmt: FloatFormat, shape: tuple[int, ...], octaves: int = OCTAVES
) -> Codes:
    """Return random normal numbers of both signs within so many octaves of 1, as codes."""
    reach = min(octaves, max(fmt.bias // 2, 1)) * fmt.tiny
    low, high = max(fmt.one - reach, fmt.tiny), min(fmt.one + reach, fmt.largest)
    sizes = rng.integers(low, high, shape, np.uint64, endpoint=True)
    signs = rng.integers(0, 2, shape, np.uint64) * np.uint64(fmt.sign)
    return (sizes | signs).astype(code_dtype(fmt))


def cancelling(rng: np.random.Generator, fmt: FloatFormat, shape: tuple[int, ...]) -> Codes:
    """Return rows in which large terms cancel, so that what is left depends on the order of additions."""
    k = shape[-1]
    terms = drawn(rng, fmt, shape)
    reach = min(14, max(fmt.bias - 1, 1)) * fmt.tiny
    large = np.uint64(min(fmt.one + reach, fmt.largest))
    for place in range(0, k // 2, 7):  # each with its opposite, as far apart as can be
        terms[..., place], terms[..., k - 1 - place] = large, large | np.uint64(fmt.sign)
    return terms


def patterns(fmt: FloatFormat) -> dict[str, list[int]]:
    """Return short rows of codes by name, those that the format can have; zeros may follow or go before."""
    minus, one, big = fmt.sign, fmt.one, fmt.largest
    found = {
        "zeros": [0, 0, 0, 0],
        "negative zeros": [minus] * 4,
        "zeros of both signs": [minus, 0, minus],
        "opposites": [one, one | minus, big, big | minus],
        "overflow": [big] * 4,
        "overflow on the way": [big, big, big | minus, big | minus],
        "overflow both ways": [big, big | minus, big, big, big | minus, big | minus, big | minus],
        "subnormals": [1, fmt.tiny - 1, minus | 1, 3 % fmt.tiny, fmt.tiny - 1],
        "subnormal sum": [fmt.tiny + 1, minus | fmt.tiny],
        "smallest normals": [fmt.tiny, fmt.tiny, minus | (fmt.tiny + 1)],
        **_ties(fmt),
    }
    if fmt.inf is not None:
        found["infinity"] = [one, fmt.inf, one | minus]
        found["negative infinity"] = [one, minus | fmt.inf, big]
        found["infinity less infinity"] = [one, fmt.inf, one, minus | fmt.inf, one]
    if fmt.nan is not None:
        found["NaN"] = [one, fmt.nan, one]
        found["NaN with a sign"] = [one, minus | fmt.magnitude]
    return found


def laid_out(row: list[int], k: int, fmt: FloatFormat, at_end: bool) -> Codes:
    """Return a row among zeros: at the beginning or the end of k terms. k is at least the row's length."""
    terms = np.zeros(k, code_dtype(fmt))
    start = k - len(row) if at_end else 0
    terms[start : start + len(row)] = row
    return terms


def _ties(fmt: FloatFormat) -> dict[str, list[int]]:
    """Return rows whose sum lies half way between two numbers, beside it, or is lost term by term."""
    ulp = Fraction(2) ** -fmt.mant_bits
    half, little, quarter = (fmt.encode(x) for x in (ulp / 2, ulp / 64, ulp / 4))
    if min(half, little, quarter) < fmt.tiny:
        return {}
    return {
        "tie to even, down": [fmt.one, half],
        "tie to even, up": [fmt.one + 1, half],
        "above a tie": [fmt.one, half, little],
        "below a tie": [fmt.one + 1, half, fmt.sign | little],
        "lost one by one": [fmt.one, *[quarter] * 16],
    }


def edges(fmt: FloatFormat) -> Codes:
    """Return codes at the edges of a format, of both signs; every code of a format of 8 bits or fewer."""
    if fmt.width <= 8:
        return np.arange(1 << fmt.width, dtype=code_dtype(fmt))
    middle = [
        fmt.one + step for step in (-fmt.tiny, -1, 0, 1, fmt.tiny // 2, fmt.tiny // 2 + 1, fmt.tiny - 1)
    ]
    sizes = [
        0,
        1,
        fmt.tiny >> 1,
        fmt.tiny - 1,
        fmt.tiny,
        fmt.tiny + 1,
        *middle,
        fmt.largest - 1,
        fmt.largest,
    ]
    sizes += [code for code in (fmt.inf, fmt.nan) if code is not None]
    return np.array([code | sign for code in sizes for sign in (0, fmt.sign)], code_dtype(fmt))
