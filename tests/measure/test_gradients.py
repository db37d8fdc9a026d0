"""Gradient factors: exact sums over grids, closed forms against quadratures, ranges and their witnesses."""

from __future__ import annotations

import math
from fractions import Fraction
from itertools import pairwise
from typing import Any

import mpmath
import numpy as np
import pytest

from pamcheck import truth
from pamcheck.formats import FORMATS, get_format
from pamcheck.measure import gradients
from pamcheck.measure.expectation import expected_error
from pamcheck.measure.gradients import BIASES, DISTRIBUTIONS, FACTORS, FLOAT64, MPMATH, RANGES, get_factor

SMALL = [name for name, fmt in FORMATS.items() if fmt.mant_bits <= 10]
KEYS = list(FACTORS)
DRAWS = 100_000
FLOAT32 = get_format("float32")


def name(key: Any) -> str:
    return key if isinstance(key, str) else "-".join(map(str, key))


# Sums over grids


@pytest.mark.parametrize("fmt", SMALL)
def test_slopes_of_the_product_over_every_mantissa_sum_to_b(fmt: str) -> None:
    """Counted through the kernel in integers: a carry has the chance Mb, exactly."""
    total, unbiased = gradients.slope_sums(get_format(fmt))
    size = get_format(fmt).tiny
    assert total.dtype == np.int64
    assert total.tolist() == unbiased.tolist() == [2 * size + 2 * i for i in range(size)]


@pytest.mark.parametrize("fmt", ["float16", "bfloat16", "float8_e4m3", "float8_e5m2"])
def test_slopes_of_the_quotient_sum_to_its_rise_but_for_the_tie(fmt: str) -> None:
    total, rise = gradients.slope_sums(get_format(fmt), "padiv", "a")
    assert total.tolist() == rise.tolist()
    total, rise = gradients.slope_sums(get_format(fmt), "padiv", "b")
    assert set((total - rise).tolist()) == {1}, "half a slope, in the tie Ma = Mb"


@pytest.mark.parametrize("bits", range(1, 8))
def test_the_carries_of_a_grid_are_counted_by_the_mantissa(bits: int) -> None:
    size = 1 << bits
    for i in range(size):
        slopes = sum(Fraction(2 if i + j >= size else 1) for j in range(size))
        assert slopes == size * (1 + Fraction(i, size)), (bits, i)


def test_slopes_of_other_operations_are_not_summed() -> None:
    with pytest.raises(ValueError, match="palog2/x"):
        gradients.slope_sums(get_format("float8_e4m3"), "palog2", "x")


# Means


@pytest.mark.parametrize("case", BIASES, ids=name)
def test_a_closed_form_is_the_integral_in_mpmath(case: Any) -> None:
    found = gradients.moments(get_factor(*case[:3]), case[3], numbers=MPMATH)
    assert abs(found.bias - truth.closed_form(BIASES[case])) < 1e-20


# three variables with normal mantissas take seconds in mpmath; the other distributions have the same nodes
QUADRATURES = [(k, d) for k in KEYS for d in DISTRIBUTIONS if len(FACTORS[k].slopes) < 3 or d != "normal"]


@pytest.mark.parametrize(("key", "distribution"), QUADRATURES, ids=name)
def test_quadrature_in_float64_and_in_mpmath_agree(key: Any, distribution: str) -> None:
    close = gradients.moments(FACTORS[key], distribution)
    exact = gradients.moments(FACTORS[key], distribution, numbers=MPMATH)
    for field in ("bias", "deviation", "total"):
        assert abs(getattr(close, field) - float(getattr(exact, field))) < 3e-14, field


def x_of(y: float) -> float:
    return 2.0 ** math.floor(y) * (1 + y - math.floor(y))


def l_of(x: float) -> float:
    e = math.frexp(x)[1] - 1
    return e + x / 2.0**e - 1


def pam(*xs: float) -> float:
    return x_of(sum(map(l_of, xs)))


def padiv(x: float, y: float) -> float:
    return x_of(l_of(x) - l_of(y))


LN2 = math.log(2)
# g / g_true from the definition, written apart from the module under test; x is in [1, 4), the others in [1, 2)
RATIOS: dict[Any, Any] = {
    ("pam", "a", "exact"): lambda v: 2.0 ** (v["a"] + v["b"] >= 3) / v["b"],
    ("padiv", "a", "exact"): lambda v: 2.0 ** -(v["a"] < v["b"]) * v["b"],
    ("padiv", "b", "exact"): lambda v: 2.0 ** -(v["a"] < v["b"]) * v["b"] ** 2 / v["a"],
    ("palog2", "x", "exact"): lambda v: v["x"] * LN2,
    ("paexp2", "x", "exact"): lambda v: 1 / (2 ** v["t"] * LN2),
    ("pasqrt", "x", "exact"): lambda v: 2.0 ** (-1 if v["x"] < 2 else -2) * 2 * math.sqrt(v["x"]),
    ("pam", "a", "mimic"): lambda v: pam(v["d"], v["b"]) / (v["d"] * v["b"]),
    ("padiv", "a", "mimic"): lambda v: padiv(v["d"], v["b"]) / (v["d"] / v["b"]),
    ("padiv", "b", "mimic"): lambda v: (
        padiv(pam(v["a"], v["d"]), pam(v["b"], v["b"])) / (v["d"] * v["a"] / v["b"] ** 2)
    ),
    ("palog2", "x", "mimic"): lambda v: padiv(padiv(v["d"], v["x"]), LN2) / (v["d"] / (v["x"] * LN2)),
    ("paexp2", "x", "mimic"): lambda v: pam(pam(x_of(v["t"]), LN2), v["d"]) / (2 ** v["t"] * LN2 * v["d"]),
    ("pasqrt", "x", "mimic"): lambda v: (
        padiv(v["d"], 2 * x_of(l_of(v["x"]) / 2)) / (v["d"] / (2 * math.sqrt(v["x"])))
    ),
}


@pytest.mark.parametrize("key", KEYS, ids=name)
def test_a_factor_is_what_the_definition_makes_of_it(key: Any) -> None:
    factor, rng = FACTORS[key], np.random.default_rng(11)
    for _ in range(50):
        parity = int(rng.choice(factor.parities))
        m = {variable: float(rng.random()) for variable in factor.slopes}
        values = {v: at if v == "t" else (1 + at) * 2 ** (parity * (v == "x")) for v, at in m.items()}
        expected = RATIOS[key](values)
        arrays = {variable: np.array([value]) for variable, value in m.items()}
        assert math.isclose(factor.ratio(FLOAT64, parity, arrays)[0], expected, rel_tol=1e-13), m


@pytest.mark.parametrize("mode", ["exact", "mimic"])
@pytest.mark.parametrize("op", ["pam", "padiv"])
def test_the_mean_is_that_of_mpmaths_nested_quadrature(op: str, mode: str) -> None:
    """Log-uniform mantissas, the inner integral split where the piece changes: apart from the module's nodes."""

    def r(f: Any, g: Any, n: int) -> Any:
        s = f + g if op == "pam" else f - g
        step = mpmath.ldexp(1 if mode == "exact" else 1 + s - n, n)
        true = (1 if mode == "exact" else 1 + f) * (1 + g if op == "pam" else 1 / (1 + g))
        return step / true / ((1 + f) * (1 + g) * mpmath.ln2**2)

    def inner(g: Any) -> Any:
        edges = [0, 1 - g, 1] if op == "pam" else [0, g, 1]
        first = 0 if op == "pam" else -1
        parts = enumerate(pairwise(edges), first)
        return sum(mpmath.quad(lambda f, n=n: r(f, g, n), ends, maxdegree=4) for n, ends in parts)

    found = gradients.moments(get_factor(op, "a", mode), "log-uniform").bias  # type: ignore[arg-type]
    assert abs(mpmath.quad(inner, [0, 1], maxdegree=4) - 1 - found) < 1e-12


def test_the_mean_of_the_mimic_factors_is_that_of_the_operations_themselves() -> None:
    for op in ("pam", "padiv"):
        for offset in (0.0, 1 / 16, -0.3):
            found = gradients.moments(get_factor(op, "a", "mimic"), "uniform", offset).bias
            assert abs(found - expected_error(op, offset)) < 1e-13


@pytest.mark.parametrize("op", ["pam", "padiv"])
def test_with_log_uniform_operands_exact_and_mimic_share_their_bias(op: str) -> None:
    m = np.linspace(0, 1, 9)
    exact = gradients.conditional(get_factor(op, "a", "exact"), "log-uniform", m)
    mimic = gradients.conditional(get_factor(op, "a", "mimic"), "log-uniform", m)
    assert np.max(np.abs(exact - mimic)) < 1e-13, "not only on average, but given b"


def test_given_b_the_bias_is_what_the_chance_of_a_carry_makes_it() -> None:
    m = np.linspace(0, 1, 33)
    factor = get_factor("pam", "a", "exact")
    assert np.max(np.abs(gradients.conditional(factor, "uniform", m))) < 1e-14
    expected = (2 - np.log2(2 - m)) / (1 + m) - 1
    assert np.allclose(gradients.conditional(factor, "log-uniform", m), expected, atol=1e-14)
    padiv = gradients.conditional(get_factor("padiv", "a", "exact"), "uniform", m)
    assert np.allclose(padiv, m * (1 - m) / 2, atol=1e-14)


@pytest.mark.parametrize("case", [("pam", "a"), ("padiv", "b"), ("palog2", "x"), ("paexp2", "x")], ids=name)
def test_the_sum_over_a_binade_has_no_bias(case: Any) -> None:
    assert abs(gradients.moments(get_factor(*case, "exact"), "uniform").total) < 1e-14


def test_the_sum_of_the_roots_slopes_is_unbiased_over_two_binades_as_one_interval() -> None:
    rise = [
        (Fraction(3, 2) - 1) / 1,
        (2 - Fraction(3, 2)) / 2,
    ]  # the slopes 1/2 and 1/4 of [1, 2) and [2, 4)
    assert rise[0] * 1 + rise[1] * 2 == 2 - 1
    total = gradients.moments(get_factor("pasqrt", "x", "exact"), "uniform").total
    assert math.isclose(total, 3 / (2 * math.sqrt(2)) - 1, rel_tol=1e-13)


def test_the_deviation_of_the_products_slope_is_its_closed_form() -> None:
    found = gradients.moments(get_factor("pam", "a", "exact"), "uniform").deviation
    assert math.isclose(found, math.sqrt(3 * math.log(2) - 2), rel_tol=1e-13)


@pytest.mark.parametrize("offset", [0.0, 1 / 16, 0.3, 0.99, -0.01, -0.5])
def test_the_bias_of_an_exact_slope_with_an_offset_is_its_closed_form(offset: float) -> None:
    for op, closed in (("pam", gradients.product_slope_bias), ("padiv", gradients.quotient_slope_bias)):
        found = gradients.moments(get_factor(op, "a", "exact"), "uniform", offset).bias
        assert abs(found - closed(offset)) < 1e-14, op


@pytest.mark.parametrize("distribution", DISTRIBUTIONS)
@pytest.mark.parametrize("variable", ["a", "t"])
def test_densities_have_mass_one(distribution: str, variable: str) -> None:
    from pamcheck.measure.gradients.densities import density

    x, w = np.polynomial.legendre.leggauss(30)
    m, w = (1 + x) / 2, w / 2
    assert math.isclose(np.sum(density(FLOAT64, distribution, variable)(m) * w), 1, rel_tol=1e-14)
    parts = [density(FLOAT64, distribution, "x", parity)(m) for parity in (0, 1)]
    assert np.allclose(sum(parts), density(FLOAT64, distribution, "x")(m), rtol=1e-14)


# Samples


@pytest.mark.parametrize("distribution", DISTRIBUTIONS)
@pytest.mark.parametrize("key", KEYS, ids=name)
def test_a_sample_has_the_expected_mean_and_stays_in_the_range(key: Any, distribution: str) -> None:
    """36 means within 4 standard errors: by chance one fails in 440 such runs, and the seed is fixed."""
    found = gradients.sample_errors(*key, gradients.draw(key[0], distribution, DRAWS, FLOAT32))
    expected = gradients.moments(FACTORS[key], distribution)
    assert found.relative.size == found.n == DRAWS
    assert abs(found.bias - expected.bias) < 4 * found.error
    assert math.isclose(found.deviation, expected.deviation, rel_tol=0.02)
    lower, upper = (float(truth.closed_form(end.bound)) for end in (RANGES[key].lower, RANGES[key].upper))
    assert lower - 2.0**-21 <= found.relative.min() <= found.relative.max() <= upper + 2.0**-21
    if distribution != "normal":
        assert abs(found.total - expected.total) < 4 * found.total_error


@pytest.mark.parametrize("case", [*gradients.TRUE], ids=name)
def test_a_true_partial_in_float64_is_that_of_mpmath(case: Any) -> None:
    op, partial = case
    rng = np.random.default_rng(5)
    for a, b in rng.uniform(0.3, 3, (20, 2)).tolist():
        values = (a, b) if op in ("pam", "padiv", "papow") else (a,)
        close = float(gradients.true_partial(op, partial, *(np.array([v]) for v in values))[0])
        exact = gradients.true_factor(op, partial, *values)
        assert abs(close - exact) < 1e-14 * abs(exact), (values, close)


# mpmath's numerical derivative of the function itself, as a check on the formulas
FUNCTIONS: dict[str, Any] = {
    "pam": lambda a, b: a * b,
    "padiv": lambda a, b: a / b,
    "palog2": lambda x: mpmath.log(x, 2),
    "paexp2": lambda x: mpmath.power(2, x),
    "pasqrt": mpmath.sqrt,
    "palog": mpmath.log,
    "paexp": mpmath.exp,
    "papow": mpmath.power,
}


@pytest.mark.parametrize("case", [*gradients.TRUE], ids=name)
def test_a_true_partial_is_the_derivative(case: Any) -> None:
    op, partial = case
    point = (1.7, 0.6) if op in ("pam", "padiv", "papow") else (1.7,)
    order = tuple(int(letter == partial) for letter in ("ab" if op != "papow" else "ay")[: len(point)])
    with mpmath.workdps(40):
        found = (
            mpmath.diff(FUNCTIONS[op], point, order)
            if len(point) == 2
            else mpmath.diff(FUNCTIONS[op], *point)
        )
        assert abs(found - gradients.true_factor(op, partial, *point)) < 1e-15


# Ranges


@pytest.mark.parametrize("key", KEYS, ids=name)
def test_a_range_is_the_extreme_over_its_candidates(key: Any) -> None:
    low, high = gradients.extremes(FACTORS[key])
    assert abs(low - truth.closed_form(RANGES[key].lower.bound)) < 1e-30
    assert abs(high - truth.closed_form(RANGES[key].upper.bound)) < 1e-30


@pytest.mark.parametrize("key", KEYS, ids=name)
def test_no_point_of_a_fine_grid_leaves_the_range(key: Any) -> None:
    factor = FACTORS[key]
    lower, upper = (float(truth.closed_form(end.bound)) for end in (RANGES[key].lower, RANGES[key].upper))
    side = {1: 4096, 2: 241, 3: 61}[len(factor.slopes)]
    axis = np.arange(side) / side
    grids = np.meshgrid(*[axis] * len(factor.slopes), indexing="ij")
    m = {variable: grid.ravel() for variable, grid in zip(factor.slopes, grids, strict=True)}
    errors = np.concatenate([factor.ratio(FLOAT64, parity, m) - 1 for parity in factor.parities])
    assert lower - 1e-14 <= errors.min()
    assert errors.max() <= upper + 1e-14
    assert errors.min() - lower < 0.02, "and the grid comes near both ends"
    assert upper - errors.max() < 0.02


@pytest.mark.parametrize("key", KEYS, ids=name)
def test_the_witness_attains_or_approaches_its_end(key: Any) -> None:
    for end in (RANGES[key].lower, RANGES[key].upper):
        error, bound = gradients.witness_error(key, end), float(truth.closed_form(end.bound))
        assert abs(error - bound) < 1e-14, (end, error)


@pytest.mark.parametrize("key", [key for key in KEYS if key[2] == "exact"], ids=name)
def test_an_end_that_is_approached_is_not_attained_on_any_pair_of_a_small_format(key: Any) -> None:
    fmt = get_format("float16")
    size, arity = 64, len(FACTORS[key].slopes)
    codes = fmt.one + np.arange(size) * (fmt.tiny // size)
    if key[0] == "paexp2":
        codes = np.array([fmt.encode(Fraction(j, size)) for j in range(size)])
    if key[0] == "pasqrt":
        codes = np.concatenate([codes, codes + fmt.tiny])
    axes = [axis.ravel().astype(np.uint16) for axis in np.meshgrid(*[codes] * arity)]
    drawn = gradients.Drawn(fmt, tuple(axes), np.full(axes[0].shape, fmt.one, np.uint16), "grid")
    found = gradients.sample_errors(*key, drawn)
    lower, upper = RANGES[key].lower, RANGES[key].upper
    low, high = (float(truth.closed_form(end.bound)) for end in (lower, upper))
    assert (abs(found.relative.min() - low) < 1e-15) == lower.attained
    assert (abs(found.relative.max() - high) < 1e-15) == upper.attained


# Refusals


def test_what_does_not_exist_is_refused_by_name() -> None:
    factor = get_factor("palog2", "x", "exact")
    with pytest.raises(ValueError, match="no factor palog/x/exact; there are pam/a/exact"):
        get_factor("palog", "x", "exact")
    with pytest.raises(ValueError, match="distribution is 'cauchy'; there are uniform"):
        gradients.moments(factor, "cauchy")
    with pytest.raises(ValueError, match="only pam and padiv take one"):
        gradients.moments(factor, "uniform", 0.1)
    with pytest.raises(ValueError, match="octaves"):
        gradients.product_slope_bias(1.0)
    with pytest.raises(ValueError, match="partial"):
        gradients.true_partial("pam", "c", np.ones(1))
