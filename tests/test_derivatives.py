"""pamcheck.vjp on arrays: bits, shapes, broadcasting, dtypes, libraries, and what it refuses."""

from __future__ import annotations

from fractions import Fraction
from itertools import product
from typing import Any

import ml_dtypes
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import pamcheck as pc
from pamcheck import spec
from pamcheck.formats import FORMATS, get_format
from pamcheck.kernels.table import OPS

SEED = 2305
MODES = ("exact", "mimic")
every_op = pytest.mark.parametrize("op", OPS)
every_mode = pytest.mark.parametrize("mode", MODES)


def dtype_of(fmt: str) -> np.dtype:
    return np.dtype(getattr(np, fmt, None) or getattr(ml_dtypes, fmt))


def bits(array: Any) -> np.ndarray:
    array = np.asarray(array)
    return array.view(f"u{array.dtype.itemsize}")


def same(got: Any, expected: Any, told: str = "") -> None:
    wrong = np.argwhere(bits(got) != bits(expected))
    assert np.shape(got) == np.shape(expected), told
    assert not wrong.size, (
        f"{told} at {wrong[0]}: {bits(got)[*wrong[0]]:#x}, not {bits(expected)[*wrong[0]]:#x}"
    )


def anything(fmt: str, *shape: int, seed: int = 0) -> np.ndarray:
    """Return values of every kind: about one, of any exponent, zeros, infinities, NaN."""
    f, rng = get_format(fmt), np.random.default_rng((SEED, seed, *shape))
    codes = rng.integers(0, 1 << f.width, shape, dtype=np.uint64)
    near = bits(rng.standard_normal(shape).astype(dtype_of(fmt))).astype(np.uint64)
    chosen = np.where(rng.random(shape) < 0.5, near, codes)
    return chosen.astype(f"u{f.storage_bits // 8}").view(dtype_of(fmt))


def normal(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng((SEED, seed, *shape)).standard_normal(shape).astype(np.float32)


@pytest.mark.parametrize("fmt", FORMATS)
@every_mode
@every_op
def test_every_dtype_comes_back_with_the_bits_of_the_definition(op: str, mode: str, fmt: str) -> None:
    operands = [anything(fmt, 60, seed=place) for place in range(OPS[op].arity)]
    delta = anything(fmt, 60, seed=9)
    got = pc.vjp(op, operands, delta, mode=mode)
    rows = [
        spec.vjp(op, codes, d, fmt, mode=mode)
        for *codes, d in zip(*(bits(x).tolist() for x in (*operands, delta)), strict=True)
    ]
    for number, (result, expected) in enumerate(zip(got, zip(*rows, strict=True), strict=True)):
        assert result.dtype == delta.dtype
        same(result, np.array(expected, bits(delta).dtype).view(delta.dtype), f"operand {number}")


@pytest.mark.parametrize("policy", ["ftz", "gradual", "saturate"])
@every_mode
def test_offset_and_policy_reach_the_kernels(mode: str, policy: str) -> None:
    operands, delta = (
        [anything("float16", 80, seed=place) for place in range(2)],
        anything("float16", 80, seed=9),
    )
    for op, offset in product(("pam", "padiv"), (Fraction(1, 16), Fraction(-1, 3), Fraction(1023, 1024))):
        got = pc.vjp(op, operands, delta, mode=mode, offset=offset, policy=policy)
        codes = round(offset * 1024)
        rows = [
            spec.vjp(op, pair, d, "float16", policy, mode, offset=codes)
            for *pair, d in zip(*(bits(x).tolist() for x in (*operands, delta)), strict=True)
        ]
        for result, expected in zip(got, zip(*rows, strict=True), strict=True):
            same(result, np.array(expected, np.uint16).view(np.float16), f"{op} {offset}")


@pytest.mark.parametrize("fmt", ["float32", "bfloat16", "float8_e4m3fn", "float64"])
@every_mode
@pytest.mark.parametrize("offset", [0, Fraction(1, 8)])
def test_a_matrix_product_sends_back_what_the_definition_gives(fmt: str, mode: str, offset: Any) -> None:
    a, b, delta = (anything(fmt, *shape, seed=7) for shape in ((3, 5), (5, 4), (3, 4)))
    codes = round(offset * get_format(fmt).tiny)
    expected = spec.matmul_vjp(*(bits(x).tolist() for x in (a, b, delta)), fmt, mode=mode, offset=codes)
    for got, rows, like in zip(
        pc.vjp("matmul", (a, b), delta, mode=mode, offset=offset), expected, (a, b), strict=True
    ):
        same(got, np.array(rows, bits(like).dtype).view(like.dtype))


@every_mode
@pytest.mark.parametrize(
    ("first", "second"),
    [((4,), (4,)), ((4,), (4, 3)), ((3, 4), (4,)), ((2, 3, 4), (4,)), ((4,), (2, 4, 3)),
     ((2, 1, 3, 4), (5, 4, 2)), ((2, 3, 4), (4, 5)), ((3, 4), (2, 4, 5)), ((0, 4), (4, 3)), ((3, 0), (0, 2)),
     ((0,), (0,)), ((0, 3, 4), (4, 2)), ((3, 4), (4, 0))],
)  # fmt: skip
def test_shapes_of_a_matrix_product_and_sums_over_its_batch(
    mode: str, first: tuple[int, ...], second: tuple[int, ...]
) -> None:
    a, b = normal(*first, seed=1), normal(*second, seed=2)
    result = pc.matmul(a, b)
    delta = normal(*result.shape, seed=3)
    got = pc.vjp("matmul", (a, b), delta, mode=mode)
    assert [x.shape for x in got] == [a.shape, b.shape]
    left = a if a.ndim > 1 else a[None]
    right = b if b.ndim > 1 else b[:, None]
    batch = np.broadcast_shapes(left.shape[:-2], right.shape[:-2])
    full = delta.reshape(*batch, left.shape[-2], right.shape[-1])
    wide = [np.broadcast_to(x, (*batch, *x.shape[-2:])) for x in (left, right)]
    parts = [pc.vjp("matmul", [x[at] for x in wide], full[at], mode=mode) for at in np.ndindex(batch)]
    for place, (x, operand) in enumerate(zip(got, (left, right), strict=True)):
        stacked = np.array([part[place] for part in parts], np.float32).reshape(*batch, *operand.shape[-2:])
        same(x, summed_to(stacked, operand.shape).reshape(x.shape))


def summed_to(x: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Return canonical sums by the definition over the axes along which `shape` was repeated."""
    new = x.ndim - len(shape)
    axes = [at for at in range(x.ndim) if at < new or shape[at - new] != x.shape[at]]
    if not axes:
        return x
    kept = [at for at in range(x.ndim) if at not in axes]
    rows = x.transpose(*kept, *axes).reshape(
        *(x.shape[at] for at in kept), int(np.prod([x.shape[at] for at in axes]))
    )
    sums = [
        spec.canonical_sum(bits(row).tolist(), "float32")
        for row in rows.reshape(int(np.prod(rows.shape[:-1])), rows.shape[-1])
    ]
    return np.array(sums, np.uint32).view(np.float32).reshape(shape)


@every_mode
@given(data=st.data())
def test_where_an_operand_was_broadcast_its_cotangent_is_the_canonical_sum(mode: str, data: Any) -> None:
    shape = tuple(data.draw(st.lists(st.integers(0, 4), max_size=4), "shape"))

    def narrowed(label: str) -> tuple[int, ...]:
        drop = data.draw(st.integers(0, len(shape)), label)
        return tuple(1 if data.draw(st.booleans()) else length for length in shape[drop:])

    first, second = narrowed("a"), narrowed("b")
    a, b = normal(*first, seed=4), normal(*second, seed=5)
    full = np.broadcast_shapes(first, second)
    delta = normal(*full, seed=6)
    whole = pc.vjp("pam", [np.broadcast_to(x, full) for x in (a, b)], delta, mode=mode)
    for got, wide, operand in zip(pc.vjp("pam", (a, b), delta, mode=mode), whole, (a, b), strict=True):
        same(got, summed_to(wide, operand.shape))


def test_a_long_broadcast_axis_is_summed_in_the_canonical_order() -> None:
    delta, gain = normal(1000, 3), normal(3)
    _, got = pc.vjp("pam", (normal(1000, 3, seed=8), gain), delta)
    _, wide = pc.vjp("pam", (normal(1000, 3, seed=8), np.broadcast_to(gain, (1000, 3))), delta)
    same(got, summed_to(wide, (3,)))
    assert not np.array_equal(got, wide.cumsum(axis=0)[-1]), "another order would have passed"


def test_scalars_come_back_as_scalars() -> None:
    da, db = pc.vjp("pam", (1.5, 3.0), 1.0)
    assert (da, db) == (4.0, 2.0)
    assert isinstance(da, np.float64)
    da, db = pc.vjp("padiv", (np.float32(3), normal(4)), np.ones(4, np.float32))
    assert isinstance(da, np.float32)
    assert db.shape == (4,)


def test_only_what_is_needed_is_computed() -> None:
    a, b = normal(3, 4), normal(4, 5)
    both = pc.vjp("matmul", (a, b), pc.matmul(a, b))
    for place, needed in enumerate([(True, False), (False, True)]):
        got = pc.vjp("matmul", (a, b), pc.matmul(a, b), needed=needed)
        assert got[1 - place] is None
        same(got[place], both[place])
    assert pc.vjp("pam", (a, a), a, needed=(False, False)) == (None, None)


def test_no_operand_is_written_to() -> None:
    a, b, delta = (np.asarray(normal(5, 5, seed=s)) for s in range(3))
    before = [x.copy() for x in (a, b, delta)]
    for x in (a, b, delta):
        x.flags.writeable = False
    for op, mode in product(("pam", "padiv", "matmul"), MODES):
        pc.vjp(op, (a, b), delta, mode=mode)
    for x, old in zip((a, b, delta), before, strict=True):
        same(x, old)


def test_torch_tensors_come_back_as_tensors() -> None:
    torch = pytest.importorskip("torch")
    a, b, delta = normal(2, 3), normal(3), normal(2, 3, seed=3)
    got = pc.vjp("padiv", (torch.tensor(a), torch.tensor(b)), torch.tensor(delta), mode="mimic")
    for tensor, expected in zip(got, pc.vjp("padiv", (a, b), delta, mode="mimic"), strict=True):
        assert isinstance(tensor, torch.Tensor)
        same(tensor.numpy(), expected)


# What is refused


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("pem", (1.0, 2.0), 1.0), "unknown operation 'pem'.*did you mean 'pam'"),
        (("pam", (1.0,), 1.0), "pam: 1 operands given; it takes 2"),
        (("paexp2", (1.0, 2.0), 1.0), "paexp2: 2 operands given; it takes 1"),
        (
            ("pam", (np.ones(3), np.ones(3)), np.ones(2)),
            r"pam: cotangent has shape \(2,\); it must be \(3,\)",
        ),
        (("pam", (np.ones(3), np.ones(3)), 1.0), r"pam: cotangent has shape \(\); it must be \(3,\)"),
        (
            ("matmul", (np.ones((2, 3)), np.ones(3)), np.ones((2, 1))),
            r"matmul: cotangent has shape \(2, 1\)",
        ),
        (("pam", (np.ones(3), np.ones(2)), np.ones(3)), "do not broadcast"),
        (("matmul", (np.ones((2, 3)), np.ones((2, 3))), np.ones((2, 3))), "do not fit"),
    ],
)
def test_a_wrong_operation_count_or_shape_is_named(arguments: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        pc.vjp(*arguments)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"mode": "approximate"}, "unknown mode 'approximate'.*exact, mimic"),
        ({"policy": "kosson2023"}, "only the reference has|no kernel has it"),
        ({"offset": 1}, "offset is 1"),
        ({"needed": (True,)}, "needed has 1 entries; it must have 2"),
    ],
)
def test_a_wrong_option_is_named(options: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        pc.vjp("pam", (1.0, 2.0), 1.0, **options)


@pytest.mark.parametrize("op", ["palog2", "paexp", "papow"])
def test_an_offset_is_refused_where_the_operation_has_none(op: str) -> None:
    with pytest.raises(ValueError, match=f"{op}: offset is 0.125; only pam, padiv and matmul"):
        pc.vjp(op, (1.0,) * OPS[op].arity, 1.0, offset=0.125)


def test_a_cotangent_of_another_dtype_is_named() -> None:
    with pytest.raises(TypeError, match=r"pam: operand a has dtype float32 .* cotangent has dtype float64"):
        pc.vjp("pam", (normal(3), normal(3)), np.ones(3))
    with pytest.raises(TypeError, match="pam: cotangent has dtype int64"):
        pc.vjp("pam", (normal(3), normal(3)), np.ones(3, np.int64))
