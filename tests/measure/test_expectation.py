"""Expected errors against mpmath's nested quadrature and against large seeded samples."""

from __future__ import annotations

import math
from fractions import Fraction
from itertools import pairwise

import mpmath
import numpy as np
import pytest

from pamcheck.measure.bounds import product_range, quotient_range
from pamcheck.measure.expectation import expected_error

MOGAMI = (0x3F800000 - 0x3F76D000) / (1 << 23)
OFFSETS = (0.0, 1 / 16, MOGAMI, -0.03, 0.4, -0.7, 0.999)
# Relative errors at 4 million uniform pairs have a mean within 4 standard errors of the expectation.
DRAWS = 4_000_000


def relative_error(op: str, f: np.ndarray, g: np.ndarray, c: float) -> np.ndarray:
    """Return the error by the case split on L and X, written apart from the module under test."""
    y = f + g + c if op == "pam" else f - g - c
    whole = np.floor(y)
    value = np.ldexp(1 + (y - whole), whole.astype(int))
    return value / ((1 + f) * (1 + g) if op == "pam" else (1 + f) / (1 + g)) - 1


@pytest.fixture(scope="module")
def mantissas() -> tuple[np.ndarray, np.ndarray]:
    f, g = np.random.default_rng(2305).random((2, DRAWS))
    return f, g


@pytest.mark.parametrize("absolute", [False, True], ids=["signed", "absolute"])
@pytest.mark.parametrize("offset", OFFSETS)
@pytest.mark.parametrize("op", ["pam", "padiv"])
def test_a_large_sample_has_the_expected_mean(
    op: str, offset: float, absolute: bool, mantissas: tuple[np.ndarray, np.ndarray]
) -> None:
    error = relative_error(op, *mantissas, offset)
    error = np.abs(error) if absolute else error
    spread = float(np.std(error)) / math.sqrt(DRAWS)
    expected = expected_error(op, offset, absolute=absolute)
    assert abs(float(np.mean(error)) - expected) < 4 * spread, (expected, float(np.mean(error)), spread)


def nested(op: str, c: float) -> mpmath.mpf:
    """Return the signed expectation by mpmath, the inner integral split where the affine piece changes."""

    def error(f: mpmath.mpf, g: mpmath.mpf, n: int) -> mpmath.mpf:
        y = f + g + c if op == "pam" else f - g - c
        ratio = mpmath.ldexp(1 + y - n, n)
        return ratio / ((1 + f) * (1 + g)) - 1 if op == "pam" else ratio * (1 + g) / (1 + f) - 1

    def inner(f: mpmath.mpf) -> mpmath.mpf:
        kinks = [n - f - c if op == "pam" else f - c - n for n in range(-3, 4)]
        edges = sorted([mpmath.mpf(0), mpmath.mpf(1), *(k for k in kinks if 0 < k < 1)])
        total = mpmath.mpf(0)
        for low, high in pairwise(edges):
            middle = (low + high) / 2
            n = int(mpmath.floor(f + middle + c if op == "pam" else f - middle - c))
            total += mpmath.quad(lambda g, n=n: error(f, g, n), [low, high], maxdegree=4)
        return total

    corner = (-c if op == "pam" else c) % 1
    outer = sorted({mpmath.mpf(0), mpmath.mpf(1), mpmath.mpf(corner)})
    return mpmath.quad(inner, outer, maxdegree=4)


@pytest.mark.parametrize(("op", "offset"), [("pam", 0.0), ("pam", 1 / 16), ("padiv", 0.0), ("padiv", -0.3)])
def test_the_expectation_is_that_of_nested_quadrature(op: str, offset: float) -> None:
    assert abs(expected_error(op, offset) - float(nested(op, offset))) < 1e-12


@pytest.mark.parametrize("op", ["pam", "padiv"])
def test_an_error_of_one_sign_has_one_mean(op: str) -> None:
    assert abs(abs(expected_error(op)) - expected_error(op, absolute=True)) < 1e-13


def test_the_expected_quotient_error_is_the_sum_of_the_integrals_over_its_two_cases() -> None:
    with mpmath.workdps(20):
        upper = mpmath.quad(
            lambda g: mpmath.quad(lambda f: (1 + f - g) * (1 + g) / (1 + f), [g, 1]), [0, 1]
        )
        lower = mpmath.quad(
            lambda g: mpmath.quad(lambda f: (2 + f - g) / 2 * (1 + g) / (1 + f), [0, g]), [0, 1]
        )
        assert abs(expected_error("padiv") - float(upper + lower - 1)) < 1e-13


@pytest.mark.parametrize("offset", [0.01, 1 / 16, MOGAMI, -0.05])
@pytest.mark.parametrize("op", ["pam", "padiv"])
def test_the_expected_size_is_that_of_a_fine_midpoint_rule(op: str, offset: float) -> None:
    n = 2000
    middle = (np.arange(n) + 0.5) / n
    error = relative_error(op, middle[:, None], middle[None, :], offset)
    assert abs(expected_error(op, offset, absolute=True) - float(np.mean(np.abs(error)))) < 2e-7


@pytest.mark.parametrize("offset", OFFSETS)
def test_expectations_lie_between_the_extremes(offset: float) -> None:
    for op, find in (("pam", product_range), ("padiv", quotient_range)):
        found = find(Fraction(offset))
        signed, size = expected_error(op, offset), expected_error(op, offset, absolute=True)
        assert float(found.lower) < signed < float(found.upper)
        assert abs(signed) <= size + 1e-12


@pytest.mark.parametrize("op", ["mul", "palog2", ""])
def test_another_operation_is_refused(op: str) -> None:
    with pytest.raises(ValueError, match="expectations are of 'pam' or 'padiv'"):
        expected_error(op)


@pytest.mark.parametrize("offset", [1.0, -1.0, 5.0, math.nan])
def test_an_offset_of_an_octave_is_refused(offset: float) -> None:
    with pytest.raises(ValueError, match="octaves"):
        expected_error("pam", offset)
