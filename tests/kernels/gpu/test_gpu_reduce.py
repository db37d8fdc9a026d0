"""Sums and maxima on the GPU's kernels, run on the host, against the canonical order bit for bit."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from pamcheck.formats import get_format
from pamcheck.kernels.gpu_reduce import reduce_codes
from pamcheck.measure.values import decode

SEED = 1911
LENGTHS = [1, 2, 31, 32, 33, 64, 100, 255, 257]


def lanes_added(codes: Any, fmt: str) -> Any:
    """Add codes along the middle axis in the canonical order, as NumPy adds (spec section 4)."""
    f = get_format(fmt)
    real = np.float64 if f.storage_bits == 64 else np.float32
    with np.errstate(all="ignore"):
        values = decode(codes, f).astype(real)
        lanes = [np.zeros((values.shape[0], values.shape[2]), dtype=real) for _ in range(32)]
        for i in range(values.shape[1]):
            lanes[i % 32] = lanes[i % 32] + values[:, i, :]
        for step in (16, 8, 4, 2, 1):
            lanes[:step] = [lanes[l] + lanes[l + step] for l in range(step)]  # noqa: E741
    flat = [f.encode(float(value)) for value in lanes[0].ravel()]
    return np.array(flat, dtype=codes.dtype).reshape(lanes[0].shape)


@pytest.mark.parametrize("fmt", ["float32", "float16", "bfloat16", "float8_e4m3fn", "float64"])
@pytest.mark.parametrize("specials", [False, True])
def test_a_sum_has_the_bits_of_the_canonical_order(fmt: str, specials: bool, emulated: Any) -> None:
    f, rng = get_format(fmt), np.random.default_rng(SEED)
    for length in LENGTHS:
        for inner in (1, 3):
            top = 1 << f.width if specials else f.one
            codes = rng.integers(0, top, (5, length, inner), dtype=np.uint64).astype(
                f"u{f.storage_bits // 8}"
            )
            got = reduce_codes("sum", codes, f, runtime=emulated)
            assert np.array_equal(got, lanes_added(codes, fmt)), (fmt, length, inner)


@pytest.mark.parametrize("fmt", ["float32", "float16", "float8_e4m3fn", "float6_e3m2fn", "float64"])
def test_a_maximum_is_that_of_the_values_with_nan_above_all(fmt: str, emulated: Any) -> None:
    f, rng = get_format(fmt), np.random.default_rng(SEED)
    for length in (1, 33, 70):
        for inner in (1, 3):
            shape = (9, length, inner)
            codes = rng.integers(0, 1 << f.width, shape, dtype=np.uint64).astype(f"u{f.storage_bits // 8}")
            codes[1:] &= ~np.array(f.sign >> 1, dtype=codes.dtype)  # most rows without a NaN
            codes[-1] |= np.array(f.sign, dtype=codes.dtype)
            want = decode(codes, f).max(axis=1)
            got = decode(reduce_codes("maximum", codes, f, runtime=emulated), f)
            assert np.array_equal(got, want, equal_nan=True)


def test_a_maximum_of_both_zeros_is_the_positive_one(emulated: Any) -> None:
    f = get_format("float32")
    for order in ([0, f.sign], [f.sign, 0]):
        codes = np.array(order, dtype=np.uint32).reshape(1, 2, 1)
        assert reduce_codes("maximum", codes, f, runtime=emulated)[0, 0] == 0
    minus = np.full((1, 40, 1), f.sign, dtype=np.uint32)
    assert reduce_codes("maximum", minus, f, runtime=emulated)[0, 0] == f.sign


def test_an_empty_sum_is_plus_zero_and_an_empty_maximum_an_error(emulated: Any) -> None:
    f = get_format("float32")
    empty = np.zeros((3, 0, 2), dtype=np.uint32)
    assert not reduce_codes("sum", empty, f, runtime=emulated).any()
    assert reduce_codes("sum", np.zeros((0, 4, 1), dtype=np.uint32), f, runtime=emulated).shape == (0, 1)
    with pytest.raises(ValueError, match="no element"):
        reduce_codes("maximum", empty, f, runtime=emulated)
