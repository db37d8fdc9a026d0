"""The tape: native gradients against finite differences and PyTorch, PAM's against exact differences; its life."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import pamcheck as pc
from pamcheck import functional, spec
from pamcheck.arithmetic import Mixed, Native, Pam
from pamcheck.nn import layers
from pamcheck.nn.autograd import NonFiniteGradient, Tape, TapeError, Variable
from pamcheck.nn.linear_rules import scattered

SEED = 2305
Function = Callable[..., Any]


def wide(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng((SEED, seed, *shape)).standard_normal(shape)


def block(x: Any, query: Any, norm: Any, ar: Any) -> Any:
    rng = np.random.default_rng(SEED)
    weights: dict[str, Any] = {k: v.astype(x.dtype) for k, v in layers.block_weights(8, 12, rng).items()}
    weights |= {"query.weight": query, "norm1.gain": norm}
    return layers.transformer_block(x, weights, ar, 2, layers.causal_mask(5))


# Every layer, with operands that each get a gradient
LAYERS: dict[str, tuple[Function, list[np.ndarray]]] = {
    "mul": (lambda a, b, ar: ar.mul(a, b), [wide(3, 4), wide(4, seed=1)]),
    "div": (lambda a, b, ar: ar.div(a, b), [wide(3, 4), wide(3, 1, seed=1)]),
    "exp2": (lambda x, ar: ar.exp2(x), [wide(3, 4)]),
    "log2": (lambda x, ar: ar.log2(x), [abs(wide(3, 4))]),
    "sqrt": (lambda x, ar: ar.sqrt(x), [abs(wide(3, 4))]),
    "exp": (lambda x, ar: ar.exp(x), [wide(3, 4)]),
    "log": (lambda x, ar: ar.log(x), [abs(wide(3, 4))]),
    "matmul": (lambda a, b, ar: ar.matmul(a, b), [wide(3, 4), wide(4, 2)]),
    "batched matmul": (lambda a, b, ar: ar.matmul(a, b), [wide(2, 1, 3, 4), wide(3, 4, 2)]),
    "add": (lambda a, b, ar: ar.add(a, b), [wide(3, 4), wide(4)]),
    "sub": (lambda a, b, ar: ar.sub(a, b), [wide(3, 1), wide(2, 1, 4)]),
    "neg": (lambda x, ar: ar.neg(x), [wide(3)]),
    "sum": (lambda x, ar: ar.sum(x), [wide(3, 4)]),
    "sum over an axis": (lambda x, ar: ar.sum(x, axis=(0, -1)), [wide(3, 4, 2)]),
    "sum kept": (lambda x, ar: ar.sum(x, axis=1, keepdims=True), [wide(3, 4)]),
    "max": (lambda x, ar: ar.max(x, axis=1), [wide(3, 4, 2)]),
    "max of all": (lambda x, ar: ar.max(x), [wide(3, 4)]),
    "max over axes": (lambda x, ar: ar.max(x, axis=(2, 0), keepdims=True), [wide(3, 4, 2)]),
    "maximum": (lambda a, b, ar: ar.maximum(a, b), [wide(3, 4), wide(4, seed=2)]),
    "where": (lambda a, b, ar: ar.where(np.arange(4) % 2 == 0, a, b), [wide(3, 4), wide(4)]),
    "reshape": (lambda x, ar: ar.reshape(x, (4, 3)), [wide(3, 4)]),
    "transpose": (lambda x, ar: ar.transpose(x, (2, 0, 1)), [wide(2, 3, 4)]),
    "take": (lambda x, ar: ar.take(x, np.array([[0, 2, 2], [1, 2, -1]])), [wide(5, 4)]),
    "softmax": (lambda x, ar: functional.softmax(x, ar), [wide(3, 7)]),
    "masked softmax": (lambda x, ar: functional.softmax(x, ar, layers.causal_mask(5)), [wide(2, 5, 5)]),
    "log_softmax": (lambda x, ar: functional.log_softmax(x, ar), [wide(3, 7)]),
    "layer_norm": (lambda x, g, b, ar: functional.layer_norm(x, g, b, ar), [wide(3, 7), wide(7), wide(7)]),
    "relu": (lambda x, ar: functional.relu(x, ar), [wide(3, 4)]),
    "sigmoid": (lambda x, ar: functional.sigmoid(x, ar), [wide(3, 4)]),
    "silu": (lambda x, ar: functional.silu(x, ar), [wide(3, 4)]),
    "gelu": (lambda x, ar: functional.gelu(x, ar), [wide(3, 4)]),
    "tanh": (lambda x, ar: functional.tanh(x, ar), [wide(3, 4)]),
    "linear": (lambda x, w, b, ar: functional.linear(x, w, b, ar), [wide(2, 3, 4), wide(4, 5), wide(5)]),
    "attention": (lambda q, k, v, ar: functional.attention(q, k, v, ar), [wide(2, 3, 4), wide(2, 5, 4), wide(2, 5, 3)]),
    "mean": (lambda x, ar: functional.mean(x, ar), [wide(3, 4)]),
    "perceptron": (
        lambda x, w, v, ar: layers.perceptron(x, {"0.weight": w, "1.weight": v}, ar),
        [wide(3, 4), wide(4, 6), wide(6, 2)],
    ),
    "transformer block": (block, [wide(2, 5, 8), wide(8, 8) / 3, wide(8, seed=3)]),
}  # fmt: skip
CROSS_ENTROPY = (lambda x, ar: functional.cross_entropy(x, np.array([1, 0, 4]), ar), [wide(3, 7)])


def gradients(function: Function, values: list[Any], base: Any, cotangent: Any) -> list[Any]:
    tape = Tape()
    variables = [tape.variable(value) for value in values]
    tape.backward(function(*variables, tape.over(base)), cotangent)
    return [variable.grad for variable in variables]


def cotangent_of(function: Function, values: list[np.ndarray], base: Any) -> np.ndarray:
    return wide(*np.shape(function(*values, base)), seed=77).astype(values[0].dtype)


def differences(
    function: Function, values: list[np.ndarray], base: Any, delta: Any, h: float, sides: int
) -> Any:
    """Return difference quotients of <delta, function> by every element: central ones, or to the right."""
    found = []
    for place, value in enumerate(values):
        slopes = np.empty_like(value)
        for at in np.ndindex(value.shape):
            ends = []
            for step in (h, -h if sides == 2 else 0.0):
                moved = [x.copy() for x in values]
                moved[place][at] += step
                ends.append(np.sum(delta * function(*moved, base)))
            slopes[at] = (ends[0] - ends[1]) / (sides * h)
        found.append(slopes)
    return found


@pytest.mark.parametrize("name", [*LAYERS, "cross_entropy"])
def test_native_gradients_are_finite_differences(name: str) -> None:
    function, values = LAYERS.get(name, CROSS_ENTROPY)
    delta = cotangent_of(function, values, Native())
    got = gradients(function, values, Native(), delta)
    expected = differences(function, values, Native(), delta, 1e-5, 2)
    for result, slopes, value in zip(got, expected, values, strict=True):
        assert result.shape == value.shape
        assert result.dtype == value.dtype
        np.testing.assert_allclose(result, slopes, rtol=2e-6, atol=2e-8)


@pytest.mark.parametrize(
    "base", [Pam(), Pam(offset=0.0625), Pam(policy="gradual")], ids=lambda base: base.name
)
@pytest.mark.parametrize("name", LAYERS)
def test_exact_gradients_are_differences_inside_the_piece(name: str, base: Pam) -> None:
    function, values = LAYERS[name]
    delta = cotangent_of(function, values, base)
    # the loss is affine on a piece, but for <delta, .>, which is native in both
    got = gradients(function, values, base, delta)
    expected = differences(function, values, base, delta, 2.0**-28, 2)
    for result, slopes in zip(got, expected, strict=True):
        np.testing.assert_allclose(result, slopes, rtol=2e-5, atol=2e-6)


@pytest.mark.parametrize("name", LAYERS)
def test_mimic_gradients_point_where_native_ones_do(name: str) -> None:
    function, values = LAYERS[name]
    delta = cotangent_of(function, values, Native())
    mimic, native = (gradients(function, values, base, delta) for base in (Pam("mimic"), Native()))
    for ours, theirs in zip(mimic, native, strict=True):
        cosine = np.sum(ours * theirs) / (np.linalg.norm(ours) * np.linalg.norm(theirs))
        assert cosine > 0.8, cosine


def test_cross_entropy_sends_back_softmax_less_the_target() -> None:
    x, targets = wide(4, 5).astype(np.float32), np.array([0, 4, 2, 2])
    delta = wide(4).astype(np.float32)
    for base in (Native(), Pam(), Pam("mimic")):
        [got] = gradients(lambda x, ar: functional.cross_entropy(x, targets, ar), [x], base, delta)
        excess = functional.softmax(x, base)
        excess[np.arange(4), targets] -= 1
        assert np.array_equal(got, base.mul(excess, delta[:, None]))


def test_a_chain_is_the_rules_of_the_definition_one_after_another() -> None:
    x, y = wide(50).astype(np.float32), wide(50, seed=1).astype(np.float32)
    delta = wide(50, seed=2).astype(np.float32)
    for mode in ("exact", "mimic"):
        got = gradients(lambda a, b, ar: ar.exp2(ar.div(ar.mul(a, b), b)), [x, y], Pam(mode), delta)
        for at in range(50):
            a, b, d = (int(v[at : at + 1].view(np.uint32)[0]) for v in (x, y, delta))
            product = spec.evaluate("pam", (a, b), "float32")
            quotient = spec.evaluate("padiv", (product, b), "float32")
            [d] = spec.vjp("paexp2", (quotient,), d, "float32", mode=mode)
            d_product, d_b = spec.vjp("padiv", (product, b), d, "float32", mode=mode)
            d_a, d_b2 = spec.vjp("pam", (a, b), d_product, "float32", mode=mode)
            expected = [d_a, spec.ieee_add(d_b, d_b2, "float32")]
            assert [int(g[at : at + 1].view(np.uint32)[0]) for g in got] == expected


def test_native_gradients_are_those_of_torch() -> None:
    torch = pytest.importorskip("torch")
    f = torch.nn.functional
    theirs: dict[str, Function] = {
        "softmax": lambda x: f.softmax(x, -1),
        "log_softmax": lambda x: f.log_softmax(x, -1),
        "layer_norm": lambda x, g, b: f.layer_norm(x, (7,), g, b),
        "relu": f.relu,
        "sigmoid": torch.sigmoid,
        "silu": f.silu,
        "tanh": torch.tanh,
        "linear": lambda x, w, b: x @ w + b,
        "attention": f.scaled_dot_product_attention,
        "take": lambda x: x[np.array([[0, 2, 2], [1, 2, -1]])],
        "mul": torch.mul,
        "div": torch.div,
        "batched matmul": torch.matmul,
        "cross_entropy": lambda x: f.cross_entropy(x, torch.tensor([1, 0, 4]), reduction="none"),
        "perceptron": lambda x, w, v: f.relu(x @ w) @ v,
        "max": lambda x: x.max(dim=1).values,
    }
    for name, function in theirs.items():
        ours, values = LAYERS.get(name, CROSS_ENTROPY)
        delta = cotangent_of(ours, values, Native())
        leaves = [torch.tensor(value, requires_grad=True) for value in values]
        function(*leaves).backward(torch.tensor(delta))
        for got, leaf in zip(gradients(ours, values, Native(), delta), leaves, strict=True):
            np.testing.assert_allclose(got, leaf.grad.numpy(), rtol=1e-9, atol=1e-12, err_msg=name)


# Sigmoids far out, and what masks leave out


@pytest.mark.parametrize("base", [Native(), Pam(), Pam("mimic")], ids=lambda base: base.name)
@pytest.mark.parametrize("name", ["sigmoid", "silu", "gelu", "tanh"])
def test_saturated_activations_have_finite_gradients(base: Any, name: str) -> None:
    x = np.float32([-1e30, -300, -89, -88.5, 0.0, 88.5, 300])
    with np.errstate(over="ignore"):
        [got] = gradients(getattr(functional, name), [x], base, np.ones(7, np.float32))
    assert np.isfinite(got).all()
    assert abs(got[0]) == 0
    assert got[4] > 0


@pytest.mark.parametrize("base", [Native(), Pam(), Pam("mimic")], ids=lambda base: base.name)
def test_what_a_mask_leaves_out_gets_no_gradient(base: Any) -> None:
    x, mask = wide(4, 4).astype(np.float32), layers.causal_mask(4)
    [got] = gradients(
        lambda x, ar: functional.softmax(x, ar, mask), [x], base, wide(4, 4).astype(np.float32)
    )
    assert not got[~mask].any()
    assert got[mask][1:].any()


# Mixed arithmetics


def test_each_operation_of_a_mixed_arithmetic_has_its_own_rule() -> None:
    x, w, delta = (wide(*shape).astype(np.float32) for shape in ((3, 4), (4, 2), (3, 2)))
    mixed = Mixed(Native(), matmul=Pam("mimic"), exp2=Pam())
    got = gradients(lambda x, w, ar: ar.exp2(ar.matmul(x, w)), [x, w], mixed, delta)
    y = pc.matmul(x, w)
    [d] = pc.vjp("paexp2", (y,), delta)
    for ours, theirs in zip(got, pc.vjp("matmul", (x, w), d, mode="mimic"), strict=True):
        assert np.array_equal(ours, theirs)


def test_several_arithmetics_write_to_one_tape() -> None:
    x, delta = wide(5).astype(np.float32), np.ones(5, np.float32)
    tape = Tape()
    leaf = tape.variable(x)
    tape.backward(tape.over(Native()).mul(tape.over(Pam()).exp2(leaf), 3.0), delta)
    assert np.array_equal(leaf.grad, pc.vjp("paexp2", (x,), 3 * delta)[0])


# Gathering


def test_an_operand_used_twice_gets_the_sum() -> None:
    x = wide(6).astype(np.float32)
    [got] = gradients(lambda x, ar: ar.mul(x, x), [x], Pam(), np.ones(6, np.float32))
    [once, _] = pc.vjp("pam", (x, x), np.ones(6, np.float32))
    assert np.array_equal(got, once + once)


def test_what_the_output_does_not_depend_on_has_no_gradient() -> None:
    tape = Tape()
    used, unused = tape.variable(wide(3)), tape.variable(wide(3))
    ar = tape.over(Native())
    ar.exp2(unused)
    tape.backward(ar.sum(used))
    assert used.grad.tolist() == [1, 1, 1]
    assert unused.grad is None


def test_gradients_share_memory_with_nothing() -> None:
    tape = Tape()
    ar = tape.over(Pam())
    x, y, z = (tape.variable(wide(4)) for _ in range(3))
    inner = tape.watch(ar.reshape(ar.add(ar.add(x, y), ar.transpose(z, (0,))), (2, 2)))
    seed = np.ones(())
    tape.backward(ar.sum(inner), seed)
    held = [seed, *(variable.grad for variable in (x, y, z, inner))]
    for place, grad in enumerate(held):
        assert grad.flags.writeable
        assert not any(np.may_share_memory(grad, other) for other in held[:place])


def test_constants_write_nothing_to_the_tape() -> None:
    tape = Tape()
    ar = tape.over(Pam())
    result = ar.mul(ar.add(wide(3), 1.0), 2.0)
    assert isinstance(result, np.ndarray)
    assert len(tape) == 0


def test_a_watched_value_keeps_its_gradient_and_others_do_not() -> None:
    tape = Tape()
    ar = tape.over(Native())
    leaf = tape.variable(wide(3))
    first = tape.watch(ar.exp2(leaf))
    second = ar.mul(first, 2.0)
    tape.backward(ar.sum(second))
    assert first.grad.tolist() == [2, 2, 2]
    with pytest.raises(TapeError, match="no leaf; watch it before"):
        _ = second.grad


@pytest.mark.parametrize("rows", [0, 1, 255, 256, 257, 1000])
def test_rows_taken_often_are_added_up_as_a_matrix_product_would(rows: int) -> None:
    indices = np.random.default_rng(rows).integers(0, 7, rows)
    cotangent = wide(rows, 3).astype(np.float32)
    chosen = np.ascontiguousarray((indices[:, None] == np.arange(7)).astype(np.float32).T)
    expected = pc.matmul(chosen, cotangent) if rows else np.zeros((7, 3), np.float32)
    assert np.array_equal(scattered(cotangent, indices, (7, 3)), expected)


# The life of a tape


def test_memory_is_let_go_as_the_tape_is_read() -> None:
    alive: list[weakref.ref[np.ndarray]] = []
    seen: list[int] = []

    def probe_backward(ar: Any, x: Any, y: Any, cotangent: Any) -> tuple[Any]:  # noqa: ARG001
        gc.collect()
        seen.append(sum(ref() is not None for ref in alive))
        return (cotangent,)

    tape = Tape()
    ar = tape.over(Pam("mimic"))
    x = tape.variable(wide(1000).astype(np.float32))
    h: Any = x
    for _ in range(10):
        h = ar.own_rule(lambda ar, x: ar.mul(x, 1.0), probe_backward, h)
        h = ar.exp2(ar.neg(h))
        alive.append(weakref.ref(h.value))
    output = ar.sum(h)
    del h
    assert all(ref() is not None for ref in alive[:-1]), "the rules of what follows need them"
    tape.backward(output)
    assert len(tape) == 0
    assert seen == sorted(seen, reverse=True)
    assert seen[-1] == 0
    assert seen[0] >= 8


def test_a_rule_keeps_only_what_it_needs() -> None:
    tape = Tape()
    ar = tape.over(Native())
    x = tape.variable(wide(1000))
    total = ar.add(x, 1.0)
    gone = weakref.ref(total.value)
    result = ar.sum(ar.add(total, x))
    del total
    gc.collect()
    assert gone() is None, "an addition needs no operand to be differentiated"
    tape.backward(result)
    assert x.grad.tolist() == [2.0] * 1000


def test_a_tape_is_read_once() -> None:
    tape = Tape()
    ar = tape.over(Native())
    x = tape.variable(wide(3))
    y = ar.sum(x)
    with pytest.raises(TapeError, match="no gradient yet"):
        _ = x.grad
    tape.backward(y)
    for use in (lambda: tape.backward(y), lambda: ar.exp2(x), lambda: tape.variable(wide(2))):
        with pytest.raises(TapeError, match="was read back and holds nothing"):
            use()


def test_a_variable_of_another_tape_is_refused() -> None:
    first, second = Tape(), Tape()
    x, y = first.variable(wide(3)), second.variable(wide(3))
    with pytest.raises(TapeError, match="another tape; pass its value"):
        first.over(Native()).mul(x, y)
    with pytest.raises(TapeError, match="another tape"):
        second.backward(x, wide(3))
    with pytest.raises(TypeError, match="ndarray was given; it must be a Variable"):
        second.backward(wide(3))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("cotangent", "error", "message"),
    [
        (None, ValueError, r"the output has shape \(3,\); give a cotangent"),
        (np.ones(2), ValueError, r"cotangent has shape \(2,\); it must be \(3,\)"),
        (np.ones(3, np.float32), TypeError, "cotangent has dtype float32; it must be float64"),
        ([1.0, 1.0, 1.0], TypeError, "cotangent has dtype <class 'list'>"),
    ],
)
def test_an_unfit_cotangent_is_refused_and_the_tape_stays(
    cotangent: Any, error: type, message: str
) -> None:
    tape = Tape()
    x = tape.variable(wide(3))
    y = tape.over(Native()).exp2(x)
    with pytest.raises(error, match=message):
        tape.backward(y, cotangent)
    tape.backward(y, np.ones(3))
    assert x.grad is not None


def test_a_variable_is_no_operand_of_numpy() -> None:
    x = Tape().variable(wide(3))
    with pytest.raises(TypeError):
        np.multiply(x, 2.0)
    with pytest.raises(TypeError, match="value is a float; it must be an array"):
        Tape().variable(1.0)
    assert isinstance(x, Variable)
    assert (x.shape, x.ndim, x.dtype) == ((3,), 1, np.float64)


@pytest.mark.parametrize("base", [Native(), Pam(), Pam("mimic")], ids=lambda base: base.name)
def test_the_first_operation_that_makes_a_gradient_non_finite_is_named(base: Any) -> None:
    tape = Tape()
    ar = tape.over(base)
    x = tape.variable(np.float32([1.0, 0.0, 4.0]))
    with np.errstate(all="ignore"):
        y = ar.sum(ar.mul(ar.sqrt(x), 2.0))
        with pytest.raises(
            NonFiniteGradient, match=r"backward of sqrt .*step 0 .*1 of 3 .*operand 0.*at \(1,\)"
        ):
            tape.backward(y)
    with pytest.raises(TapeError):
        tape.backward(y)


def test_a_gradient_that_came_in_bad_is_told_apart() -> None:
    tape = Tape()
    x = tape.variable(np.float32([1.0, 2.0]))
    with pytest.raises(NonFiniteGradient, match="cotangent that it was given is not finite either"):
        tape.backward(tape.over(Pam()).mul(x, 2.0), np.float32([1.0, np.inf]))


def test_unchecked_gradients_may_be_anything() -> None:
    tape = Tape()
    x = tape.variable(np.float32([1.0, 0.0]))
    with np.errstate(all="ignore"):
        tape.backward(tape.over(Pam()).log2(x), np.float32([1.0, 1.0]), check=False)
    assert np.isnan(x.grad).tolist() == [False, True]


def test_heads_must_divide_the_width() -> None:
    x = wide(1, 3, 8).astype(np.float32)
    weights = layers.block_weights(8, 8, np.random.default_rng(0))
    for heads in (3, 0):
        with pytest.raises(ValueError, match=f"heads is {heads}; it must divide the width, 8"):
            layers.transformer_block(x, weights, Native(), heads)


# What an adversary found


@pytest.mark.parametrize("dtype", [np.uint8, np.int8, np.int64])
def test_rows_are_taken_by_integers_of_any_width(dtype: Any) -> None:
    tape = Tape()
    table = tape.variable(wide(256, 2))
    indices = np.array([3, 100, 3], dtype)
    taken = tape.over(Native()).take(table, indices)
    indices[:] = 0  # as a loader does with its buffer
    tape.backward(taken, np.ones((3, 2)))
    assert table.grad.sum(axis=1)[[0, 3, 100]].tolist() == [0, 4, 2]


@pytest.mark.parametrize("indices", [np.array([True] * 3), [True, False, True], slice(0, 2), np.ones(2)])
def test_what_is_no_row_number_is_refused(indices: Any) -> None:
    tape = Tape()
    with pytest.raises(TypeError, match="they must be integers"):
        tape.over(Native()).take(tape.variable(wide(3, 2)), indices)


def test_no_rows_may_be_taken() -> None:
    tape = Tape()
    table = tape.variable(wide(3, 2))
    tape.backward(tape.over(Native()).take(table, []), np.ones((0, 2)))
    assert not table.grad.any()


@pytest.mark.parametrize("base", [Native(), Pam()], ids=lambda base: base.name)
def test_empty_batches_are_differentiated(base: Any) -> None:
    [got] = gradients(lambda x, ar: functional.softmax(x, ar), [np.zeros((0, 3))], base, np.zeros((0, 3)))
    assert got.shape == (0, 3)
    for op in ("max", "sum"):
        [got] = gradients(lambda x, ar, op=op: getattr(ar, op)(x), [np.array(2.0)], base, np.array(3.0))
        assert got == 3


def test_a_backward_that_failed_leaves_no_gradient_to_read() -> None:
    def broken(ar: Any, x: Any, y: Any, cotangent: Any) -> tuple[Any]:  # noqa: ARG001
        raise ZeroDivisionError

    tape = Tape()
    ar = tape.over(Native())
    x = tape.variable(wide(3))
    y = ar.sum(ar.add(ar.own_rule(lambda ar, x: ar.neg(x), broken, x), x))
    with pytest.raises(ZeroDivisionError):
        tape.backward(y)
    assert len(tape) == 0
    with pytest.raises(TapeError, match="stopped half way"):
        _ = x.grad


@pytest.mark.parametrize(
    "wrong", [np.ones(2), np.ones(3, np.float32), None], ids=["shape", "dtype", "None"]
)
def test_a_rule_of_ones_own_is_held_to_its_operand(wrong: Any) -> None:
    tape = Tape()
    x = tape.variable(wide(3))
    y = tape.over(Native()).own_rule(lambda ar, x: ar.neg(x), lambda *_: (wrong,), x)
    with pytest.raises(
        ValueError, match=r"backward of own rule .* must be \(3,\) and float64, as the operand"
    ):
        tape.backward(y, np.ones(3))


def test_the_seed_is_no_ones_gradient() -> None:
    seed = np.ones(3)
    tape = Tape()
    x = tape.variable(wide(3))
    tape.backward(x, seed)
    assert not np.may_share_memory(x.grad, seed)


def test_late_watches_and_foreign_things_are_refused() -> None:
    tape = Tape()
    x = tape.variable(wide(3))
    y = tape.over(Native()).exp2(x)
    for wrong in (x, np.ones(3, np.int64), np.ones(3, bool), np.array("a")):
        with pytest.raises(TypeError):
            tape.variable(wrong)
    with pytest.raises(TypeError, match="neither true nor false"):
        bool(x)
    with pytest.raises(TypeError, match="no array"):
        np.where([True], x, 0.0)
    with pytest.raises(TypeError, match="none is promoted"):
        tape.over(Native()).add(x, np.ones(3, np.float32))
    tape.backward(y, np.ones(3))
    with pytest.raises(TapeError):
        tape.watch(y)


@pytest.mark.parametrize("base", [Native(), Pam(), Pam("mimic")], ids=lambda base: base.name)
def test_nan_is_seen_behind_an_activation_and_infinity_is_flat(base: Any) -> None:
    x = np.float32([np.nan, np.inf, -np.inf, 1.0])
    for name in ("sigmoid", "relu"):
        with np.errstate(all="ignore"):
            tape = Tape()
            leaf = tape.variable(x)
            tape.backward(
                getattr(functional, name)(leaf, tape.over(base)),
                np.ones(4, np.float32),
                check=name != "sigmoid",
            )
        if name == "sigmoid":
            assert np.isnan(leaf.grad).tolist() == [True, False, False, False]
            assert leaf.grad[1:3].tolist() == [0, 0]
        else:
            assert leaf.grad.tolist() == [1, 1, 0, 1]


def test_native_products_of_vectors_are_refused_forward() -> None:
    with pytest.raises(ValueError, match="both need two axes"):
        Native().matmul(wide(3), wide(3, 2))
