"""The unit that mutants are made of is right."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product

import pytest

from pamcheck.kernels.table import OPS
from pamcheck.testing.mutants.probes import probes
from pamcheck.testing.mutants.reach import rows_of
from pamcheck.testing.mutants.unit import Unit
from pamcheck.testing.subject import Codes, Subject, make_subject

CASES = [
    *product(("float4_e2m1fn",), OPS, ("ftz", "gradual", "saturate"), (0,), ("", "exact", "mimic")),
    *product(("e2m2",), OPS, ("gradual",), (0,), ("", "exact", "mimic")),
    *product(("e3m1",), ("pam", "padiv"), ("ftz",), (0.25, -0.5), ("", "exact", "mimic")),
]


def _held(subject: Subject, inputs: tuple[Codes, ...]) -> None:
    unit = Unit(subject)
    expected = rows_of(subject.expected(inputs))
    for row, right in zip(rows_of(inputs), expected, strict=True):
        got = unit.answer(*row)
        got = got if isinstance(got, tuple) else (got,)
        assert got == right, (str(subject), [*map(hex, row)], [*map(hex, got)], [*map(hex, right)])


@pytest.mark.parametrize(("fmt", "op", "policy", "offset", "mode"), CASES)
def test_an_unmutated_unit_is_the_definition(
    fmt: str, op: str, policy: str, offset: float, mode: str, inputs_of: Callable[..., tuple[Codes, ...]]
) -> None:
    subject = make_subject(op, fmt, policy, offset, mode)
    _held(subject, inputs_of(subject))


@pytest.mark.parametrize("op", ["pam", "padiv"])
def test_the_published_thresholds_are_the_definition_s(op: str) -> None:
    subject = make_subject(op, "bfloat16", "kosson2023")
    _held(subject, tuple(codes[:150] for codes in probes(subject)))


@pytest.mark.parametrize("op", OPS)
@pytest.mark.parametrize("fmt", ["float32", "float64"])
def test_a_unit_is_right_in_wide_formats_too(fmt: str, op: str) -> None:
    for mode in ("", "exact", "mimic"):
        subject = make_subject(op, fmt, "gradual", mode=mode)
        _held(subject, tuple(codes[:60] for codes in probes(subject)))
