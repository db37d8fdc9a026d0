"""Formats agree with NumPy and ml_dtypes: every code of the narrow ones, edges and samples of the wide."""

from __future__ import annotations

import struct
from fractions import Fraction
from itertools import pairwise

import ml_dtypes
import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pamcheck.formats import FORMATS, FloatFormat, get_format

NARROW = [name for name, fmt in FORMATS.items() if fmt.width <= 16]
SUFFIXED = {"ieee": "", "nan": "fn", "finite": "f"}
UNSIGNED = {8: np.uint8, 16: np.uint16, 32: np.uint32, 64: np.uint64}

narrow = pytest.mark.parametrize("name", NARROW)
anywhere = pytest.mark.parametrize("name", FORMATS)


def dtype_of(name: str) -> np.dtype:
    return np.dtype(name if name in ("float16", "float32", "float64") else getattr(ml_dtypes, name))


def all_codes(fmt: FloatFormat) -> range:
    return range(1 << fmt.width)


def library_values(name: str) -> np.ndarray:
    """Return what NumPy or ml_dtypes makes of every code, as float64, shape (2**width,)."""
    fmt = FORMATS[name]
    codes = np.arange(1 << fmt.width).astype(UNSIGNED[fmt.storage_bits])
    with np.errstate(invalid="ignore"):  # bfloat16 warns of its signalling NaNs
        return codes.view(dtype_of(name)).astype(np.float64)


def library_codes(values: np.ndarray, name: str) -> np.ndarray:
    """Return the codes that NumPy or ml_dtypes casts float32 values to; NaNs of either sign become -1.

    From float32, because casts from float64 may pass through float32 and round twice. A NaN is made
    positive: without NaN of its own, a format casts it to -0, and a negative one to +0.
    """
    values = np.where(np.isnan(values), np.float32("nan"), np.asarray(values, dtype=np.float32))
    with np.errstate(all="ignore"):
        cast = values.astype(dtype_of(name))
    codes = cast.view(UNSIGNED[FORMATS[name].storage_bits]).astype(np.int64)
    return np.where(np.isnan(cast.astype(np.float64)), -1, codes)


def our_codes(values: np.ndarray, name: str) -> np.ndarray:
    fmt = FORMATS[name]
    codes = (fmt.encode(float(value)) for value in values)
    return np.array([-1 if fmt.is_nan(code) else code for code in codes])


def assert_same_codes(values: np.ndarray, name: str) -> None:
    ours, theirs = our_codes(values, name), library_codes(values, name)
    differ = np.flatnonzero(ours != theirs)
    shown = [(float(values[i]).hex(), hex(ours[i]), hex(theirs[i])) for i in differ[:5]]
    assert not shown, f"{name}: (value, ours, theirs) {shown}"


# Reading codes


@narrow
def test_every_finite_code_decodes_to_the_librarys_value(name: str) -> None:
    fmt, values = FORMATS[name], library_values(name)
    finite = [code for code in all_codes(fmt) if np.isfinite(values[code])]
    assert [fmt.decode(code) for code in finite] == [Fraction(float(values[code])) for code in finite]


@narrow
def test_every_code_as_a_float_has_the_librarys_bits(name: str) -> None:
    fmt, values = FORMATS[name], library_values(name)
    ours = np.array([fmt.to_float(code) for code in all_codes(fmt)])
    np.testing.assert_array_equal(ours, values)
    numbers = ~np.isnan(values)
    np.testing.assert_array_equal(np.signbit(ours[numbers]), np.signbit(values[numbers]))


@narrow
@pytest.mark.parametrize("kind", ["nan", "inf", "finite"])
def test_every_code_is_classified_as_the_library_does(name: str, kind: str) -> None:
    fmt = FORMATS[name]
    ours = [getattr(fmt, f"is_{kind}")(code) for code in all_codes(fmt)]
    np.testing.assert_array_equal(ours, getattr(np, f"is{kind}")(library_values(name)))


@narrow
def test_positive_codes_grow_with_their_values(name: str) -> None:
    fmt = FORMATS[name]
    values = [fmt.decode(code) for code in range(fmt.largest + 1)]
    assert all(low < high for low, high in pairwise(values))


@given(st.integers(0, 2**32 - 1))
@example(0x00000001)
@example(0x007FFFFF)
@example(0x80800000)
def test_float32_codes_read_as_struct_reads_them(code: int) -> None:
    [value] = struct.unpack("<f", struct.pack("<I", code))
    assert repr(FORMATS["float32"].to_float(code)) == repr(value), hex(code)


@given(st.integers(0, 2**64 - 1))
@example(0x0000000000000001)
@example(0x000FFFFFFFFFFFFF)
@example(0x8010000000000000)
def test_float64_codes_read_as_struct_reads_them(code: int) -> None:
    [value] = struct.unpack("<d", struct.pack("<Q", code))
    assert repr(FORMATS["float64"].to_float(code)) == repr(value), hex(code)


@anywhere
def test_infinities_and_nans_have_no_fraction(name: str) -> None:
    fmt = FORMATS[name]
    for code in {fmt.inf, fmt.nan} - {None}:
        with pytest.raises(ValueError, match="not a finite number"):
            fmt.decode(code)


@pytest.mark.parametrize("code", [-1, 256])
def test_a_code_wider_than_the_format_is_refused(code: int) -> None:
    with pytest.raises(ValueError, match="8 bits of float8_e4m3fn"):
        FORMATS["float8_e4m3fn"].decode(code)


# Writing codes


@anywhere
def test_encode_inverts_to_float_on_every_number(name: str) -> None:
    fmt = FORMATS[name]
    codes = all_codes(fmt) if name in NARROW else [0, 1, fmt.tiny - 1, fmt.tiny, fmt.one, fmt.largest]
    codes = [code for code in codes if not fmt.is_nan(code)]
    assert [fmt.encode(fmt.to_float(code)) for code in codes] == codes


@narrow
def test_midpoints_round_to_even_as_the_library_rounds_them(name: str) -> None:
    fmt = FORMATS[name]
    values = [fmt.decode(code) for code in range(fmt.largest + 1)]
    values.append(2 * values[-1] - values[-2])  # the first value that is too large
    middles = [float((low + high) / 2) for low, high in pairwise(values)]
    middles = np.array(middles, dtype=np.float32)
    assert_same_codes(np.concatenate([middles, -middles]), name)


@narrow
@pytest.mark.parametrize("towards", [-np.inf, np.inf])
def test_a_float32_beside_a_midpoint_rounds_to_its_side(name: str, towards: float) -> None:
    fmt = FORMATS[name]
    codes = range(0, fmt.largest, max(1, fmt.largest // 2000))
    middles = [float((fmt.decode(code) + fmt.decode(code + 1)) / 2) for code in codes]
    assert_same_codes(np.nextafter(np.array(middles, dtype=np.float32), np.float32(towards)), name)


@narrow
def test_random_float32_bits_encode_as_the_library_casts_them(name: str) -> None:
    bits = np.random.default_rng(2305).integers(0, 2**32, 10_000, dtype=np.uint32)
    assert_same_codes(bits.view(np.float32), name)


@narrow
def test_random_values_in_range_encode_as_the_library_casts_them(name: str) -> None:
    rng = np.random.default_rng(17190)
    values = rng.standard_normal(5_000) * 2.0 ** rng.integers(-20, 20, 5_000)
    assert_same_codes(values.astype(np.float32), name)


@narrow
@pytest.mark.parametrize("text", ["0.0", "-0.0", "inf", "-inf", "nan", "3e38", "-3e38"])
def test_the_edges_encode_as_the_library_casts_them(name: str, text: str) -> None:
    assert_same_codes(np.array([text], dtype=np.float32), name)


@given(st.floats())
@example(float.fromhex("0x1.fffffefp+127"))  # just below the midpoint beyond the largest
@example(float.fromhex("0x1.ffffffp+127"))  # the midpoint: even is infinity
@example(float.fromhex("0x1p-150"))  # half the smallest subnormal: even is zero
@example(float.fromhex("0x1.000002p-150"))
def test_float64_values_encode_to_float32_as_numpy_casts_them(value: float) -> None:
    with np.errstate(all="ignore"):
        cast = np.float64(value).astype(np.float32)
    expected = 0x7FC00000 if np.isnan(cast) else int(cast.view(np.uint32))
    assert FORMATS["float32"].encode(value) == expected, value.hex()


@given(st.floats(allow_nan=False))
@example(-0.0)
@example(5e-324)
def test_float64_values_encode_to_their_own_bits(value: float) -> None:
    [bits] = struct.unpack("<Q", struct.pack("<d", value))
    assert FORMATS["float64"].encode(value) == bits, value.hex()


@given(st.floats(allow_nan=False, allow_infinity=False).filter(bool))
@pytest.mark.parametrize("name", ["float64", "float16", "float8_e4m3fn", "float4_e2m1fn"])
def test_a_fraction_encodes_as_the_equal_float_does(name: str, value: float) -> None:
    assert FORMATS[name].encode(Fraction(value)) == FORMATS[name].encode(value), value.hex()


@pytest.mark.parametrize(
    ("name", "excess", "expected"),
    [
        ("float64", Fraction(2) ** 5000, 0x7FF0000000000000),
        ("float64", -(Fraction(2) ** 5000), 0xFFF0000000000000),
        ("float64", Fraction(1, 2**5000), 0x0000000000000000),
        ("float8_e4m3fn", Fraction(464), 0x7E),  # the midpoint above 448 is a tie to even
        ("float8_e4m3fn", Fraction(464) + Fraction(1, 2**99), 0x7F),
        ("float8_e4m3fn", Fraction(-465), 0x7F),  # the quiet NaN has no sign
        ("float4_e2m1fn", Fraction(10**9), 0x7),
        ("float4_e2m1fn", Fraction(-(10**9)), 0xF),
    ],
)
def test_fractions_beyond_the_range_take_what_the_format_has(
    name: str, excess: Fraction, expected: int
) -> None:
    assert FORMATS[name].encode(excess) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("float64", 0x7FF8000000000000),
        ("float32", 0x7FC00000),
        ("float16", 0x7E00),
        ("bfloat16", 0x7FC0),
        ("float8_e5m2", 0x7E),
        ("float8_e4m3", 0x7C),
        ("float8_e4m3fn", 0x7F),
        ("float6_e3m2fn", 0x20),
        ("float6_e2m3fn", 0x20),
        ("float4_e2m1fn", 0x8),
    ],
)
def test_nan_encodes_to_the_quiet_nan_or_else_minus_zero(name: str, expected: int) -> None:
    assert FORMATS[name].encode(float("nan")) == expected


# Landmarks


@pytest.mark.parametrize(
    ("name", "one", "tiny", "largest", "inf", "nan"),
    [
        ("float64", 0x3FF << 52, 1 << 52, 0x7FEFFFFFFFFFFFFF, 0x7FF << 52, 0x7FF8 << 48),
        ("float32", 0x3F800000, 0x00800000, 0x7F7FFFFF, 0x7F800000, 0x7FC00000),
        ("float16", 0x3C00, 0x0400, 0x7BFF, 0x7C00, 0x7E00),
        ("bfloat16", 0x3F80, 0x0080, 0x7F7F, 0x7F80, 0x7FC0),
        ("float8_e5m2", 0x3C, 0x04, 0x7B, 0x7C, 0x7E),
        ("float8_e4m3", 0x38, 0x08, 0x77, 0x78, 0x7C),
        ("float8_e4m3fn", 0x38, 0x08, 0x7E, None, 0x7F),
        ("float6_e3m2fn", 0x0C, 0x04, 0x1F, None, None),
        ("float6_e2m3fn", 0x08, 0x08, 0x1F, None, None),
        ("float4_e2m1fn", 0x2, 0x2, 0x7, None, None),
    ],
)
def test_the_landmark_codes_are_these(
    name: str, one: int, tiny: int, largest: int, inf: int | None, nan: int | None
) -> None:
    fmt = FORMATS[name]
    assert (fmt.one, fmt.tiny, fmt.largest, fmt.inf, fmt.nan) == (one, tiny, largest, inf, nan)


@anywhere
@pytest.mark.parametrize(("landmark", "field"), [("tiny", "smallest_normal"), ("largest", "max")])
def test_the_landmark_values_are_those_of_finfo(name: str, landmark: str, field: str) -> None:
    fmt = FORMATS[name]
    info = ml_dtypes.finfo(dtype_of(name))
    assert fmt.to_float(getattr(fmt, landmark)) == float(getattr(info, field))


@anywhere
def test_every_normal_power_of_two_lies_one_binade_apart(name: str) -> None:
    fmt = FORMATS[name]
    powers = range(fmt.tiny, fmt.largest + 1, fmt.tiny)
    assert all(fmt.decode(code) == Fraction(2) ** ((code - fmt.one) // fmt.tiny) for code in powers)


@pytest.mark.parametrize(
    ("name", "code", "text"),
    [("float32", 0x3F800000, "0x3f800000"), ("float8_e4m3fn", 5, "0x05"), ("float6_e3m2fn", 3, "0x03")],
)
def test_hex_is_padded_to_the_width(name: str, code: int, text: str) -> None:
    assert FORMATS[name].hex(code) == text


# Names


@anywhere
def test_a_custom_name_with_the_same_fields_has_the_same_codes(name: str) -> None:
    fmt = FORMATS[name]
    twin = get_format(f"e{fmt.exp_bits}m{fmt.mant_bits}{SUFFIXED[fmt.specials]}")
    fields = ("width", "bias", "sign", "one", "tiny", "largest", "inf", "nan")
    assert [getattr(twin, field) for field in fields] == [getattr(fmt, field) for field in fields]


@pytest.mark.parametrize(
    ("name", "largest", "inf", "nan"),
    [("e5m3", 0xF7, 0xF8, 0xFC), ("e5m3fn", 0xFE, None, 0xFF), ("e5m3f", 0xFF, None, None)],
)
def test_the_suffix_says_which_codes_are_special(
    name: str, largest: int, inf: int | None, nan: int | None
) -> None:
    fmt = get_format(name)
    assert (fmt.largest, fmt.inf, fmt.nan) == (largest, inf, nan)


def test_e5m3_is_the_9_bit_format_between_e5m2_and_float16() -> None:
    fmt = get_format("e5m3")
    assert (fmt.width, fmt.storage_bits, fmt.bias) == (9, 16, 15)
    assert fmt.decode(fmt.one + 1) == Fraction(9, 8)


@given(st.integers(2, 10), st.integers(1, 52), st.sampled_from(["", "fn", "f"]))
def test_every_custom_format_has_one_where_the_spec_puts_it(exp: int, mant: int, suffix: str) -> None:
    fmt = get_format(f"e{exp}m{mant}{suffix}")
    assert fmt.decode(fmt.one) == 1 == fmt.decode(fmt.encode(Fraction(1)))


@given(st.integers(2, 11), st.integers(1, 52), st.sampled_from(["", "fn", "f"]))
@example(11, 52, "f")
@example(11, 1, "fn")
def test_the_largest_value_of_every_format_that_is_allowed_is_a_float64(
    exp: int, mant: int, suffix: str
) -> None:
    try:
        fmt = get_format(f"e{exp}m{mant}{suffix}")
    except ValueError:
        assert exp == 11
        assert suffix
        return
    assert fmt.to_float(fmt.largest) == fmt.decode(fmt.largest)


@pytest.mark.parametrize("name", ["e05m2", "e5m03", "e\u0665m3", "E5M3", "e5m3x", "e5m3 "])
def test_a_custom_name_has_one_spelling_and_the_message_says_which(name: str) -> None:
    with pytest.raises(ValueError, match="custom eXmY"):
        get_format(name)


def test_a_format_is_returned_as_it_is() -> None:
    fmt = FloatFormat("mine", 4, 3, "finite")
    assert get_format(fmt) is fmt


@pytest.mark.parametrize("name", ["e1m3", "e12m3", "e5m0", "e5m53"])
def test_fields_that_a_float64_cannot_hold_are_refused(name: str) -> None:
    with pytest.raises(ValueError, match="2 to 11 and 1 to 52"):
        get_format(name)


@pytest.mark.parametrize(
    ("name", "near"),
    [("float23", "float32"), ("float8_e4m3fm", "float8_e4m3fn"), ("bfloat61", "bfloat16")],
)
def test_a_misspelt_name_is_told_the_nearest(name: str, near: str) -> None:
    with pytest.raises(ValueError, match=f"did you mean '{near}'"):
        get_format(name)


@pytest.mark.parametrize("name", ["", "e5", "m3", "e5m3x", "E5M3", "e5m3 ", "xyzzy"])
def test_an_unknown_name_is_told_what_exists(name: str) -> None:
    with pytest.raises(ValueError, match=r"unknown format.*known: float64, float32"):
        get_format(name)
