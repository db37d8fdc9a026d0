"""Section 2 in codes: every row of the tables of special values, offsets, wrong use.

Codes in the tables were computed by hand from the spec, not by running the code.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from pamcheck.spec import evaluate

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
def test_ordinary_float32_operands(
    op: str, codes: tuple[int, ...], expected: int, assert_result: Callable[..., None]
) -> None:
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
    op: str, codes: tuple[int, ...], expected: int, policy: str, assert_result: Callable[..., None]
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
    op: str, codes: tuple[int, ...], expected: int, policy: str, assert_result: Callable[..., None]
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
    op: str, codes: tuple[int, ...], expected: int, policy: str, assert_result: Callable[..., None]
) -> None:
    assert_result(expected, op, codes, "float4_e2m1fn", policy)


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
