"""Results that lie half way between two codes, and one code of the operand to either side.

A significand of mant_bits + 1 bits that loses its last `places` bits to rounding is a tie where those are 1 0 0 ... 0.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import numpy as np

from pamcheck.kernels.words import LOG2_E
from pamcheck.testing.checks.breakpoints import beside
from pamcheck.testing.checks.building import Draw, held, thinned
from pamcheck.testing.checks.material import Ints, Wide, middling, normals, signed
from pamcheck.testing.subject import Subject


def rounding_ties(draw: Draw) -> list[Wide]:
    """Return operands of results half way between two codes, to an even and to an odd one, and their neighbours."""
    count = draw.size(16384)
    arity = draw.subject.operation.arity
    ties = _TIES[draw.subject.op](draw, count // (2 * arity + 1) + 1)
    return thinned(draw, beside(draw, ties), count)


def _root(draw: Draw, count: int) -> list[Wide]:
    """Every odd code is a tie; whether its second bit is set decides which way it goes."""
    return [(normals(draw.fmt, draw.rng, count) | 1).astype(np.uint64)]


def _log2(draw: Draw, count: int) -> list[Wide]:
    """x - one, in codes, has more than mant_bits + 1 bits: the rest of them is a tie."""
    fmt = draw.fmt
    most = (fmt.largest - fmt.one).bit_length() - 1 - fmt.mant_bits
    if most < 1:
        return [np.empty(0, np.uint64)]
    places = draw.rng.integers(1, most, count, endpoint=True)
    number = (draw.rng.integers(fmt.tiny, 2 * fmt.tiny, count) << places) + (np.int64(1) << (places - 1))
    x = fmt.one + np.where(draw.rng.integers(0, 2, count) == 0, number, -number)
    return [x[(x >= fmt.tiny) & (x <= fmt.largest)].astype(np.uint64)]


def _exp2(draw: Draw, count: int) -> list[Wide]:
    """x in units of 2^-mant_bits has a fraction of one half; results on the subnormal grid where they count."""
    found = draw.signed(_half_steps(draw, count))
    if draw.subject.policy.gradual:
        found = np.concatenate([found, signed(_below_tiny(draw, count), True, draw.fmt)])
    return [found]


def _half_steps(draw: Draw, count: int) -> Ints:
    """Return magnitudes of numbers that are a whole number and a half, in units of 2^-mant_bits."""
    fmt = draw.fmt
    most = min(fmt.mant_bits + 1, fmt.bias - 1)
    if most < 1:
        return np.empty(0, np.int64)
    places = draw.rng.integers(1, most, count, endpoint=True)
    significand = (draw.rng.integers(0, fmt.tiny, count) | fmt.tiny) >> places << places
    # with all mant_bits + 1 bits lost what is left of the significand is its own half
    mantissa = np.where(
        places > fmt.mant_bits, 0, (significand & (fmt.tiny - 1)) | (np.int64(1) << (places - 1))
    )
    return ((fmt.bias - places) << fmt.mant_bits) + mantissa


def _totals(draw: Draw, count: int) -> tuple[Ints, Ints]:
    """Return extended codes below tiny that are half way between two subnormal numbers, and the bits they lose."""
    fmt = draw.fmt
    places = draw.rng.integers(1, fmt.mant_bits + 1, count, endpoint=True)
    kept = draw.rng.integers(0, fmt.tiny, count) >> places << places
    mantissa = np.where(places > fmt.mant_bits, 0, kept | (np.int64(1) << (places - 1)))
    return ((1 - places) << fmt.mant_bits) + mantissa, places


def _below_tiny(draw: Draw, count: int) -> Ints:
    """Return magnitudes of negative x whose 2^x is half way between two subnormal numbers."""
    fmt = draw.fmt
    total, _ = _totals(draw, count)
    number = fmt.one - total
    top = np.frexp(number.astype(np.float64))[1].astype(np.int64) - 1
    places = top - fmt.mant_bits
    whole = (places >= 0) & (number & ((np.int64(1) << np.maximum(places, 0)) - 1) == 0)
    code = ((places + fmt.bias - 1) << fmt.mant_bits) + (number >> np.maximum(places, 0))
    found: Ints = code[whole & (code <= fmt.largest)]
    return found


def _product(draw: Draw, count: int) -> list[Wide]:
    """Results on the subnormal grid."""
    fmt, (total, _) = draw.fmt, _totals(draw, count)
    a = normals(fmt, draw.rng, count)
    return _numbers(draw, a, total + fmt.one - draw.subject.offset - a)


def _quotient(draw: Draw, count: int) -> list[Wide]:
    """Results on the subnormal grid."""
    fmt, (total, _) = draw.fmt, _totals(draw, count)
    b = normals(fmt, draw.rng, count)
    return _numbers(draw, total - fmt.one + draw.subject.offset + b, b)


def _exp(draw: Draw, count: int) -> list[Wide]:
    """x times log2 e is a tie of 2^x."""
    [x] = _exp2(draw, count)
    return [_shifted(draw, x, np.full(x.size, draw.fmt.one - draw.fmt.encode(LOG2_E)))]


def _power(draw: Draw, count: int) -> list[Wide]:
    """y times palog2 a is a tie of 2^x."""
    fmt, [product] = draw.fmt, _exp2(draw, count)
    a = middling(fmt, draw.rng, product.size).astype(np.uint64)
    own = Subject("palog2", fmt, draw.subject.policy)
    log = own.expected([a.astype(own.dtype)])[0].astype(np.uint64)
    y = _shifted(draw, product, fmt.one - (log & np.uint64(fmt.magnitude)).astype(np.int64))
    return [a, y ^ (log & np.uint64(fmt.sign))]


def _shifted(draw: Draw, codes: Wide, by: Ints) -> Wide:
    """Return codes with a number added to their magnitudes, which are then kept inside the format."""
    sign = codes & np.uint64(draw.fmt.sign)
    moved = (codes ^ sign).astype(np.int64) + by
    found: Wide = np.clip(moved, 0, draw.fmt.largest).astype(np.uint64) | sign
    return found


def _numbers(draw: Draw, a: Ints, b: Ints) -> list[Wide]:
    """Return the pairs of normal numbers among pairs of magnitudes, with random signs."""
    low, high = np.minimum(a, b), np.maximum(a, b)
    kept = (low >= draw.fmt.tiny) & (high <= draw.fmt.largest)
    return [draw.signed(a[kept]), draw.signed(b[kept])]


_TIES: dict[str, Callable[[Draw, int], list[Wide]]] = {
    "pam": _product,
    "padiv": _quotient,
    "palog2": _log2,
    "paexp2": _exp2,
    "pasqrt": _root,
    "palog": _log2,
    "paexp": _exp,
    "papow": _power,
}


@lru_cache(maxsize=256)
def _any(subject: Subject) -> bool:
    """Whether a subject rounds, and has ties: products and quotients do on the subnormal grid only."""
    never = subject.op in ("pam", "padiv") and not subject.policy.gradual
    if subject.mode or never:
        return False
    return bool(rounding_ties(Draw(subject, "1", np.random.default_rng(0)))[0].size)


CHECKS = (
    held(
        "rounding_ties",
        "A result half way between two codes goes to the even one, and one code of an operand to either side of "
        "such a tie the nearer code is the result.",
        rounding_ties,
        _any,
    ),
)
