"""Section 2 at the edges of a format: underflow, overflow and rounding, under every policy.

Codes in the tables were computed by hand from the spec, not by running the code.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pamcheck import spec
from pamcheck.formats import get_format
from pamcheck.spec import evaluate, padiv, pam

ZERO, INF, NAN = 0x00000000, 0x7F800000, 0x7FC00000
MINUS_ZERO, MINUS_INF = 0x80000000, 0xFF800000
F1, F2, M1 = 0x3F800000, 0x40000000, 0xBF800000

Row = tuple[str, tuple[int, ...], int]


def row_id(value: object) -> str:
    if isinstance(value, tuple):
        return ",".join(f"{code:x}" for code in value)
    return f"{value:x}" if isinstance(value, int) else str(value)


def rows(*table: Row) -> pytest.MarkDecorator:
    return pytest.mark.parametrize(("op", "codes", "expected"), table, ids=row_id)


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
    fmt: str,
    op: str,
    codes: tuple[int, ...],
    flushed: int,
    gradual: int,
    assert_result: Callable[..., None],
) -> None:
    assert_result(flushed, op, codes, fmt, "ftz")
    assert_result(gradual, op, codes, fmt, "gradual")


@pytest.mark.parametrize(("fmt", "op", "codes", "flushed", "gradual"), UNDERFLOWS, ids=row_id)
def test_saturate_treats_underflow_as_ftz_does(
    fmt: str,
    op: str,
    codes: tuple[int, ...],
    flushed: int,
    gradual: int,
    assert_result: Callable[..., None],
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
    fmt: str,
    op: str,
    codes: tuple[int, ...],
    plain: int,
    saturated: int,
    assert_result: Callable[..., None],
) -> None:
    assert_result(plain, op, codes, fmt, "ftz")
    assert_result(saturated, op, codes, fmt, "saturate")


@pytest.mark.parametrize(("fmt", "op", "codes", "plain", "saturated"), OVERFLOWS, ids=row_id)
def test_gradual_treats_overflow_as_ftz_does(
    fmt: str,
    op: str,
    codes: tuple[int, ...],
    plain: int,
    saturated: int,
    assert_result: Callable[..., None],
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
def test_ties_of_float8_go_to_even(
    op: str, codes: tuple[int, ...], expected: int, assert_result: Callable[..., None]
) -> None:
    assert_result(expected, op, codes, "float8_e4m3fn")


@rows(
    ("palog2", (0x7E,), 0x51),  # 8.75
    ("palog2", (0x79,), 0x50),  # 8.125
    ("palog2", (0x09,), 0xCC),  # -5.875
    ("palog2", (0x39,), 0x20),  # 1/8, exact
    ("palog2", (0x37,), 0xA0),
)
def test_other_logarithms_of_float8_go_to_the_nearest(
    op: str, codes: tuple[int, ...], expected: int, assert_result: Callable[..., None]
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
def test_ties_of_float32_go_to_even(
    op: str, codes: tuple[int, ...], expected: int, assert_result: Callable[..., None]
) -> None:
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
def test_log2_e_is_rounded_to_the_format(
    fmt: str, one: int, expected: int, assert_result: Callable[..., None]
) -> None:
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
def test_gradual_is_the_real_function_encoded_once(
    op: str, real: Callable[..., Fraction], assert_result: Callable[..., None]
) -> None:
    f = get_format("float6_e3m2fn")
    nonzero = [code for code in range(64) if code & f.magnitude]
    for a, b in product(nonzero, repeat=2):
        expected = f.encode(real(f.decode(a), f.decode(b))) | (a ^ b) & f.sign  # a Fraction has no -0
        assert_result(expected, op, (a, b), "float6_e3m2fn", "gradual")
