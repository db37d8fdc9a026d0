"""The matrix product on the CPU: every variant has the bits of the definition, and the scan picks the leanest.

Short products are held to pamcheck.spec; long ones, block borders and variants to the general loop, which
runs the scalar bodies and is itself held to the definition here.
"""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numba.core.errors import TypingError

from pamcheck import spec
from pamcheck.formats import FORMATS, FloatFormat, get_format
from pamcheck.kernels import (
    cpu,
    disk,
    launch,
    matmul_cpu,
    matmul_general,
    matmul_loops,
    matmul_plan,
    matmul_scan,
    matmul_tile,
)
from pamcheck.kernels.matmul_cpu import matmul_codes, slope_matmul_codes
from pamcheck.kernels.matmul_scan import choose, choose_slope, scan
from pamcheck.kernels.words import Words, make_words
from pamcheck.policy import get_policy

SEED = 2305
PRODUCTS = ["lean", "zeros", "flush", "full"]  # from the leanest on: each may stand in for those before it
POLICIES = ["ftz", "gradual", "saturate"]
CUSTOM = ["e5m3", "e6m9f", "e8m7fn", "e8m20", "e10m5", "e5m26", "e11m40"]


def words(fmt: str, policy: str = "ftz", offset: int = 0) -> Words:
    return make_words(get_format(fmt), get_policy(policy), offset)


def draw(fmt: str, shape: tuple[int, ...], kind: str, seed: int = SEED) -> np.ndarray:
    """Return codes of a kind.

    near    numbers close to 1, whose products are normal
    zeros   those and zeros
    small   normal numbers whose products underflow often, and never overflow; zeros
    edge    zeros, the ends of the subnormal and normal ranges, infinities, NaN
    any     every code
    """
    f, rng = get_format(fmt), np.random.default_rng((seed, *shape))
    sign = rng.integers(0, 2, shape).astype(np.uint64) * np.uint64(f.sign)
    low, high = max(f.tiny, f.one - 3 * f.tiny), min(f.largest, f.one + 3 * f.tiny)
    if kind == "edge":
        ends = [0, 1, f.tiny - 1, f.tiny, f.tiny + 1, f.one, f.one + 1, f.largest - 1, f.largest]
        ends += [f.one - f.tiny, f.largest if f.inf is None else f.inf, 0 if f.nan is None else f.nan]
        size = rng.choice(np.array([max(end, 0) for end in ends], np.uint64), shape)
    elif kind == "any":
        size = rng.integers(0, f.magnitude, shape, dtype=np.uint64, endpoint=True)
    elif kind == "small":
        size = rng.integers(f.tiny, f.one, shape, dtype=np.uint64, endpoint=True)
    else:
        size = rng.integers(low, high, shape, dtype=np.uint64, endpoint=True)
    if kind in ("zeros", "small"):
        size[rng.random(shape) < 0.3] = 0
    return (size | sign).astype(f"u{f.storage_bits // 8}")


def chosen(a: np.ndarray, b: np.ndarray, w: Words) -> str:
    return choose(scan(a, w), scan(b, w), w)


def allowed(name: str) -> list[str]:
    """Return the variants that are right wherever `name` is, itself included."""
    return PRODUCTS[PRODUCTS.index(name) :] if name in PRODUCTS else []


def same(got: Any, expected: Any, title: str) -> None:
    got, expected = np.asarray(got), np.asarray(expected)
    assert got.shape == expected.shape, title
    differ = np.argwhere(got != expected)
    shown = [(tuple(at.tolist()), hex(int(got[*at])), hex(int(expected[*at]))) for at in differ[:5]]
    assert not shown, f"{title}: {len(differ)} differ; (index, got, expected): {shown}"


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("fmt", [*FORMATS, *CUSTOM])
def test_every_format_and_policy_has_the_bits_of_the_definition(fmt: str, policy: str) -> None:
    f = get_format(fmt)
    for kind in ("near", "zeros", "small", "edge", "any"):
        for offset in (0, f.tiny // 8, -(f.tiny // 4)):
            a, b = draw(fmt, (3, 4), kind), draw(fmt, (4, 5), kind)
            w = words(fmt, policy, offset)
            expected = spec.matmul(a.tolist(), b.tolist(), fmt, policy, offset)
            title = f"{fmt}, {policy}, {kind}, offset {offset}"
            name = chosen(a, b, w)
            same(matmul_codes(a, b, f, w), expected, f"{title}, {name}")
            for variant in ("general", *allowed(name)):
                same(matmul_codes(a, b, f, w, variant=variant), expected, f"{title}, {variant}")


@pytest.mark.parametrize("kind", ["near", "zeros", "small", "edge"])
@pytest.mark.parametrize("fmt", ["float32", "float64", "float16"])
def test_every_size_and_variant_agrees_with_the_general_loop(fmt: str, kind: str) -> None:
    f, w = get_format(fmt), words(fmt)
    sizes = [(1, 1, 1), (2, 255, 3), (3, 256, 5), (5, 257, 7), (7, 513, 17), (9, 3, 33), (33, 2, 70)]
    for m, k, n in sizes:
        a, b = draw(fmt, (m, k), kind), draw(fmt, (k, n), kind)
        name = chosen(a, b, w)
        expected = matmul_codes(a, b, f, w, variant="general")
        for variant in allowed(name):
            same(
                matmul_codes(a, b, f, w, variant=variant),
                expected,
                f"{fmt}, {kind}, {(m, k, n)}, {variant}",
            )


@pytest.mark.parametrize("policy", ["ftz", "gradual"])
def test_blocks_of_256_are_added_in_the_order_of_the_definition(policy: str) -> None:
    # 2^24 and then ones: where a block begins decides which ones are lost
    for k in (0, 1, 255, 256, 257, 513):
        a = np.ones((2, k), np.float32)
        a[:, :1] = 2.0**24
        a[1, 256:257] = -(2.0**24)
        codes, ones = a.view(np.uint32), np.ones((k, 1), np.float32).view(np.uint32)
        expected = spec.matmul(codes.tolist(), ones.tolist(), "float32", policy) if k else [[0], [0]]
        same(
            matmul_codes(codes, ones, get_format("float32"), words("float32", policy)), expected, f"k = {k}"
        )


@pytest.mark.parametrize(
    ("left", "right", "name"),
    [
        (0, 0, "lean"),  # offsets, in codes, from two numbers whose product is exactly `tiny` or `largest`
        (-1, 0, "flush"),
        (0, 1, "lean"),
    ],
)
@pytest.mark.parametrize("fmt", ["float32", "float64", "float16", "bfloat16"])
def test_the_scan_knows_the_edge_of_underflow(fmt: str, left: int, right: int, name: str) -> None:
    f = get_format(fmt)
    half = (f.tiny + f.one) // 2
    a = np.array([[half + left, f.one]])
    b = np.array([[f.tiny + f.one - half + right], [f.one]])
    _check_choice(f, a, b, name)


@pytest.mark.parametrize(("left", "name"), [(0, "lean"), (1, "full"), (-1, "lean")])
@pytest.mark.parametrize("fmt", ["float32", "float64", "float16", "bfloat16"])
def test_the_scan_knows_the_edge_of_overflow(fmt: str, left: int, name: str) -> None:
    f = get_format(fmt)
    half = (f.largest + f.one) // 2
    a = np.array([[half + left, f.one]])
    b = np.array([[f.largest + f.one - half], [f.one]])
    _check_choice(f, a, b, name)


def _check_choice(f: FloatFormat, a: np.ndarray, b: np.ndarray, name: str) -> None:
    w, code = words(f.name), f"u{f.storage_bits // 8}"
    a, b = a.astype(code), b.astype(code)
    assert chosen(a, b, w) == name
    expected = spec.matmul(a.tolist(), b.tolist(), f)
    for variant in ("general", *allowed(name)):
        same(matmul_codes(a, b, f, w, variant=variant), expected, f"{f.name}, {variant}")


@pytest.mark.parametrize(
    ("values", "policy", "name"),
    [
        ([1.0, 2.0], "ftz", "lean"),
        ([1.0, -0.0], "ftz", "zeros"),
        ([1.0, 1e-40], "ftz", "zeros"),
        ([1.0, 1e-40], "gradual", "general"),
        ([1.0, 0.0], "gradual", "zeros"),
        ([1.0, 1e-30], "ftz", "flush"),
        ([1.0, 1e-30], "gradual", "general"),
        ([1.0, 1e30], "ftz", "full"),
        ([1.0, 1e30], "saturate", "full"),
        ([1.0, np.inf], "ftz", "full"),
        ([1.0, np.nan], "ftz", "full"),
        ([1.0, np.inf], "saturate", "general"),
        ([0.0, 0.0], "ftz", "zeros"),
    ],
)
def test_the_scan_picks_the_leanest_variant(values: list[float], policy: str, name: str) -> None:
    a = np.array([values], np.float32).view(np.uint32)
    assert chosen(a, a.T, words("float32", policy)) == name


def test_a_scan_sees_every_element_of_a_strided_and_repeated_array() -> None:
    w = words("float32")
    for hidden in (0, 1, w.largest + 1):
        for at in (0, 7, 23):
            base = np.full(24, w.one, np.uint32)
            base[at] = hidden
            x = base.reshape(2, 3, 4)
            for view in (
                x,
                x[::-1],
                x.T,
                x[:, ::-1, ::-1],
                np.broadcast_to(x, (5, 2, 3, 4)),
                x[1:],
                x[..., ::2],
            ):
                found, sizes = scan(view, w), view & w.magnitude
                assert found.highest == sizes.max()
                assert found.zero == (sizes.min() < w.tiny)
                assert found.subnormal == bool(((sizes > 0) & (sizes < w.tiny)).any())
                assert found.lowest == sizes[sizes >= w.tiny].min()


@pytest.mark.parametrize("fmt", ["float32", "float8_e4m3fn", "e5m3"])
def test_a_scan_in_parts_finds_what_a_scan_finds(monkeypatch: pytest.MonkeyPatch, fmt: str) -> None:
    w = words(fmt)
    arrays = [draw(fmt, (70,), kind) for kind in ("near", "zeros", "small", "edge", "any")]
    arrays += [np.zeros(70, arrays[0].dtype)]
    expected = [scan(codes, w) for codes in arrays]
    monkeypatch.setattr(matmul_scan, "PART_MIN", 1)
    monkeypatch.setenv("PAMCHECK_THREADS", "3")
    assert [scan(codes, w) for codes in arrays] == expected


@pytest.mark.parametrize("kind", ["near", "edge"])
@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("fmt", ["float32", "float16", "float64", "float8_e4m3fn", "e10m5"])
def test_exact_slopes_have_the_bits_of_the_definition(fmt: str, policy: str, kind: str) -> None:
    f, w = get_format(fmt), words(fmt, policy)
    for spread in (kind, "zeros"):
        delta, a, b = draw(fmt, (3, 5), spread), draw(fmt, (3, 4), kind), draw(fmt, (4, 5), spread)
        da, db = spec.matmul_vjp(a.tolist(), b.tolist(), delta.tolist(), f, policy)
        for variant in (None, "general"):
            title = f"{fmt}, {policy}, {spread}, {variant}"
            same(slope_matmul_codes(delta, a, b, f, w, variant=variant), da, title)
            same(slope_matmul_codes(delta.T, b.T, a.T, f, w, variant=variant).T, db, title)


@pytest.mark.parametrize("fmt", ["float32", "float64"])
def test_lean_slopes_of_every_size_agree_with_the_general_loop(fmt: str) -> None:
    f, w = get_format(fmt), words(fmt)
    for m, n, k in [(1, 1, 1), (7, 257, 33), (17, 513, 70)]:
        delta, a, b = draw(fmt, (m, n), "zeros"), draw(fmt, (m, k), "zeros"), draw(fmt, (k, n), "zeros")
        delta[0, 0] = 0
        assert choose_slope(scan(delta, w), scan(a, w), scan(b, w), w) == "slope"
        expected = slope_matmul_codes(delta, a, b, f, w, variant="general")
        same(slope_matmul_codes(delta, a, b, f, w), expected, f"{(m, n, k)}")
        delta[delta & f.magnitude < f.tiny] = f.one
        b[b & f.magnitude < f.tiny] = f.sign | f.one
        assert choose_slope(scan(delta, w), scan(a, w), scan(b, w), w) == "slope_lean"
        expected = slope_matmul_codes(delta, a, b, f, w, variant="general")
        same(slope_matmul_codes(delta, a, b, f, w), expected, f"{(m, n, k)}, no zeros")


@given(st.data())
@settings(max_examples=40)
def test_any_layout_gives_the_bits_of_a_contiguous_copy(data: st.DataObject) -> None:
    size = st.integers(0, 40)
    m, k, n = data.draw(st.tuples(size, size, size))
    batches = data.draw(
        st.sampled_from([((), ()), ((2,), ()), ((), (3,)), ((2, 1), (3,)), ((0,), (1,)), ((4,), (4,))])
    )
    kind = data.draw(st.sampled_from(["near", "zeros", "small", "edge"]))
    f, w = get_format("float32"), words("float32")
    laid, plain = [], []
    for batch, rows, cols in ((batches[0], m, k), (batches[1], k, n)):
        x = draw("float32", (*batch, rows, cols), kind)
        layout = data.draw(st.sampled_from(["plain", "transposed", "reversed", "spaced", "offset"]))
        plain.append(x)
        laid.append(_laid(x, layout))
    shape = (*np.broadcast_shapes(*batches), m, n)
    expected = np.zeros(shape, np.uint32)
    left, right = (np.broadcast_to(x, (*shape[:-2], *x.shape[-2:])) for x in plain)
    for at in np.ndindex(shape[:-2]):
        expected[at] = matmul_codes(left[at].copy(), right[at].copy(), f, w, variant="general")
    same(matmul_codes(*laid, f, w), expected, f"{[x.shape for x in plain]}, {kind}")


def _laid(x: np.ndarray, layout: str) -> np.ndarray:
    """Return an equal array that lies in memory in another way."""
    if layout == "transposed":
        return np.ascontiguousarray(x.swapaxes(-1, -2)).swapaxes(-1, -2)
    if layout == "reversed":
        return np.ascontiguousarray(x[..., ::-1, ::-1])[..., ::-1, ::-1]
    if layout == "spaced":
        wide = np.zeros((*x.shape[:-2], 2 * x.shape[-2], 3 * x.shape[-1]), x.dtype)
        wide[..., ::2, ::3] = x
        return wide[..., ::2, ::3]
    if layout == "offset":
        raw = np.zeros(x.nbytes + 1, np.uint8)
        moved = raw[1:].view(x.dtype).reshape(x.shape)
        moved[...] = x
        return moved
    return x


@pytest.mark.parametrize("threads", ["1", "2", "5"])
def test_the_number_of_threads_changes_no_bit(monkeypatch: pytest.MonkeyPatch, threads: str) -> None:
    f, w = get_format("float32"), words("float32")
    monkeypatch.setattr(matmul_plan, "PART_MIN", 1)
    for shape_a, shape_b in [
        ((70, 300), (300, 130)),
        ((2, 300), (300, 200)),
        ((6, 5, 9), (6, 9, 40)),
        ((1, 1), (1, 1)),
    ]:
        a, b = draw("float32", shape_a, "edge"), draw("float32", shape_b, "edge")
        monkeypatch.setenv("PAMCHECK_THREADS", "1")
        expected = matmul_codes(a, b, f, w)
        monkeypatch.setenv("PAMCHECK_THREADS", threads)
        same(matmul_codes(a, b, f, w), expected, f"{shape_a} by {shape_b}")
    assert launch.thread_count() == int(threads)


def test_a_full_product_changes_loops_from_tile_to_tile() -> None:
    """Specials in some tiles, overflow in others, and most of the product with neither."""
    f, w = get_format("float32"), words("float32")
    a, b = draw("float32", (50, 600), "small"), draw("float32", (600, 140), "zeros")
    a[7, 300], a[30, 599], b[0, 5], b[599, 139] = w.inf, w.nan, w.inf | w.sign, w.largest
    a[41, 599] = w.largest
    assert chosen(a, b, w) == "full"
    expected = matmul_codes(a, b, f, w, variant="general")
    same(matmul_codes(a, b, f, w), expected, "full")
    assert 0 < (expected == w.nan).sum() < expected.size // 4


def test_an_output_may_be_an_operand() -> None:
    f, w = get_format("float32"), words("float32")
    for size in (5, 70, 300):
        a, b = draw("float32", (size, size), "zeros"), draw("float32", (size, size), "near")
        expected = matmul_codes(a, b, f, w)
        for target in (0, 1):
            operands = [a.copy(), b.copy()]
            assert matmul_codes(*operands, f, w, out=operands[target]) is operands[target]
            same(operands[target], expected, f"{size}, out = operand {target}")
        turned = a.copy()
        same(matmul_codes(turned, b, f, w, out=turned.T), expected, "out = a.T")


def test_a_nan_is_the_quiet_one_with_sign_clear() -> None:
    # the sums of two blocks are +inf and -inf, and no product is special
    a = np.full((8, 512), 2.0**125, np.float32)
    b = np.ones((512, 40), np.float32)
    b[256:] = -1
    for variant in ("lean", "full", "general"):
        f, w = get_format("float32"), words("float32")
        got = matmul_codes(a.view(np.uint32), b.view(np.uint32), f, w, variant=variant)
        assert {hex(code) for code in np.unique(got)} == {"0x7fc00000"}, variant


def test_no_product_of_an_empty_sum_is_positive_zero() -> None:
    f, w = get_format("float32"), words("float32")
    out = np.full((2, 3), 7, np.uint32)
    same(
        matmul_codes(np.zeros((2, 0), np.uint32), np.zeros((0, 3), np.uint32), f, w, out),
        np.zeros((2, 3)),
        "k = 0",
    )


@pytest.mark.parametrize("fmt", ["float32", "bfloat16", "e8m20", "float64"])
def test_offsets_up_to_an_octave_move_the_borders_of_every_loop(fmt: str) -> None:
    """One element on each side of where a product becomes a zero, or too large."""
    f = get_format(fmt)
    for offset in (f.tiny - 1, 1 - f.tiny):
        w = words(fmt, "ftz", offset)
        for limit, names in (
            (f.tiny, ["flush", "lean", "lean"]),
            (f.largest, ["lean", "lean", "full"]),
        ):
            half = (limit + w.shift) // 2
            for step, name in zip((-1, 0, 1), names, strict=True):
                a = np.array([[half], [f.sign | half]], f"u{f.storage_bits // 8}")
                b = np.array([[limit + w.shift - half + step]], a.dtype)
                assert chosen(a, b, w) == name, (fmt, offset, limit, step)
                expected = spec.matmul(a.tolist(), b.tolist(), fmt, "ftz", offset)
                for variant in ("general", *allowed(name)):
                    same(matmul_codes(a, b, f, w, variant=variant), expected, f"{fmt}, {offset}, {variant}")


def test_sums_below_the_normal_range_are_kept() -> None:
    f, w = get_format("float32"), words("float32")
    a = np.array([[w.tiny + 1, w.tiny | w.sign]], np.uint32)
    b = np.array([[w.one], [w.one]], np.uint32)
    for variant in PRODUCTS:
        same(matmul_codes(a, b, f, w, variant=variant), [[1]], variant)


def test_more_axes_than_numpy_broadcasts() -> None:
    f, w = get_format("float32"), words("float32")
    a, b = np.full((1,) * 40 + (2, 3), w.one, np.uint32), np.full((1,) * 40 + (3, 2), w.one, np.uint32)
    assert matmul_codes(a, b, f, w).shape == (1,) * 40 + (2, 2)
    assert set(matmul_codes(a, b, f, w).ravel().tolist()) == {f.encode(3.0)}


@pytest.mark.parametrize("variant", ["lean", "general"])
def test_an_unaligned_array_is_copied_rather_than_compiled_for(variant: str) -> None:
    f, w = get_format("float32"), words("float32")
    a, b = draw("float32", (5, 6), "near"), draw("float32", (6, 7), "near")
    expected = matmul_codes(a, b, f, w, variant=variant)
    general = variant == "general"
    loop = matmul_general.loop(False, 32, "float32", "view") if general else matmul_loops.loop("lean", 32)
    loops = [loop, matmul_scan._loop()]
    scan(a, w)
    before = [set(loop._compiled.signatures) for loop in loops]
    out = _laid(np.zeros((5, 7), np.uint32), "offset")
    moved = _laid(a, "offset")
    scan(moved, w)
    same(matmul_codes(moved, b, f, w, out, variant), expected, variant)
    same(out, expected, "out")
    assert [set(loop._compiled.signatures) for loop in loops] == before


def test_bits_above_a_format_are_not_looked_at() -> None:
    f, w = get_format("float6_e2m3fn"), words("float6_e2m3fn")
    a = np.array([[0xC8, 0x7F]], np.uint8)
    same(matmul_codes(a, a.T, f, w), matmul_codes(a & 0x3F, a.T & 0x3F, f, w), "two bits more")


def test_threads_that_multiply_at_once_do_not_meet(monkeypatch: pytest.MonkeyPatch) -> None:
    f, w = get_format("float32"), words("float32")
    monkeypatch.setattr(matmul_plan, "PART_MIN", 1000)
    monkeypatch.setenv("PAMCHECK_THREADS", "3")
    jobs = []
    for size in (9, 40, 100, 150):
        a, b = draw("float32", (size, 70), "edge"), draw("float32", (70, size + 3), "zeros")
        jobs.append((a, b, matmul_codes(a, b, f, w, variant="general")))
    with ThreadPoolExecutor(6) as pool:
        for _ in range(5):
            got = list(pool.map(lambda job: matmul_codes(job[0], job[1], f, w), jobs * 6))
            for result, (_, _, expected) in zip(got, jobs * 6, strict=True):
                same(result, expected, "at once")


def test_an_interrupted_product_leaves_the_next_one_right(monkeypatch: pytest.MonkeyPatch) -> None:
    f, w = get_format("float32"), words("float32")
    a, b = draw("float32", (50, 70), "edge"), draw("float32", (70, 60), "zeros")
    expected = matmul_codes(a, b, f, w)
    tables = matmul_cpu.tables
    monkeypatch.setattr(matmul_cpu, "tables", _interrupt)
    with pytest.raises(KeyboardInterrupt):
        matmul_codes(a, b, f, w)
    monkeypatch.setattr(matmul_cpu, "tables", tables)
    same(matmul_codes(a, b, f, w), expected, "afterwards")


def _interrupt(*_arguments: Any) -> None:
    raise KeyboardInterrupt


def test_a_second_process_compiles_nothing() -> None:
    ones = np.full((2, 2), words("float32").one, np.uint32)
    matmul_codes(ones, ones, get_format("float32"), words("float32"))
    script = (
        "import numpy as np, pamcheck as pc\n"
        "pc.matmul(np.ones((2, 3), np.float32), np.ones((3, 2), np.float32))\n"
        "from pamcheck.kernels import matmul_loops, matmul_scan\n"
        "print(matmul_loops.loop('lean', 32).compilations, matmul_scan._loop().compilations)\n"
    )
    assert _python(script, PAMCHECK_CACHE=str(disk.cache_dir().parent)).split() == ["0", "0"]


@pytest.mark.parametrize("error", [AttributeError, UnicodeDecodeError("utf-8", b"", 0, 1, "")])
def test_a_damaged_cache_may_raise_anything(error: Any) -> None:
    """A flipped bit makes a pickle that reads as something else."""
    loop, found = cpu.Loop(matmul_scan.range_loop), np.zeros(4, np.uint32)

    def damaged(*_: Any) -> None:
        raise error

    loop._compiled = damaged
    loop(np.full(3, 7, np.uint32), found, np.uint32(255), np.uint32(8))
    assert found.tolist() == [255, 7, 7, 7]
    with pytest.raises(TypingError):  # an error of the caller's stays one
        loop("not an array", found, np.uint32(255), np.uint32(8))


NARROW = """
import sys
import numpy as np
from pamcheck.formats import get_format
from pamcheck.kernels.matmul_cpu import matmul_codes, slope_matmul_codes
from pamcheck.kernels.matmul_tile import VECTOR_BYTES
from pamcheck.kernels.words import make_words
from pamcheck.policy import get_policy

w, given = make_words(get_format("float32"), get_policy("ftz")), np.load(sys.argv[1])
wrong = []
for title in dict.fromkeys(key.rsplit(".", 1)[0] for key in given):
    variant = title.split()[0]
    *operands, expected = (given[f"{title}.{at}"] for at in range(4 if "slope" in variant else 3))
    run = slope_matmul_codes if "slope" in variant else matmul_codes
    if not np.array_equal(run(*operands, get_format("float32"), w, variant=variant), expected):
        wrong.append(title)
print(VECTOR_BYTES, *wrong)
"""


def test_the_tile_of_a_processor_without_wide_vectors_has_the_same_bits(tmp_path: Path) -> None:
    """Compiled for the features of this one without AVX-512, as on any that has none."""
    f, w = get_format("float32"), words("float32")
    cases: dict[str, np.ndarray] = {}
    for variant, kind in [
        *zip(PRODUCTS, ["near", "zeros", "small", "edge"], strict=True),
        ("slope", "zeros"),
        ("slope_lean", "near"),
    ]:
        for m, k, n in [(1, 1, 1), (5, 257, 17), (33, 2, 70), (250, 9, 35)]:
            x, y, z = (draw("float32", shape, kind) for shape in ((m, k), (k, n), (m, n)))
            operands = [z, x, y] if "slope" in variant else [x, y]
            run = slope_matmul_codes if "slope" in variant else matmul_codes
            assert "slope" in variant or variant in allowed(chosen(x, y, w))
            for at, array in enumerate([*operands, run(*operands, f, w, variant="general")]):
                cases[f"{variant} {(m, k, n)}.{at}"] = array
    np.savez(tmp_path / "cases.npz", **cases)
    features = [
        feature.replace("+", "-") if feature.startswith(("+avx512", "+avx10")) else feature
        for feature in matmul_tile.FEATURES.split(",")
    ]
    told = _python(NARROW, str(tmp_path / "cases.npz"), NUMBA_CPU_FEATURES=",".join(features))
    assert told.split() == ["32"], "vector bytes, then the cases that differ"


def test_a_processor_that_tells_nothing_gets_the_narrow_tile() -> None:
    script = "from pamcheck.kernels.matmul_tile import VECTOR_BYTES; print(VECTOR_BYTES)"
    assert _python(script, NUMBA_CPU_NAME="generic", NUMBA_CPU_FEATURES="").split() == ["32"]


def _python(script: str, *arguments: str, **environment: str) -> str:
    command = [sys.executable, "-W", "error", "-c", script, *arguments]
    done = subprocess.run(command, env={**os.environ, **environment}, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout
