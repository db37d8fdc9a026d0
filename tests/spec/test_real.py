"""Section 1 on its own: the facts of L, X and the five primitives, on Fractions."""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pamcheck.spec import L, X, padiv, paexp2, palog2, pam, pasqrt

HALF, ONE, THREE_HALVES = Fraction(1, 2), Fraction(1), Fraction(3, 2)

exponents = st.integers(-60, 60)
mantissas = st.fractions(0, 1).filter(lambda m: m < 1)
logs = st.builds(lambda e, m: e + m, exponents, mantissas)
positives = st.builds(lambda e, m: Fraction(2) ** e * (1 + m), exponents, mantissas)
nonzeros = st.builds(lambda size, sign: sign * size, positives, st.sampled_from([1, -1]))
reals = nonzeros | st.just(Fraction(0))
powers = st.builds(lambda e, sign: sign * Fraction(2) ** e, exponents, st.sampled_from([1, -1]))


def rel_error(result: Fraction, truth: Fraction) -> Fraction:
    return (result - truth) / truth


# L and X


@pytest.mark.parametrize(
    ("x", "y"), [("1", "0"), ("3/2", "1/2"), ("3", "3/2"), ("3/4", "-1/2"), ("9", "25/8"), ("1/3", "-5/3")]
)
def test_known_logarithms(x: str, y: str) -> None:
    assert L(Fraction(x)) == Fraction(y)


@given(positives)
@example(Fraction(1))
@example(Fraction(2**60 - 1))
def test_x_inverts_l(x: Fraction) -> None:
    assert X(L(x)) == x


@given(logs)
@example(Fraction(-1, 2**60))
def test_l_inverts_x(y: Fraction) -> None:
    assert L(X(y)) == y


@given(exponents)
def test_powers_of_two_have_their_exponent_as_logarithm(exponent: int) -> None:
    assert L(Fraction(2) ** exponent) == exponent


@given(exponents, st.fractions(0, HALF))
def test_l_is_continuous_from_below_at_every_binade(exponent: int, h: Fraction) -> None:
    assert L(Fraction(2) ** exponent * (1 - h)) == exponent - 2 * h


@given(exponents, st.fractions(0, 1))
def test_x_is_continuous_from_below_at_every_binade(n: int, h: Fraction) -> None:
    assert X(n - h) == Fraction(2) ** n * (1 - h / 2)


@given(positives, positives)
@example(Fraction(1), 1 - Fraction(1, 2**60))
def test_l_is_strictly_increasing(x: Fraction, y: Fraction) -> None:
    assert (L(x) < L(y)) == (x < y)


@given(logs, logs)
@example(Fraction(1), 1 - Fraction(1, 2**60))
def test_x_is_strictly_increasing(x: Fraction, y: Fraction) -> None:
    assert (X(x) < X(y)) == (x < y)


@given(st.integers(0, 4096))
@example(1813)  # beside 1/ln 2 - 1 = 0.44269..., where the distance is greatest
def test_palog2_is_below_log2_by_at_most_0_0860713(steps: int) -> None:
    x = 1 + Fraction(steps, 4096)
    assert -1e-15 <= math.log2(x) - palog2(x) < 0.08607134


@given(st.integers(0, 4096))
@example(1813)
def test_paexp2_is_above_exp2_by_at_most_6_1476_percent(steps: int) -> None:
    y = Fraction(steps, 4096)
    assert -1e-15 <= float(paexp2(y)) / 2 ** float(y) - 1 < 0.061476


def test_both_distances_are_attained_at_the_reciprocal_of_ln_2() -> None:
    m = Fraction(1 / math.log(2)) - 1
    assert math.log2(1 + m) - palog2(1 + m) == pytest.approx(0.0860713, abs=1e-7)
    assert float(paexp2(m)) / 2 ** float(m) - 1 == pytest.approx(0.061475, abs=1e-6)


# The product


@given(nonzeros, nonzeros)
@example(THREE_HALVES, THREE_HALVES)
def test_pam_errs_by_at_most_a_ninth_and_never_upwards(a: Fraction, b: Fraction) -> None:
    assert Fraction(-1, 9) <= rel_error(pam(a, b), a * b) <= 0


def test_pam_attains_a_ninth_where_both_mantissas_are_one_half() -> None:
    assert rel_error(pam(THREE_HALVES, THREE_HALVES), Fraction(9, 4)) == Fraction(-1, 9)


@given(nonzeros, powers)
def test_pam_is_exact_with_a_power_of_two(a: Fraction, power: Fraction) -> None:
    assert pam(a, power) == a * power == pam(power, a)


@given(exponents, mantissas, exponents, mantissas)
@example(0, HALF, 0, HALF)  # the carry's first point
def test_pam_has_the_two_cases_that_the_spec_spells_out(
    ea: int, ma: Fraction, eb: int, mb: Fraction
) -> None:
    a, b = Fraction(2) ** ea * (1 + ma), Fraction(2) ** eb * (1 + mb)
    no_carry, carry = Fraction(2) ** (ea + eb) * (1 + ma + mb), Fraction(2) ** (ea + eb + 1) * (ma + mb)
    assert pam(a, b) == (no_carry if ma + mb < 1 else carry)


@given(reals, reals)
def test_pam_is_commutative(a: Fraction, b: Fraction) -> None:
    assert pam(a, b) == pam(b, a)


@given(reals, reals)
def test_pam_is_odd_in_each_operand(a: Fraction, b: Fraction) -> None:
    assert pam(-a, b) == -pam(a, b) == pam(a, -b)


@given(reals, reals, positives)
def test_pam_is_monotone_in_each_operand(a: Fraction, b: Fraction, factor: Fraction) -> None:
    assert (pam(a, factor) < pam(b, factor)) == (a < b) == (pam(factor, a) < pam(factor, b))


@given(reals)
def test_pam_with_zero_is_zero(a: Fraction) -> None:
    assert pam(a, Fraction(0)) == 0 == pam(Fraction(0), a, Fraction(1, 3))


@given(nonzeros, nonzeros, st.integers(-9, 9))
def test_a_whole_compensation_is_a_power_of_two(a: Fraction, b: Fraction, c: int) -> None:
    assert pam(a, b, Fraction(c)) == Fraction(2) ** c * pam(a, b)


# The quotient


@given(nonzeros, nonzeros)
@example(ONE, THREE_HALVES)
def test_padiv_errs_by_at_most_an_eighth_and_never_downwards(a: Fraction, b: Fraction) -> None:
    assert 0 <= rel_error(padiv(a, b), a / b) <= Fraction(1, 8)


def test_padiv_attains_an_eighth_at_one_over_three_halves() -> None:
    assert rel_error(padiv(ONE, THREE_HALVES), Fraction(2, 3)) == Fraction(1, 8)


@given(nonzeros, powers)
def test_padiv_by_a_power_of_two_is_exact(a: Fraction, power: Fraction) -> None:
    assert padiv(a, power) == a / power


@given(exponents, mantissas, exponents, mantissas)
@example(0, HALF, 0, HALF)
@example(0, Fraction(0), 0, HALF)
def test_padiv_has_the_two_cases_that_the_spec_spells_out(
    ea: int, ma: Fraction, eb: int, mb: Fraction
) -> None:
    a, b = Fraction(2) ** ea * (1 + ma), Fraction(2) ** eb * (1 + mb)
    plain, borrow = Fraction(2) ** (ea - eb) * (1 + ma - mb), Fraction(2) ** (ea - eb - 1) * (2 + ma - mb)
    assert padiv(a, b) == (plain if ma >= mb else borrow)


@given(reals, nonzeros)
def test_padiv_undoes_pam(a: Fraction, b: Fraction) -> None:
    assert padiv(pam(a, b), b) == a


@given(reals, nonzeros, st.fractions(-2, 2))
def test_compensations_of_the_two_cancel(a: Fraction, b: Fraction, c: Fraction) -> None:
    assert padiv(pam(a, b, c), b, c) == a


@given(reals, nonzeros)
def test_padiv_is_odd_in_each_operand(a: Fraction, b: Fraction) -> None:
    assert padiv(-a, b) == -padiv(a, b) == padiv(a, -b)


# The root, and the domains


@given(positives)
def test_pasqrt_undoes_the_pam_square(a: Fraction) -> None:
    assert pasqrt(pam(a, a)) == a


@pytest.mark.parametrize(
    ("a", "root"), [("0", "0"), ("4", "2"), ("2", "3/2"), ("9", "25/8"), ("1/2", "3/4")]
)
def test_known_roots(a: str, root: str) -> None:
    assert pasqrt(Fraction(a)) == Fraction(root)


@pytest.mark.parametrize(
    ("function", "operands", "named"),
    [
        (L, (0,), "x is 0"),
        (palog2, (-1,), "x is -1"),
        (pasqrt, (-1,), "a is -1"),
        (padiv, (1, 0), "b is 0"),
        (padiv, (0, 0), "b is 0"),
    ],
)
def test_outside_the_domain_the_operand_is_named(
    function: Callable[..., Fraction], operands: tuple[int, ...], named: str
) -> None:
    with pytest.raises(ValueError, match=named):
        function(*map(Fraction, operands))
