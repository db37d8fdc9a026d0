"""The canonical sum on the CPU, and codes to numbers and back, against the definition."""

from __future__ import annotations

import ml_dtypes
import numpy as np
import pytest

from pamcheck import spec
from pamcheck.formats import FORMATS, get_format
from pamcheck.kernels import sums_cpu
from pamcheck.kernels.sums_cpu import sum_codes
from pamcheck.kernels.values import accumulator, from_binary64, rounded, to_binary64, values
from pamcheck.kernels.words import make_words
from pamcheck.policy import get_policy

SEED = 2305
CUSTOM = ["e5m3", "e6m9f", "e8m7fn", "e8m20", "e10m5", "e5m26", "e11m40"]


def draw(fmt: str, shape: tuple[int, ...], every: bool) -> np.ndarray:
    """Return codes: of every kind, or of numbers close to 1."""
    f, rng = get_format(fmt), np.random.default_rng((SEED, *shape))
    low = 0 if every else max(f.tiny, f.one - 3 * f.tiny)
    high = f.magnitude if every else min(f.largest, f.one + 3 * f.tiny)
    size = rng.integers(low, high, shape, dtype=np.uint64, endpoint=True)
    sign = rng.integers(0, 2, shape).astype(np.uint64) * np.uint64(f.sign)
    return (size | sign).astype(f"u{f.storage_bits // 8}")


@pytest.mark.parametrize("every", [False, True])
@pytest.mark.parametrize("fmt", [*FORMATS, *CUSTOM])
def test_sums_have_the_bits_of_the_definition(fmt: str, every: bool) -> None:
    f = get_format(fmt)
    for outer, n, inner in [
        (1, 0, 1),
        (2, 0, 3),
        (1, 1, 1),
        (2, 31, 1),
        (1, 32, 2),
        (1, 65, 3),
        (2, 100, 1),
        (0, 3, 2),
    ]:
        x = draw(fmt, (outer, n, inner), every)
        expected = [
            [spec.canonical_sum(x[o, :, i].tolist(), f) for i in range(inner)] for o in range(outer)
        ]
        got = sum_codes(x, f)
        assert got.dtype == x.dtype
        assert got.tolist() == expected, (fmt, outer, n, inner)


@pytest.mark.parametrize("fmt", ["float32", "float64"])
def test_the_order_shows(fmt: str) -> None:
    """The largest number that swallows ones stands in lane 3, and the ones of its lane only are lost."""
    f, dtype = get_format(fmt), np.dtype(fmt)
    x = np.ones((1, 320, 1), dtype)
    x[0, 3, 0] = 2.0 ** (f.mant_bits + 1)
    x[0, 319 - 28, 0] = -x[0, 3, 0]
    codes = x.view(f"u{dtype.itemsize}")
    assert sum_codes(codes, f).tolist() == [[spec.canonical_sum(codes.ravel().tolist(), f)]]


@pytest.mark.parametrize("shape", [(70, 33, 1), (1, 65, 90), (3, 40, 50), (1, 1000, 1)])
def test_layout_and_threads_change_no_bit(
    monkeypatch: pytest.MonkeyPatch, shape: tuple[int, int, int]
) -> None:
    f, x = get_format("float32"), draw("float32", shape, False)
    monkeypatch.setenv("PAMCHECK_THREADS", "1")
    expected = sum_codes(x, f)
    each = [
        [sum_codes(x[o : o + 1, :, i : i + 1].copy(), f)[0, 0] for i in range(shape[2])]
        for o in range(shape[0])
    ]
    assert expected.tolist() == np.array(each).tolist()
    monkeypatch.setattr(sums_cpu, "RANGE_MIN", 1)
    monkeypatch.setenv("PAMCHECK_THREADS", "3")
    assert sum_codes(x, f).tolist() == expected.tolist()
    turned = np.ascontiguousarray(x[:, ::-1].swapaxes(0, 2)).swapaxes(0, 2)[:, ::-1]
    frozen = x.copy()
    frozen.flags.writeable = False
    for other in (turned, frozen):
        assert sum_codes(other, f).tolist() == expected.tolist()


@pytest.mark.parametrize(
    "fmt", [name for name, f in FORMATS.items() if f.width <= 16] + ["e5m3", "e6m9f", "e4m2fn"]
)
def test_every_code_is_its_value_and_back(fmt: str) -> None:
    f = get_format(fmt)
    codes = np.arange(1 << f.width, dtype=f"u{f.storage_bits // 8}")
    numbers = values(codes, f)
    assert numbers.dtype == np.dtype(accumulator(f).name)
    wanted = np.array([f.to_float(int(code)) for code in codes])
    assert np.array_equal(numbers, wanted, equal_nan=True)
    assert np.array_equal(np.signbit(numbers[~np.isnan(wanted)]), np.signbit(wanted[~np.isnan(wanted)]))
    back = np.where(np.isnan(wanted), 0 if f.nan is None else f.nan, codes)
    assert np.array_equal(rounded(numbers, f), back)


@pytest.mark.parametrize(
    "fmt", ["float16", "bfloat16", "float8_e5m2", "float8_e4m3fn", "float6_e2m3fn", "float4_e2m1fn"]
)
def test_rounding_is_the_cast_of_ml_dtypes(fmt: str) -> None:
    f, rng = get_format(fmt), np.random.default_rng(SEED)
    numbers = rng.integers(0, 1 << 32, 20_000, dtype=np.uint64).astype(np.uint32).view(np.float32)
    near = values(rng.integers(0, f.largest, 20_000).astype(f"u{f.storage_bits // 8}"), f)
    with np.errstate(over="ignore"):
        numbers = np.concatenate([numbers, near, near * np.float32(1.0625), near * np.float32(0.75)])
        numbers[np.isnan(numbers)] = np.nan
        dtype = np.dtype(getattr(np, fmt, None) or getattr(ml_dtypes, fmt))
        cast = numbers.astype(dtype)
    expected = cast.view(f"u{f.storage_bits // 8}")
    if f.nan is not None:
        expected[np.isnan(cast)] = f.nan  # the cast keeps the sign of what was too large
    got = rounded(numbers, f)
    differ = np.flatnonzero(got != expected)
    assert not differ.size, [(float(numbers[i]).hex(), hex(got[i]), hex(expected[i])) for i in differ[:5]]


@pytest.mark.parametrize("fmt", ["e10m5", "e11m40", "e5m26", "e8m7fn", "e11m30", "float64"])
def test_bodies_convert_wide_formats_as_the_format_does(fmt: str) -> None:
    f, rng = get_format(fmt), np.random.default_rng(SEED)
    w = make_words(f, get_policy("gradual"))
    sizes = [0, 1, 2, 3, f.tiny - 1, f.tiny, f.tiny + 1, f.one, f.largest]
    sizes += rng.integers(0, f.largest, 200).tolist()
    for code in [*sizes, *(size | f.sign for size in sizes)]:
        bits = to_binary64(code, w)
        assert np.int64(bits).view(np.float64) == f.to_float(code), hex(code)
        assert from_binary64(bits, w) == code, hex(code)
    for bits in rng.integers(-(1 << 63), (1 << 63) - 1, 500).tolist():
        assert from_binary64(bits, w) == f.encode(float(np.int64(bits).view(np.float64))), hex(bits)
