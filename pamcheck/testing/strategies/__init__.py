"""Hypothesis strategies for property-based tests of PAM units, with the edges drawn often.

    scalars   codes, floats by class, normal_codes, normal_pairs, offsets, policies
    kinks     kink_neighbours: operands on a breakpoint of an operation, and one code to either side
    arrays    arrays, matrices: NumPy arrays of a format's dtype, pairs that fit a matrix product

Every edge of a format at which a PAM unit can go wrong is one of a few dozen codes among billions, so half of the
draws are taken from those and from their neighbours. Formats go by name or as FloatFormat.
"""

from pamcheck.testing.strategies.arrays import arrays, matrices
from pamcheck.testing.strategies.kinks import kink_neighbours
from pamcheck.testing.strategies.scalars import (
    CLASSES,
    codes,
    floats,
    normal_codes,
    normal_pairs,
    offsets,
    policies,
)

__all__ = [
    "CLASSES",
    "arrays",
    "codes",
    "floats",
    "kink_neighbours",
    "matrices",
    "normal_codes",
    "normal_pairs",
    "offsets",
    "policies",
]
