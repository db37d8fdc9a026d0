"""gradcheck: right derivatives pass, wrong ones are found, and what cannot be known is not claimed."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

import pamcheck as pc
from pamcheck import functional
from pamcheck.arithmetic import Pam
from pamcheck.nn.autograd import Tape
from pamcheck.testing.gradcheck import gradcheck

SEED = 2305
OPS = {
    "pam": (pc.pam, 2), "padiv": (pc.padiv, 2), "palog2": (pc.palog2, 1), "paexp2": (pc.paexp2, 1),
    "pasqrt": (pc.pasqrt, 1), "palog": (pc.palog, 1), "paexp": (pc.paexp, 1), "papow": (pc.papow, 2),
}  # fmt: skip


def operands(op: str, count: int, dtype: Any = np.float64) -> tuple[np.ndarray, ...]:
    rng = np.random.default_rng(SEED)
    found = [(2 * rng.standard_normal(count)).astype(dtype) for _ in range(OPS[op][1])]
    return (abs(found[0]), *found[1:]) if op in ("palog2", "pasqrt", "palog", "papow") else tuple(found)


def vjp(op: str, mode: str = "exact") -> Callable[..., Any]:
    return lambda *inputs: pc.vjp(op, inputs[:-1], inputs[-1], mode=mode)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("op", OPS)
def test_exact_derivatives_of_operations_pass(op: str, dtype: Any) -> None:
    result = gradcheck(OPS[op][0], vjp(op), [operands(op, 20, dtype)], elementwise=True)
    assert result.passed, str(result)
    assert result.checked >= 20 * OPS[op][1] - 2, str(result.undecided[0])
    assert dtype is np.float32 or not result.undecided


@pytest.mark.parametrize("op", OPS)
def test_mimic_derivatives_are_no_slopes(op: str) -> None:
    result = gradcheck(OPS[op][0], vjp(op, "mimic"), [operands(op, 6)], elementwise=True)
    assert not result.passed
    assert len(result.failures) > result.checked


def test_a_wrong_sign_a_forgotten_carry_and_a_wrong_piece_are_found() -> None:
    def wrong(how: Callable[..., Any]) -> Any:
        return gradcheck(pc.pam, how, [operands("pam", 40)], elementwise=True)

    unsigned = wrong(lambda a, b, d: pc.vjp("pam", (abs(a), abs(b)), d))
    assert unsigned.failures
    assert all("of the wrong sign" in str(one) for one in unsigned.failures)
    right = pc.vjp("pam", operands("pam", 40), np.ones(40))
    dropped = wrong(lambda a, b, d: _without_carry(a, b, d))
    assert dropped.failures
    assert dropped.checked
    assert all("1/2 times" in str(one) for one in dropped.failures)
    carries = sum(
        abs(x) != np.exp2(np.floor(np.log2(abs(y))))
        for x, y in zip(right[0], operands("pam", 40)[1], strict=True)
    )
    assert len(dropped.failures) == 2 * carries


def _without_carry(a: Any, b: Any, d: Any) -> tuple[Any, Any]:
    power = lambda x: np.copysign(np.exp2(np.floor(np.log2(abs(x)))), x)  # noqa: E731
    return d * power(b), d * power(a)


def test_at_a_break_the_side_that_was_picked_is_told() -> None:
    point = (
        np.array([1.5, -1.5, 3.0]),
        np.array([1.5, 1.5, -1.25]),
    )  # mantissas that add to one, but the last

    def inner(a: Any, b: Any, d: Any) -> tuple[Any, ...]:
        less = 1 - 2.0**-40
        return pc.vjp("pam", (a * less, b), d)[0], pc.vjp("pam", (a, b * less), d)[1]

    assert gradcheck(pc.pam, vjp("pam"), [point], elementwise=True).passed
    result = gradcheck(pc.pam, inner, [point], elementwise=True)
    assert [one.case.index for one in result.failures] == [(0,), (1,), (0,), (1,)]
    assert all(
        "the slope of the other side" in str(one) and one.answer == one.other for one in result.failures
    )
    assert gradcheck(pc.pam, inner, [point], elementwise=True, side="either").passed


def test_paexp2_picks_the_right_hand_side_at_integers() -> None:
    integers = np.arange(-4.0, 4.0)
    assert gradcheck(pc.paexp2, vjp("paexp2"), [integers], elementwise=True, side="right").passed
    outward = gradcheck(pc.paexp2, vjp("paexp2"), [integers], elementwise=True, side="outward")
    assert [one.case.index for one in outward.failures] == [(0,), (1,), (2,), (3,)], str(outward)


def test_breaks_that_meet_are_found_where_the_chain_rule_gives_no_slope() -> None:
    point = np.array([0.5, 0.25, 3.0])  # palog2 and the quotient by log2 e both break at 1/2 and 1/4
    result = gradcheck(pc.palog, vjp("palog"), [point], elementwise=True)
    assert [(one.slope, one.answer) for one in result.failures] == [(2, 1), (-6, -3)]
    apart = gradcheck(pc.palog, vjp("palog"), [point], elementwise=True, side="any")
    assert apart.passed
    assert len(apart.at_breaks) == 2
    halved = gradcheck(pc.paexp, vjp("paexp"), [np.float16([-0.77880859375])], elementwise=True)
    assert [one.answer / one.slope for one in halved.failures if one.answer and one.slope] == [2]


def taped(body: Callable[..., Any], mode: str = "exact") -> tuple[Callable[..., Any], Callable[..., Any]]:
    """Return a composite under PAM and its vector-Jacobian product by the tape."""

    def pulled(*inputs: Any) -> tuple[Any, ...]:
        tape = Tape()
        leaves = [tape.variable(x) for x in inputs[:-1]]
        tape.backward(body(tape.over(Pam(mode)), *leaves), inputs[-1])
        return tuple(np.zeros_like(x.value) if x.grad is None else x.grad for x in leaves)

    return lambda *inputs: body(Pam(mode), *inputs), pulled


def normal(*shape: int) -> np.ndarray:
    return np.random.default_rng((SEED, *shape)).standard_normal(shape)


COMPOSITES: dict[str, tuple[Callable[..., Any], tuple[np.ndarray, ...]]] = {
    "softmax": (lambda ar, x: functional.softmax(x, ar), (normal(2, 5),)),
    "log_softmax": (lambda ar, x: functional.log_softmax(x, ar), (normal(1, 5),)),
    "layer_norm": (
        lambda ar, x, g, b: functional.layer_norm(x, g, b, ar),
        (normal(1, 5), normal(5), normal(5)),
    ),
    "perceptron": (
        lambda ar, x, v, w: ar.matmul(functional.relu(ar.matmul(x, v), ar), w),
        (normal(2, 3), normal(3, 4), normal(4, 2)),
    ),
    "attention": (
        lambda ar, q, k, v: functional.attention(q, k, v, ar),
        (normal(2, 3), normal(3, 3), normal(3, 2)),
    ),
}


@pytest.mark.parametrize("name", COMPOSITES)
def test_composites_and_the_tape_pass(name: str) -> None:
    body, point = COMPOSITES[name]
    result = gradcheck(*taped(body), [point], side="either", roundings=64, outputs=2, directions=4)
    assert result.passed, str(result)
    assert len(result.undecided) <= result.checked // 10, str(result)


@pytest.mark.parametrize("name", ["softmax", "layer_norm", "perceptron"])
def test_a_mimic_tape_is_no_exact_one(name: str) -> None:
    body, point = COMPOSITES[name]
    result = gradcheck(
        taped(body)[0], taped(body, "mimic")[1], [point], side="any", roundings=64, outputs=2, directions=4
    )
    assert result.failures


@pytest.mark.parametrize("name", ["relu", "sigmoid", "silu", "gelu", "tanh"])
def test_activations_pass_element_by_element(name: str) -> None:
    body = taped(lambda ar, x: getattr(functional, name)(x, ar))
    result = gradcheck(*body, [normal(15)], side="either", elementwise=True)
    assert result.passed, str(result)
    assert not result.undecided, str(result.undecided[0])


def test_a_slope_that_rounding_hides_is_undecided_and_nothing_passes_for_want_of_cases() -> None:
    hidden = gradcheck(lambda x: np.float64(2.0**60) + x, lambda _, d: (d,), [normal(3)], elementwise=True)
    assert (hidden.checked, len(hidden.failures), len(hidden.undecided)) == (0, 0, 3), str(hidden)
    coarse = gradcheck(lambda x: np.float64(2.0**40) + x, lambda _, d: (d,), [normal(3)], elementwise=True)
    assert (coarse.checked, len(coarse.undecided)) == (0, 3), (
        "a few units in the last place are no evidence"
    )
    curved = gradcheck(lambda x: x * x, lambda x, d: (2 * x * d,), [normal(5)], elementwise=True)
    assert (curved.checked, len(curved.undecided)) == (0, 5)
    assert not curved.passed
    zero = gradcheck(pc.pam, vjp("pam"), [(np.zeros(1), np.array([1.5]))], elementwise=True)
    assert [one.case.operand for one in zero.undecided] == [
        0
    ]  # breaks gather at zero: no piece begins there


def test_roundings_allow_what_they_say_and_no_more() -> None:
    def off(units: int) -> Callable[..., Any]:
        return lambda a, b, d: tuple(x * (1 + units * 2.0**-52) for x in pc.vjp("pam", (a, b), d))

    point = operands("pam", 8)
    allowed = gradcheck(pc.pam, off(2), [point], elementwise=True, roundings=4)
    assert allowed.passed
    assert allowed.rounded == 16
    assert not gradcheck(pc.pam, off(2), [point], elementwise=True, roundings=3).passed
    assert not gradcheck(pc.pam, off(1), [point], elementwise=True).passed


def test_a_finding_holds_the_numbers() -> None:
    result = gradcheck(pc.pam, vjp("pam", "mimic"), [(np.array([1.25]), np.array([1.5]))], elementwise=True)
    first = result.failures[0]
    assert (first.slope, first.answer) == (Fraction(1), Fraction(3, 2))
    assert first.step is not None
    assert "wrong inside a piece" in str(result)


def test_unfit_arguments_are_refused() -> None:
    with pytest.raises(ValueError, match="points is empty"):
        gradcheck(pc.paexp2, vjp("paexp2"), [])
    with pytest.raises(ValueError, match="side"):
        gradcheck(pc.paexp2, vjp("paexp2"), [normal(2)], side="left")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="returned 1 cotangents; it must return 2"):
        gradcheck(pc.pam, lambda *inputs: inputs[-1], [(normal(2), normal(2))], elementwise=True)
    with pytest.raises(TypeError, match="dtype"):
        gradcheck(lambda x: x, lambda _, d: d, [np.arange(3)], elementwise=True)
