# ruff: noqa: ARG001, ARG005, foreign functions need not use what they are given
from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from pamcheck.testing.subject import Codes, Subject, make_subject
from pamcheck.testing.target import TargetFault, Unsupported
from pamcheck.testing.targets.callables import CallableTarget
from pamcheck.testing.targets.errors import TargetError

torch = pytest.importorskip("torch")

Cases = Callable[..., tuple[Codes, ...]]
FaultOf = Callable[..., TargetFault]
INTEGERS = {8: "uint8", 16: "int16", 32: "int32", 64: "int64"}


def on_codes(subject: Subject) -> Callable[..., Any]:
    """The right function of tensors, by way of their bits."""
    integer = getattr(torch, INTEGERS[subject.fmt.storage_bits])

    def fn(*tensors: Any) -> Any:
        codes = [tensor.view(integer).numpy().view(subject.dtype) for tensor in tensors]
        found = subject.expected(codes)
        made = [
            torch.from_numpy(x.view(INTEGERS[subject.fmt.storage_bits])).view(tensors[0].dtype)
            for x in found
        ]
        return tuple(made) if subject.mode else made[0]

    return fn


@pytest.mark.parametrize("mode", ["", "exact"])
@pytest.mark.parametrize(
    "fmt", ["float64", "float32", "float16", "bfloat16", "float8_e5m2", "float8_e4m3fn"]
)
def test_every_bit_goes_there_and_back(cases: Cases, fmt: str, mode: str) -> None:
    subject = make_subject("pam", fmt, mode=mode)
    inputs = cases(subject)
    target = CallableTarget(on_codes(subject), arrays="torch")
    for got, wanted in zip(target.answer(subject, inputs), subject.expected(inputs), strict=True):
        assert np.array_equal(got, wanted)
    assert target.notices() == ()


def test_codes_are_tensors_of_integers(cases: Cases) -> None:
    subject = make_subject("pam", "e5m3")
    seen = []

    def fn(a: Any, b: Any) -> Any:
        seen.append(a.dtype)
        return a.clone().long()

    inputs = cases(subject)
    assert np.array_equal(
        CallableTarget(fn, arrays="torch", codes=True).answer(subject, inputs)[0], inputs[0]
    )
    assert seen[0] == torch.int16


@pytest.mark.parametrize("fmt", ["float8_e4m3", "float4_e2m1fn", "e5m3"])
def test_a_dtype_that_pytorch_lacks_is_unsupported(cases: Cases, fmt: str) -> None:
    subject = make_subject("pam", fmt)
    with pytest.raises(Unsupported, match=f"PyTorch has no dtype {fmt}"):
        CallableTarget(torch.mul, arrays="torch").answer(subject, cases(subject))


def test_a_kernel_that_pytorch_lacks_is_unsupported(cases: Cases) -> None:
    subject = make_subject("pam", "float8_e4m3fn")
    with pytest.raises(Unsupported, match="not implemented for 'Float8_e4m3fn'"):
        CallableTarget(torch.maximum, arrays="torch").answer(subject, cases(subject))


@pytest.mark.parametrize(
    ("fn", "kind", "words"),
    [
        (
            lambda a, b: a.float(),
            "dtype",
            "returned an array of torch.float32 for operands of torch.bfloat16",
        ),
        (lambda a, b: a[1:], "shape", "(199,)"),
        (lambda a, b: a.to("meta"), "device", "on meta for operands on cpu"),
        (lambda a, b: np.zeros(200), "device", "an array of numpy; it must be a tensor of PyTorch"),
    ],
)
def test_a_result_of_another_kind_is_told(
    subject: Subject, cases: Cases, fn: Any, kind: str, words: str
) -> None:
    with pytest.raises(TargetFault) as caught:
        CallableTarget(fn, arrays="torch")._ask(subject, cases(subject))
    assert caught.value.kind == kind
    assert words in str(caught.value)


def test_overwriting_and_sharing_are_noticed(subject: Subject, cases: Cases) -> None:
    target = CallableTarget(lambda a, b: (b.neg_(), a[:])[1], arrays="torch")
    target.answer(subject, cases(subject))
    assert len(target.notices()) == 2
    assert "lies in the memory of its operand a" in target.notices()[0]
    assert "overwrites its operand b" in target.notices()[1]


def test_a_tensor_that_is_negated_when_it_is_read_is_read(cases: Cases) -> None:
    subject = make_subject("pam", "float32")
    inputs = cases(subject)
    target = CallableTarget(lambda a, b: torch._neg_view(a.clone()), arrays="torch")
    assert np.array_equal(target.answer(subject, inputs)[0], inputs[0] ^ 0x80000000)


class Product(torch.nn.Module):
    def forward(self, a: Any, b: Any) -> Any:
        return a * b


def test_a_module_is_a_function_of_what_its_forward_takes(fault_of: FaultOf) -> None:
    subject = make_subject("pam", "float32")
    ones = tuple(np.full(3, subject.fmt.one, np.uint32) for _ in range(2))
    assert CallableTarget(Product(), arrays="torch").answer(subject, ones)[0].tolist() == ones[0].tolist()
    fault = fault_of(CallableTarget(Product(), arrays="torch"), make_subject("palog2", "float32"))
    assert fault.kind == "arity"
    assert "takes (a, b)" in str(fault)


def test_autograd_finds_the_derivatives() -> None:
    subject = make_subject("pam", "float32", mode="exact")
    target = CallableTarget(Product(), arrays="torch", gradient="autograd")
    inputs = [
        np.array([code, code], np.uint32) for code in (0x40000000, 0x40800000, 0x3F000000)
    ]  # 2, 4, 0.5
    with torch.no_grad():
        assert [hex(x[0]) for x in target.answer(subject, inputs)] == ["0x40000000", "0x3f800000"]  # 2, 1
    values = make_subject("pam", "float32")
    assert [hex(x[0]) for x in target.answer(values, inputs[:2])] == ["0x41000000"]
    assert target.notices() == ()


@pytest.mark.parametrize(
    ("fn", "kind", "words"),
    [
        (lambda a, b: a, "exception", "no gradient reaches operand 2"),
        (lambda a, b: a.detach(), "exception", "no grad_fn"),
        (lambda a: a, "arity", "takes (a); it is called with 2 (a, b)"),
        (lambda a, b: a.sum(), "shape", "shape ()"),
    ],
)
def test_what_autograd_cannot_do_is_told(fault_of: FaultOf, fn: Any, kind: str, words: str) -> None:
    subject = make_subject("pam", "float32", mode="exact")
    fault = fault_of(CallableTarget(fn, arrays="torch", gradient="autograd"), subject)
    assert fault.kind == kind
    assert words in str(fault)


def test_a_device_that_is_not_there_is_refused() -> None:
    for device in ("nothing", "cuda:99"):
        with pytest.raises(TargetError, match=f"PyTorch cannot be used on '{device}'"):
            CallableTarget(torch.mul, arrays=f"torch:{device}")
