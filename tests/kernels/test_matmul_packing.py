"""Operands that lie transposed, sums that leave the format, and both cotangents at once."""

from __future__ import annotations

import numpy as np
import pytest

from pamcheck.formats import get_format
from pamcheck.kernels.matmul_cpu import matmul_codes, slope_matmul_codes
from pamcheck.kernels.matmul_mimic import mimic_matmul_codes
from pamcheck.kernels.matmul_scan import choose, scan, sums_are_finite
from pamcheck.kernels.matmul_vjp import vjp_matmul_codes
from pamcheck.kernels.words import Words, make_words
from pamcheck.policy import get_policy

F = get_format("float32")


def words(fmt: str = "float32") -> Words:
    return make_words(get_format(fmt), get_policy("ftz"), 0)


def near_one(shape: tuple[int, ...], fmt: str = "float32", zeros: bool = False) -> np.ndarray:
    f, rng = get_format(fmt), np.random.default_rng((1958, *shape))
    size = rng.integers(f.one - 3 * f.tiny, f.one + 3 * f.tiny, shape, dtype=np.uint64)
    if zeros:
        size[rng.random(shape) < 0.2] = 0
    return (size | rng.integers(0, 2, shape).astype(np.uint64) * np.uint64(f.sign)).astype(
        f"u{f.storage_bits // 8}"
    )


def turned(x: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(x.T).T


# whole squares of 16 and of 8, one short of and one beyond them, more than a block of k
@pytest.mark.parametrize("size", [(16, 16, 32), (15, 257, 33), (33, 300, 47), (240, 31, 65), (250, 17, 16)])
@pytest.mark.parametrize("fmt", ["float32", "float64"])
def test_a_transposed_operand_is_packed_like_any_other(fmt: str, size: tuple[int, int, int]) -> None:
    f, w, (m, k, n) = get_format(fmt), words(fmt), size
    for zeros in (False, True):
        a, b = near_one((m, k), fmt, zeros), near_one((k, n), fmt, zeros)
        delta = near_one((m, n), fmt, zeros)
        product = matmul_codes(a, b, f, w, variant="general")
        slope = slope_matmul_codes(delta, a, b, f, w, variant="general")
        for left in (a, turned(a)):
            for right in (b, turned(b)):
                assert np.array_equal(matmul_codes(left, right, f, w), product)
                assert np.array_equal(slope_matmul_codes(turned(delta), left, right, f, w), slope)


@pytest.mark.parametrize("shapes", [((5, 7), (5, 3), (3, 7)), ((2, 1, 5, 7), (3, 5, 3), (1, 3, 7)),
                                    ((0, 7), (0, 3), (3, 7))])  # fmt: skip
@pytest.mark.parametrize("special", [False, True])
def test_both_cotangents_at_once_are_those_of_each(
    shapes: tuple[tuple[int, ...], ...], special: bool
) -> None:
    w = words()
    delta, a, b = (near_one(shape, zeros=True) for shape in shapes)
    if special and a.size:
        a[..., 0, 0], b[..., 2, 3], delta[..., 0, 1] = w.inf, w.nan, w.inf
    kernels = {"exact": slope_matmul_codes, "mimic": mimic_matmul_codes}
    for mode, kernel in kernels.items():
        left, right = vjp_matmul_codes(mode, delta, a, b, F, w)
        swapped = kernel(*(x.swapaxes(-1, -2) for x in (delta, b, a)), F, w).swapaxes(-1, -2)
        assert np.array_equal(left, kernel(delta, a, b, F, w))
        assert np.array_equal(right, swapped)
        assert vjp_matmul_codes(mode, delta, a, b, F, w, (False, False)) == (None, None)


def test_the_mimic_cotangent_of_the_second_factor_lies_as_that_does() -> None:
    _, right = vjp_matmul_codes(
        "mimic", near_one((40, 20)), near_one((40, 30)), near_one((30, 20)), F, words()
    )
    assert right is not None
    assert right.flags.c_contiguous


def test_infinite_sums_that_cancel_are_the_quiet_nan() -> None:
    """Products are finite, so the lean loop takes them; 512 of the first block and of the second overflow."""
    w, huge = words(), F.encode(2.0**62)
    a = np.full((3, 512), huge, np.uint32)
    b = np.full((512, 40), F.encode(2.0**64), np.uint32)
    b[256:] |= F.sign
    ranges = scan(a, w), scan(b, w)
    assert choose(*ranges, w) == "lean"
    assert not sums_are_finite(*ranges, 512, w)
    assert set(matmul_codes(a, b, F, w).ravel().tolist()) == {F.nan}


@pytest.mark.parametrize("depth", [1, 2, 3, 255, 256, 257, 1000])
def test_sums_that_are_called_finite_stay_a_factor_two_below_infinity(depth: int) -> None:
    w = words()
    top = next(
        n
        for n in range(128, 0, -1)
        if sums_are_finite(*[scan(_power(n // 2), w), scan(_power(n - n // 2), w)], depth, w)
    )
    assert depth * 2.0**top * 2 < 2.0**128
    a, b = (
        np.full((1, depth), F.encode(2.0 ** (top // 2)), np.uint32),
        np.full((depth, 1), F.encode(2.0 ** (top - top // 2)), np.uint32),
    )
    assert F.decode(int(matmul_codes(a, b, F, w)[0, 0])) == depth * 2**top


def _power(n: int) -> np.ndarray:
    return np.array([F.encode(2.0**n)], np.uint32)
