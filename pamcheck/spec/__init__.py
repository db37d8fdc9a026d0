"""The definition of every operation, in exact fractions: slow, obvious, and what kernels are held to.

Short layers, each to be checked against the page it comes from (docs/explanation/spec.md):

    real         section 1: L, X, pam, padiv, palog2, paexp2, pasqrt on Fractions
    numbers      section 2: codes to signed extended reals, and back with one rounding
    rounded      section 2: every operation on codes, its special values; kosson2023 apart
    exact        section 3: scale, and the slopes of the primitives
    mimic        section 3: calculus with PAM operations in it
    derivatives  section 3: vjp of every operation, the chain rule, where no derivative exists
    sums         section 4: IEEE additions, sums in lanes and in blocks
    matrix       section 4: matrix products and their cotangents

Source: Kosson & Jaggi, NeurIPS 2023, arXiv 2305.17190; the policy `kosson2023` is their CUDA code's.
"""

from pamcheck.spec.derivatives import vjp
from pamcheck.spec.exact import scale
from pamcheck.spec.matrix import dot, matmul, matmul_vjp
from pamcheck.spec.mimic import LN_2
from pamcheck.spec.real import L, X, padiv, paexp2, palog2, pam, pasqrt
from pamcheck.spec.rounded import LOG2_E, OPERATIONS, evaluate
from pamcheck.spec.sums import accumulator, blocked_sum, canonical_sum, ieee_add

__all__ = [
    "LN_2",
    "LOG2_E",
    "OPERATIONS",
    "L",
    "X",
    "accumulator",
    "blocked_sum",
    "canonical_sum",
    "dot",
    "evaluate",
    "ieee_add",
    "matmul",
    "matmul_vjp",
    "padiv",
    "paexp2",
    "palog2",
    "pam",
    "pasqrt",
    "scale",
    "vjp",
]
