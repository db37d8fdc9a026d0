"""The exact error range of pam_c and padiv_c as functions of the offset c, and the offsets that balance it.

Proofs: docs/explanation/compensation.md. The ratio of padiv_c to the quotient has the reciprocals of the
range of pam_c's ratio to the product, for every c.
"""

from __future__ import annotations

import math

from pamcheck.lookup import lookup


def ratio_range(op: str, offset: float) -> tuple[float, float]:
    """Return the least and the greatest ratio of "pam" or "padiv" to the true result, for -1 < offset < 1.

    Over all nonzero real operands. Raises ValueError for an offset of an octave or more.
    """
    if not -1 < offset < 1:
        raise ValueError(f"offset is {offset} octaves; it must be less than one")
    if offset >= 0:
        low = 8 / (3 - offset) ** 2 if offset <= 2 - math.sqrt(2) else 16 / (4 - offset) ** 2
        high = 1 + offset
    else:  # an octave down: X(s + 1) = 2 X(s)
        low, high = (end / 2 for end in ratio_range("pam", offset + 1))
    return lookup("operation", op, {"pam": (low, high), "padiv": (1 / high, 1 / low)})


def minimax_offset(op: str) -> float:
    """Return the offset, in octaves, with the smallest worst relative error of "pam" or "padiv".

    pam: the real root of c^3 - 7 c^2 + 15 c - 1, by Cardano. padiv: the root in (0, 1) of
    c^3 - 5 c^2 - 13 c + 1, all of whose roots are real, by cosines.
    """
    root = 12 * math.sqrt(93)
    third = math.acos(101 / 128) / 3
    return lookup(
        "operation",
        op,
        {
            "pam": (7 - math.cbrt(116 + root) - math.cbrt(116 - root)) / 3,
            "padiv": (5 + 16 * math.cos(third - 2 * math.pi / 3)) / 3,
        },
    )


BALANCED = 7 - 4 * math.sqrt(3)
"""The offset at which the product is too large by at most the factor by which it is too small.

The same factor, 8 - 4 sqrt(3), bounds the quotient both ways; so of all offsets it also has the smallest
worst error where one offset serves pam and padiv.
"""
