# ruff: noqa: ARG001, ARG005, foreign functions need not use what they are given
"""With a stand-in for CuPy, whose arrays are NumPy's of a class of their own."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from pamcheck.testing.subject import Codes, Subject, make_subject
from pamcheck.testing.target import TargetFault, Unsupported
from pamcheck.testing.targets import cupy_arrays
from pamcheck.testing.targets.callables import CallableTarget

Cases = Callable[..., tuple[Codes, ...]]


class Device:
    id = 0

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Device) and other.id == self.id

    __hash__ = None  # type: ignore[assignment]


class Array(np.ndarray[Any, Any]):
    device = Device()

    def view(self, *arguments: Any) -> Any:
        if any("float8" in str(argument) for argument in arguments):
            raise ValueError("Unsupported dtype")
        return super().view(*arguments)


class Runtime:
    def upload(self, array: Any) -> Any:
        return np.ascontiguousarray(array).copy().view(Array)

    def download(self, array: Any) -> Any:
        return np.asarray(array).copy()


@pytest.fixture(autouse=True)
def cupy(monkeypatch: pytest.MonkeyPatch) -> None:
    module = SimpleNamespace(
        ndarray=Array,
        ascontiguousarray=lambda array: array,
        may_share_memory=np.may_share_memory,
        cuda=SimpleNamespace(Device=Device),
    )
    monkeypatch.setattr(cupy_arrays, "load_cupy", lambda: module)
    monkeypatch.setattr(cupy_arrays, "runtime", Runtime)


@pytest.mark.parametrize("codes", [False, True])
@pytest.mark.parametrize("fmt", ["float64", "float32", "bfloat16"])
def test_every_bit_goes_there_and_back(cases: Cases, fmt: str, codes: bool) -> None:
    subject = make_subject("pam", fmt)
    inputs = cases(subject)

    def fn(a: Any, b: Any) -> Any:
        assert isinstance(a, Array)
        return b.copy()

    target = CallableTarget(fn, arrays="cupy", codes=codes)
    assert np.array_equal(target.answer(subject, inputs)[0], inputs[1])
    assert target.notices() == ()


def test_a_dtype_that_cupy_lacks_is_unsupported(cases: Cases) -> None:
    subject = make_subject("pam", "float8_e5m2")
    with pytest.raises(Unsupported, match="CuPy has no dtype float8_e5m2"):
        CallableTarget(lambda a, b: a, arrays="cupy").answer(subject, cases(subject))


def elsewhere(a: Any, b: Any) -> Any:
    found = a.copy()
    found.device = type("Other", (Device,), {"id": 1})()
    return found


@pytest.mark.parametrize(
    ("fn", "kind", "words"),
    [
        (lambda a, b: np.asarray(a), "device", "an array of numpy; it must be an array of CuPy"),
        (elsewhere, "device", "on GPU 1 for operands on GPU 0"),
        (lambda a, b: a[1:], "shape", "(199,)"),
        (lambda a, b: a.view(np.int16), "dtype", "returned an array of int16"),
    ],
)
def test_a_result_of_another_kind_is_told(
    subject: Subject, cases: Cases, fn: Any, kind: str, words: str
) -> None:
    with pytest.raises(TargetFault) as caught:
        CallableTarget(fn, arrays="cupy")._ask(subject, cases(subject))
    assert caught.value.kind == kind
    assert words in str(caught.value)


def test_overwriting_and_sharing_are_noticed(subject: Subject, cases: Cases) -> None:
    def fn(a: Any, b: Any) -> Any:
        b[:] = a
        return a[:]

    target = CallableTarget(fn, arrays="cupy")
    target.answer(subject, cases(subject))
    assert len(target.notices()) == 2
    assert "overwrites its operand b" in target.notices()[1]
