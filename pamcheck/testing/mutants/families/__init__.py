"""One family of mutants a file, in the order in which diagnoses try them.

Where two mutants explain the same failures equally, the one that differs from the definition at fewer inputs is
named, and of equals the one that stands first here.
"""

from pamcheck.testing.mutants.families import (
    biases,
    carries,
    chains,
    composites,
    constants,
    cotangents,
    exponentials,
    infinities,
    logarithms,
    nans,
    native,
    offsets,
    outside,
    overflow,
    policies,
    precision,
    raw,
    raw_unary,
    roots,
    roundings,
    rules,
    signs,
    slopes,
    subnormals,
    underflow,
    wiring,
    zeros,
)

FAMILIES = tuple(
    module.family
    for module in (
        policies,
        carries,
        signs,
        zeros,
        subnormals,
        infinities,
        nans,
        overflow,
        underflow,
        roundings,
        biases,
        offsets,
        logarithms,
        exponentials,
        roots,
        constants,
        composites,
        slopes,
        outside,
        cotangents,
        rules,
        chains,
        precision,
        raw,
        raw_unary,
        native,
        wiring,
    )
)

__all__ = ["FAMILIES"]
