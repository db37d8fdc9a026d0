"""The CUDA matrix products and their launcher, run on the host, against the canonical order bit for bit."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from pamcheck.formats import FloatFormat, get_format
from pamcheck.kernels import gpu_matmul, launch
from pamcheck.kernels.gpu_matmul import matmul_codes, mimic_matmul_codes, slope_matmul_codes
from pamcheck.kernels.values import sum_type
from pamcheck.kernels.words import make_words
from pamcheck.measure.values import decode
from pamcheck.policy import get_policy

SEED = 1958
BLOCK = 256


def terms_added(terms: Any, fmt: FloatFormat) -> Any:
    """Add codes along the last axis in the canonical order of a product, as NumPy adds.

    Source: spec section 4. The one difference to it is that lower formats accumulate their true values.
    """
    real = sum_type(fmt).type
    with np.errstate(all="ignore"):
        values = decode(terms, fmt).astype(real)
        blocks = []
        for start in range(0, values.shape[-1], BLOCK):
            block = np.zeros(values.shape[:-1], dtype=real)
            for k in range(start, min(start + BLOCK, values.shape[-1])):
                block = block + values[..., k]
            blocks.append(block)
        total = blocks[0] if blocks else np.zeros(values.shape[:-1], dtype=real)
        for block in blocks[1:]:
            total = total + block
    encoded = np.array([fmt.encode(float(value)) for value in total.ravel()], dtype=terms.dtype)
    return encoded.reshape(total.shape)


def product_slowly(a: Any, b: Any, fmt: FloatFormat, w: Any) -> Any:
    terms = launch.run_codes("pam", [a[..., :, None, :], np.swapaxes(b, -1, -2)[..., None, :, :]], w)
    return terms_added(terms, fmt)


def slope_slowly(delta: Any, a: Any, b: Any, fmt: FloatFormat, w: Any) -> Any:
    terms = launch.run_codes(
        "pam_slope_a", [delta[..., :, None, :], a[..., :, :, None], b[..., None, :, :]], w
    )
    return terms_added(terms, fmt)


def matrices(kind: str, shape: tuple[int, ...], fmt: FloatFormat, rng: np.random.Generator) -> Any:
    """Draw codes of one kind; the name says which variant of the kernel they call for."""
    dtype = f"u{fmt.storage_bits // 8}"
    sign = rng.choice(np.array([0, fmt.sign], dtype=np.uint64), shape)
    near = (fmt.one + rng.integers(-fmt.tiny, fmt.tiny, shape)).astype(np.uint64)
    wide = rng.integers(fmt.tiny, fmt.largest + 1, shape, dtype=np.uint64)
    low = rng.integers(fmt.tiny, fmt.one + 1, shape, dtype=np.uint64)
    hole = rng.integers(0, 4, shape) == 0
    specials = np.array(
        [0, 1, fmt.tiny - 1, fmt.largest, fmt.magnitude, fmt.inf or fmt.largest], dtype=np.uint64
    )
    magnitude = {
        "lean": near,
        "zeros": np.where(hole, rng.choice(np.array([0, fmt.tiny - 1], dtype=np.uint64), shape), near),
        "underflow": np.where(hole, np.uint64(0), low),
        "full": np.where(hole, rng.choice(specials, shape), wide),
    }[kind]
    return (sign | magnitude).astype(dtype)


KINDS = ["lean", "zeros", "underflow", "full"]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("fmt", ["float32", "float16", "bfloat16", "float8_e4m3fn", "float6_e2m3fn"])
def test_every_variant_gives_the_bits_of_the_definition(kind: str, fmt: str, emulated: Any) -> None:
    f, rng = get_format(fmt), np.random.default_rng(SEED)
    w = make_words(f, get_policy("ftz"))
    for m, k, n in [(1, 1, 1), (3, 7, 2), (5, 257, 3), (130, 9, 66)]:
        a, b = matrices(kind, (m, k), f, rng), matrices(kind, (k, n), f, rng)
        got = matmul_codes(a, b, f, w, runtime=emulated)
        want = product_slowly(a, b, f, w)
        assert np.array_equal(got, want), (kind, fmt, m, k, n, np.argwhere(got != want)[:3])


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("fmt", ["float32", "float16", "float8_e5m2"])
def test_the_exact_derivative_gives_the_bits_of_its_terms_added_in_order(
    kind: str, fmt: str, emulated: Any
) -> None:
    f, rng = get_format(fmt), np.random.default_rng(SEED)
    w = make_words(f, get_policy("ftz"))
    for m, k, n in [(1, 1, 1), (3, 2, 9), (4, 3, 300), (131, 67, 10)]:
        delta, b = matrices(kind, (m, n), f, rng), matrices(kind, (k, n), f, rng)
        for own in ("zeros", kind):
            a = matrices(own, (m, k), f, rng)
            got = slope_matmul_codes(delta, a, b, f, w, runtime=emulated)
            want = slope_slowly(delta, a, b, f, w)
            assert np.array_equal(got, want), (kind, own, fmt, m, k, n, np.argwhere(got != want)[:3])


@pytest.mark.parametrize(
    ("fmt", "policy"),
    [("float32", "gradual"), ("float16", "gradual"), ("float32", "saturate"), ("float8_e4m3fn", "saturate"),
     ("float64", "ftz"), ("float64", "gradual"), ("e10m5", "ftz"), ("e8m7f", "ftz"), ("e3m4f", "ftz")],
)  # fmt: skip
def test_every_policy_and_format_gives_the_bits_of_the_definition(
    fmt: str, policy: str, emulated: Any
) -> None:
    f, rng = get_format(fmt), np.random.default_rng(SEED)
    w = make_words(f, get_policy(policy), f.tiny // 16)
    for kind in KINDS:
        a, b = matrices(kind, (5, 300), f, rng), matrices(kind, (300, 4), f, rng)
        got, want = matmul_codes(a, b, f, w, runtime=emulated), product_slowly(a, b, f, w)
        assert np.array_equal(got, want), (
            kind,
            [f.hex(int(x)) for x in (got[got != want][0], want[got != want][0])],
        )
        delta = matrices(kind, (5, 4), f, rng)
        for given in (w, make_words(f, get_policy(policy))):
            got, want = (
                slope_matmul_codes(delta, a, b, f, given, runtime=emulated),
                slope_slowly(delta, a, b, f, given),
            )
            assert np.array_equal(got, want), kind


def edge_pairs() -> list[tuple[str, int, int]]:
    """Return magnitudes whose product sits on the border of a variant, and the variant it calls for."""
    f = get_format("float32")
    half = (f.tiny + f.one) // 2
    top = (f.largest + f.one) // 2
    return [
        ("lean", half, f.tiny + f.one - half),  # the product is the smallest normal
        ("underflow", half, f.tiny + f.one - half - 1),  # one code below it
        ("lean", top, f.largest + f.one - top),  # the largest finite number
        ("full", top, f.largest + f.one - top + 1),  # one code above it
        ("underflow", f.tiny, f.tiny),
        ("full", f.largest, f.largest),
        ("lean", f.tiny, f.largest),
    ]


@pytest.mark.parametrize(("variant", "a", "b"), edge_pairs())
def test_operands_on_the_border_of_a_variant_get_it_and_stay_exact(
    variant: str, a: int, b: int, emulated: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    f = get_format("float32")
    w = make_words(f, get_policy("ftz"))
    signs = np.array([0, f.sign], dtype=np.uint32)
    left, right = np.uint32(a) | signs[:, None], np.uint32(b) | signs[None, :]
    want = product_slowly(left, right, f, w)
    assert np.array_equal(matmul_codes(left, right, f, w, runtime=emulated), want)
    monkeypatch.setattr(gpu_matmul, "FAST", (variant,))
    alone = matmul_codes(left, right, f, w, runtime=emulated)
    assert np.array_equal(alone, want), f"{variant} was not the variant that ran"


@pytest.mark.parametrize("kind", KINDS)
def test_splitting_the_sum_and_the_order_of_threads_change_no_bit(kind: str, emulated: Any) -> None:
    f, rng = get_format("float32"), np.random.default_rng(SEED)
    w = make_words(f, get_policy("ftz"))
    a, b = matrices(kind, (2, 5, 1030), f, rng), matrices(kind, (1030, 6), f, rng)
    want = product_slowly(a, b, f, w)
    try:
        for emulated.descending in (False, True):
            for split in (False, True, None):
                assert np.array_equal(matmul_codes(a, b, f, w, runtime=emulated, split=split), want), split
    finally:
        emulated.descending = False


@pytest.mark.parametrize("split", [False, True])
def test_batches_broadcast_and_operands_may_have_any_strides(split: bool, emulated: Any) -> None:
    f, rng = get_format("float32"), np.random.default_rng(SEED)
    w = make_words(f, get_policy("ftz"))
    base = matrices("zeros", (2, 3, 8, 10), f, rng)
    other = matrices("zeros", (3, 10, 8), f, rng)
    pairs = [
        (base, other),
        (base, other[:1]),
        (base[:, :1], other),
        (np.swapaxes(base, -1, -2), np.swapaxes(other, -1, -2)),
        (base[..., ::-1, ::2], other[:, ::2, ::-1]),
        (base[0, 0], np.broadcast_to(other[0], (4, 10, 8))),
        (base[..., :0, :], other),
        (base, other[..., :0]),
        (base[..., :0], other[:, :0]),
    ]
    for a, b in pairs:
        got = matmul_codes(a, b, f, w, runtime=emulated, split=split)
        want = product_slowly(a, b, f, w)
        assert got.shape == want.shape
        assert np.array_equal(got, want), (a.shape, b.shape)


def test_more_results_than_a_grid_holds_take_several_launches(
    emulated: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gpu_matmul, "MOST_RESULTS", 4)
    monkeypatch.setattr(gpu_matmul._parts, "__defaults__", (4,))
    f, rng = get_format("float32"), np.random.default_rng(SEED)
    w = make_words(f, get_policy("ftz"))
    a, b = matrices("lean", (11, 2, 600), f, rng), matrices("lean", (11, 600, 3), f, rng)
    for split in (False, True):
        assert np.array_equal(
            matmul_codes(a, b, f, w, runtime=emulated, split=split), product_slowly(a, b, f, w)
        )


def test_a_result_may_be_written_over_an_operand(emulated: Any) -> None:
    f, rng = get_format("float32"), np.random.default_rng(SEED)
    w = make_words(f, get_policy("ftz"))
    a, b = matrices("zeros", (9, 9), f, rng), matrices("zeros", (9, 9), f, rng)
    want = product_slowly(a, b, f, w)
    assert matmul_codes(a, b, f, w, a, runtime=emulated) is a
    assert np.array_equal(a, want)


def mimic_slowly(delta: Any, a: Any, b: Any, fmt: FloatFormat, w: Any) -> Any:
    terms = launch.run_codes(
        "pam_mimic_a", [delta[..., :, None, :], a[..., :, :, None], b[..., None, :, :]], w
    )
    return terms_added(terms, fmt)


@pytest.mark.parametrize(
    ("fmt", "policy"),
    [("float32", "ftz"), ("float32", "gradual"), ("float16", "ftz"), ("float8_e4m3fn", "saturate"),
     ("float64", "ftz"), ("e8m22f", "ftz")],
)  # fmt: skip
def test_the_mimic_derivative_is_a_product_with_nan_beside_infinities(
    fmt: str, policy: str, emulated: Any
) -> None:
    f, rng = get_format(fmt), np.random.default_rng(SEED)
    for kind in KINDS:
        for offset in (0, f.tiny // 16):
            w = make_words(f, get_policy(policy), offset)
            for m, k, n in [(1, 1, 1), (3, 2, 9), (4, 3, 300), (3, 260, 2)]:
                delta = matrices(kind, (2, m, n), f, rng)
                a, b = matrices("lean", (m, k), f, rng), matrices(kind, (2, k, n), f, rng)
                a[:1, :1] = f.magnitude if kind == "full" else a[:1, :1]
                for split in (False, True):
                    got = mimic_matmul_codes(delta, a, b, f, w, runtime=emulated, split=split)
                    want = mimic_slowly(delta, a, b, f, w)
                    assert np.array_equal(got, want), (kind, fmt, m, k, n, np.argwhere(got != want)[:3])


@pytest.mark.parametrize("offset", [1, -1, 1 << 19, (1 << 23) - 1, 1 - (1 << 23)])
def test_slopes_with_an_offset_are_exact_from_one_end_of_the_format_to_the_other(
    offset: int, emulated: Any
) -> None:
    """Zeros beside numbers of every size: what stands for a zero must stay below and inside its word."""
    f, rng = get_format("float32"), np.random.default_rng(SEED)
    w = make_words(f, get_policy("ftz"), offset)
    for field_delta, field_b in [
        (1, 127),
        (127, 250),
        (127, 254),
        (1, 254),
        (250, 1),
        (254, 1),
        (200, 180),
    ]:
        delta, a, b = (
            (
                (np.uint32(field) << np.uint32(23) | rng.integers(0, 1 << 23, shape).astype(np.uint32))
                * (rng.random(shape) < 0.7).astype(np.uint32)
                | rng.integers(0, 2, shape).astype(np.uint32) << np.uint32(31)
            )
            for field, shape in ((field_delta, (5, 6)), (127, (5, 7)), (field_b, (7, 6)))
        )
        got, want = slope_matmul_codes(delta, a, b, f, w, runtime=emulated), slope_slowly(delta, a, b, f, w)
        assert np.array_equal(got, want), (field_delta, field_b, np.argwhere(got != want)[:3])
