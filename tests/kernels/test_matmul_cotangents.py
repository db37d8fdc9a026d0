"""Cotangents of the matrix product on the CPU: mimic ones, and exact ones of a product with an offset.

Exact ones without an offset are in test_matmul_cpu.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from pamcheck import spec
from pamcheck.formats import get_format
from pamcheck.kernels import matmul_mimic
from pamcheck.kernels.matmul_cpu import matmul_codes, slope_matmul_codes
from pamcheck.kernels.matmul_mimic import mimic_matmul_codes
from pamcheck.kernels.matmul_scan import choose_slope, scan
from pamcheck.kernels.words import Words, make_words
from pamcheck.policy import get_policy

SEED = 1958
FORMATS = ["float32", "float64", "float16", "bfloat16", "float8_e4m3fn", "float4_e2m1fn", "e8m7fn", "e10m5"]
POLICIES = ["ftz", "gradual", "saturate"]
KERNELS: dict[str, Callable[..., Any]] = {"exact": slope_matmul_codes, "mimic": mimic_matmul_codes}


def words(fmt: str, policy: str = "ftz", offset: int = 0) -> Words:
    return make_words(get_format(fmt), get_policy(policy), offset)


def draw(fmt: str, shape: tuple[int, ...], kind: str, rng: np.random.Generator) -> np.ndarray:
    """Return codes: near one, those and zeros, the ends of every range with infinities and NaN, or any."""
    f = get_format(fmt)
    low, high = max(f.tiny, f.one - 3 * f.tiny), min(f.largest, f.one + 3 * f.tiny)
    size = rng.integers(low, high, shape, dtype=np.uint64, endpoint=True)
    if kind == "zeros":
        size[rng.random(shape) < 0.3] = 0
    if kind == "edge":
        ends = [0, 1, f.tiny - 1, f.tiny, f.one, f.largest - 1, f.largest, min(f.largest + 1, f.magnitude)]
        size = np.where(rng.random(shape) < 0.4, rng.choice(np.array(ends, np.uint64), shape), size)
    if kind == "any":
        size = rng.integers(0, f.magnitude, shape, dtype=np.uint64, endpoint=True)
    sign = rng.integers(0, 2, shape).astype(np.uint64) * np.uint64(f.sign)
    return (size | sign).astype(f"u{f.storage_bits // 8}")


def same(got: Any, expected: Any, title: str) -> None:
    got, expected = np.asarray(got), np.asarray(expected)
    assert got.shape == expected.shape, title
    differ = np.argwhere(got != expected)
    shown = [(tuple(at.tolist()), hex(int(got[*at])), hex(int(expected[*at]))) for at in differ[:5]]
    assert not shown, f"{title}: {len(differ)} differ; (index, got, expected): {shown}"


@pytest.mark.parametrize("mode", ["exact", "mimic"])
@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("fmt", FORMATS)
def test_both_cotangents_have_the_bits_of_the_definition(fmt: str, policy: str, mode: str) -> None:
    f, rng = get_format(fmt), np.random.default_rng(SEED)
    kernel = KERNELS[mode]
    for kind in ("near", "zeros", "edge", "any"):
        offsets = {0, 1, -1, f.tiny // 16, f.tiny - 1, 1 - f.tiny} - ({0} if mode == "exact" else set())
        for offset in sorted(offsets):
            w = words(fmt, policy, offset)
            delta, a, b = (draw(fmt, shape, kind, rng) for shape in ((2, 3), (2, 2), (2, 3)))
            if kind == "edge":  # so that some sums of the mimic kind meet nothing special
                a = draw(fmt, (2, 2), "near", rng)
            da, db = spec.matmul_vjp(a.tolist(), b.tolist(), delta.tolist(), f, policy, mode, offset)
            title = f"{mode} {fmt}, {policy}, {kind}, offset {offset}"
            same(kernel(delta, a, b, f, w), da, title)
            same(kernel(delta.T, b.T, a.T, f, w).T, db, title)


@pytest.mark.parametrize("fmt", ["float32", "float64", "float16"])
def test_lean_slopes_with_an_offset_agree_with_the_general_loop_at_every_size(fmt: str) -> None:
    f, rng = get_format(fmt), np.random.default_rng(SEED)
    for offset in (1, -1, f.tiny // 16, f.tiny - 1, 1 - f.tiny):
        w = words(fmt, "ftz", offset)
        for m, n, k in [(1, 1, 1), (7, 257, 33), (17, 300, 70)]:
            delta, a, b = (draw(fmt, shape, "zeros", rng) for shape in ((m, n), (m, k), (k, n)))
            delta[0, 0] = 0
            assert choose_slope(scan(delta, w), scan(a, w), scan(b, w), w) == "slope"
            expected = slope_matmul_codes(delta, a, b, f, w, variant="general")
            same(slope_matmul_codes(delta, a, b, f, w), expected, f"{fmt} {offset} {(m, n, k)}")
            delta[delta & f.magnitude < f.tiny] = f.one
            b[b & f.magnitude < f.tiny] = f.sign | f.one
            assert choose_slope(scan(delta, w), scan(a, w), scan(b, w), w) == "slope_lean"
            expected = slope_matmul_codes(delta, a, b, f, w, variant="general")
            same(slope_matmul_codes(delta, a, b, f, w), expected, f"{fmt} {offset} {(m, n, k)} no zeros")


@pytest.mark.parametrize(
    ("offset", "carry", "mantissa"),
    [(0, 1, -1), (1, 1, -1), (2, 2, -1), (1 << 19, 2, -1), (-1, 1, -1), (-1, -1, 0), (-(1 << 22), -1, 0)],
)
def test_the_scan_knows_how_far_a_carry_goes_with_an_offset(offset: int, carry: int, mantissa: int) -> None:
    """The leanest loop stops where the cotangent would leave the format, and is right up to there."""
    f = get_format("float32")
    w = words("float32", "ftz", offset)
    own = np.full((1, 1), f.one + mantissa % f.tiny, np.uint32)
    for beyond in (0, 1):
        if carry > 0:  # delta * 2^(E + carry) is the largest number, or one code above
            b = own + np.uint32(100 << 23)
            delta = np.full((1, 1), f.largest - ((100 + carry) << 23) + beyond, np.uint32)
        else:  # it is the smallest normal, or one code below
            b = own - np.uint32(100 << 23)
            delta = np.full((1, 1), f.tiny + ((100 - carry) << 23) - beyond, np.uint32)
        name = choose_slope(scan(delta, w), scan(own, w), scan(b, w), w)
        assert name == ("general" if beyond else "slope_lean"), f"offset {offset:#x}"
        [[want]], _ = spec.matmul_vjp(own.tolist(), b.tolist(), delta.tolist(), f, "ftz", "exact", offset)
        same(slope_matmul_codes(delta, own, b, f, w), [[want]], f"offset {offset:#x}, beyond {beyond}")


@pytest.mark.parametrize("kind", ["zeros", "edge"])
def test_mimic_batches_broadcast_and_arrays_may_lie_anyhow(kind: str) -> None:
    f, w, rng = get_format("float32"), words("float32"), np.random.default_rng(SEED)
    shapes = [((5, 7), (5, 3), (3, 7)), ((2, 5, 7), (5, 3), (3, 7)), ((5, 7), (4, 5, 3), (3, 7)),
              ((5, 7), (5, 3), (4, 3, 7)), ((2, 1, 5, 7), (3, 5, 3), (1, 3, 7)), ((0, 5, 7), (1, 5, 3), (3, 7)),
              ((5, 0), (5, 3), (3, 0)), ((5, 7), (5, 0), (0, 7)), ((0, 7), (0, 3), (3, 7))]  # fmt: skip
    for given in shapes:
        delta, a, b = (draw("float32", shape, kind, rng) for shape in given)
        *batch, _, _ = np.broadcast_shapes(*((*shape[:-2], 1, 1) for shape in given))
        full = [np.broadcast_to(x, (*batch, *x.shape[-2:])) for x in (delta, a, b)]
        expected = np.zeros((*batch, *a.shape[-2:]), np.uint32)
        for at in np.ndindex(*batch):
            one = [x[at] for x in full]
            if one[0].size and one[1].size:
                da, _ = spec.matmul_vjp(one[1].tolist(), one[2].tolist(), one[0].tolist(), f, mode="mimic")
                expected[at] = da
        turned = [np.ascontiguousarray(x.swapaxes(-1, -2)).swapaxes(-1, -2)[..., ::-1, :][..., ::-1, :]
                  for x in (delta, a, b)]  # fmt: skip
        same(mimic_matmul_codes(delta, a, b, f, w), expected, f"{given}")
        same(mimic_matmul_codes(*turned, f, w), expected, f"{given}, laid otherwise")


@pytest.mark.parametrize("kind", ["zeros", "edge"])
def test_a_mimic_cotangent_may_be_written_over_an_operand(kind: str) -> None:
    f, w, rng = get_format("float32"), words("float32"), np.random.default_rng(SEED)
    operands = [draw("float32", (9, 9), kind, rng) for _ in range(3)]
    expected = mimic_matmul_codes(*operands, f, w)
    for target in range(3):
        copies = [x.copy() for x in operands]
        assert mimic_matmul_codes(*copies, f, w, out=copies[target]) is copies[target]
        same(copies[target], expected, f"out = operand {target}")


def test_a_finite_mimic_cotangent_is_one_product_and_looks_for_no_nan(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    f, w, rng = get_format("float32"), words("float32"), np.random.default_rng(SEED)
    delta, a, b = (draw("float32", shape, "zeros", rng) for shape in ((6, 300), (6, 5), (5, 300)))
    expected = matmul_codes(delta, b.T, f, w)
    monkeypatch.setattr(matmul_mimic, "_special", None)
    same(mimic_matmul_codes(delta, a, b, f, w), expected, "finite")
    delta[0, 0] = w.inf  # an infinite cotangent is no reason to look
    same(mimic_matmul_codes(delta, a, b, f, w), matmul_codes(delta, b.T, f, w), "infinite delta")
