"""The rows of the definition's table of special values: NaN, infinities, zeros, operands outside the domain."""

from __future__ import annotations

import numpy as np

from pamcheck.testing.checks.building import Draw, has_sign, held, joined, tuples
from pamcheck.testing.checks.material import (
    Wide,
    any_codes,
    both_signs,
    finite_codes,
    ints,
    is_negative,
    landmarks,
    nans,
    normals,
    signed,
)
from pamcheck.testing.subject import Subject


def nan_operands(draw: Draw) -> list[Wide]:
    """Return NaNs of every kind and sign as each input, beside anything."""
    chosen = both_signs(nans(draw.fmt, draw.rng, 64), draw.fmt)
    others = [both_signs(landmarks(draw.fmt), draw.fmt), any_codes(draw.fmt, draw.rng, 256)]
    return _at_each_place(draw, chosen, np.concatenate(others), 4096)


def infinities(draw: Draw) -> list[Wide]:
    """Return infinities as each input, beside anything but NaN."""
    infinite = both_signs(ints({draw.fmt.inf or 0}), draw.fmt)
    others = np.concatenate([infinite, finite_codes(draw.fmt, draw.rng, 256)])
    return _at_each_place(draw, infinite, others, 4096)


def zeros(draw: Draw) -> list[Wide]:
    """Return +0 as each input, beside finite numbers without a sign."""
    plain = finite_codes(draw.fmt, draw.rng, 256)
    plain = plain[~is_negative(plain, draw.fmt)]
    return _at_each_place(draw, ints({0}).astype(np.uint64), plain, 2048)


def signed_zeros(draw: Draw) -> list[Wide]:
    """Return zeros as each input, beside finite numbers, with a sign in at least one input."""
    found = _at_each_place(
        draw, both_signs(ints({0}), draw.fmt), finite_codes(draw.fmt, draw.rng, 256), 4096
    )
    has_sign = np.any([is_negative(column, draw.fmt) for column in found], axis=0)
    return [column[has_sign] for column in found]


def domain(draw: Draw) -> list[Wide]:
    """Return operands at which there is no real result or slope, beside finite numbers."""
    fmt, others = draw.fmt, finite_codes(draw.fmt, draw.rng, 256)
    rest = [others] * (len(draw.subject.inputs) - 1)
    if draw.subject.op == "padiv":
        zero = both_signs(ints({0, 1, fmt.tiny - 1}), fmt)
        return tuples(draw, [others, zero, *rest[1:]], draw.size(4096))
    numbers = np.concatenate([landmarks(fmt), normals(fmt, draw.rng, 512)])
    outside = signed(numbers[numbers <= (fmt.inf or fmt.largest)], True, fmt)
    return tuples(draw, [outside, *rest], draw.size(4096))


def _at_each_place(draw: Draw, chosen: Wide, others: Wide, count: int) -> list[Wide]:
    """Return tuples with a chosen code as one input and any of the others as the rest, for each input in turn."""
    width = len(draw.subject.inputs)
    pools = [[others] * place + [chosen] + [others] * (width - 1 - place) for place in range(width)]
    return joined([tuples(draw, pool, max(draw.size(count) // width, 1)) for pool in pools])


def _has_nan(subject: Subject) -> bool:
    return subject.fmt.nan is not None


def _has_inf(subject: Subject) -> bool:
    return subject.fmt.inf is not None


def _has_domain(subject: Subject) -> bool:
    return not has_sign(subject, 0) or (subject.op == "padiv" and bool(subject.mode))


CHECKS = (
    held(
        "nan_operands",
        "A NaN of any payload and sign, as any input, makes every result the quiet NaN, its sign clear.",
        nan_operands,
        _has_nan,
    ),
    held(
        "infinities",
        "With an infinity as any input, beside numbers, zeros and infinities, the result is the definition's.",
        infinities,
        _has_inf,
    ),
    held(
        "zeros",
        "With +0 as any input, beside numbers without a sign, the result is the definition's.",
        zeros,
    ),
    held(
        "signed_zeros",
        "Where an input is a zero and an input is negative, the result, its sign included, is the definition's.",
        signed_zeros,
    ),
    held(
        "domain",
        "The root or logarithm of a negative number is NaN, and so is every derivative there, at the logarithm or "
        "root of zero and at a division by zero; a format without NaN has -0 instead.",
        domain,
        _has_domain,
    ),
)
