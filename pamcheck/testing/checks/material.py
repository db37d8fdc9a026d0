"""What operands are made of: classes of codes, landmarks, random numbers of a format.

Magnitudes are int64 arrays, whole codes uint64 arrays, for every format; a session narrows them to its dtype.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt

from pamcheck.formats import FloatFormat

Ints = npt.NDArray[np.int64]
Wide = npt.NDArray[np.uint64]


def ints(numbers: Iterable[int]) -> Ints:
    """Return Python integers as int64, sorted, each once."""
    return np.array(sorted(set(numbers)), np.int64)


def within(magnitudes: Iterable[int] | Ints, low: int, high: int) -> Ints:
    """Return those with low <= magnitude <= high."""
    found = magnitudes if isinstance(magnitudes, np.ndarray) else ints(magnitudes)
    return found[(found >= low) & (found <= high)]


def signed(magnitudes: Ints, negative: npt.NDArray[Any] | bool, fmt: FloatFormat) -> Wide:
    """Return the codes of these magnitudes, negative where `negative` says so."""
    sign = np.where(negative, np.uint64(fmt.sign), np.uint64(0))
    codes: Wide = magnitudes.astype(np.uint64) | sign
    return codes


def both_signs(magnitudes: Ints, fmt: FloatFormat) -> Wide:
    """Return every magnitude with either sign."""
    return np.concatenate([signed(magnitudes, negative, fmt) for negative in (False, True)])


def magnitude_of(codes: Wide, fmt: FloatFormat) -> Ints:
    """Return codes without their sign bits."""
    found: Ints = (codes & np.uint64(fmt.magnitude)).astype(np.int64)
    return found


def is_negative(codes: Wide, fmt: FloatFormat) -> npt.NDArray[np.bool_]:
    """Return where the sign bit is set."""
    found: npt.NDArray[np.bool_] = (codes & np.uint64(fmt.sign)) != 0
    return found


def any_codes(fmt: FloatFormat, rng: np.random.Generator, count: int) -> Wide:
    """Return random codes, every one as likely as any other."""
    return rng.integers(0, 2 * fmt.sign - 1, count, np.uint64, endpoint=True)


def normals(fmt: FloatFormat, rng: np.random.Generator, count: int) -> Ints:
    """Return magnitudes of normal numbers: every binade equally likely, one mantissa in four an edge."""
    field = rng.integers(1, fmt.largest >> fmt.mant_bits, count, endpoint=True)
    found: Ints = np.minimum((field << fmt.mant_bits) + mantissas(fmt, rng, count), fmt.largest)
    return found


def middling(fmt: FloatFormat, rng: np.random.Generator, count: int) -> Ints:
    """Return magnitudes of normal numbers in the middle of the range, so that few results leave it."""
    reach = max(fmt.bias // 3, 1)
    field = rng.integers(fmt.bias - reach, fmt.bias + reach, count, endpoint=True)
    found: Ints = np.clip((field << fmt.mant_bits) + mantissas(fmt, rng, count), fmt.tiny, fmt.largest)
    return found


def mantissas(fmt: FloatFormat, rng: np.random.Generator, count: int) -> Ints:
    """Return mantissas, in units of 2^-mant_bits: one in four an edge, the others uniform."""
    edges = edge_mantissas(fmt)
    uniform = rng.integers(0, fmt.tiny, count)
    return np.where(rng.integers(0, 4, count) == 0, edges[rng.integers(0, edges.size, count)], uniform)


def edge_mantissas(fmt: FloatFormat) -> Ints:
    """Return the mantissas at which something happens: 0, 1/2, the last one, and the codes beside them."""
    half = fmt.tiny >> 1
    return within({0, 1, half - 1, half, half + 1, fmt.tiny - 2, fmt.tiny - 1}, 0, fmt.tiny - 1)


def subnormals(fmt: FloatFormat) -> Ints:
    """Return magnitudes of subnormal numbers: all up to 255, else the powers of two and what is beside them."""
    near = {(1 << place) + step for place in range(fmt.mant_bits + 1) for step in (-1, 0, 1)}
    return within(near if fmt.mant_bits > 8 else range(fmt.tiny), 1, fmt.tiny - 1)


def nans(fmt: FloatFormat, rng: np.random.Generator, count: int) -> Ints:
    """Return magnitudes of NaNs, first, quiet, last and random payloads; none in a format without NaN."""
    if fmt.nan is None:
        return ints(())
    first = fmt.largest + 1 + (fmt.inf is not None)
    drawn = rng.integers(first, fmt.magnitude, count, endpoint=True).tolist()
    return ints({first, fmt.nan, min(fmt.nan + 1, fmt.magnitude), fmt.magnitude, *drawn})


def landmarks(fmt: FloatFormat) -> Ints:
    """Return the magnitudes at which a format's classes begin and end, those beside them, and 1/2, 3/2, 2, 3."""
    half = fmt.tiny >> 1
    found = {0, 1, 2, half, fmt.tiny - 1, fmt.tiny, fmt.tiny + 1, fmt.one - fmt.tiny, fmt.one - 1, fmt.one}
    found |= {fmt.one + 1, fmt.one + half, fmt.one + fmt.tiny, fmt.one + fmt.tiny + half}
    found |= {fmt.largest - 1, fmt.largest, fmt.largest + 1, fmt.largest + 2, fmt.magnitude}
    return within(found | ({fmt.nan} if fmt.nan else set()), 0, fmt.magnitude)


def finite_codes(fmt: FloatFormat, rng: np.random.Generator, count: int) -> Wide:
    """Return a pool of finite codes of both signs: landmarks and `count` random normal numbers."""
    return both_signs(
        np.concatenate([within(landmarks(fmt), 0, fmt.largest), normals(fmt, rng, count)]), fmt
    )
