"""Designed offsets against exact ranges, brute force on small grids, and draws."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest

from pamcheck import spec
from pamcheck.formats import get_format
from pamcheck.measure.bounds import product_range, quotient_range
from pamcheck.measure.compensation import (
    BALANCED,
    MOGAMI,
    Mantissas,
    design,
    get_mantissas,
    l_mul_offset,
    minimax_offset,
    normal,
    ratio_range,
    uniform_below,
)
from pamcheck.measure.compensation.moments import Continuous
from pamcheck.measure.expectation import expected_error

RANGES = {"pam": product_range, "padiv": quotient_range}
UNIFORM, LOG_UNIFORM = get_mantissas("uniform"), get_mantissas("log-uniform")
STEPS = 1 << 3  # of a brute force grid
SMALL = [("float8_e4m3", "float8_e4m3"), ("float8_e4m3", "float4_e2m1fn"), ("float4_e2m1fn", "float8_e5m2")]


def errors(op: str, pair: tuple[str, str], offset: Fraction) -> list[Fraction]:
    """Return the exact relative error of every pair of mantissas, from the definition's X."""
    grids = [
        [Fraction(k, 1 << get_format(n).mant_bits) for k in range(1 << get_format(n).mant_bits)]
        for n in pair
    ]
    found = []
    for f in grids[0]:
        for g in grids[1]:
            y, true = (
                (f + g + offset, (1 + f) * (1 + g)) if op == "pam" else (f - g - offset, (1 + f) / (1 + g))
            )
            found.append(spec.X(y) / true - 1)
    return found


@pytest.mark.parametrize("op", ["pam", "padiv"])
def test_the_closed_range_is_the_exact_one(op: str) -> None:
    for k in range(-49, 50):
        low, high = ratio_range(op, k / 50)
        exact = RANGES[op](Fraction(k / 50))
        assert abs(low - 1 - exact.lower) < 1e-14, k
        assert abs(high - 1 - exact.upper) < 1e-14, k


@pytest.mark.parametrize(
    ("op", "cubic"),
    [("pam", lambda c: c**3 - 7 * c**2 + 15 * c - 1), ("padiv", lambda c: c**3 - 5 * c**2 - 13 * c + 1)],
)
def test_the_minimax_offset_solves_its_cubic_and_no_other_offset_does_better(
    op: str, cubic: object
) -> None:
    best = minimax_offset(op)
    assert abs(cubic(best)) < 1e-13  # type: ignore[operator]

    def worst(c: Fraction) -> Fraction:
        found = RANGES[op](c)
        return max(-found.lower, found.upper)

    least = worst(Fraction(best))
    assert all(worst(Fraction(k, 200)) > least for k in range(-100, 200))
    assert min(worst(Fraction(best) + step) for step in (Fraction(-1, 10**9), Fraction(1, 10**9))) > least


def test_the_balanced_offset_bounds_both_operations_by_one_factor() -> None:
    ends = [end for op in RANGES for end in ratio_range(op, BALANCED)]
    assert max(ends) == pytest.approx(1 / min(ends), rel=1e-15)
    assert max(ends) == pytest.approx(8 - 4 * math.sqrt(3), rel=1e-15)
    assert round(BALANCED * 2**11) / 2**11 == MOGAMI


@pytest.mark.parametrize("offset", [0.0, 1 / 16, -0.3, 0.4])
@pytest.mark.parametrize("op", ["pam", "padiv"])
def test_the_moments_are_the_expectations(op: str, offset: float) -> None:
    found = Continuous(UNIFORM, UNIFORM).moments(op, offset)
    assert abs(found.bias - expected_error(op, offset)) < 1e-14
    assert abs(found.mred - expected_error(op, offset, absolute=True)) < 3e-6


@pytest.mark.parametrize("objective", ["worst", "bias", "mse"])
@pytest.mark.parametrize("pair", SMALL)
@pytest.mark.parametrize("op", ["pam", "padiv"])
def test_on_small_grids_the_design_is_that_of_brute_force(
    op: str, pair: tuple[str, str], objective: str
) -> None:
    found = design(op, pair, "uniform", objective)  # type: ignore[arg-type]
    cost = {
        "worst": lambda e: max(map(abs, e)),
        "bias": lambda e: abs(sum(e) / len(e)),
        "mse": lambda e: sum(x * x for x in e) / len(e),
    }[objective]
    optimum, bits = found.achieved["optimum"], max(get_format(name).mant_bits for name in pair)
    exact = errors(op, pair, Fraction(found.octaves))
    assert abs(optimum.bias - sum(exact) / len(exact)) < 1e-15
    assert abs(optimum.mse - sum(x * x for x in exact) / len(exact)) < 1e-15
    assert (optimum.lower, optimum.upper) == pytest.approx(
        (float(min(exact)), float(max(exact))), abs=1e-15
    )
    assert all(cost(errors(op, pair, Fraction(k, 200))) >= cost(exact) - 1e-12 for k in range(-20, 40))
    codes = {k: cost(errors(op, pair, Fraction(k, 1 << bits))) for k in range(-2, 3)}
    assert codes[found.codes or 0] == min(codes.values()), codes


@pytest.mark.parametrize("distribution", [UNIFORM, LOG_UNIFORM, normal(), normal(3.0), uniform_below(6.0)])
def test_grid_probabilities_are_those_of_rounded_draws(distribution: Mantissas) -> None:
    rng, n = np.random.default_rng(5), 400_000
    draws = {
        "mantissas uniform": lambda: 1 + rng.random(n),
        "log-uniform": lambda: np.exp2(rng.random(n)),
        "normal, standard deviation 1": lambda: rng.normal(0, 1, n),
        "normal, standard deviation 3": lambda: rng.normal(0, 3, n),
        "uniform on (-6, 6)": lambda: rng.uniform(-6, 6, n),
    }
    mantissa = np.frexp(np.abs(draws[distribution.name]()))[0] * 2 - 1
    rounded = np.rint(mantissa * STEPS).astype(int) % STEPS
    mass = distribution.on_grid(3)
    assert abs(mass.sum() - 1) < 1e-14
    assert np.all(np.abs(np.bincount(rounded, minlength=STEPS) / n - mass) < 5 * np.sqrt(mass / n))


@pytest.mark.parametrize("distribution", [LOG_UNIFORM, normal(), normal(1.7), uniform_below(5.0)])
def test_a_density_is_the_slope_of_its_distribution_function(distribution: Mantissas) -> None:
    f, h = np.linspace(0.01, 0.99, 23), 1e-6
    slope = (distribution.cumulative(f + h) - distribution.cumulative(f - h)) / (2 * h)
    assert np.max(np.abs(slope - distribution.density(f))) < 1e-8


def test_the_mean_square_has_one_valley() -> None:
    for pair in (Continuous(UNIFORM, UNIFORM), Continuous(normal(), LOG_UNIFORM)):
        for op in RANGES:
            slopes = [pair.moments(op, c).slope for c in np.linspace(-0.5, 0.5, 41)]
            assert np.count_nonzero(np.diff(np.sign(slopes))) == 1


@pytest.mark.parametrize(
    ("op", "bias", "mse"), [("pam", 0.056623, 0.055255), ("padiv", 0.057995, 0.059415)]
)
def test_real_operands_have_the_known_optima(op: str, bias: float, mse: float) -> None:
    without, least = design(op, objective="bias"), design(op, objective="mse")
    assert (round(without.octaves, 6), round(least.octaves, 6)) == (bias, mse)
    assert abs(without.achieved["optimum"].bias) < 1e-14
    assert without.codes is None
    assert without.how == "integral"


def test_fine_grids_tend_to_the_integral() -> None:
    grid, real = (design("pam", pair, "normal", "mse") for pair in (("bfloat16", "bfloat16"), None))
    assert grid.how == "finite sum"
    assert abs(grid.octaves - real.octaves) < 2.0**-12


def test_samples_are_taken_as_they_are() -> None:
    values = np.random.default_rng(7).normal(size=(2, 20_000))
    values[0, :2], values[1, 2] = (0.0, np.inf), np.nan
    found, real = design("pam", None, (values[0], values[1]), "bias"), design("pam", None, "normal", "bias")
    assert found.how == found.distribution == "samples"
    assert abs(found.achieved["optimum"].bias) < 1e-14
    assert abs(found.octaves - real.octaves) < 4 * 0.03 / 20_000**0.5 * 1.5
    held = design("pam", ("float4_e2m1fn", "float4_e2m1fn"), ([1.5, 3.1], [1.5, 6.0]), "bias")
    assert held.achieved["none"].bias == pytest.approx(-1 / 9)


def test_the_offset_of_l_mul_is_the_published_one() -> None:
    assert [l_mul_offset(m) for m in (1, 2, 3, 4, 5, 7, 23)] == [2.0**-k for k in (1, 2, 3, 3, 4, 4, 4)]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"op": "mul"}, "op is 'mul'"),
        ({"op": "pam", "objective": "best"}, "objective is 'best'"),
        ({"op": "pam", "distribution": "gauss"}, "distribution"),
        ({"op": "pam", "distribution": ([1.0], [1.0, 2.0])}, "as many of each"),
        ({"op": "pam", "distribution": ([0.0], [1.0])}, "no pair"),
    ],
)
def test_what_cannot_be_designed_for_is_refused(arguments: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        design(**arguments)  # type: ignore[arg-type]
