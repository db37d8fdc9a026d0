"""Section 4: matrix products and their cotangents against NumPy loops in float32, and by hand."""

from __future__ import annotations

import ml_dtypes
import numpy as np
import numpy.typing as npt
import pytest

from pamcheck.formats import get_format
from pamcheck.spec import dot, evaluate, matmul, matmul_vjp, vjp

SEED = 20230517
LENGTHS = [0, 1, 31, 32, 33, 64, 100, 255, 256, 257, 513]
DTYPES: dict[str, npt.DTypeLike] = {
    "float32": np.float32,
    "float16": np.float16,
    "bfloat16": ml_dtypes.bfloat16,
    "float8_e4m3fn": ml_dtypes.float8_e4m3fn,
}
Codes = list[list[int]]


def draw(fmt: str, rows: int, columns: int, stream: int) -> Codes:
    """Return codes of numbers that span a few binades, some of them subnormal."""
    f = get_format(fmt)
    rng = np.random.default_rng([SEED, stream, rows, columns])
    values = rng.normal(size=(rows, columns)) * 2.0 ** rng.integers(-5, 3, (rows, columns))
    codes = values.astype(DTYPES[fmt]).view(f"u{f.storage_bits // 8}")
    small = rng.random((rows, columns)) < 0.05
    return np.where(small, codes & (f.sign | (f.tiny - 1)), codes).tolist()


def summed_in_numpy(terms: list[int], fmt: str) -> int:
    """Return the sum of codes in float32, by the loop that section 4 describes, as a code."""
    f = get_format(fmt)
    x = np.array(terms, dtype=f"u{f.storage_bits // 8}").view(DTYPES[fmt]).astype(np.float32)
    total = None
    for start in range(0, len(x), 256):
        block = np.float32(0)
        for value in x[start : start + 256]:
            block = block + value
        total = block if total is None else total + block
    result = np.array([np.float32(0) if total is None else total]).astype(DTYPES[fmt])
    return int(result.view(f"u{f.storage_bits // 8}")[0])


@pytest.mark.parametrize(
    ("fmt", "policy"), [("float32", "ftz"), ("bfloat16", "gradual"), ("float16", "ftz")]
)
@pytest.mark.parametrize("length", LENGTHS)
def test_products_are_those_of_a_numpy_loop(length: int, fmt: str, policy: str) -> None:
    a, b = draw(fmt, 2, length, 1), draw(fmt, length, 2, 2)
    expected = [
        [
            summed_in_numpy([evaluate("pam", (row[k], b[k][j]), fmt, policy) for k in range(length)], fmt)
            for j in range(len(b[0]) if b else 0)
        ]
        for row in a
    ]
    assert matmul(a, b, fmt, policy) == expected


def test_products_take_an_offset_in_codes() -> None:
    a, b = draw("float8_e4m3fn", 3, 40, 1), draw("float8_e4m3fn", 40, 2, 2)
    for offset in (-1, 0, 1):
        expected = [
            [
                summed_in_numpy(
                    [evaluate("pam", (row[k], b[k][j]), "float8_e4m3fn", offset=offset) for k in range(40)],
                    "float8_e4m3fn",
                )
                for j in range(2)
            ]
            for row in a
        ]
        assert matmul(a, b, "float8_e4m3fn", offset=offset) == expected


@pytest.mark.parametrize("fmt", ["float32", "bfloat16"])
@pytest.mark.parametrize("mode", ["exact", "mimic"])
@pytest.mark.parametrize(("m", "k", "n"), [(1, 1, 513), (257, 2, 1), (3, 2, 40), (2, 0, 3), (2, 3, 0)])
def test_cotangents_are_those_of_a_numpy_loop(m: int, k: int, n: int, mode: str, fmt: str) -> None:
    a, b, g = draw(fmt, m, k, 1), draw(fmt, k, n, 2), draw(fmt, m, n, 3)
    if not k:
        g = [[]] * m  # no row of b says how many columns there are

    def back(i: int, step: int, j: int) -> tuple[int, ...]:
        return vjp("pam", (a[i][step], b[step][j]), g[i][j], fmt, mode=mode)

    da = [
        [summed_in_numpy([back(i, step, j)[0] for j in range(n)], fmt) for step in range(k)]
        for i in range(m)
    ]
    db = [
        [summed_in_numpy([back(i, step, j)[1] for i in range(m)], fmt) for j in range(n)]
        for step in range(k)
    ]
    assert matmul_vjp(a, b, g, fmt, mode=mode) == (da, db)


# By hand

F1, F1_5, F2, M1, INF, NAN = 0x3F800000, 0x3FC00000, 0x40000000, 0xBF800000, 0x7F800000, 0x7FC00000
MINUS_ZERO, TWO_TO_24 = 0x80000000, 0x4B800000


def test_products_worked_out_by_hand() -> None:
    assert matmul([[F1_5, F2]], [[F1_5], [M1]], "float32") == [[0]]  # 2 - 2 is +0
    assert matmul([[0]], [[M1]], "float32") == [[0]]  # -0 added to +0
    assert matmul([[F1_5], [F2]], [[F1_5, M1]], "float32") == [[F2, 0xBFC00000], [0x40400000, 0xC0000000]]
    assert matmul([[F1, INF]], [[F1], [0]], "float32") == [[NAN]]
    assert matmul([[0x00000001]], [[F2]], "float32") == [[0]]
    assert matmul([[0x00000001]], [[F2]], "float32", "gradual") == [[2]]


def test_a_block_is_256_products() -> None:
    ones = [[F1]] * 512
    assert matmul([[TWO_TO_24] + [F1] * 511], ones, "float32") == [[0x4B800080]]
    assert matmul([[F1] * 255 + [TWO_TO_24] + [F1] * 256], ones, "float32") == [[0x4B800100]]  # 255: a tie


def test_without_products_the_entry_is_plus_zero() -> None:
    assert dot([], [], "float32") == 0
    assert matmul([[], []], [], "float32") == [[], []]
    assert matmul([], [[F1]], "float32") == []


def test_cotangents_worked_out_by_hand() -> None:
    da, db = matmul_vjp([[F1_5, F2]], [[F1_5], [M1]], [[F1]], "float32")
    assert (da, db) == ([[F2, M1]], [[F2], [F2]])
    da, db = matmul_vjp([[F1_5, F2]], [[F1_5], [M1]], [[F1_5]], "float32", mode="mimic")
    assert (da, db) == ([[F2, 0xBFC00000]], [[F2], [0x40400000]])


@pytest.mark.parametrize("mode", ["exact", "mimic"])
def test_an_infinite_operand_spoils_its_row_and_column_of_cotangents_only(mode: str) -> None:
    a, b, g = [[F1, INF], [F1, F2]], [[F1], [F1]], [[F1], [0]]
    da, db = matmul_vjp(a, b, g, "float32", mode=mode)
    assert da == [[F1, NAN], [0, 0]]
    assert db == [[F1], [NAN]]


@pytest.mark.parametrize(
    ("function", "arguments", "message"),
    [
        (matmul, ([[0, 0]], [[0]], "float32"), r"a has rows of \[2\] codes; b has 1 rows"),
        (matmul, ([[0], [0, 0]], [[0]], "float32"), r"a has rows of \[1, 2\] codes"),
        (matmul, ([[0, 0]], [[0], [0, 0]], "float32"), r"b has rows of \[1, 2\] codes"),
        (
            matmul_vjp,
            ([[0]], [[0]], [[0, 0]], "float32"),
            "cotangent has not the shape .* 1 rows of 1 codes",
        ),
        (matmul_vjp, ([[0]], [[0]], [], "float32"), "cotangent has not the shape"),
        (matmul_vjp, ([[0]], [[0]], [[0]], "float32", "ftz", "exat"), "unknown mode 'exat'"),
        (matmul_vjp, ([[0]], [[0]], [[0]], "float32", "kosson2023"), "'kosson2023' has no derivative"),
        (matmul, ([[0x100]], [[0]], "float8_e5m2"), "code 0x100 does not fit"),
        (dot, ([0], [], "float32"), "a has 1 codes and b has 0"),
    ],
)
def test_wrong_use_is_told_what_would_do(
    function: object, arguments: tuple[object, ...], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        function(*arguments)
