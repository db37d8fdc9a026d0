"""Arrays of codes and values: decode, encode and ordinal say what FloatFormat says, code by code."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pamcheck.formats import FORMATS, FloatFormat, get_format
from pamcheck.measure.values import code_dtype, decode, encode, on_grid, ordinal

CUSTOM = ("e3m4", "e5m2fn", "e4m3f", "e10m1", "e2m1fn", "e10m5f", "e2m13")
NARROW = [fmt.name for fmt in FORMATS.values() if fmt.width <= 16] + list(CUSTOM)
WIDE = ("float32", "float64", "e8m20fn", "e10m52fn", "e8m52", "e2m52", "e11m40")


def every_code(fmt: FloatFormat) -> np.ndarray:
    return np.arange(2 * fmt.sign, dtype=np.uint64).astype(code_dtype(fmt))


def landmarks(fmt: FloatFormat) -> Iterator[int]:
    inner = {0, fmt.tiny, fmt.one, fmt.largest, fmt.largest + 1, fmt.nan or 0, fmt.magnitude, fmt.tiny >> 1}
    beside = {code + step for code in inner for step in (-1, 0, 1)}
    fields = {(field << fmt.mant_bits) + step for field in range(1, 8) for step in (-1, 0, 1)}
    for code in sorted(code for code in beside | fields if 0 <= code <= fmt.magnitude):
        yield code
        yield code | fmt.sign


def some_codes(fmt: FloatFormat, n: int = 2000) -> np.ndarray:
    rng = np.random.default_rng(17)
    drawn = rng.integers(0, 2 * fmt.sign - 1, n, dtype=np.uint64, endpoint=True)
    low = rng.integers(0, fmt.tiny, 200, dtype=np.uint64)  # subnormal
    return np.concatenate([np.array(list(landmarks(fmt)), np.uint64), drawn, low]).astype(code_dtype(fmt))


def same_float(a: float, b: float) -> bool:
    if math.isnan(a) or math.isnan(b):
        return math.isnan(a) and math.isnan(b)
    return a == b and math.copysign(1, a) == math.copysign(1, b)


def first_difference(codes: np.ndarray, fmt: FloatFormat) -> str:
    values = decode(codes, fmt)
    wrong = [
        f"{fmt.hex(int(code))}: {value.hex()}, not {fmt.to_float(int(code)).hex()}"
        for code, value in zip(codes.tolist(), values.tolist(), strict=True)
        if not same_float(value, fmt.to_float(code))
    ]
    return "\n".join(wrong[:5])


def assert_encoded(values: list[float], fmt: FloatFormat) -> None:
    got = encode(np.array(values), fmt).tolist()
    wrong = [
        f"{value.hex()}: {fmt.hex(code)}, not {fmt.hex(fmt.encode(value))}"
        for value, code in zip(values, got, strict=True)
        if code != fmt.encode(value)
    ]
    assert not wrong, f"{fmt.name}: {len(wrong)} of {len(values)} differ\n" + "\n".join(wrong[:5])


def awkward(fmt: FloatFormat) -> list[float]:
    """Values at, between and beside neighbouring codes, beyond both ends, and special."""
    found = [0.0, 5e-324, 2.0**-1022, 1e308, 1.7976931348623157e308, math.inf, math.nan, 0.1, math.pi]
    for code in list(landmarks(fmt)):
        if code & fmt.sign or not fmt.is_finite(code):
            continue
        value = fmt.decode(code)
        after = value + (value - fmt.decode(code - 1) if code == fmt.largest else 0)
        if code < fmt.largest:
            after = fmt.decode(code + 1)
        middle = (value + after) / 2
        for point in (value, middle):
            if point <= Fraction(sys.float_info.max) and Fraction(float(point)) == point:
                at = float(point)
                found += [at, math.nextafter(at, 0.0), math.nextafter(at, math.inf)]
    return found + [-value for value in found]


@pytest.mark.parametrize("name", NARROW)
def test_decode_gives_the_value_of_every_narrow_code(name: str) -> None:
    fmt = get_format(name)
    assert not first_difference(every_code(fmt), fmt)


@pytest.mark.parametrize("name", WIDE)
def test_decode_gives_the_value_of_landmarks_and_drawn_codes_of_wide_formats(name: str) -> None:
    fmt = get_format(name)
    assert not first_difference(some_codes(fmt), fmt)


@pytest.mark.parametrize("name", NARROW)
def test_every_narrow_code_that_is_no_nan_survives_decode_and_encode(name: str) -> None:
    fmt = get_format(name)
    codes = np.array([code for code in range(2 * fmt.sign) if not fmt.is_nan(code)], code_dtype(fmt))
    back = encode(decode(codes, fmt), fmt)
    differ = np.flatnonzero(back != codes)
    assert not differ.size, f"{fmt.hex(int(codes[differ[0]]))} became {fmt.hex(int(back[differ[0]]))}"
    assert back.dtype == code_dtype(fmt)


@pytest.mark.parametrize("name", WIDE)
def test_drawn_codes_of_wide_formats_survive_decode_and_encode(name: str) -> None:
    fmt = get_format(name)
    codes = some_codes(fmt)
    codes = codes[[not fmt.is_nan(code) for code in codes.tolist()]]
    back = encode(decode(codes, fmt), fmt)
    differ = np.flatnonzero(back != codes)
    assert not differ.size, f"{fmt.hex(int(codes[differ[0]]))} became {fmt.hex(int(back[differ[0]]))}"


@pytest.mark.parametrize("name", [*NARROW, *WIDE])
def test_encode_rounds_ties_edges_and_special_values_as_the_format_does(name: str) -> None:
    fmt = get_format(name)
    assert_encoded(awkward(fmt), fmt)


@pytest.mark.parametrize("name", [name for name in NARROW if get_format(name).width <= 8])
def test_encode_rounds_every_midpoint_of_a_small_format_to_the_even_code(name: str) -> None:
    fmt = get_format(name)
    middles = [float((fmt.decode(code) + fmt.decode(code + 1)) / 2) for code in range(fmt.largest)]
    codes = encode(np.array(middles), fmt).tolist()
    odd = [fmt.hex(code) for code in codes if code & 1]
    assert not odd, odd
    assert_encoded(middles + [-value for value in middles], fmt)


@given(st.floats(), st.sampled_from([*NARROW, *WIDE]))
@example(0.0, "float32")  # frexp gives it the exponent of a half: it became 0.25
@example(-0.0, "float64")
@example(5e-324, "e10m52fn")
@example(1.7976931348623157e308, "float4_e2m1fn")
def test_encode_agrees_with_the_format_on_any_float(value: float, name: str) -> None:
    assert_encoded([value], get_format(name))


@pytest.mark.parametrize("name", [*NARROW, *WIDE])
def test_both_zeros_keep_their_code(name: str) -> None:
    fmt = get_format(name)
    assert encode([0.0, -0.0], fmt).tolist() == [0, fmt.sign]


def test_encode_takes_scalars_lists_and_any_shape() -> None:
    fmt = get_format("float16")
    assert encode(1.0, fmt).shape == ()
    assert encode([[1.0, 2.0]], fmt).shape == (1, 2)
    assert encode([], fmt).shape == (0,)


@pytest.mark.parametrize("name", ["float8_e4m3fn", "float4_e2m1fn", "float8_e5m2", "e3m4"])
def test_ordinals_are_the_ranks_of_the_values(name: str) -> None:
    fmt = get_format(name)
    codes = [code for code in range(2 * fmt.sign) if fmt.is_finite(code)]
    ranks = {value: rank for rank, value in enumerate(sorted({fmt.decode(code) for code in codes}))}
    got = ordinal(np.array(codes, code_dtype(fmt)), fmt).tolist()
    wrong = [
        fmt.hex(code)
        for code, place in zip(codes, got, strict=True)
        if place != ranks[fmt.decode(code)] - ranks[Fraction(0)]
    ]
    assert not wrong, wrong


@pytest.mark.parametrize("name", ["float32", "float64"])
def test_ordinals_of_wide_formats_rise_by_one_from_code_to_code(name: str) -> None:
    fmt = get_format(name)
    codes = some_codes(fmt)
    magnitude = codes & codes.dtype.type(fmt.magnitude)
    inner = codes[(magnitude < fmt.largest) & (magnitude > 0)]
    step = ordinal(inner + codes.dtype.type(1), fmt) - ordinal(inner, fmt)
    away = np.where(inner >= fmt.sign, -1, 1)
    assert np.array_equal(step, away), [fmt.hex(int(code)) for code in inner[step != away][:5]]
    assert ordinal(np.array([0, fmt.sign], codes.dtype), fmt).tolist() == [0, 0]


@given(st.floats(allow_nan=False, allow_infinity=False), st.sampled_from(["float16", "float64", "e10m1"]))
def test_on_grid_is_exact(value: float, name: str) -> None:
    fmt = get_format(name)
    exponents, steps = on_grid(np.array([value]), fmt)
    exponent, step = int(exponents[0]), Fraction(float(steps[0]))
    assert step * Fraction(2) ** (exponent - fmt.mant_bits) == abs(Fraction(value)), value.hex()
    assert step < 2 * fmt.tiny, value.hex()
    assert exponent >= 1 - fmt.bias, value.hex()
    assert step >= fmt.tiny or exponent == 1 - fmt.bias, value.hex()
