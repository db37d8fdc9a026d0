"""A PAM unit taken to pieces: every decision is a method, so that a mutant replaces one and keeps the rest.

Scalar, in Python integers, slow and right: tests hold it to the kernels on every code of the small formats.

    edges     what codes are: NaN, infinity, zero, subnormal; what becomes of results that are none
    products  section 2 of the definition: product and quotient
    values    section 2: the other operations
    slopes    section 3, exact
    rules     section 3, mimic
    whole     the entry: codes in, codes out
"""

from pamcheck.testing.mutants.unit.whole import Unit

__all__ = ["Unit"]
