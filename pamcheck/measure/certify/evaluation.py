"""Results of an operation of one operand in a format, and their errors, enclosed."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np

from pamcheck import functional, spec
from pamcheck.arithmetic import Pam
from pamcheck.formats import FloatFormat
from pamcheck.kernels.launch import run_codes
from pamcheck.kernels.words import make_words
from pamcheck.measure.certify.certificate import Kind
from pamcheck.measure.certify.search import TRUTHS, context, fraction, to_iv
from pamcheck.operands import dtype_of
from pamcheck.policy import get_policy
from pamcheck.spec.real import power_of_two

ACTIVATIONS = ("sigmoid", "silu", "gelu")


def apply(op: str, fmt: FloatFormat, codes: Any) -> Any:
    """Return the codes of the results, from the kernels."""
    if op in ACTIVATIONS:
        dtype = np.dtype(dtype_of(fmt))
        return getattr(functional, op)(codes.view(dtype), Pam()).view(codes.dtype)
    operands = (codes,) if op != "papow" else (codes, np.array([fmt.encode(Fraction(1, 2))], codes.dtype))
    return run_codes(op, operands, make_words(fmt, get_policy("ftz"), 0))


def error_of(
    truth: str, kind: Kind, fmt: FloatFormat, x: Fraction, y: Fraction
) -> tuple[Fraction, Fraction]:
    """Return an interval that holds the error of a result at an operand."""
    iv = context()
    true, result = TRUTHS[truth].whole(iv, to_iv(iv, x)), to_iv(iv, y)
    if kind == "relative":
        error = result / true - 1
        return fraction(error.a), fraction(error.b)
    error = result - true
    if kind == "absolute":
        return fraction(error.a), fraction(error.b)
    ends = sorted(abs(fraction(end)) for end in (true.a, true.b))
    binade = max(spec.real.floor_log2(ends[0]), 1 - fmt.bias)
    sizes = sorted(abs(fraction(end)) for end in (error.a, error.b))
    unit = power_of_two(fmt.mant_bits - binade)
    return sizes[0] * unit, sizes[1] * unit
