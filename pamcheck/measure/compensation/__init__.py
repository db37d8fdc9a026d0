"""Compensation: what an offset does to the error of pam and padiv, and which offset does best."""

from pamcheck.measure.compensation.closed_form import BALANCED, minimax_offset, ratio_range
from pamcheck.measure.compensation.design import MOGAMI, Achieved, Design, Objective, design, l_mul_offset
from pamcheck.measure.compensation.mantissas import Mantissas, get_mantissas, normal, uniform_below

__all__ = [
    "BALANCED",
    "MOGAMI",
    "Achieved",
    "Design",
    "Mantissas",
    "Objective",
    "design",
    "get_mantissas",
    "l_mul_offset",
    "minimax_offset",
    "normal",
    "ratio_range",
    "uniform_below",
]
