"""Arrays that raise where NumPy multiplies, and do everything else as arrays do."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from pamcheck.measure.audit.guard import GuardedArray, MultiplicationError, protect, unprotected

X = np.array([[1.5, -2.0], [3.0, 0.25]], np.float32)

_ONE = """square sqrt cbrt reciprocal exp exp2 expm1 log log2 log10 log1p sin cos tan arctan sinh cosh tanh arcsinh
degrees radians prod mean var std average cumprod nanmean spacing frexp modf median ptp gradient"""
_TWO = """multiply divide true_divide floor_divide power float_power hypot arctan2 fmod remainder logaddexp matmul dot
vdot inner outer tensordot kron nextafter"""
OF_ONE, OF_TWO = _ONE.split(), _TWO.split()

MULTIPLIES: dict[str, Callable[[Any], Any]] = {
    "x * x": lambda x: x * x,
    "x * 0.5": lambda x: x * 0.5,
    "0.5 * x": lambda x: 0.5 * x,
    "x * 2": lambda x: x * 2,
    "x / 2.0": lambda x: x / 2.0,
    "x // 2.0": lambda x: x // 2.0,
    "x % 2.0": lambda x: x % 2.0,
    "x ** 2": lambda x: x**2,
    "x @ x": lambda x: x @ x,
    "in place": lambda x: operator.imul(x, 2.0),
    **{name: lambda x, name=name: getattr(np, name)(x) for name in OF_ONE},  # type: ignore[misc]
    **{name: lambda x, name=name: getattr(np, name)(x, x) for name in OF_TWO},  # type: ignore[misc]
    "einsum": lambda x: np.einsum("ij,jk", x, x),
    "convolve": lambda x: np.convolve(x[0], x[0]),
    "correlate": lambda x: np.correlate(x[0], x[0]),
    "interp": lambda x: np.interp(x[0], x[0], x[0]),
    "norm": lambda x: np.linalg.norm(x),
    "inv": lambda x: np.linalg.inv(x),
    "ldexp": lambda x: np.ldexp(x, 2),
    "linspace": lambda x: np.linspace(x[0], x[1]),
    "round": lambda x: x.round(2),
    "x.mean": lambda x: x.mean(),
    "x.dot": lambda x: x.dot(x),
    "x.prod": lambda x: x.prod(),
    "reduce": lambda x: np.multiply.reduce(x),
    "outer of a ufunc": lambda x: np.multiply.outer(x, x),
    "codes": lambda x: x.view(np.int32) * 2,
    "codes divided": lambda x: (x.view(np.int32) + 1) // 2,
}

INNOCENT: dict[str, Callable[[Any], Any]] = {
    "add": lambda x: x + x - 1.0,
    "negative": lambda x: -x,
    "sum": lambda x: x.sum(axis=0),
    "maximum": lambda x: np.maximum(x, 0.0),
    "where": lambda x: np.where(x > 0, x, 0.0),
    "abs": lambda x: abs(x),
    "floor": lambda x: np.floor(x),
    "shapes": lambda x: x.reshape(4)[::2].copy().T,
    "take": lambda x: x[np.array([1, 0, 1])],
    "codes": lambda x: (x.view(np.int32) + x.view(np.int32) - 0x3F800000).view(np.float32),
    "codes shifted": lambda x: x.view(np.uint32) >> 1,
    "places": lambda x: x.argmax(axis=1) * 2,
    "concatenate": lambda x: np.concatenate([x, x]),
    "add at": lambda x: np.add.at(x, 0, x[1]),
    "isfinite": lambda x: bool(np.isfinite(x).all()),
    "unique": lambda x: np.unique(x),
    "astype": lambda x: x.astype(np.float64),
}


@pytest.mark.parametrize("name", MULTIPLIES)
def test_what_multiplies_raises(name: str) -> None:
    with pytest.raises(MultiplicationError):
        MULTIPLIES[name](protect(X.copy()))


@pytest.mark.parametrize("name", INNOCENT)
def test_what_does_not_multiply_is_let_through_with_the_same_bits(name: str) -> None:
    expected, found = INNOCENT[name](X.copy()), INNOCENT[name](protect(X.copy()))
    if isinstance(expected, np.ndarray):
        assert isinstance(found, GuardedArray)
        assert np.array_equal(unprotected(found), expected)
    else:
        assert found == expected or found is expected


def test_integers_that_are_no_codes_may_be_multiplied() -> None:
    assert (protect(np.arange(3)) * 2).tolist() == [0, 2, 4]


def test_arrays_are_found_inside_of_what_holds_them_and_share_their_memory() -> None:
    held = protect({"a": X, "b": [X, 1]})
    assert isinstance(held["a"], GuardedArray)
    assert isinstance(held["b"][0], GuardedArray)
    assert held["b"][1] == 1
    assert np.shares_memory(unprotected(held["a"]), X)


def test_an_error_names_the_operation_and_the_operands() -> None:
    with pytest.raises(MultiplicationError, match=r"np.multiply\(float32\[2, 2\], float\)"):
        protect(X) * 0.5
