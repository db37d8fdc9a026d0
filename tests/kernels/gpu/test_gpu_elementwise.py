"""The elementwise CUDA kernels and their launcher, run on the host, against the Numba loops bit for bit."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pamcheck import spec
from pamcheck.formats import get_format
from pamcheck.kernels import gpu_elementwise, launch
from pamcheck.kernels.gpu_elementwise import collapse, divisor
from pamcheck.kernels.table import BODIES
from pamcheck.kernels.words import make_words
from pamcheck.policy import get_policy

SEED = 1962

SHAPES = [
    ((), (), ()),
    ((0,), (1,), ()),
    ((1,), (1,), (1,)),
    ((1000,), (1000,), (1000,)),
    ((1003,), (), (1003,)),
    ((3, 1, 5), (4, 5), (5,)),
    ((2, 33), (2, 33), (1, 1)),
    ((7, 0, 2), (1, 2), (2,)),
    ((2, 1, 2, 1, 2, 1, 2, 1, 2, 1), (1, 2) * 5, (2,) * 10),
]


def codes_of(fmt: str, shape: tuple[int, ...], rng: np.random.Generator) -> Any:
    """Draw codes; half of them beside an edge of the format."""
    f = get_format(fmt)
    dtype = f"u{f.storage_bits // 8}"
    edges = [0, 1, f.tiny - 1, f.tiny, f.tiny + 1, f.one - 1, f.one, f.one + (f.tiny >> 1), f.largest]
    edges += [f.largest - 1, f.largest if f.inf is None else f.inf, f.magnitude]
    signed = np.array([edge | sign for edge in edges for sign in (0, f.sign)], dtype=dtype)
    anything = rng.integers(0, 1 << f.width, shape, dtype=np.uint64).astype(dtype)
    return np.where(rng.integers(0, 2, shape) == 0, anything, rng.choice(signed, shape))


CASES = [(body, "float32", "ftz") for body in BODIES] + [
    (body, fmt, policy)
    for body in (
        "pam",
        "paexp",
        "palog2",
        "padiv_slope_b",
        "papow_slope_a",
        "padiv_mimic_b",
        "pasqrt_mimic_a",
    )
    for fmt, policy in (
        ("float16", "gradual"),
        ("float8_e4m3fn", "saturate"),
        ("float64", "ftz"),
        ("e5m9f", "ftz"),
    )
]


@pytest.mark.parametrize(("body", "fmt", "policy"), CASES)
def test_every_body_gives_the_bits_of_the_numba_loop(
    body: str, fmt: str, policy: str, emulated: Any
) -> None:
    rng = np.random.default_rng(SEED)
    w = make_words(get_format(fmt), get_policy(policy))
    for shapes in SHAPES:
        operands = [codes_of(fmt, shape, rng) for shape in shapes[: BODIES[body][1]]]
        want = launch.run_codes(body, operands, w)
        got = gpu_elementwise.run_codes(body, operands, w, runtime=emulated)
        assert got.shape == want.shape
        assert np.array_equal(got, want), (body, fmt, policy, shapes)


@pytest.mark.parametrize(
    "fmt", ["float32", "float64", "float16", "bfloat16", "float8_e4m3fn", "float4_e2m1fn"]
)
def test_sums_of_two_are_those_of_the_definition_under_every_policy(fmt: str, emulated: Any) -> None:
    f, rng = get_format(fmt), np.random.default_rng(SEED)
    a, b = (codes_of(fmt, (700,), rng) for _ in range(2))
    for policy in ("ftz", "gradual", "saturate"):
        w = make_words(f, get_policy(policy))
        for name, sign in (("ieee_add", 0), ("ieee_subtract", f.sign)):
            got = gpu_elementwise.run_codes(name, [a, b], w, runtime=emulated)
            want = [spec.ieee_add(x, y ^ sign, f) for x, y in zip(a.tolist(), b.tolist(), strict=True)]
            assert got.tolist() == want, (name, fmt, policy)


@pytest.mark.parametrize("fmt", ["float32", "float64", "float16", "float8_e5m2"])
def test_a_maximum_keeps_every_bit_of_the_greater_one(fmt: str, emulated: Any) -> None:
    f, rng = get_format(fmt), np.random.default_rng(SEED)
    a, b = (codes_of(fmt, (3000,), rng) for _ in range(2))
    w = make_words(f, get_policy("ftz"))
    got = gpu_elementwise.run_codes("ieee_maximum", [a, b], w, runtime=emulated)
    values = [np.array([f.to_float(code) for code in codes.tolist()]) for codes in (a, b, got)]
    number = ~np.isnan(values[0]) & ~np.isnan(values[1])
    assert (got[~number] == f.nan).all()
    assert np.array_equal(values[2][number], np.maximum(*values[:2])[number])
    zeros = number & (values[2] == 0)
    assert np.array_equal(got[zeros], (a & b)[zeros]), "+0 exceeds -0"


@pytest.mark.parametrize("body", ["pam", "pam_slope_a", "padiv_slope_b", "padiv_mimic_b"])
def test_an_offset_is_an_argument_and_compiles_nothing_new(body: str, emulated: Any) -> None:
    rng = np.random.default_rng(SEED)
    f = get_format("float32")
    operands = [codes_of("float32", (500,), rng) for _ in range(BODIES[body][1])]
    plain = make_words(f, get_policy("ftz"))
    gpu_elementwise.run_codes(body, operands, plain, runtime=emulated)
    compiled = len(emulated._libraries)
    for offset in (1, -1, f.tiny // 16, f.tiny - 1, 1 - f.tiny):
        w = make_words(f, get_policy("ftz"), offset)
        got = gpu_elementwise.run_codes(body, operands, w, runtime=emulated)
        assert np.array_equal(got, launch.run_codes(body, operands, w)), hex(offset)
    assert len(emulated._libraries) == compiled


def views(base: Any) -> list[Any]:
    """Return views of an array whose elements do not lie one after the other, or not aligned."""
    return [
        base[::2],
        base[::-1],
        base[1:],
        base.T,
        base[:, ::3],
        base[3:4, :],
        base[..., None, :],
        base[:, 5],
    ]


@pytest.mark.parametrize("fmt", ["float32", "bfloat16", "float8_e5m2"])
def test_views_of_any_strides_give_the_same_bits(fmt: str, emulated: Any) -> None:
    rng = np.random.default_rng(SEED)
    w = make_words(get_format(fmt), get_policy("ftz"))
    base = emulated.upload(codes_of(fmt, (12, 37), rng))
    for view in views(base):
        for operands in ([view, view], [view, base[:1, :1]]):
            want = launch.run_codes("pam", operands, w)
            got = gpu_elementwise.run_codes("pam", operands, w, runtime=emulated)
            assert np.array_equal(got, want), (view.shape, view.strides)


def test_a_result_may_be_written_over_its_operands(emulated: Any) -> None:
    rng = np.random.default_rng(SEED)
    w = make_words(get_format("float32"), get_policy("ftz"))
    start = codes_of("float32", (64, 40), rng)
    for target, source in [
        (np.s_[:, :], np.s_[:, :]),
        (np.s_[1:, :], np.s_[:-1, :]),
        (np.s_[:-1, :], np.s_[1:, :]),
        (np.s_[:, ::2], np.s_[:, 1::2]),
        (np.s_[::-1, :], np.s_[:, :]),
    ]:
        base = emulated.upload(start)
        want = launch.run_codes("pam", [base[source], base[source].copy()], w)
        out = base[target]
        assert (
            gpu_elementwise.run_codes("pam", [base[source], base[source]], w, out, runtime=emulated) is out
        )
        assert np.array_equal(base[target], want), target


def test_a_long_axis_is_cut_into_launches_that_fit(emulated: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gpu_elementwise, "LARGEST", 100)
    rng = np.random.default_rng(SEED)
    w = make_words(get_format("float32"), get_policy("ftz"))
    operands = [codes_of("float32", shape, rng) for shape in [(1, 9, 40), (3, 9, 1)]]
    emulated.launched.clear()
    got = gpu_elementwise.run_codes("padiv", operands, w, runtime=emulated)
    assert np.array_equal(got, launch.run_codes("padiv", operands, w))
    assert len(emulated.launched) > 10


def test_a_long_axis_that_is_not_aligned_is_cut_too(emulated: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gpu_elementwise, "LARGEST", 100)
    rng = np.random.default_rng(SEED)
    w = make_words(get_format("float32"), get_policy("ftz"))
    base = emulated.upload(codes_of("float32", (1001,), rng))
    emulated.launched.clear()
    for operands in ([base[1:], base[:-1]], [base[1:], base[:1]]):
        got = gpu_elementwise.run_codes("pam", operands, w, runtime=emulated)
        assert np.array_equal(got, launch.run_codes("pam", operands, w))
    assert len(emulated.launched) > 10


@pytest.mark.parametrize("d", [1, 2, 3, 5, 7, 641, 65535, 65536, 65537, (1 << 30) + 1, (1 << 31) - 1])
def test_division_by_constants_is_exact_up_to_two_to_the_31(d: int) -> None:
    magic, places = divisor(d)
    assert 0 <= magic < 1 << 32
    last = (1 << 31) - 1
    numbers = {0, 1, d - 1, d, d + 1, last, last - 1, last // d * d, last // d * d - 1, last // 2}
    for n in sorted(n for n in numbers if 0 <= n <= last):
        assert (((magic * n) >> 32) + n) >> places == n // d, n
        assert ((magic * n) >> 32) + n < 1 << 32, "the sum must fit an unsigned word"


@given(st.integers(1, (1 << 31) - 1), st.integers(0, (1 << 31) - 1))
def test_division_by_constants_is_exact_for_any_pair(d: int, n: int) -> None:
    magic, places = divisor(d)
    assert (((magic * n) >> 32) + n) >> places == n // d


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.integers(1, 3), max_size=6), st.data())
def test_collapsing_axes_keeps_every_element_where_it_was(shape: list[int], data: st.DataObject) -> None:
    base = np.arange(4**6).reshape((4,) * 6)
    steps = [data.draw(st.sampled_from([1, -1])) for _ in shape]
    view = base[tuple(slice(None, None, step) for step in steps)][tuple(slice(n) for n in shape)]
    view = view[(...,) + (0,) * (view.ndim - len(shape))] if view.ndim > len(shape) else view
    lengths, (strides,) = collapse(view.shape, [[s // view.itemsize for s in view.strides]])
    places = np.zeros(lengths, dtype=int)
    for axis, (length, stride) in enumerate(zip(lengths, strides, strict=True)):
        places += (np.arange(length) * stride).reshape((-1,) + (1,) * (len(lengths) - 1 - axis))
    flat = view.ravel()
    assert np.array_equal(places.ravel() + flat[0], flat)
    assert 1 not in lengths


def test_a_divisor_out_of_range_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match=r"d is 0"):
        divisor(0)
