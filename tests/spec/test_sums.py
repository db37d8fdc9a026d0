"""Section 4: IEEE additions against NumPy and ml_dtypes, sums in lanes and blocks against NumPy loops.

Codes in the tables were computed by hand from the spec, not by running the code.
"""

from __future__ import annotations

from itertools import product

import ml_dtypes
import numpy as np
import numpy.typing as npt
import pytest

from pamcheck.formats import FORMATS, FloatFormat, get_format
from pamcheck.spec import accumulator, blocked_sum, canonical_sum, ieee_add
from pamcheck.spec.sums import convert

SEED = 20230517
LENGTHS = [0, 1, 31, 32, 33, 64, 100, 255, 256, 257, 513]
DTYPES: dict[str, npt.DTypeLike] = {
    "float64": np.float64,
    "float32": np.float32,
    "float16": np.float16,
    "bfloat16": ml_dtypes.bfloat16,
    "float8_e5m2": ml_dtypes.float8_e5m2,
    "float8_e4m3fn": ml_dtypes.float8_e4m3fn,
}
F1, M1, MINUS_ZERO = 0x3F800000, 0xBF800000, 0x80000000
INF, MINUS_INF, NAN = 0x7F800000, 0xFF800000, 0x7FC00000


def floats(codes: npt.ArrayLike, fmt: str) -> npt.NDArray[np.floating]:
    return np.asarray(codes, dtype=f"u{get_format(fmt).storage_bits // 8}").view(DTYPES[fmt])


def codes_of(array: npt.NDArray[np.floating], fmt: str) -> list[int]:
    """Return the codes of an array, every NaN as the quiet NaN."""
    f = get_format(fmt)
    codes = array.view(f"u{f.storage_bits // 8}").tolist()
    return [f.nan if f.is_nan(code) else code for code in codes]


def landmarks(f: FloatFormat) -> list[int]:
    """Return both signs of zeros, the ends of the subnormals and normals, 1, its neighbours, inf and NaNs."""
    top = f.largest + 1 if f.inf is None else f.inf
    sizes = [0, 1, 2, 3, f.tiny - 1, f.tiny, f.tiny + 1, f.one - 1, f.one, f.one + 1]
    sizes += [f.largest - 1, f.largest, top, f.nan or top, f.magnitude]
    return sorted({sign | size for sign in (0, f.sign) for size in sizes})


def stratified_pairs(f: FloatFormat, count: int) -> list[tuple[int, int]]:
    """Return pairs by exponent distance: cancelling, overlapping, tying and far apart; subnormals included."""
    rng = np.random.default_rng(SEED)
    pairs = []
    for i in range(count):
        distance = i % (f.mant_bits + 4)
        field = int(rng.integers(0, (f.largest >> f.mant_bits) + 1)) if i % 5 else int(rng.integers(0, 3))
        x = field << f.mant_bits | int(rng.integers(0, f.tiny))
        y = max(field - distance, 0) << f.mant_bits | (int(rng.integers(0, f.tiny)) if i % 3 else 0)
        signs = rng.integers(0, 2, 2)
        x, y = (min(c, f.largest) | (f.sign if s else 0) for c, s in zip((x, y), signs, strict=True))
        pairs.append((x, y))
    return pairs


def assert_additions(pairs: list[tuple[int, int]], fmt: str) -> None:
    f = get_format(fmt)
    x, y = (floats(column, fmt) for column in zip(*pairs, strict=True))
    with np.errstate(all="ignore"):
        expected = codes_of(x + y, fmt)
    for (a, b), want in zip(pairs, expected, strict=True):
        got = ieee_add(a, b, fmt)
        assert got == want, f"{f.hex(a)} + {f.hex(b)} is {f.hex(got)}, not {f.hex(want)}"


@pytest.mark.parametrize("fmt", ["float16", "float32", "float64"])
def test_additions_of_landmarks_are_those_of_numpy(fmt: str) -> None:
    assert_additions(list(product(landmarks(get_format(fmt)), repeat=2)), fmt)


@pytest.mark.parametrize(("fmt", "count"), [("float16", 8000), ("float32", 12000), ("float64", 4000)])
def test_additions_of_stratified_pairs_are_those_of_numpy(fmt: str, count: int) -> None:
    assert_additions(stratified_pairs(get_format(fmt), count), fmt)


@pytest.mark.parametrize("fmt", ["float8_e5m2", "float8_e4m3fn"])
def test_additions_of_float8_are_those_of_ml_dtypes_on_every_pair(fmt: str) -> None:
    """ml_dtypes adds in float32, whose 24 bits are enough to make the second rounding harmless."""
    assert_additions(list(product(range(256), repeat=2)), fmt)


@pytest.mark.parametrize(
    ("x", "y", "expected"),
    [
        (F1, 0x33800000, 0x3F800000),  # 1 + half a step: a tie, to even
        (0x3F800001, 0x33800000, 0x3F800002),
        (F1, 0x33800001, 0x3F800001),
        (F1, M1, 0x00000000),
        (MINUS_ZERO, MINUS_ZERO, MINUS_ZERO),
        (MINUS_ZERO, 0x00000000, 0x00000000),
        (0x00800000, 0x80000001, 0x007FFFFF),
        (0x007FFFFF, 0x00000001, 0x00800000),
        (0x80000001, 0x80000001, 0x80000002),
        (0x7F7FFFFF, 0x73000000, INF),  # half a step above largest
        (0x7F7FFFFF, 0x72FFFFFF, 0x7F7FFFFF),
        (0xFF7FFFFF, 0xFF7FFFFF, MINUS_INF),
        (INF, MINUS_INF, NAN),
        (MINUS_INF, MINUS_INF, MINUS_INF),
        (F1, MINUS_INF, MINUS_INF),
        (0xFF800001, INF, NAN),
        (F1, 0xFFC00001, NAN),
    ],
    ids=hex,
)
def test_additions_of_float32_worked_out_by_hand(x: int, y: int, expected: int) -> None:
    assert hex(ieee_add(x, y, "float32")) == hex(expected) == hex(ieee_add(y, x, "float32"))


@pytest.mark.parametrize(
    ("fmt", "x", "y", "expected"),
    [
        ("float8_e4m3fn", 0xFE, 0xFE, 0x7F),  # no infinity: NaN, sign clear
        ("float4_e2m1fn", 0xF, 0xF, 0xF),  # neither: largest
        ("float4_e2m1fn", 0x1, 0x9, 0x0),
    ],
)
def test_additions_where_the_format_lacks_something(fmt: str, x: int, y: int, expected: int) -> None:
    assert hex(ieee_add(x, y, fmt)) == hex(expected)


# What sums are accumulated in


@pytest.mark.parametrize(
    ("fmt", "wide"),
    [
        *[(name, "float64" if name == "float64" else "float32") for name in FORMATS],
        ("e5m3f", "float32"),
        ("e8m23", "float32"),
        ("e8m22fn", "float64"),  # 2^128 is a number there
        ("e10m5", "float64"),  # 16 bits, but 2^500
        ("e4m24", "float64"),  # 29 bits, but 25 of precision
        ("e8m24", "float64"),
    ],
)
def test_sums_are_accumulated_in_float32_where_it_holds_every_value(fmt: str, wide: str) -> None:
    assert accumulator(fmt).name == wide


def test_a_format_of_wide_exponents_does_not_overflow_on_the_way() -> None:
    f = get_format("e10m5")
    two_to_300 = (f.bias + 300) << 5
    # lanes 0 and 2 are folded first, and cancel
    assert canonical_sum([two_to_300, f.one, f.sign | two_to_300], f) == f.one
    assert canonical_sum([two_to_300, two_to_300], f) == two_to_300 + 32


@pytest.mark.parametrize(
    ("code", "source", "target", "expected"),
    [
        (0x8000, "bfloat16", "float32", MINUS_ZERO),
        (MINUS_ZERO, "float32", "float8_e4m3fn", 0x80),
        (0x80000001, "float32", "float8_e4m3fn", 0x80),
        (0xFF81, "bfloat16", "float32", NAN),
        (NAN, "float32", "float4_e2m1fn", 0x8),
        (MINUS_INF, "float32", "float8_e4m3fn", 0x7F),
        (MINUS_INF, "float32", "float4_e2m1fn", 0xF),
        (0x3F808000, "float32", "bfloat16", 0x3F80),  # a tie
    ],
    ids=lambda value: f"{value:x}" if isinstance(value, int) else value,
)
def test_conversion_keeps_signs_of_zero_and_rounds_to_even(
    code: int, source: str, target: str, expected: int
) -> None:
    assert hex(convert(code, get_format(source), get_format(target))) == hex(expected)


# Sums, against NumPy


def random_codes(fmt: str, count: int) -> list[int]:
    """Return codes whose values span so many binades that almost any change of order shows."""
    rng = np.random.default_rng([SEED, count])
    values = rng.normal(size=count) * 2.0 ** rng.integers(-6, 7, count)
    with np.errstate(over="ignore"):
        codes = codes_of(values.astype(DTYPES[fmt]), fmt)
    return [code if i % 17 else code & get_format(fmt).sign | 1 for i, code in enumerate(codes)]


def lanes_in_numpy(x: npt.NDArray[np.floating]) -> np.floating:
    lanes = np.zeros(32, dtype=x.dtype)
    for start in range(0, len(x), 32):
        chunk = x[start : start + 32]
        lanes[: len(chunk)] += chunk
    for stride in (16, 8, 4, 2, 1):
        lanes = lanes[:stride] + lanes[stride:]
    return lanes[0]


def blocks_in_numpy(x: npt.NDArray[np.floating]) -> np.floating:
    sums = []
    for start in range(0, len(x), 256):
        total = x.dtype.type(0)
        for value in x[start : start + 256]:
            total += value
        sums.append(total)
    total = sums[0] if sums else x.dtype.type(0)
    for block in sums[1:]:
        total += block
    return total


@pytest.mark.parametrize("fmt", DTYPES)
@pytest.mark.parametrize("length", LENGTHS)
@pytest.mark.parametrize(
    ("ours", "in_numpy"), [(canonical_sum, lanes_in_numpy), (blocked_sum, blocks_in_numpy)]
)
def test_sums_are_those_of_a_numpy_loop(ours: object, in_numpy: object, length: int, fmt: str) -> None:
    codes = random_codes(fmt, length)
    with np.errstate(all="ignore"):
        terms = floats(codes, fmt).astype(np.float64 if fmt == "float64" else np.float32)
        [expected] = codes_of(np.array([in_numpy(terms)]).astype(DTYPES[fmt]), fmt)
    assert hex(ours(codes, fmt)) == hex(expected)


TWO_TO_24 = 0x4B800000


@pytest.mark.parametrize(
    ("ours", "codes", "fmt", "expected"),
    [
        (canonical_sum, [TWO_TO_24] + [F1] * 31, "float32", 0x4B80000F),  # 2^24 + 1 ties, + 2 + 4 + 8 + 16
        (blocked_sum, [TWO_TO_24] + [F1] * 255, "float32", TWO_TO_24),
        (blocked_sum, [TWO_TO_24] + [F1] * 511, "float32", 0x4B800080),  # the second block is 256
        (canonical_sum, [0x4380, 0x3F80, 0x3F80], "bfloat16", 0x4381),  # 256 + 1 + 1, rounded once
        (blocked_sum, [0x4380, 0x3F80, 0x3F80], "bfloat16", 0x4381),
        (canonical_sum, [], "float32", 0),
        (blocked_sum, [], "float32", 0),
        (canonical_sum, [MINUS_ZERO] * 40, "float32", 0),  # every lane starts from +0
        (blocked_sum, [MINUS_ZERO], "float32", 0),
        (canonical_sum, [0x0001, 0x8002], "float16", 0x8001),  # subnormals keep their value
        (canonical_sum, [0x80000001] * 3, "float32", 0x80000003),
        (canonical_sum, [INF] + [F1] * 9, "float32", INF),
        (canonical_sum, [F1, INF, MINUS_INF], "float32", NAN),
        (canonical_sum, [F1] * 40 + [0xFFC00001], "float32", NAN),
        (canonical_sum, [0x7E, 0x7E, 0xFE], "float8_e4m3fn", 0x7E),  # float32 has room for 896
        (canonical_sum, [0xFE, 0xFE], "float8_e4m3fn", 0x7F),
        (canonical_sum, [0xF, 0xF], "float4_e2m1fn", 0xF),
        (canonical_sum, [0xFBFF, 0xFBFF], "float16", 0xFC00),
        (canonical_sum, [0x7BFF, 0x7BFF, 0xFBFF], "float16", 0x7BFF),
    ],
)
def test_sums_worked_out_by_hand(ours: object, codes: list[int], fmt: str, expected: int) -> None:
    assert hex(ours(codes, fmt)) == hex(expected)


@pytest.mark.parametrize(
    ("function", "arguments", "message"),
    [
        (ieee_add, (0x100, 0, "float8_e5m2"), "code 0x100 does not fit"),
        (ieee_add, (0, -1, "float8_e5m2"), "code -0x1 does not fit"),
        (canonical_sum, ([0, 0x100], "float8_e5m2"), "code 0x100 does not fit"),
        (blocked_sum, ([0x100], "float8_e5m2"), "code 0x100 does not fit"),
        (canonical_sum, ([], "float23"), "unknown format 'float23'"),
    ],
)
def test_wrong_use_is_told_what_would_do(
    function: object, arguments: tuple[object, ...], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        function(*arguments)
