"""How far a cotangent is from the true partial derivative: its bias, spread and range, by distribution.

factors    each cotangent factor over the true partial, as a function of mantissas
integrals  its moments over a distribution, in float64 or mpmath
closed     the closed forms of its mean
ranges     its range over all real operands
measured   the same from kernels, over samples and over every mantissa of a format
"""

from pamcheck.measure.gradients.closed import BIASES, product_slope_bias, quotient_slope_bias
from pamcheck.measure.gradients.densities import DISTRIBUTIONS
from pamcheck.measure.gradients.factors import FACTORS, FLOAT64, MPMATH, Factor, Mode, get_factor
from pamcheck.measure.gradients.integrals import Moments, conditional, moments
from pamcheck.measure.gradients.measured import (
    TRUE,
    Sampled,
    cotangents,
    sample_errors,
    slope_sums,
    true_factor,
    true_partial,
    witness_error,
)
from pamcheck.measure.gradients.ranges import RANGES, End, Ends, extremes
from pamcheck.measure.gradients.samples import Drawn, draw

__all__ = [
    "BIASES",
    "DISTRIBUTIONS",
    "FACTORS",
    "FLOAT64",
    "MPMATH",
    "RANGES",
    "TRUE",
    "Drawn",
    "End",
    "Ends",
    "Factor",
    "Mode",
    "Moments",
    "Sampled",
    "conditional",
    "cotangents",
    "draw",
    "extremes",
    "get_factor",
    "moments",
    "product_slope_bias",
    "quotient_slope_bias",
    "sample_errors",
    "slope_sums",
    "true_factor",
    "true_partial",
    "witness_error",
]
