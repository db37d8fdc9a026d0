"""Operands whose results anyone can work out: powers of two, short numbers, numbers beside one."""

from __future__ import annotations

import numpy as np

from pamcheck.testing.checks.building import (
    Draw,
    completed,
    held,
    in_domain,
    joined,
    thinned,
    tuples,
    values_only,
)
from pamcheck.testing.checks.material import Ints, Wide, both_signs, ints, normals, within


def powers_of_two(draw: Draw) -> list[Wide]:
    """Return every power of two as each operand, of both signs, beside normal numbers."""
    fmt, arity = draw.fmt, draw.subject.operation.arity
    count = draw.size(16384) // arity
    powers = both_signs(ints(field << fmt.mant_bits for field in range(1, _last_field(draw) + 1)), fmt)
    others = draw.signed(normals(fmt, draw.rng, count))
    pools = [[others] * place + [powers] + [others] * (arity - 1 - place) for place in range(arity)]
    return joined([tuples(draw, in_domain(draw.subject, pool), count) for pool in pools])


def lattice(draw: Draw) -> list[Wide]:
    """Return numbers of three mantissa bits between 1/16 and 32, or every binade where there is one operand."""
    fmt, arity = draw.fmt, draw.subject.operation.arity
    bits = min(3, fmt.mant_bits)
    low, high = (fmt.bias - 4, fmt.bias + 4) if arity == 2 else (1, _last_field(draw))
    fields = within(range(low, high + 1), 1, _last_field(draw))
    short = (fields[:, None] << fmt.mant_bits) + (np.arange(1 << bits) << (fmt.mant_bits - bits))
    codes = both_signs(within(short.ravel(), fmt.tiny, fmt.largest), fmt)
    return completed(draw, tuples(draw, in_domain(draw.subject, [codes] * arity), draw.size(8192)))


def one(draw: Draw) -> list[Wide]:
    """Return plus and minus one and what is near it as each operand, and operands that are equal."""
    fmt, arity = draw.fmt, draw.subject.operation.arity
    count = draw.size(8192)
    near = both_signs(within(_beside(fmt.one, count if arity == 1 else 8), fmt.tiny, fmt.largest), fmt)
    if arity == 1:
        return thinned(draw, [np.unique(column) for column in in_domain(draw.subject, [near])], count)
    others = draw.signed(normals(fmt, draw.rng, count // 3))
    equal = [others, others ^ (np.uint64(fmt.sign) * draw.rng.integers(0, 2, others.size, np.uint64))]
    parts = [tuples(draw, pools, count // 3) for pools in ([near, others], [others, near])]
    return in_domain(draw.subject, joined([*parts, equal]))


def _beside(code: int, reach: int) -> Ints:
    """Return the codes nearest to one, then those at distances that are powers of two."""
    steps = {*range(reach // 2), *(1 << place for place in range(62))}
    return ints(code + sign * step for step in steps for sign in (-1, 1) if step <= code)


def _last_field(draw: Draw) -> int:
    return draw.fmt.largest >> draw.fmt.mant_bits


CHECKS = (
    held(
        "powers_of_two",
        "With an operand that is plus or minus a power of two, whose mantissa is zero, the result is the definition's.",
        powers_of_two,
        values_only,
    ),
    held(
        "lattice",
        "On operands of at most three mantissa bits, where results are short enough to be worked out by hand, "
        "the result is the definition's.",
        lattice,
    ),
    held(
        "one",
        "At plus and minus one, beside it, and for operands of equal magnitude the result is the definition's: "
        "pam(a, 1) = a, padiv(a, a) = 1, palog2(1) = 0.",
        one,
        values_only,
    ),
)
