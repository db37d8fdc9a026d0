"""Composites under PAM against spec section 5 in fractions, under Native against float64 formulas."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import ml_dtypes
import numpy as np
import pytest

from pamcheck import functional, spec
from pamcheck.arithmetic import Mixed, Native, Pam
from pamcheck.formats import FORMATS, get_format
from pamcheck.kernels.words import LOG2_E

SEED = 2305
every_format = pytest.mark.parametrize("fmt", ["float32", "bfloat16", "float16", "float64"])


def dtype_of(fmt: str) -> np.dtype:
    return np.dtype(getattr(np, fmt, None) or getattr(ml_dtypes, fmt))


def bits(array: Any) -> np.ndarray:
    array = np.asarray(array)
    return array.view(f"u{array.dtype.itemsize}")


def normal(*shape: int, scale: float = 1.0, fmt: str = "float32") -> np.ndarray:
    rng = np.random.default_rng((SEED, *shape))
    return (scale * rng.standard_normal(shape)).astype(dtype_of(fmt))


def wide(*shape: int) -> np.ndarray:
    return np.random.default_rng((SEED, *shape)).standard_normal(shape)


class Definition:
    """Spec section 5 on lists of codes, by the definition of every step."""

    def __init__(self, fmt: str) -> None:
        self.fmt, self.f = fmt, get_format(fmt)
        self.log2e = self.code(LOG2_E)

    def code(self, number: Any) -> int:
        return self.f.encode(number)

    def do(self, op: str, *codes: int) -> int:
        return spec.evaluate(op, codes, self.f)

    def add(self, a: int, b: int) -> int:
        return spec.ieee_add(a, b, self.f)

    def minus(self, a: int) -> int:
        return a ^ self.f.sign

    def sum(self, codes: Sequence[int]) -> int:
        return spec.canonical_sum(codes, self.f)

    def powers(self, x: Sequence[int]) -> tuple[list[int], int]:
        z = [self.do("pam", code, self.log2e) for code in x]
        whole = self.code(float(math.floor(max(self.f.to_float(code) for code in z))))
        return [self.do("paexp2", self.add(code, self.minus(whole))) for code in z], whole

    def softmax(self, x: Sequence[int]) -> list[int]:
        powers, _ = self.powers(x)
        total = self.sum(powers)
        return [self.do("padiv", power, total) for power in powers]

    def log_softmax(self, x: Sequence[int]) -> list[int]:
        powers, whole = self.powers(x)
        log = self.do("padiv", self.add(whole, self.do("palog2", self.sum(powers))), self.log2e)
        return [self.add(code, self.minus(log)) for code in x]

    def layer_norm(
        self, x: Sequence[int], gain: Sequence[int], bias: Sequence[int], epsilon: float
    ) -> list[int]:
        n = self.code(float(len(x)))
        mean = self.do("padiv", self.sum(x), n)
        d = [self.add(code, self.minus(mean)) for code in x]
        variance = self.do("padiv", self.sum([self.do("pam", c, c) for c in d]), n)
        root = self.do("pasqrt", self.add(variance, self.code(epsilon)))
        return [
            self.add(self.do("pam", self.do("padiv", c, root), g), b)
            for c, g, b in zip(d, gain, bias, strict=True)
        ]

    def sigmoid(self, x: int) -> int:
        return self.do("padiv", self.code(1.0), self.add(self.code(1.0), self.do("paexp", self.minus(x))))


def by_rows(function: Callable[..., list[int]], x: np.ndarray, *others: Any) -> np.ndarray:
    rows = [function(row, *others) for row in bits(x).tolist()]
    return np.array(rows, bits(x).dtype).view(x.dtype)


def same(got: Any, expected: np.ndarray) -> None:
    assert got.dtype == expected.dtype
    wrong = np.argwhere(bits(got) != bits(expected))
    assert not wrong.size, f"at {wrong[0]}: {bits(got)[*wrong[0]]:#x}, not {bits(expected)[*wrong[0]]:#x}"


@every_format
@pytest.mark.parametrize("scale", [1.0, 30.0])
def test_softmax_and_its_logarithm_are_the_definition_to_the_bit(fmt: str, scale: float) -> None:
    x, definition = normal(6, 37, scale=scale, fmt=fmt), Definition(fmt)
    same(functional.softmax(x, Pam()), by_rows(definition.softmax, x))
    same(functional.log_softmax(x, Pam()), by_rows(definition.log_softmax, x))


@every_format
def test_layer_norm_is_the_definition_to_the_bit(fmt: str) -> None:
    x, gain, bias = normal(5, 40, fmt=fmt), normal(40, fmt=fmt), normal(40, scale=0.3, fmt=fmt)
    expected = by_rows(Definition(fmt).layer_norm, x, bits(gain).tolist(), bits(bias).tolist(), 1e-5)
    same(functional.layer_norm(x, gain, bias, Pam()), expected)


@every_format
def test_sigmoid_is_the_definition_to_the_bit(fmt: str) -> None:
    x = np.concatenate(
        [normal(200, scale=4, fmt=fmt), np.array([0, -0.0, 90, -90, 200, -200], dtype_of(fmt))]
    )
    definition = Definition(fmt)
    expected = np.array([definition.sigmoid(code) for code in bits(x).tolist()], bits(x).dtype).view(
        x.dtype
    )
    same(functional.sigmoid(x, Pam()), expected)


@pytest.mark.parametrize("fmt", FORMATS)
def test_log2_e_is_rounded_to_what_the_kernels_have(fmt: str) -> None:
    assert get_format(fmt).encode(functional.LOG2_E) == get_format(fmt).encode(LOG2_E)


def formulas() -> dict[str, tuple[Callable[[Any], Any], Callable[[np.ndarray], np.ndarray]]]:
    def normed(x: np.ndarray) -> np.ndarray:
        return (x - x.mean(-1, keepdims=True)) / np.sqrt(x.var(-1, keepdims=True) + 1e-5)

    def soft(x: np.ndarray) -> np.ndarray:
        return np.exp(x) / np.exp(x).sum(-1, keepdims=True)

    ar, one = Native(), np.ones(7)
    return {
        "softmax": (lambda x: functional.softmax(x, ar), soft),
        "log_softmax": (lambda x: functional.log_softmax(x, ar), lambda x: np.log(soft(x))),
        "layer_norm": (lambda x: functional.layer_norm(x, one, 0 * one, ar), normed),
        "relu": (lambda x: functional.relu(x, ar), lambda x: np.where(x > 0, x, 0)),
        "sigmoid": (lambda x: functional.sigmoid(x, ar), lambda x: 1 / (1 + np.exp(-x))),
        "silu": (lambda x: functional.silu(x, ar), lambda x: x / (1 + np.exp(-x))),
        "gelu": (lambda x: functional.gelu(x, ar), lambda x: x / (1 + np.exp(-1.702 * x))),
        "tanh": (lambda x: functional.tanh(x, ar), np.tanh),
        "mean": (lambda x: functional.mean(x, ar), np.mean),
        "attention": (
            lambda x: functional.attention(x, x, x, ar),
            lambda x: soft(x @ x.swapaxes(-1, -2) / np.sqrt(x.shape[-1])) @ x,
        ),
    }


@pytest.mark.parametrize("name", formulas())
def test_native_composites_are_the_ordinary_functions(name: str) -> None:
    got, expected = formulas()[name]
    x = wide(3, 5, 7)
    np.testing.assert_allclose(got(x), expected(x), rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("ar", [Native(), Pam(), Pam("mimic", 0.0625), Mixed(Native(), matmul=Pam())])
@pytest.mark.parametrize("fmt", ["bfloat16", "float16", "float32"])
def test_every_composite_keeps_the_dtype(ar: Any, fmt: str) -> None:
    x, weight, bias = normal(2, 5, 8, fmt=fmt), normal(8, 8, fmt=fmt), normal(8, fmt=fmt)
    results = [
        *(
            getattr(functional, name)(x, ar)
            for name in ("softmax", "log_softmax", "relu", "sigmoid", "silu")
        ),
        *(getattr(functional, name)(x, ar) for name in ("gelu", "tanh", "mean")),
        functional.layer_norm(x, bias, bias, ar),
        functional.linear(x, weight, bias, ar),
        functional.attention(x, x, x, ar),
        functional.cross_entropy(x[0], np.arange(5), ar),
    ]
    assert {result.dtype for result in results} == {x.dtype}
    assert results[9].shape == (2, 5, 8)


@pytest.mark.parametrize("ar", [Native(), Pam()])
def test_a_mask_leaves_entries_out(ar: Any) -> None:
    x = normal(4, 4)
    mask = np.tril(np.ones((4, 4), bool))
    got = functional.softmax(x, ar, mask)
    assert np.array_equal(got > 0, mask)
    for row in range(4):
        same(got[row, : row + 1], functional.softmax(x[row, : row + 1], ar))


@pytest.mark.parametrize("ar", [Native(), Pam(), Pam("mimic", 0.0625)])
def test_a_softmax_may_scale_its_operand_first(ar: Any) -> None:
    x, mask = normal(5, 5), np.tril(np.ones((5, 5), bool))
    same(functional.softmax(x, ar, mask, 0.3), functional.softmax(ar.mul(x, 0.3), ar, mask))


def test_a_row_without_any_entry_is_nan_and_alone_in_that() -> None:
    with np.errstate(invalid="ignore"):
        got = functional.softmax(normal(2, 3), Pam(), np.array([[False], [True]]))
    assert np.isnan(got[0]).all()
    assert np.isfinite(got[1]).all()


def test_rows_of_one_equal_and_far_apart_entries() -> None:
    for ar in (Native(), Pam()):
        assert functional.softmax(np.float32([[7.5]]), ar).tolist() == [[1.0]]
        assert functional.softmax(np.float32([[3, 3, 3, 3]]), ar).tolist() == [[0.25] * 4]
        assert functional.softmax(np.float32([[-1e30, 0.0]]), ar).tolist() == [[0.0, 1.0]]


def test_cross_entropy_is_minus_log_softmax_at_the_target() -> None:
    x, targets = normal(5, 4), np.array([0, 3, 1, 2, 2])
    for ar in (Native(), Pam()):
        same(
            functional.cross_entropy(x, targets, ar), -functional.log_softmax(x, ar)[np.arange(5), targets]
        )


def test_an_interpretation_of_an_unknown_operation_is_refused() -> None:
    with pytest.raises(ValueError, match=r"unknown operation 'matmull'.*did you mean 'matmul'"):
        Mixed(Native(), matmull=Pam())


def test_mixed_takes_each_operation_from_where_it_was_told() -> None:
    a, b = normal(3, 4), normal(3, 4, scale=2.9)
    b[0] = a[1]
    mixed = Mixed(Native(), div=Pam(), sum=Pam())
    same(mixed.mul(a, b), a * b)
    same(mixed.div(a, b), Pam().div(a, b))
    same(mixed.sum(a), Pam().sum(a))
    assert mixed.name == "native, div PAM exact, sum PAM exact"


@pytest.mark.parametrize(
    ("targets", "error", "message"),
    [
        (np.array([1]), ValueError, r"targets has shape \(1,\), logits \(4, 3\)"),
        (np.array([[1], [0], [2], [1]]), ValueError, "targets has shape"),
        (np.array([0, 1, 2, -1]), ValueError, "outside 0 to 2"),
        (np.array([0, 1, 2, 3]), ValueError, "outside 0 to 2"),
        (np.array([True] * 4), TypeError, "must be integers"),
    ],
)
def test_targets_that_name_no_class_of_each_row_are_refused(
    targets: Any, error: type, message: str
) -> None:
    with pytest.raises(error, match=message):
        functional.cross_entropy(normal(4, 3), targets, Pam())


def test_big_endian_values_are_computed_with() -> None:
    x = np.array([1.0, 2.0, 3.0], ">f4")
    same(Native().mul(x, 2.0).astype(np.float32), np.float32([2, 4, 6]))
    same(Pam().add(x, 1.0).astype(np.float32), np.float32([2, 3, 4]))


@pytest.mark.parametrize("fmt", ["float16", "float8_e5m2", "float32"])
def test_a_row_of_equal_entries_is_normalized_to_zeros(fmt: str) -> None:
    one = np.ones(4, dtype_of(fmt))
    assert (
        not functional.layer_norm(np.ones((1, 4), dtype_of(fmt)), one, 0 * one, Pam()).astype(float).any()
    )


@pytest.mark.parametrize("fmt", ["float8_e4m3fn", "float8_e5m2", "float16"])
def test_a_mask_needs_no_infinity(fmt: str) -> None:
    x = np.array([[1, 2, 0.5]], dtype_of(fmt))
    got = functional.softmax(x, Pam(), np.array([True, True, False]))
    same(got[:, :2], functional.softmax(x[:, :2], Pam()))
    assert got[0, 2] == 0


def test_an_additive_mask_is_refused() -> None:
    with pytest.raises(TypeError, match="mask is of float64; it must be an array of booleans"):
        functional.softmax(normal(2, 3), Pam(), np.array([0, 0, -np.inf]))


def test_more_elements_than_the_format_counts_have_no_mean() -> None:
    with pytest.raises(ValueError, match="70000 elements are more than the largest float16"):
        functional.mean(np.ones(70000, np.float16), Pam())


def test_native_sums_of_narrow_formats_do_not_stand_still() -> None:
    assert float(Native().sum(np.ones(1000, ml_dtypes.bfloat16))) == 1000


@pytest.mark.parametrize(
    "options", [{"mode": "approximate"}, {"policy": "xx"}, {"policy": "kosson2023"}, {"offset": 1.5}]
)
def test_an_arithmetic_that_cannot_be_is_refused_at_once(options: Any) -> None:
    with pytest.raises(ValueError):  # noqa: PT011, each has its own message
        Pam(**options)
