"""The policy kosson2023: the published thresholds, decided by the true result."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import pytest

from pamcheck.formats import get_format
from pamcheck.spec import evaluate

ZERO, INF, NAN = 0x00000000, 0x7F800000, 0x7FC00000
MINUS_ZERO, MINUS_NAN = 0x80000000, 0xFFC00001
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
def test_kosson2023_decides_by_the_true_result(
    op: str, codes: tuple[int, ...], expected: int, assert_result: Callable[..., None]
) -> None:
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
    fmt: str, op: str, codes: tuple[int, ...], expected: int, assert_result: Callable[..., None]
) -> None:
    assert_result(expected, op, codes, fmt, "kosson2023")


@pytest.mark.parametrize(
    ("op", "offset", "expected"),
    [("pam", 1, 0x3FC00001), ("padiv", 1, 0x3FBFFFFF), ("pam", -2, 0x3FBFFFFE)],
)
def test_kosson2023_adds_the_offset_to_the_raw_sum(op: str, offset: int, expected: int) -> None:
    assert hex(evaluate(op, (F1_5, F1), "float32", "kosson2023", offset)) == hex(expected)


def test_kosson2023_counts_its_upper_threshold_as_too_large(assert_result: Callable[..., None]) -> None:
    f = get_format("float64")
    factors = (f.encode(Fraction(5**18 * 2**37)), f.encode(Fraction(5**19)))  # their product is 1e37
    assert_result(0x7FF8 << 48, "pam", factors, "float64", "kosson2023")
