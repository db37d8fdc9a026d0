"""Where the pieces of an operation meet: a carry begins, an exponent or a whole number is passed.

A break of a composite that lies in an intermediate result is carried back to the operands with this project's own
operations. They round, but a code to either side is taken as well.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from pamcheck.kernels.words import LOG2_E
from pamcheck.policy import POLICIES
from pamcheck.testing.checks.building import Columns, Draw, completed, held, joined, thinned
from pamcheck.testing.checks.material import (
    Ints,
    Wide,
    both_signs,
    ints,
    magnitude_of,
    middling,
    normals,
    within,
)
from pamcheck.testing.subject import Subject


def breakpoints(draw: Draw) -> list[Wide]:
    """Return operands on breaks, and one code to either side of them in each operand; with cotangents, if any."""
    count = draw.size(16384)
    operands = _BREAKS[draw.subject.op](draw, count // (2 * len(draw.subject.operation.slopes) + 1) + 1)
    return completed(draw, thinned(draw, beside(draw, operands), count))


def beside(draw: Draw, operands: Columns) -> list[Wide]:
    """Return operands, and all but one of them unchanged and that one a code down or up."""
    parts = [list(operands)]
    for place, column in enumerate(operands):
        for step in (-1, 1):
            moved = magnitude_of(column, draw.fmt) + step
            kept = (moved >= 0) & (moved <= draw.fmt.magnitude)
            sign = column[kept] & np.uint64(draw.fmt.sign)
            columns = [other[kept] for other in operands]
            columns[place] = moved[kept].astype(np.uint64) | sign
            parts.append(columns)
    return joined(parts)


def _product(draw: Draw, count: int) -> list[Wide]:
    """Ma + Mb + offset a whole number: where the carry changes."""
    a, field = normals(draw.fmt, draw.rng, count), _fields(draw, count)
    b = field + ((-a - draw.subject.offset) & (draw.fmt.tiny - 1))
    return [draw.signed(a), draw.signed(_finite(draw, b))]


def _quotient(draw: Draw, count: int) -> list[Wide]:
    """Ma - Mb - offset a whole number."""
    a, field = normals(draw.fmt, draw.rng, count), _fields(draw, count)
    b = field + ((a - draw.subject.offset) & (draw.fmt.tiny - 1))
    return [draw.signed(a), draw.signed(_finite(draw, b))]


def _powers_of_two(draw: Draw, count: int) -> list[Wide]:  # noqa: ARG001
    """Return every power of two: where the exponent, and whether it is even, changes."""
    fmt = draw.fmt
    powers = ints(field << fmt.mant_bits for field in range(1, (fmt.largest >> fmt.mant_bits) + 1))
    return [both_signs(powers, fmt)]


def _whole_numbers(draw: Draw, count: int) -> list[Wide]:
    """Return whole numbers, all small ones and as far as the exponent goes, and zero."""
    fmt = draw.fmt
    reach = 2 * (fmt.bias + fmt.mant_bits + 2)
    numbers = range(reach) if reach <= count else draw.rng.integers(0, reach, count).tolist()
    near = range(min(8, reach))
    codes = ints(fmt.encode(number) for number in {*numbers, *near})
    return [both_signs(within(codes, 0, fmt.largest), fmt)]


def _logarithm(draw: Draw, count: int) -> list[Wide]:
    """Return powers of two, and operands whose palog2 has the mantissa of log2 e."""
    constant = ints({draw.fmt.encode(LOG2_E)})
    logs = _fields(draw, count) + (constant & (draw.fmt.tiny - 1))
    return [
        np.concatenate([_powers_of_two(draw, count)[0], _own(draw, "paexp2", _some(draw, logs, count))])
    ]


def _exponential(draw: Draw, count: int) -> list[Wide]:
    """Return operands whose product with log2 e begins a binade, or is a whole number."""
    constant = both_signs(ints({draw.fmt.encode(LOG2_E)}), draw.fmt)[:1]
    whole = np.concatenate([_whole_numbers(draw, count)[0], _powers_of_two(draw, count)[0]])
    return [_own(draw, "padiv", whole, np.repeat(constant, whole.size))]


def _power(draw: Draw, count: int) -> list[Wide]:
    """Return powers of two with anything, and pairs whose exponent begins a binade or is a whole number."""
    fmt, rng = draw.fmt, draw.rng
    a = middling(fmt, rng, count).astype(np.uint64)
    whole = np.concatenate([_whole_numbers(draw, count)[0], _powers_of_two(draw, count)[0]])
    y = _own(draw, "padiv", whole[rng.integers(0, whole.size, count)], _own(draw, "palog2", a))
    powers = magnitude_of(_powers_of_two(draw, count)[0], fmt).astype(np.uint64)
    second = draw.signed(middling(fmt, rng, count))
    return joined([[a, y], [powers[rng.integers(0, powers.size, count)], second]])


def _fields(draw: Draw, count: int) -> Ints:
    """Return random exponent fields of normal numbers, in place."""
    last = draw.fmt.largest >> draw.fmt.mant_bits
    return draw.rng.integers(1, last, count, endpoint=True) << draw.fmt.mant_bits


def _finite(draw: Draw, magnitudes: Ints) -> Ints:
    return np.minimum(magnitudes, draw.fmt.largest)


def _some(draw: Draw, magnitudes: Ints, count: int) -> Wide:
    return thinned(draw, [both_signs(np.unique(_finite(draw, magnitudes)), draw.fmt)], count)[0]


def _own(draw: Draw, op: str, *operands: Wide) -> Wide:
    """Return what this project's own operation gives, without a policy that only the definition has."""
    policy = POLICIES["ftz"] if draw.subject.policy.reference_only else draw.subject.policy
    own = Subject(op, draw.fmt, policy)
    return own.expected([column.astype(own.dtype) for column in operands])[0].astype(np.uint64)


_BREAKS: dict[str, Callable[[Draw, int], list[Wide]]] = {
    "pam": _product,
    "padiv": _quotient,
    "palog2": _powers_of_two,
    "paexp2": _whole_numbers,
    "pasqrt": _powers_of_two,
    "palog": _logarithm,
    "paexp": _exponential,
    "papow": _power,
}

CHECKS = (
    held(
        "breakpoints",
        "Where two affine pieces meet, and one code to either side in each operand, the result is the definition's.",
        breakpoints,
        lambda subject: not subject.mode,
    ),
    held(
        "kinks",
        "Where two affine pieces meet, and one code to either side in each operand, each cotangent is that of the "
        "piece that the definition names.",
        breakpoints,
        lambda subject: bool(subject.mode),
    ),
)
