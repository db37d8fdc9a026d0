"""Arithmetic by group: which part of a network is computed by which, and operands of fewer mantissa bits."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any

import ml_dtypes
import numpy as np
import pytest

from pamcheck import functional
from pamcheck.arithmetic import Native, Pam
from pamcheck.arithmetic.mantissa import narrow
from pamcheck.arithmetic.narrowed import Narrowed
from pamcheck.nn import layers
from pamcheck.nn.autograd import Tape
from pamcheck.nn.groups import GROUPS, Groups, groups_of, make_groups

SEED = 2305
BITS = (1, 2, 3, 4, 7, 10, 22)


def normal(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng((SEED, seed, *shape)).standard_normal(shape).astype(np.float32)


def same(a: Any, b: Any) -> bool:
    return bool(np.array_equal(a.view(np.uint32), b.view(np.uint32)))


# Groups


def test_groups_are_chosen_by_name_and_native_otherwise() -> None:
    ars = make_groups({"matmul": "mimic", "loss": "exact"})
    assert (ars.matmul, ars.loss) == (Pam("mimic"), Pam("exact"))
    assert {getattr(ars, name) for name in GROUPS if name not in ("matmul", "loss")} == {Native()}
    assert ars.name.startswith("matmul PAM mimic, softmax native")


def test_one_arithmetic_for_all_is_called_by_its_name() -> None:
    assert make_groups(dict.fromkeys(GROUPS, "exact")) == groups_of(Pam("exact"))
    assert groups_of(Pam("exact")).name == "PAM exact"
    assert groups_of(groups_of(Native())) == Groups.uniform(Native())


def test_groups_and_choices_that_there_are_not_are_refused() -> None:
    with pytest.raises(ValueError, match=r"unknown group 'mathmul'; did you mean 'matmul'"):
        make_groups({"mathmul": "exact"})
    with pytest.raises(ValueError, match=r"unknown arithmetic 'exat'; did you mean 'exact'"):
        make_groups({"matmul": "exat"})
    for bits in (0, 24):
        with pytest.raises(ValueError, match=f"mantissa_bits is {bits}; it must be from 1 to 23"):
            make_groups({}, bits)


def test_groups_of_one_arithmetic_share_one_tape_but_not_the_optimizer() -> None:
    ars = make_groups({"matmul": "mimic", "softmax": "mimic"})
    taped = ars.taped(Tape())
    assert taped.matmul is not taped.loss
    assert taped.layer_norm.base is ars.layer_norm  # type: ignore[attr-defined]
    assert taped.optimizer is ars.optimizer


def test_a_block_takes_one_arithmetic_or_groups_of_it() -> None:
    weights, x = layers.block_weights(8, 12, np.random.default_rng(SEED)), normal(2, 5, 8)
    one = layers.transformer_block(x, weights, Pam(), 2)
    assert same(one, layers.transformer_block(x, weights, groups_of(Pam()), 2))
    assert not same(
        one, layers.transformer_block(x, weights, replace(groups_of(Pam()), softmax=Native()), 2)
    )


# Fewer mantissa bits


@pytest.mark.parametrize("bits", BITS)
def test_numbers_are_rounded_to_the_nearest_and_ties_to_even(bits: int) -> None:
    x = np.random.default_rng(SEED).integers(0, 1 << 32, 4096, np.uint32).view(np.float32)
    x = x[np.isfinite(x) & (abs(x) < 2.0**127) & (abs(x) > 2.0**-100)]
    tied = np.float32([1 + 2.0 ** -(bits + 1), 1 + 3 * 2.0 ** -(bits + 1), -1 - 2.0 ** -(bits + 1)])
    x = np.concatenate([x, tied])
    mantissas, exponents = np.frexp(x.astype(np.float64))
    expected = np.ldexp(np.rint(mantissas * 2.0 ** (bits + 1)), exponents - bits - 1)
    assert np.array_equal(narrow(x, bits).astype(np.float64), expected)


def test_seven_bits_are_bfloat16_for_every_kind_of_number() -> None:
    largest = np.finfo(np.float32).max
    x = np.random.default_rng(SEED).integers(0, 1 << 32, 1 << 16, np.uint32).view(np.float32)
    edges = [0, -0.0, 1e-45, -1e-40, 1.2e-38, largest, -largest, np.inf, -np.inf]
    x = np.concatenate([x[~np.isnan(x)], np.float32(edges)])
    expected = x.astype(ml_dtypes.bfloat16).astype(np.float32)
    assert same(narrow(x, 7), expected)
    assert np.isinf(narrow(np.float32([largest]), 7)).all()


def test_nan_stays_nan_and_formats_without_room_stay_as_they_are() -> None:
    nan = np.array([0x7F800001, 0x7FFFFFFF, 0xFFFFFFFF], np.uint32).view(np.float32)
    assert same(narrow(nan, 3), nan)
    x = normal(9).astype(ml_dtypes.bfloat16)
    assert narrow(x, 7) is x
    assert narrow(normal(9).astype(np.float64), 23).dtype == np.float64
    with pytest.raises(TypeError, match="which has no infinities"):
        narrow(normal(9).astype(ml_dtypes.float8_e4m3fn), 2)


@pytest.mark.parametrize("base", [Pam("mimic"), Pam("exact"), Native()], ids=lambda ar: ar.name)
@pytest.mark.parametrize("op", ["mul", "div", "matmul", "exp2", "log2", "sqrt", "exp", "log"])
def test_at_full_width_nothing_changes(base: Any, op: str) -> None:
    operands: tuple[Any, ...] = (abs(normal(4, 3)),)
    if op in ("mul", "div"):
        operands = (normal(4, 3), normal(3, seed=1))
    elif op == "matmul":
        operands = (normal(4, 3), normal(3, 3, seed=1))
    wide, delta = Narrowed(base, 23), normal(4, 3, seed=2)
    expected = getattr(base, op)(*operands)
    assert same(getattr(wide, op)(*operands), expected)
    needed = [True] * len(operands)
    for ours, theirs in zip(
        wide.pullback(op, operands, expected)(delta, needed),
        base.pullback(op, operands, expected)(delta, needed),
        strict=True,
    ):
        if base == Native():  # calculus, in another order
            np.testing.assert_allclose(ours, theirs, rtol=1e-5)
        else:
            assert same(ours, theirs)


@pytest.mark.parametrize("base", [Pam("mimic"), Native()], ids=lambda ar: ar.name)
def test_every_operand_of_a_product_is_rounded_forward_and_backward(base: Any) -> None:
    seen: list[Any] = []

    class Watched(type(base)):  # type: ignore[misc]
        def mul(self, a: Any, b: Any) -> Any:
            seen.extend((a, b))
            return super().mul(a, b)

        def div(self, a: Any, b: Any) -> Any:
            seen.extend((a, b))
            return super().div(a, b)

        def matmul(self, a: Any, b: Any) -> Any:
            seen.extend((a, b))
            return super().matmul(a, b)

    ar, tape = Narrowed(Watched(**asdict(base)), 4), Tape()
    weights = {
        k: tape.variable(v) for k, v in layers.block_weights(8, 12, np.random.default_rng(SEED)).items()
    }
    x = layers.transformer_block(tape.variable(normal(2, 5, 8)), weights, tape.over(ar), 2)
    loss = functional.cross_entropy(tape.over(ar).reshape(x, (10, 8)), np.arange(10) % 8, tape.over(ar))
    forward = len(seen)
    tape.backward(functional.mean(loss, tape.over(ar)))
    assert len(seen) > 2 * forward > 40
    for operand in seen:
        held = np.asarray(operand, np.float32)
        assert same(narrow(held.reshape(-1), 4), held.reshape(-1))


def test_the_exact_rule_is_that_of_the_rounded_operands() -> None:
    a, b, delta = normal(4, 3), normal(4, 3, seed=1), normal(4, 3, seed=2)
    ar = Narrowed(Pam("exact"), 3)
    found = ar.pullback("mul", (a, b), ar.mul(a, b))(delta, (True, True))
    expected = Pam("exact").pullback("mul", (narrow(a, 3), narrow(b, 3)), None)(
        narrow(delta, 3), (True, True)
    )
    assert all(same(x, y) for x, y in zip(found, expected, strict=True))
