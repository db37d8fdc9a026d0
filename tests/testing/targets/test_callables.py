# ruff: noqa: ARG001, ARG002, ARG005, foreign functions need not use what they are given
from __future__ import annotations

import math
import os
import sys
import warnings
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from pamcheck.testing.subject import Codes, Subject, make_subject
from pamcheck.testing.target import TargetFault, Unsupported
from pamcheck.testing.targets.callables import CallableTarget
from pamcheck.testing.targets.errors import TargetError

Cases = Callable[..., tuple[Codes, ...]]
FaultOf = Callable[..., TargetFault]
ONE, TWO, NAN = 0x3F80, 0x4000, 0x7FC0


def at(*rows: tuple[int, int]) -> tuple[Codes, ...]:
    return tuple(np.array(column, np.uint16) for column in zip(*rows, strict=True))


@pytest.mark.parametrize(
    ("name", "op", "mode"),
    [
        ("pam", "pam", ""),
        ("exact", "pam", "exact"),
        ("log2", "palog2", ""),
        ("log2_mimic", "palog2", "mimic"),
    ],
)
@pytest.mark.parametrize(
    "fmt", ["float64", "float32", "bfloat16", "float8_e4m3fn", "float6_e2m3fn", "float4_e2m1fn"]
)
def test_a_right_function_gives_what_is_expected(
    right: SimpleNamespace, cases: Cases, name: str, op: str, mode: str, fmt: str
) -> None:
    subject = make_subject(op, fmt, mode=mode)
    target = CallableTarget(getattr(right, name))
    inputs = cases(subject)
    for got, wanted in zip(target.answer(subject, inputs), subject.expected(inputs), strict=True):
        assert got.dtype == subject.dtype
        assert np.array_equal(got, wanted)
    assert target.notices() == ()


def test_a_function_of_codes_serves_formats_without_a_dtype(cases: Cases) -> None:
    subject = make_subject("pam", "e5m3fn")
    target = CallableTarget(lambda a, b: subject.expected((a, b))[0].astype(np.int64), codes=True)
    inputs = cases(subject)
    assert np.array_equal(target.answer(subject, inputs)[0], subject.expected(inputs)[0])


def test_a_format_without_a_dtype_is_unsupported_by_name(right: SimpleNamespace, cases: Cases) -> None:
    subject = make_subject("pam", "e5m3")
    with pytest.raises(Unsupported, match="no array has the dtype e5m3; take a function of codes"):
        CallableTarget(right.pam).answer(subject, cases(subject))


def test_a_dtype_that_the_function_refuses_is_unsupported(subject: Subject, cases: Cases) -> None:
    def only_numpy(a: Any, b: Any) -> Any:
        if a.dtype.kind != "f":
            raise TypeError("no loop for it")
        return a

    with pytest.raises(
        Unsupported, match=r"does not take bfloat16: of ones it raised .*TypeError.*test_callables"
    ):
        CallableTarget(only_numpy).answer(subject, cases(subject))
    table = {"float32": 1}
    with pytest.raises(Unsupported, match="KeyError: 'bfloat16'"):
        CallableTarget(lambda a, b: (table[str(a.dtype)], a)[1]).answer(subject, cases(subject))


def test_a_function_that_refuses_every_dtype_is_at_fault(subject: Subject, fault_of: FaultOf) -> None:
    def broken(a: Any, b: Any) -> Any:
        raise TypeError("never")

    fault = fault_of(CallableTarget(broken), subject)
    assert (fault.kind, fault.case is not None) == ("exception", True)


def raises_at_nan(a: Any, b: Any) -> Any:
    if np.isnan(a).any():
        raise ValueError("a NaN")
    return a


def test_an_exception_is_narrowed_to_its_case(subject: Subject, fault_of: FaultOf) -> None:
    inputs = at(*[(ONE + i, TWO) for i in range(37)], (NAN, ONE), (ONE, ONE), (NAN, TWO))
    fault = fault_of(CallableTarget(raises_at_nan), subject, inputs)
    assert fault.kind == "exception"
    assert fault.case == (NAN, ONE)
    assert np.array_equal(fault.answered[0], inputs[0][:37])
    assert "raised ValueError: a NaN (" in str(fault)
    assert "test_callables.py, line" in str(fault)


def test_an_exception_of_a_whole_batch_has_no_case(subject: Subject, fault_of: FaultOf) -> None:
    def dislikes(a: Any, b: Any) -> Any:
        if a.size == 40:
            raise ValueError("forty")
        return a

    fault = fault_of(CallableTarget(dislikes), subject, at(*[(ONE, TWO)] * 40))
    assert fault.case is None
    assert "no case does it alone" in str(fault)


def test_leaving_python_is_an_exception_too(subject: Subject, fault_of: FaultOf) -> None:
    fault = fault_of(CallableTarget(lambda a, b: sys.exit(3)), subject)
    assert (fault.kind, fault.case is not None) == ("exception", True)
    assert "SystemExit: 3" in str(fault)


def test_an_interruption_passes(subject: Subject, cases: Cases) -> None:
    def interrupted(a: Any, b: Any) -> Any:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        CallableTarget(interrupted).answer(subject, cases(subject))


class Unit:
    def __call__(self, a: Any, b: Any, extra: Any) -> Any:
        return a


def inner(a: Any, b: Any) -> Any:
    return math.floor()  # type: ignore[call-arg]


@pytest.mark.parametrize(
    ("fn", "words"),
    [
        (lambda a: a, "takes (a); it is called with 2 (a, b): too many positional arguments"),
        (
            lambda a, b, offset: a,
            "takes (a, b, offset); it is called with 2 (a, b): missing a required argument: 'offset'",
        ),
        (lambda a, *, b: a, "takes (a, b)"),
        (Unit(), "takes (a, b, extra)"),
        (np.negative, "takes 1 operands; it is called with 2 (a, b)"),
        (lambda a, b: (a, b), "returned a tuple of 2; it must be the result"),
        (lambda a, b: None, "returned None"),
    ],
)
def test_the_wrong_arity_is_told(subject: Subject, fault_of: FaultOf, fn: Any, words: str) -> None:
    fault = fault_of(CallableTarget(fn), subject)
    assert fault.kind == "arity"
    assert words in str(fault)


def test_a_type_error_inside_is_no_wrong_arity(subject: Subject, fault_of: FaultOf) -> None:
    assert fault_of(CallableTarget(inner), subject).kind == "exception"


def test_a_ufunc_does_not_write_into_the_cotangent(fault_of: FaultOf) -> None:
    subject = make_subject("pam", "float32", mode="exact")
    assert fault_of(CallableTarget(np.multiply), subject).kind == "arity"


@pytest.mark.parametrize(
    ("fn", "words"),
    [
        (lambda a, b, c: a, "returned one result; it must be a tuple of 2: da, db"),
        (lambda a, b, c: (a, b, c), "returned a tuple of 3"),
        (lambda a, b, c: np.stack([a, b]), "returned one result"),
    ],
)
def test_derivatives_are_one_an_operand(fault_of: FaultOf, fn: Any, words: str) -> None:
    fault = fault_of(CallableTarget(fn), make_subject("pam", "float32", mode="exact"))
    assert fault.kind == "arity"
    assert words in str(fault)


@pytest.mark.parametrize(
    ("fn", "kind", "words"),
    [
        (
            lambda a, b: a.astype(np.float32),
            "dtype",
            "returned an array of float32 for operands of bfloat16",
        ),
        (lambda a, b: a.view(np.uint16), "dtype", "returned an array of uint16"),
        (lambda a, b: a.tolist(), "dtype", "returned a list; it must be a NumPy array"),
        (lambda a, b: 1.0, "dtype", "returned a float"),
        (lambda a, b: np.ma.masked_array(a), "dtype", "masked"),
        (lambda a, b: a[None], "shape", "returned an array of shape (1, 200) for operands of shape (200,)"),
        (lambda a, b: a[1:], "shape", "(199,)"),
        (lambda a, b: a.sum(), "shape", "()"),
        (lambda a, b: SimpleNamespace(shape=(200,), dtype=a.dtype), "device", "an array of types"),
    ],
)
def test_a_result_of_another_kind_is_told(
    subject: Subject, fault_of: FaultOf, fn: Any, kind: str, words: str
) -> None:
    whole = pytest.raises(TargetFault)
    with whole as caught:
        CallableTarget(fn)._ask(subject, tuple(np.full(200, ONE, np.uint16) for _ in range(2)))
    assert caught.value.kind == kind
    assert words in str(caught.value)
    fault = fault_of(CallableTarget(fn), subject)
    assert fault.kind in (kind, "shape")
    assert fault.case is not None


def test_a_code_outside_the_format_is_garbled(fault_of: FaultOf) -> None:
    subject = make_subject("pam", "float4_e2m1fn")
    inputs = tuple(np.array(codes, np.uint8) for codes in ([1, 2, 15, 3], [2, 2, 2, 2]))
    for fn, codes in (
        (lambda a, b: a + 1, True),
        (lambda a, b: (a.view(np.uint8) + 1).view(a.dtype), False),
    ):
        fault = fault_of(CallableTarget(fn, codes=codes), subject, inputs)
        assert (fault.kind, fault.case) == ("garbled", (15, 2))
        assert "0x10" in str(fault)
        assert fault.answered[0].tolist() == [2, 3]


def in_place(a: Any, b: Any) -> Any:
    a += b
    return a


def test_overwriting_an_operand_is_noticed_and_harms_nothing(subject: Subject) -> None:
    target = CallableTarget(in_place)
    inputs = at((ONE, ONE), (TWO, TWO))
    assert [hex(code) for code in target.answer(subject, inputs)[0]] == ["0x4000", "0x4080"]
    assert inputs[0].tolist() == [ONE, TWO]
    assert len(target.notices()) == 1
    assert "overwrites its operand a" in target.notices()[0]


def test_overwriting_codes_harms_nothing(subject: Subject) -> None:
    target = CallableTarget(in_place, codes=True)
    inputs = at((5, 1), (6, 1))
    assert target.answer(subject, inputs)[0].tolist() == [6, 7]
    assert inputs[0].tolist() == [5, 6]
    assert "overwrites its operand a" in target.notices()[0]


@pytest.mark.parametrize("answer", [-1, 0x10000])
def test_an_integer_that_is_no_code_is_garbled(subject: Subject, fault_of: FaultOf, answer: int) -> None:
    target = CallableTarget(lambda a, b: np.where(a == 3, answer, b.astype(np.int64)), codes=True)
    fault = fault_of(target, subject, at((1, 7), (3, 8)))
    assert (fault.kind, fault.case) == ("garbled", (3, 8))


def test_a_result_in_the_memory_of_an_operand_is_noticed(subject: Subject) -> None:
    target = CallableTarget(lambda a, b: b[:])
    target.answer(subject, at((ONE, TWO)))
    assert target.notices() == ("returns an array that lies in the memory of its operand b",)


def test_an_unsteady_function_is_caught_and_its_wrong_answer_taken(subject: Subject) -> None:
    inputs = at((ONE, ONE), (TWO, ONE), (TWO, TWO))
    for wrong_turn in (0, 1):
        turn = iter(range(9))

        def unsteady(a: Any, b: Any, turn: Any = turn, wrong_turn: int = wrong_turn) -> Any:
            codes = subject.expected((a.view(np.uint16), b.view(np.uint16)))[0]
            if next(turn) == wrong_turn:
                codes[1] += 3
            return codes.view(a.dtype)

        target = CallableTarget(unsteady)
        assert [hex(x) for x in target.answer(subject, inputs)[0]] == ["0x3f80", "0x4003", "0x4080"]
        assert "a = 0x4000, b = 0x3f80" in target.notices()[0]
        assert "0x4003" in target.notices()[0]


def test_a_function_that_turns_unsteady_is_caught(subject: Subject) -> None:
    turn = iter(range(99))
    target = CallableTarget(lambda a, b: a + max(next(turn) - 10, 0), codes=True)
    for _ in range(17):
        target.answer(subject, at((1, 1), (2, 1)))
    assert len(target.notices()) == 1
    assert "different answers" in target.notices()[0]


def test_an_answer_that_depends_on_its_place_is_caught(subject: Subject) -> None:
    def tail(a: Any, b: Any) -> Any:
        out = subject.expected((a.view(np.uint16), b.view(np.uint16)))[0]
        out[-1] = 0
        return out.view(a.dtype)

    target = CallableTarget(tail)
    got = target.answer(subject, at((ONE, ONE), (TWO, ONE), (TWO, TWO)))
    assert got[0].tolist() == [0, TWO, 0]
    assert "different answers" in target.notices()[0]


def test_what_fails_only_when_asked_again_keeps_the_first_answers(
    subject: Subject, fault_of: FaultOf
) -> None:
    turn = iter(range(9))

    def once(a: Any, b: Any) -> Any:
        if next(turn):
            raise ValueError("again")
        return a

    inputs = at((ONE, TWO), (TWO, ONE))
    fault = fault_of(CallableTarget(once), subject, inputs)
    assert "asked again" in str(fault)
    assert fault.answered[0].tolist() == [ONE, TWO]


def test_what_is_printed_and_warned_is_noticed_and_kept_from_us(
    subject: Subject, cases: Cases, capfd: pytest.CaptureFixture[str]
) -> None:
    def loud(a: Any, b: Any) -> Any:
        print("\nfirst", a.size)
        os.write(1, b"low\n")
        print("error", file=sys.stderr)
        sys.stdout.buffer.write(b"bytes\n")
        warnings.warn("old\nnews", DeprecationWarning, stacklevel=1)
        np.seterr(all="raise")
        return a.copy()

    before = np.geterr()
    target = CallableTarget(loud)
    for _ in range(2):
        target.answer(subject, cases(subject))
    assert capfd.readouterr() == ("", "")
    assert target.notices() == (
        "prints when it is called: 'first 200'",
        "warns when it is called: DeprecationWarning: old",
    )
    assert np.geterr() == before
    target.close()
    target.answer(subject, cases(subject))


def test_overflow_in_numpy_is_no_news() -> None:
    target = CallableTarget(lambda a, b: a * b)
    target.answer(
        make_subject("pam", "float32"), tuple(np.full(3, 0x7F000000, np.uint32) for _ in range(2))
    )
    assert target.notices() == ()


def scalar_log2(x: float) -> float:
    return math.log2(x) if x > 0 else -math.inf


def test_a_function_of_numbers_is_recognised(fault_of: FaultOf) -> None:
    subject = make_subject("palog2", "float32")
    fault = fault_of(CallableTarget(scalar_log2), subject)
    assert fault.kind == "exception"
    assert "takes single numbers, not arrays" in str(fault)
    assert "elementwise" in str(fault)


@pytest.mark.parametrize(
    ("choices", "words"),
    [
        ({"arrays": "jax"}, "arrays is 'jax'; it must be numpy, cupy, torch"),
        ({"gradient": "auto"}, "it must be 'function' or 'autograd'"),
        ({"gradient": "autograd"}, "needs arrays='torch'"),
        ({"elementwise": True, "arrays": "torch"}, "elementwise"),
    ],
)
def test_choices_that_do_not_fit_are_refused(right: SimpleNamespace, choices: Any, words: str) -> None:
    with pytest.raises(TargetError) as caught:
        CallableTarget(right.pam, **choices)
    assert words in str(caught.value)


def test_a_target_is_named_after_its_function() -> None:
    assert CallableTarget(scalar_log2).name == f"{__name__}:scalar_log2"
    assert CallableTarget(scalar_log2, "x.py:f").name == "x.py:f"
