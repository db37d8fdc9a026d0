"""The definition on its own: the facts of spec section 1 on Fractions, every row of section 2 in codes.

Codes in the tables were computed by hand from the spec, not by running the code.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from itertools import product

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pamcheck import spec
from pamcheck.formats import get_format
from pamcheck.spec import L, X, evaluate, padiv, paexp2, palog2, pam, pasqrt

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


# Codes: tables of (operation, operands, result)

ZERO, INF, NAN = 0x00000000, 0x7F800000, 0x7FC00000
MINUS_ZERO, MINUS_INF = 0x80000000, 0xFF800000
SIGNALLING, MINUS_NAN = 0x7F800001, 0xFFC00001
F1, F1_5, F2, M1, M1_5 = 0x3F800000, 0x3FC00000, 0x40000000, 0xBF800000, 0xBFC00000

Row = tuple[str, tuple[int, ...], int]


def row_id(value: object) -> str:
    if isinstance(value, tuple):
        return ",".join(f"{code:x}" for code in value)
    return f"{value:x}" if isinstance(value, int) else str(value)


def rows(*table: Row) -> pytest.MarkDecorator:
    return pytest.mark.parametrize(("op", "codes", "expected"), table, ids=row_id)


def assert_result(expected: int, op: str, codes: tuple[int, ...], fmt: str, policy: str = "ftz") -> None:
    got = evaluate(op, codes, fmt, policy)
    assert got == expected, f"{op}{tuple(map(hex, codes))} is {got:#x}, not {expected:#x}"


@rows(
    ("pam", (F1_5, F1_5), F2),
    ("pam", (0x40400000, 0xBF400000), 0xC0000000),  # 3 * -0.75 = -2
    ("padiv", (F1, F1_5), 0x3F400000),
    ("padiv", (0xC0000000, F1_5), M1_5),  # -2 / 1.5 = -1.5
    ("palog2", (0x40400000,), F1_5),
    ("palog2", (0x3F400000,), 0xBF000000),
    ("palog2", (F1,), ZERO),
    ("paexp2", (0x3F000000,), F1_5),
    ("paexp2", (0xBF000000,), 0x3F400000),
    ("paexp2", (F1_5,), 0x40400000),
    ("pasqrt", (0x40800000,), F2),
    ("pasqrt", (F2,), F1_5),
    ("pasqrt", (0x41100000,), 0x40480000),  # 9 has the root 3.125
    ("paexp", (F1,), 0x4038AA3B),  # log2 e is 3fb8aa3b
    ("paexp", (MINUS_ZERO,), F1),
    ("palog", (F2,), 0x3F4755C5),
    ("palog", (F1,), ZERO),
    ("papow", (F2, 0x40400000), 0x41000000),
    ("papow", (F1_5, F2), F2),
    ("papow", (0x40800000, 0xBF000000), 0x3F000000),
)
def test_ordinary_float32_operands(op: str, codes: tuple[int, ...], expected: int) -> None:
    assert_result(expected, op, codes, "float32")


@rows(
    *[
        (op, (nan,), NAN)
        for op in ("palog2", "paexp2", "pasqrt", "palog", "paexp")
        for nan in (NAN, MINUS_NAN)
    ],
    *[(op, (SIGNALLING, F1), NAN) for op in ("pam", "padiv", "papow")],
    *[(op, (F1, MINUS_NAN), NAN) for op in ("pam", "padiv", "papow")],
    *[("pam", pair, NAN) for pair in ((INF, ZERO), (ZERO, MINUS_INF), (MINUS_INF, MINUS_ZERO))],
    ("pam", (INF, M1_5), MINUS_INF),
    ("pam", (MINUS_INF, MINUS_INF), INF),
    ("pam", (ZERO, M1_5), MINUS_ZERO),
    ("pam", (M1_5, MINUS_ZERO), ZERO),
    *[("padiv", pair, NAN) for pair in ((ZERO, ZERO), (MINUS_ZERO, ZERO), (INF, MINUS_INF))],
    ("padiv", (F1_5, ZERO), INF),
    ("padiv", (F1_5, MINUS_ZERO), MINUS_INF),
    ("padiv", (INF, M1_5), MINUS_INF),
    ("padiv", (INF, MINUS_ZERO), MINUS_INF),
    ("padiv", (ZERO, M1_5), MINUS_ZERO),
    ("padiv", (M1_5, INF), MINUS_ZERO),
    ("padiv", (ZERO, MINUS_INF), MINUS_ZERO),
    *[("palog2", (zero,), MINUS_INF) for zero in (ZERO, MINUS_ZERO)],
    *[("palog2", (x,), NAN) for x in (M1, MINUS_INF)],
    ("palog2", (INF,), INF),
    ("paexp2", (INF,), INF),
    ("paexp2", (MINUS_INF,), ZERO),
    *[("paexp2", (zero,), F1) for zero in (ZERO, MINUS_ZERO)],
    *[("pasqrt", (zero,), zero) for zero in (ZERO, MINUS_ZERO)],
    *[("pasqrt", (x,), NAN) for x in (M1, MINUS_INF)],
    ("pasqrt", (INF,), INF),
    ("palog", (ZERO,), MINUS_INF),
    ("palog", (M1,), NAN),
    ("palog", (INF,), INF),
    ("paexp", (INF,), INF),
    ("paexp", (MINUS_INF,), ZERO),
    ("papow", (ZERO, F2), ZERO),
    ("papow", (ZERO, M1), INF),
    ("papow", (ZERO, ZERO), NAN),  # -inf * 0
    ("papow", (F1, INF), NAN),  # 0 * inf
    ("papow", (INF, ZERO), NAN),
    ("papow", (F1_5, ZERO), F1),
    ("papow", (M1_5, F2), NAN),
)
@pytest.mark.parametrize("policy", ["ftz", "gradual", "saturate"])
def test_special_float32_operands_under_every_policy(
    op: str, codes: tuple[int, ...], expected: int, policy: str
) -> None:
    assert_result(expected, op, codes, "float32", policy)


@rows(
    *[("pam", pair, 0x7F) for pair in ((0x7F, 0x38), (0x38, 0xFF), (0x7F, 0x00))],
    ("pam", (0x80, 0x38), 0x80),
    ("pam", (0x80, 0xB8), 0x00),
    ("pam", (0x00, 0x7E), 0x00),
    *[("padiv", pair, 0x7F) for pair in ((0x00, 0x00), (0x38, 0x00), (0x38, 0x80), (0x38, 0xFF))],
    ("padiv", (0x00, 0xB8), 0x80),
    *[("palog2", (x,), 0x7F) for x in (0x00, 0x80, 0xB8, 0xFF)],
    ("palog2", (0x38,), 0x00),
    *[("paexp2", (zero,), 0x38) for zero in (0x00, 0x80)],
    ("paexp2", (0xFF,), 0x7F),
    *[("pasqrt", (zero,), zero) for zero in (0x00, 0x80)],
    *[("pasqrt", (x,), 0x7F) for x in (0xB8, 0x7F)],
    ("papow", (0x00, 0x38), 0x7F),  # log2 0 is already NaN
)
@pytest.mark.parametrize("policy", ["ftz", "gradual", "saturate"])
def test_without_infinity_its_place_is_taken_by_nan(
    op: str, codes: tuple[int, ...], expected: int, policy: str
) -> None:
    assert_result(expected, op, codes, "float8_e4m3fn", policy)


@rows(
    ("pam", (0x3, 0x3), 0x4),
    ("pam", (0x3, 0xB), 0xC),
    ("pam", (0x7, 0x4), 0x7),  # overflow: largest
    ("pam", (0xF, 0x4), 0xF),
    ("pam", (0x0, 0xB), 0x8),
    ("pam", (0x8, 0xA), 0x0),
    ("padiv", (0x4, 0x3), 0x3),
    ("padiv", (0x2, 0x0), 0x7),  # a result of inf: largest
    ("padiv", (0xA, 0x0), 0xF),
    ("padiv", (0x2, 0x8), 0xF),
    *[("padiv", pair, 0x8) for pair in ((0x0, 0x0), (0x0, 0x8), (0x8, 0x8))],  # NaN: -0
    ("padiv", (0x0, 0x2), 0x0),
    *[("palog2", (zero,), 0xF) for zero in (0x0, 0x8)],
    *[("palog2", (x,), 0x8) for x in (0xA, 0xF)],
    ("palog2", (0x2,), 0x0),
    ("palog2", (0x4,), 0x2),
    ("palog2", (0x5,), 0x3),
    ("palog2", (0x7,), 0x4),  # 2.5 is a tie of 2 and 3
    *[("paexp2", (zero,), 0x2) for zero in (0x0, 0x8)],
    ("paexp2", (0x3,), 0x5),
    ("paexp2", (0x4,), 0x6),
    *[("paexp2", (y,), 0x7) for y in (0x5, 0x7)],
    *[("pasqrt", (zero,), zero) for zero in (0x0, 0x8)],
    ("pasqrt", (0xA,), 0x8),
    *[("pasqrt", (a,), root) for a, root in ((0x3, 0x2), (0x4, 0x3), (0x5, 0x4), (0x6, 0x4), (0x7, 0x4))],
    ("paexp", (0x2,), 0x5),  # log2 e rounds to 1.5
    ("palog", (0x6,), 0x3),
    ("palog", (0x0,), 0xE),  # log2 0 is -6 from then on, and -6 / 1.5 is -4
    ("papow", (0x6, 0x3), 0x7),
    ("papow", (0xA, 0x2), 0x2),  # log2 -1 is -0 from then on
)
@pytest.mark.parametrize("policy", ["ftz", "gradual", "saturate"])
def test_without_infinity_and_nan_their_places_are_taken_by_largest_and_minus_zero(
    op: str, codes: tuple[int, ...], expected: int, policy: str
) -> None:
    assert_result(expected, op, codes, "float4_e2m1fn", policy)


# Underflow and overflow

UNDERFLOWS = [  # format, operation, operands, under ftz and saturate, under gradual
    ("float8_e4m3fn", "pam", (0x07, 0x38), 0x00, 0x07),
    ("float8_e4m3fn", "pam", (0x87, 0x38), 0x80, 0x87),
    ("float8_e4m3fn", "pam", (0x04, 0x40), 0x00, 0x08),
    ("float8_e4m3fn", "pam", (0x08, 0x38), 0x08, 0x08),
    ("float8_e4m3fn", "pam", (0x0F, 0x31), 0x08, 0x08),
    ("float8_e4m3fn", "pam", (0x08, 0x30), 0x00, 0x04),
    ("float8_e4m3fn", "pam", (0x09, 0x30), 0x00, 0x04),  # 4.5 steps
    ("float8_e4m3fn", "pam", (0x0B, 0x30), 0x00, 0x06),  # 5.5
    ("float8_e4m3fn", "pam", (0x0D, 0x30), 0x00, 0x06),  # 6.5
    ("float8_e4m3fn", "pam", (0x0F, 0x30), 0x00, 0x08),  # 7.5 rounds up to tiny
    ("float8_e4m3fn", "pam", (0x8F, 0x30), 0x80, 0x88),
    ("float8_e4m3fn", "pam", (0x08, 0x18), 0x00, 0x00),  # half a step
    ("float8_e4m3fn", "pam", (0x09, 0x18), 0x00, 0x01),
    ("float8_e4m3fn", "pam", (0x88, 0x08), 0x80, 0x80),
    ("float8_e4m3fn", "padiv", (0x08, 0x40), 0x00, 0x04),
    ("float8_e4m3fn", "padiv", (0x38, 0x07), 0x7F, 0x6A),  # 1 / (7 * 2^-9) is 80
    ("float8_e4m3fn", "padiv", (0x01, 0x01), 0x7F, 0x38),
    ("float8_e4m3fn", "palog2", (0x01,), 0x7F, 0xD1),
    ("float8_e4m3fn", "paexp2", (0x07,), 0x38, 0x38),
    ("float8_e4m3fn", "paexp2", (0xCC,), 0x08, 0x08),  # 2^-6
    ("float8_e4m3fn", "paexp2", (0xCD,), 0x00, 0x06),
    ("float8_e4m3fn", "paexp2", (0xCE,), 0x00, 0x04),
    ("float8_e4m3fn", "paexp2", (0xD1,), 0x00, 0x01),
    ("float8_e4m3fn", "paexp2", (0xD2,), 0x00, 0x00),
    ("float8_e4m3fn", "paexp2", (0xFE,), 0x00, 0x00),
    ("float4_e2m1fn", "pam", (0x1, 0x4), 0x0, 0x2),
    ("float4_e2m1fn", "pam", (0x9, 0x4), 0x8, 0xA),
    ("float4_e2m1fn", "pam", (0x1, 0x3), 0x0, 0x2),
    ("float4_e2m1fn", "pam", (0x9, 0x1), 0x8, 0x8),
    ("float4_e2m1fn", "padiv", (0x2, 0x4), 0x0, 0x1),
    ("float4_e2m1fn", "padiv", (0xA, 0x3), 0x8, 0xA),
    ("float4_e2m1fn", "palog2", (0x3,), 0x0, 0x1),
    ("float4_e2m1fn", "palog2", (0x1,), 0xF, 0xA),
    ("float4_e2m1fn", "palog2", (0x9,), 0xF, 0x8),
    ("float4_e2m1fn", "paexp2", (0x1,), 0x2, 0x3),
    ("float4_e2m1fn", "paexp2", (0x9,), 0x2, 0x2),
    ("float4_e2m1fn", "paexp2", (0xB,), 0x0, 0x1),
    ("float4_e2m1fn", "paexp2", (0xC,), 0x0, 0x0),
    ("float4_e2m1fn", "pasqrt", (0x1,), 0x0, 0x2),
    ("float4_e2m1fn", "palog", (0x4,), 0x0, 0x2),
    ("float32", "pam", (0x00000001, F2), ZERO, 0x00000002),
    ("float32", "pam", (0x007FFFFF, M1), MINUS_ZERO, 0x807FFFFF),
    ("float32", "pam", (0x00400000, F2), ZERO, 0x00800000),
    ("float32", "pam", (0x00800001, 0x3F000000), ZERO, 0x00400000),
    ("float32", "pam", (0x00800003, 0x3F000000), ZERO, 0x00400002),
    ("float32", "pam", (0x00FFFFFF, 0x3F000000), ZERO, 0x00800000),
    ("float32", "pam", (INF, 0x00000001), NAN, INF),
    ("float32", "padiv", (F1, 0x80000001), MINUS_INF, MINUS_INF),  # x / 0; a finite overflow
    ("float32", "padiv", (0x00000001, 0x00000001), NAN, F1),
    ("float32", "padiv", (0x00800000, F2), ZERO, 0x00400000),
    ("float32", "palog2", (0x00000001,), MINUS_INF, 0xC3150000),  # -149
    ("float32", "palog2", (0x80000001,), MINUS_INF, NAN),
    ("float32", "paexp2", (0x00000001,), F1, F1),
    ("float32", "paexp2", (0xC2FC0000,), 0x00800000, 0x00800000),  # 2^-126
    ("float32", "paexp2", (0xC2FC0001,), ZERO, 0x007FFFE0),  # not one + y 2^m, which is 007fffc0
    ("float32", "paexp2", (0xC2FE0000,), ZERO, 0x00400000),
    ("float32", "paexp2", (0xC3150000,), ZERO, 0x00000001),  # 2^-149
    ("float32", "paexp2", (0xC3158000,), ZERO, 0x00000001),
    ("float32", "paexp2", (0xC3160000,), ZERO, ZERO),
    ("float32", "pasqrt", (0x00000001,), ZERO, 0x1A400000),
    ("float32", "pasqrt", (0x80000001,), MINUS_ZERO, NAN),
    ("e3m5", "palog2", (0x61,), 0x000, 0x004),  # 1/32, below tiny = 1/4
    ("e3m5", "palog2", (0x5F,), 0x100, 0x104),  # -1/32
    ("e3m5", "palog2", (0x58,), 0x120, 0x120),
]


@pytest.mark.parametrize(("fmt", "op", "codes", "flushed", "gradual"), UNDERFLOWS, ids=row_id)
def test_subnormals_are_zeros_of_their_sign_unless_underflow_is_gradual(
    fmt: str, op: str, codes: tuple[int, ...], flushed: int, gradual: int
) -> None:
    assert_result(flushed, op, codes, fmt, "ftz")
    assert_result(gradual, op, codes, fmt, "gradual")


@pytest.mark.parametrize(("fmt", "op", "codes", "flushed", "gradual"), UNDERFLOWS, ids=row_id)
def test_saturate_treats_underflow_as_ftz_does(
    fmt: str, op: str, codes: tuple[int, ...], flushed: int, gradual: int
) -> None:
    del gradual
    assert_result(flushed, op, codes, fmt, "saturate")


OVERFLOWS = [  # format, operation, operands, under ftz and gradual, under saturate
    ("float32", "pam", (0x7F000000, 0x3FFFFFFF), 0x7F7FFFFF, 0x7F7FFFFF),
    ("float32", "pam", (0x7F000000, F2), INF, 0x7F7FFFFF),
    ("float32", "pam", (0x7F7FFFFF, 0xC0000000), MINUS_INF, 0xFF7FFFFF),
    ("float32", "padiv", (0x7F7FFFFF, 0x3F000000), INF, 0x7F7FFFFF),
    ("float32", "paexp2", (0x42FE0000,), 0x7F000000, 0x7F000000),  # 2^127
    ("float32", "paexp2", (0x42FFFFFF,), 0x7F7FFFC0, 0x7F7FFFC0),
    ("float32", "paexp2", (0x43000000,), INF, 0x7F7FFFFF),  # 2^128
    ("float32", "paexp", (0x7F7FFFFF,), INF, 0x7F7FFFFF),
    ("float64", "paexp2", (0x7FE1CCF385EBC8A0,), 0x7FF << 52, 0x7FEFFFFFFFFFFFFF),  # 1e308
    ("float64", "paexp2", (0xFFE1CCF385EBC8A0,), 0, 0),
    ("float64", "papow", (0x4000 << 48, 0x7FE1CCF385EBC8A0), 0x7FF << 52, 0x7FEFFFFFFFFFFFFF),
    ("float64", "papow", (0x3FE0 << 48, 0x7FE1CCF385EBC8A0), 0, 0),
    ("float8_e4m3fn", "pam", (0x76, 0x40), 0x7E, 0x7E),
    ("float8_e4m3fn", "pam", (0x77, 0x40), 0x7F, 0x7E),  # 480 would be the code of NaN
    ("float8_e4m3fn", "pam", (0xFE, 0x40), 0x7F, 0xFE),
    ("float8_e4m3fn", "padiv", (0x7E, 0xB0), 0x7F, 0xFE),
    ("float8_e4m3fn", "paexp2", (0x50,), 0x78, 0x78),  # 2^8
    ("float8_e4m3fn", "paexp2", (0x51,), 0x7F, 0x7E),  # 2^9
    ("float8_e4m3fn", "paexp2", (0x7E,), 0x7F, 0x7E),
]


@pytest.mark.parametrize(("fmt", "op", "codes", "plain", "saturated"), OVERFLOWS, ids=row_id)
def test_a_finite_overflow_becomes_largest_only_under_saturate(
    fmt: str, op: str, codes: tuple[int, ...], plain: int, saturated: int
) -> None:
    assert_result(plain, op, codes, fmt, "ftz")
    assert_result(saturated, op, codes, fmt, "saturate")


@pytest.mark.parametrize(("fmt", "op", "codes", "plain", "saturated"), OVERFLOWS, ids=row_id)
def test_gradual_treats_overflow_as_ftz_does(
    fmt: str, op: str, codes: tuple[int, ...], plain: int, saturated: int
) -> None:
    del saturated
    assert_result(plain, op, codes, fmt, "gradual")


# Rounding


@rows(
    ("paexp2", (0x18,), 0x38),  # 1 + 1/16
    ("paexp2", (0x24,), 0x3A),  # 1 + 3/16
    ("paexp2", (0x37,), 0x40),  # 1 + 15/16, up a binade
    ("paexp2", (0x98,), 0x38),  # 31/32, up to 1
    ("paexp2", (0xA4,), 0x36),
    ("pasqrt", (0x39,), 0x38),
    ("pasqrt", (0x3B,), 0x3A),
    ("pasqrt", (0x3D,), 0x3A),
    ("pasqrt", (0x3F,), 0x3C),
    ("pasqrt", (0x37,), 0x38),
    ("palog2", (0x49,), 0x40),  # 2.125
    ("palog2", (0x4B,), 0x42),  # 2.375
    ("palog2", (0x7C,), 0x50),  # 8.5
    ("palog2", (0x0A,), 0xCC),  # -5.75
)
def test_ties_of_float8_go_to_even(op: str, codes: tuple[int, ...], expected: int) -> None:
    assert_result(expected, op, codes, "float8_e4m3fn")


@rows(
    ("palog2", (0x7E,), 0x51),  # 8.75
    ("palog2", (0x79,), 0x50),  # 8.125
    ("palog2", (0x09,), 0xCC),  # -5.875
    ("palog2", (0x39,), 0x20),  # 1/8, exact
    ("palog2", (0x37,), 0xA0),
)
def test_other_logarithms_of_float8_go_to_the_nearest(
    op: str, codes: tuple[int, ...], expected: int
) -> None:
    assert_result(expected, op, codes, "float8_e4m3fn")


@rows(
    ("paexp2", (0x33800000,), 0x3F800000),  # half a step above 1
    ("paexp2", (0x33800001,), 0x3F800001),
    ("paexp2", (0x34400000,), 0x3F800002),
    ("paexp2", (0xB3800000,), 0x3F800000),  # half a step below 1
    ("pasqrt", (0x3F800001,), 0x3F800000),
    ("pasqrt", (0x3F800003,), 0x3F800002),
    ("palog2", (0x40800001,), 0x40000000),
    ("palog2", (0x40800003,), 0x40000002),
    ("palog2", (0x3E7FFFFF,), 0xC0000000),
)
def test_ties_of_float32_go_to_even(op: str, codes: tuple[int, ...], expected: int) -> None:
    assert_result(expected, op, codes, "float32")


@pytest.mark.parametrize(
    ("fmt", "one", "expected"),
    [
        ("float64", 0x3FF << 52, 0x40071547652B82FE),
        ("float16", 0x3C00, 0x41C5),
        ("bfloat16", 0x3F80, 0x4039),
        ("float8_e5m2", 0x3C, 0x42),
        ("float8_e4m3fn", 0x38, 0x44),
    ],
)
def test_log2_e_is_rounded_to_the_format(fmt: str, one: int, expected: int) -> None:
    assert_result(expected, "paexp", (one,), fmt)


def test_log2_e_is_the_reciprocal_of_ln_2_to_40_digits() -> None:
    ln_2 = Fraction("0.69314718055994530941723212145817656807550013436025525412")  # OEIS A002162
    assert abs(spec.LOG2_E * ln_2 - 1) < Fraction(1, 10**50)


def in_range(code: int) -> int:
    """Return a rounded magnitude of float8_e4m3fn as `ftz` leaves it: 0, itself, or NaN."""
    return 0x00 if code < 0x08 else code if code <= 0x7E else 0x7F


@pytest.mark.parametrize(
    ("op", "in_integers"), [("pam", lambda a, b: a + b - 0x38), ("padiv", lambda a, b: a - b + 0x38)]
)
def test_pam_and_padiv_hold_in_integers_on_all_normal_float8(
    op: str, in_integers: Callable[[int, int], int]
) -> None:
    pairs = list(product(range(0x08, 0x7F), repeat=2))
    expected = [in_range(in_integers(a, b)) for a, b in pairs]
    got = [evaluate(op, pair, "float8_e4m3fn") for pair in pairs]
    wrong = [
        (row_id(pair), hex(ours))
        for pair, ours, code in zip(pairs, got, expected, strict=True)
        if ours != code
    ]
    assert not wrong, wrong[:5]


def test_pasqrt_holds_in_integers_on_all_normal_float8() -> None:
    normals = range(0x08, 0x7F)
    expected = [round(Fraction(a + 0x38, 2)) for a in normals]
    assert [evaluate("pasqrt", (a,), "float8_e4m3fn") for a in normals] == expected


@pytest.mark.parametrize("fmt", ["float16", "float32", "float64"])
@given(data=st.data())
def test_the_logarithm_and_exponential_hold_in_integers(fmt: str, data: st.DataObject) -> None:
    f = get_format(fmt)
    code = data.draw(st.integers(f.tiny, f.largest), label="code")
    y = data.draw(st.fractions(2 - f.bias, f.bias).map(f.encode), label="y")
    assert evaluate("palog2", (code,), fmt) == f.encode(Fraction(code - f.one, f.tiny)), f.hex(code)
    value = Fraction(0) if y & f.magnitude < f.tiny else f.decode(y)
    assert evaluate("paexp2", (y,), fmt) == f.one + round(value * f.tiny), f.hex(y)


@pytest.mark.parametrize(("op", "real"), [("pam", pam), ("padiv", padiv)])
def test_gradual_is_the_real_function_encoded_once(op: str, real: Callable[..., Fraction]) -> None:
    f = get_format("float6_e3m2fn")
    nonzero = [code for code in range(64) if code & f.magnitude]
    for a, b in product(nonzero, repeat=2):
        expected = f.encode(real(f.decode(a), f.decode(b))) | (a ^ b) & f.sign  # a Fraction has no -0
        assert_result(expected, op, (a, b), "float6_e3m2fn", "gradual")


# Compensation


@pytest.mark.parametrize(
    ("op", "codes", "offset", "policy", "expected"),
    [
        ("pam", (0x3C, 0x3C), -1, "ftz", 0x3F),
        ("pam", (0x3C, 0xBC), 1, "ftz", 0xC1),
        ("padiv", (0x38, 0x3C), -1, "ftz", 0x35),
        ("padiv", (0x38, 0x3C), 1, "ftz", 0x33),
        ("pam", (0x7E, 0x40), -8, "ftz", 0x7E),  # brought back into range
        ("pam", (0x08, 0x30), 8, "ftz", 0x08),
        ("pam", (0x04, 0x38), 8, "gradual", 0x08),
        ("pam", (0x80, 0x38), 5, "ftz", 0x80),
        ("pam", (0x38, 0x38), 10**30, "ftz", 0x7F),
        ("pam", (0xB8, 0x38), 10**30, "saturate", 0xFE),
        ("pam", (0xB8, 0x38), -(10**30), "gradual", 0x80),
        ("padiv", (0x38, 0x38), 10**30, "gradual", 0x00),
    ],
)
def test_an_offset_moves_the_result_by_that_many_codes(
    op: str, codes: tuple[int, ...], offset: int, policy: str, expected: int
) -> None:
    assert hex(evaluate(op, codes, "float8_e4m3fn", policy, offset)) == hex(expected)


# kosson2023


@rows(
    ("pam", (F1_5, F1_5), F2),
    ("pam", (M1_5, F1_5), 0xC0000000),
    ("pam", (0x02800000, F1), 0x02800000),  # 2^-122 is above 1e-37
    ("pam", (0x02000000, F1), ZERO),  # 2^-123 is below
    ("pam", (0x82000000, F1), ZERO),  # the sign is dropped
    ("pam", (MINUS_ZERO, F1), ZERO),
    ("pam", (0x7C800000, F1), 0x7C800000),  # 2^122 is below 1e37
    ("pam", (0x7D000000, F1), NAN),  # 2^123 is above
    ("pam", (0x7CA00000, F1_5), 0x7CE00000),  # 1.25 * 1.5 = 1.875: just below
    ("pam", (0x7CB00000, 0x3FB00000), NAN),  # 1.375^2 = 1.8906: above, though its PAM is below
    ("pam", (0x00000001, 0x7E800000), 0x3F000001),  # 2^-149 * 2^126, by raw integers one half
    *[("pam", pair, NAN) for pair in ((INF, F1), (INF, ZERO), (MINUS_NAN, F1), (F1, NAN))],
    ("padiv", (F1, F1_5), 0x3F400000),
    ("padiv", (M1, F1_5), 0xBF400000),
    ("padiv", (F1, 0x7D000000), ZERO),
    ("padiv", (F1, 0x02000000), NAN),
    ("padiv", (0x00000001, 0x00000002), 0x3F7FFFFF),
    *[("padiv", pair, ZERO) for pair in ((F1, INF), (M1, INF), (ZERO, F1), (MINUS_ZERO, F1))],
    *[("padiv", pair, NAN) for pair in ((F1, ZERO), (ZERO, ZERO), (INF, F1), (INF, INF), (NAN, F1))],
)
def test_kosson2023_decides_by_the_true_result(op: str, codes: tuple[int, ...], expected: int) -> None:
    assert_result(expected, op, codes, "float32", "kosson2023")


@pytest.mark.parametrize(
    ("fmt", "op", "codes", "expected"),
    [
        ("bfloat16", "pam", (0x3FC0, 0x3FC0), 0x4000),
        ("float64", "pam", (0x3FF8 << 48, 0x3FF8 << 48), 0x4000 << 48),
        ("float64", "pam", (0x4C70 << 48, 0x3FF0 << 48), 0x7FF8 << 48),  # 2^200
        ("e8m3f", "padiv", (0x3F8, 0x000), 0x800),  # NaN, where there is none
    ],
)
def test_kosson2023_serves_formats_of_eight_exponent_bits_or_more(
    fmt: str, op: str, codes: tuple[int, ...], expected: int
) -> None:
    assert_result(expected, op, codes, fmt, "kosson2023")


@pytest.mark.parametrize(
    ("op", "offset", "expected"),
    [("pam", 1, 0x3FC00001), ("padiv", 1, 0x3FBFFFFF), ("pam", -2, 0x3FBFFFFE)],
)
def test_kosson2023_adds_the_offset_to_the_raw_sum(op: str, offset: int, expected: int) -> None:
    assert hex(evaluate(op, (F1_5, F1), "float32", "kosson2023", offset)) == hex(expected)


def test_kosson2023_counts_its_upper_threshold_as_too_large() -> None:
    f = get_format("float64")
    factors = (f.encode(Fraction(5**18 * 2**37)), f.encode(Fraction(5**19)))  # their product is 1e37
    assert_result(0x7FF8 << 48, "pam", factors, "float64", "kosson2023")


# Wrong use


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("pma", (0, 0), "float32"), "unknown op 'pma'; did you mean 'pam'"),
        (("pam", (0,), "float32"), "codes has 1 entries; pam takes 2"),
        (("palog2", (0, 0), "float32"), "palog2 takes 1"),
        (("pam", (0, 0x100), "float8_e4m3fn"), "code 0x100 does not fit the 8 bits of float8_e4m3fn"),
        (("pam", (-1, 0), "float8_e4m3fn"), "code -0x1 does not fit"),
        (("pasqrt", (0,), "float32", "ftz", 1), "offset is 1; pasqrt takes none"),
        (("papow", (0, 0), "float32", "ftz", 1), "only pam and padiv do"),
        (("pam", (0, 0), "float23"), "unknown format 'float23'"),
        (("pam", (0, 0), "float32", "ftx"), "unknown policy 'ftx'"),
        (("palog2", (0,), "float32", "kosson2023"), "published for pam and padiv only"),
        (("paexp", (0,), "float32", "kosson2023"), "published for pam and padiv only"),
        (("pam", (0, 0), "float16", "kosson2023"), "the 5 exponent bits of float16"),
    ],
)
def test_wrong_use_is_told_what_would_do(arguments: tuple[object, ...], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        evaluate(*arguments)


def test_codes_may_be_numpy_integers_which_do_not_wrap_around() -> None:
    codes = np.array([0xFC, 0xBF], dtype=np.uint8)  # -384 and -1.875
    assert evaluate("pam", tuple(codes), "float8_e4m3fn", "saturate") == 0x7E
