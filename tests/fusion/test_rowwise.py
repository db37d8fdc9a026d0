"""A composite in one pass over rows has the bits of its operations one by one, forward and backward."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import Any

import numpy as np
import pytest

from pamcheck import functional, fusion
from pamcheck.arithmetic import Mixed, Native, Pam, rowwise
from pamcheck.fusion.plan import planned
from pamcheck.nn.autograd import Tape
from pamcheck.nn.taped import _derive

SPECIAL = np.array(
    [0.0, -0.0, 1.0, -1.5, 1e-40, -1e-45, 1e-38, 3e38, -3e38, 88.0, -104.0, np.inf, -np.inf, np.nan]
)


def normal(*shape: int, seed: int = 0, dtype: Any = np.float32) -> np.ndarray:
    return (3 * np.random.default_rng(seed).standard_normal(shape)).astype(dtype)


def special(*shape: int, dtype: Any = np.float32) -> np.ndarray:
    rng = np.random.default_rng(1)
    x = 3 * rng.standard_normal(shape)
    return np.where(rng.random(shape) < 0.3, rng.choice(SPECIAL, shape), x).astype(dtype)


def same(got: Any, expected: Any) -> None:
    """Equal bits, but for NaN: which of its codes an addition or a choice gives is up to the processor."""
    assert (got.shape, got.dtype) == (expected.shape, expected.dtype)
    code = f"u{got.dtype.itemsize}"
    differ = (got.view(code) != expected.view(code)) & ~(np.isnan(got) & np.isnan(expected))
    assert not differ.any(), (np.argwhere(differ)[0], got[differ][0].hex(), expected[differ][0].hex())


def both(
    text: Callable[..., Any],
    ar: Any,
    arrays: list[Any],
    constants: tuple[Any, ...] = (),
    fuses: bool = True,
) -> None:
    """Hold result and cotangents of a text against those of the tape that records every operation."""
    with np.errstate(all="ignore"):
        found = [_differentiated(way, text, ar, arrays, constants) for way in (rowwise, _one_by_one)]
        wanted = (True,) * len(arrays) + (False,) * len(constants)
        fused = ar.differentiated(text, [*arrays, *constants], wanted, _derive)
    steps, _ = (each.pop() for each in found)
    assert steps == 1, f"{steps} steps on the tape"
    assert (fused is not None) == fuses
    for got, expected in zip(*found, strict=True):
        same(got, expected)


def _one_by_one(text: Callable[..., Any], ar: Any, *operands: Any) -> Any:
    return text(ar, *operands)


def _differentiated(
    way: Callable[..., Any],
    text: Callable[..., Any],
    ar: Any,
    arrays: list[Any],
    constants: tuple[Any, ...],
) -> list[Any]:
    tape = Tape()
    leaves = [tape.variable(x) for x in arrays]
    result = way(text, tape.over(ar), *leaves, *constants)
    steps = len(tape)
    delta = special(*result.shape, dtype=result.dtype)
    tape.backward(result, delta, check=False)
    return [result.value, *(leaf.grad for leaf in leaves), steps]


MODES = pytest.mark.parametrize("ar", [Pam(), Pam("mimic")], ids=lambda ar: ar.name)
EPSILON = (1e-5,)
CAUSAL = (np.tril(np.ones((5, 5), bool), -1), 0.125)  # its first row has no entry


def composites(rows: int, n: int, make: Callable[..., np.ndarray]) -> list[Any]:
    x = make(rows, n)
    return [
        (functional._softmax, [x], (None, None)),
        (functional._layer_norm, [x, make(n), make(n)], EPSILON),
        (functional._log_softmax, [x], ()),
        (functional._gelu, [x], ()),
        (functional._relu, [x], ()),
    ]


@MODES
@pytest.mark.parametrize("make", [normal, special])
@pytest.mark.parametrize("n", [2, 31, 32, 33, 1000])
def test_composites_keep_their_bits_in_rows_of_any_length(ar: Any, make: Any, n: int) -> None:
    for text, arrays, constants in composites(3, n, make):
        both(text, ar, arrays, constants)


@pytest.mark.parametrize("make", [normal, special])
def test_a_row_may_be_of_one_element(make: Any) -> None:
    for text, arrays, constants in composites(3, 1, make)[:2]:
        both(text, Pam("mimic"), arrays, constants)


@MODES
def test_masks_repeat_over_batches_and_may_leave_a_row_empty(ar: Any) -> None:
    for make in (normal, special):
        both(functional._softmax, ar, [make(2, 3, 5, 5)], CAUSAL)
        both(
            functional._softmax, ar, [make(2, 3, 5, 5)], (np.array([[True], [False]] * 2 + [[True]]), None)
        )


@MODES
def test_numbers_and_rows_and_columns_are_broadcast(ar: Any) -> None:
    def text(ar: Any, x: Any, row: Any, column: Any, number: Any, least: Any) -> Any:
        y = ar.div(ar.mul(ar.add(x, column), row), ar.sub(number, row))
        total = ar.sum(ar.mul(y, column), axis=-1, keepdims=True)
        return ar.maximum(ar.add(ar.neg(y), ar.sqrt(ar.add(total, 3.0))), least)

    for make in (normal, special):
        both(text, ar, [make(4, 6, 35), make(4, 6, 1), make(35), np.float32([1.25])[0:1], make(4, 1, 1)])
        # the sum over a batch of what a later step sends back is not of rows, so this is done step by step
        arrays = [make(4, 6, 35), make(6, 1), make(6, 35), make(1, 6, 1), make(4, 6, 1)]
        both(text, ar, arrays, fuses=False)


def test_the_result_of_a_row_may_be_one_number() -> None:
    def text(ar: Any, x: Any) -> Any:
        return ar.log2(ar.sum(ar.exp2(x), axis=-1, keepdims=True))

    both(text, Pam("mimic"), [normal(5, 40)])


@pytest.mark.parametrize("policy", ["saturate", "gradual"])
def test_policies_are_kept(policy: str) -> None:
    both(functional._silu, Pam("mimic", policy=policy), [special(3, 40)])


def test_offsets_are_kept() -> None:
    arrays = [special(3, 40), special(40), special(40)]
    both(functional._layer_norm, Pam("exact", offset=0.0625), arrays, EPSILON)


def test_float64_is_computed_in_words_of_its_own() -> None:
    both(functional._softmax, Pam("mimic"), [special(3, 37, dtype=np.float64)], (None, None))


def test_bits_depend_on_neither_threads_nor_strides(monkeypatch: pytest.MonkeyPatch) -> None:
    x, ar = special(64, 300), Pam("mimic")
    monkeypatch.setattr("pamcheck.fusion.launch.RANGE_MIN", 1)
    for threads, (text, constants) in product(
        ("1", "2", "5"), [(functional._softmax, (None, None)), (functional._gelu, ())]
    ):
        monkeypatch.setenv("PAMCHECK_THREADS", threads)
        for layout in (x, np.asfortranarray(x), x[::-2, ::-1], np.broadcast_to(x[:1], x.shape)):
            both(text, ar, [layout], constants)
            same(rowwise(text, ar, layout, *constants), rowwise(text, ar, layout.copy(), *constants))


def update(ar: Any, weight: Any, moment: Any, gradient: Any, rate: Any) -> tuple[Any, Any]:
    moment = ar.add(ar.mul(moment, 0.9), ar.mul(gradient, 0.1))
    return ar.sub(weight, ar.mul(rate, moment)), moment


def updated(*operands: Any) -> None:
    with np.errstate(all="ignore"):
        for got, expected in zip(rowwise(update, Pam(), *operands), update(Pam(), *operands), strict=True):
            same(got, expected)


def test_a_text_may_have_several_results() -> None:
    updated(*special(3, 1000), np.float32(1e-3))


def test_a_number_that_is_given_makes_no_new_program() -> None:
    operands = special(3, 50)
    updated(*operands, 0.5)
    before = planned.cache_info().misses
    for rate in (0.25, 1e-3, np.float32(7), np.array(3, np.float32)):
        updated(*operands, rate)
    assert planned.cache_info().misses == before


def decides(ar: Any, x: Any) -> Any:
    return ar.neg(x) if bool((ar.value(x) > 0).all()) else x


def test_what_no_program_can_do_is_done_operation_by_operation() -> None:
    x = normal(4, 6)
    settings = fusion.Settings("exact", 0, "ftz")
    texts = [
        lambda ar, x: ar.sum(x),
        lambda ar, x: ar.sum(x, axis=-1),
        lambda ar, x: ar.matmul(x, ar.transpose(x, (1, 0))),
        lambda ar, x: ar.reshape(x, (6, 4)),
        lambda ar, x: ar.take(x, np.array([1, 1])),
        decides,
    ]
    for text in texts:
        assert fusion.fused(text, settings, (x,)) is None
        same(rowwise(text, Pam(), x), text(Pam(), x))
    for empty in (np.zeros((0, 3), np.float32), np.zeros((3, 0), np.float32), np.array(2.0)):
        assert fusion.fused(functional._gelu, settings, (empty,)) is None
        same(np.asarray(functional.gelu(empty, Pam())), np.asarray(functional._gelu(Pam(), empty)))
    for narrow in ("float16", ">f4"):
        y = x.astype(narrow)
        assert fusion.fused(functional._gelu, settings, (y,)) is None
        same(functional.gelu(y, Pam()), functional._gelu(Pam(), y))


def test_dtypes_are_not_mixed_and_shapes_must_fit() -> None:
    x = normal(4, 6)
    with pytest.raises(TypeError, match="none is promoted"):
        functional.layer_norm(x, normal(6, dtype=np.float64), normal(6), Pam())
    with pytest.raises(ValueError, match="broadcast"):
        functional.layer_norm(x, normal(5), normal(6), Pam())


class Doubled(Pam):
    """An arithmetic of one's own."""

    def mul(self, a: Any, b: Any) -> Any:
        return super().mul(super().mul(a, b), 2.0)


def test_other_arithmetics_compute_as_they_always_did() -> None:
    x = normal(3, 8)
    for ar in (Native(), Mixed(Pam(), div=Native()), Doubled()):
        same(functional.gelu(x, ar), functional._gelu(ar, x))


def test_an_operand_that_no_cotangent_reaches_is_a_constant() -> None:
    def text(ar: Any, x: Any, y: Any) -> Any:
        return ar.mul(x, ar.floor(y))

    tape = Tape()
    x, y = tape.variable(normal(3, 4)), tape.variable(normal(3, 4, seed=1))
    tape.backward(rowwise(text, tape.over(Pam()), x, y), normal(3, 4))
    assert x.grad is not None
    assert y.grad is None


def test_a_mask_that_is_written_to_later_is_remembered_as_it_was() -> None:
    x, mask, delta = normal(4, 4), np.tril(np.ones((4, 4), bool)), normal(4, 4, seed=2)
    grads = []
    for late in (False, True):
        tape, own = Tape(), mask.copy()
        leaf = tape.variable(x)
        y = functional.softmax(leaf, tape.over(Pam()), own)
        own[:] = own & (not late)
        tape.backward(y, delta)
        grads.append(leaf.grad)
    same(*grads)


@MODES
@pytest.mark.parametrize("op", ["div", "log2", "log"])
def test_bodies_are_themselves_as_straight_code(ar: Any, op: str) -> None:
    def text(ar: Any, *operands: Any) -> Any:
        return getattr(ar, op)(*operands)

    count = 2 if op == "div" else 1
    codes = np.random.default_rng(7).integers(0, 1 << 32, (count, 5000), dtype=np.uint32).view(np.float32)
    for x in (codes, special(count, 5000)):
        both(text, ar, list(x))
