# ruff: noqa: ARG005, foreign functions need not use what they are given
from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from pamcheck.testing.subject import Codes, make_subject
from pamcheck.testing.target import TargetFault
from pamcheck.testing.targets.callables import CallableTarget
from pamcheck.testing.targets.scalars import Scalars

FORMATS = ("float64", "float32", "float16", "bfloat16", "float8_e4m3fn", "float4_e2m1fn", "e5m3", "e3m2f")


@pytest.mark.parametrize("fmt", FORMATS)
def test_floats_are_turned_back_into_the_codes_they_came_from(
    fmt: str, cases: Callable[..., tuple[Codes, ...]]
) -> None:
    subject = make_subject("palog2", fmt)
    [codes] = cases(subject, 500)
    f = subject.fmt
    back = Scalars().codes(Scalars().given(codes, f), f, codes.size)
    nan = np.array([f.is_nan(code) for code in codes.tolist()])
    assert np.array_equal(back[~nan], codes[~nan])
    assert set(back[nan].tolist()) <= {f.nan}


@pytest.mark.parametrize("fmt", FORMATS)
def test_a_float_between_two_codes_is_rounded_once(fmt: str) -> None:
    f = make_subject("palog2", fmt).fmt
    step = 2.0**-f.mant_bits
    ties = [
        (1.0 + k * step / 2) * scale
        for k in (1, 3)
        for scale in (1.0, -(2.0**-3), float(f.decode(f.tiny)) / 2)
    ]
    # ties but for 2^-45 of them: by way of float32 they would be taken for ties
    values = [tie * (1 + odd * 2.0**-45) for tie in ties for odd in (-1, 0, 1)]
    values += [float(f.decode(f.largest)) * (1 + step * k / 8) for k in (1, 2, 3) if f.name != "float64"]
    values += [1e300, -1e300, -1e-300, 1e-45, math.inf, -math.inf, math.nan, -math.nan, 3, -0.0]
    got = Scalars().codes(values, f, len(values)).tolist()
    for value, code in zip(values, got, strict=True):
        wanted = f.encode(float(value)) if value == value else f.encode(math.nan)
        assert code == wanted, (value, f.hex(code), f.hex(wanted))


def test_functions_of_numbers_are_called_case_by_case() -> None:
    subject = make_subject("pam", "float32", mode="exact")
    target = CallableTarget(lambda a, b, c: (b * c, a * c), elementwise=True)
    inputs = [
        np.array([0x40000000], np.uint32),
        np.array([0x40400000], np.uint32),
        np.array([0x3F800000], np.uint32),
    ]
    assert [hex(x[0]) for x in target.answer(subject, inputs)] == ["0x40400000", "0x40000000"]
    codes = CallableTarget(lambda a, b: a ^ b, elementwise=True, codes=True)
    assert codes.answer(make_subject("pam"), inputs[:2])[0].tolist() == [0x00400000]


@pytest.mark.parametrize(
    ("fn", "choices", "kind", "words"),
    [
        (lambda a, b: "1", {}, "dtype", "returned a str; it must be a float"),
        (lambda a, b: None, {}, "dtype", "returned a NoneType"),
        (lambda a, b: 1j, {}, "dtype", "complex"),
        (lambda a, b: 1.0, {"codes": True}, "dtype", "it must be an int"),
        (lambda a, b: -1, {"codes": True}, "garbled", "answered -0x1, which is no code of float32"),
        (lambda a, b: a / (b - 1.0), {}, "exception", "ZeroDivisionError"),
    ],
)
def test_other_answers_are_told_with_their_case(fn: Any, choices: Any, kind: str, words: str) -> None:
    inputs = [np.array([0x40000000, 0x3F800000], np.uint32), np.array([0x40400000, 0x3F800000], np.uint32)]
    with pytest.raises(TargetFault) as caught:
        CallableTarget(fn, elementwise=True, **choices).answer(make_subject("pam"), inputs)
    assert caught.value.kind == kind
    assert words in str(caught.value)
    assert caught.value.case == (
        (0x3F800000, 0x3F800000) if kind == "exception" else (0x40000000, 0x40400000)
    )


def test_a_wrong_number_of_derivatives_is_told() -> None:
    inputs = [np.array([0x40000000], np.uint32)] * 3
    with pytest.raises(TargetFault, match="must be a tuple of 2 numbers") as caught:
        CallableTarget(lambda a, b, c: a, elementwise=True).answer(
            make_subject("pam", mode="exact"), inputs
        )
    assert caught.value.kind == "arity"
