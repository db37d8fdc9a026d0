"""Verdicts and witnesses: what is printed and what reaches a JSON file."""

from __future__ import annotations

import json

import numpy as np
import pytest

from pamcheck.formats import get_format
from pamcheck.measure.verdict import EVIDENCE, Verdict, Witness


def test_a_witness_shows_its_operands_as_values_and_as_codes() -> None:
    witness = Witness.of(get_format("float16"), (0x3E00, 0xBE00), "-1/9 relative")
    assert witness.values == (1.5, -1.5)
    assert witness.codes == ("0x3e00", "0xbe00")
    assert str(witness) == "(1.5, -1.5) = (0x3e00, 0xbe00) in float16: -1/9 relative"


@pytest.mark.parametrize(
    ("name", "code", "text"),
    [
        ("float4_e2m1fn", 0x8, "(-0) = (0x8) in float4_e2m1fn"),
        ("float8_e4m3fn", 0x7F, "(nan) = (0x7f) in float8_e4m3fn"),
        ("float32", 0xFF800000, "(-inf) = (0xff800000) in float32"),
        ("float64", 1, "(4.94065646e-324) = (0x0000000000000001) in float64"),
    ],
)
def test_a_witness_can_be_any_code(name: str, code: int, text: str) -> None:
    assert str(Witness.of(get_format(name), (code,), "none")) == f"{text}: none"


def test_a_witness_takes_numpy_codes() -> None:
    fmt = get_format("float16")
    codes = np.array([0x3E00, 0x4000], np.uint16)
    assert Witness.of(fmt, [int(c) for c in codes], "0") == Witness.of(fmt, (0x3E00, 0x4000), "0")


def test_a_verdict_survives_json() -> None:
    worst = Witness.of(get_format("bfloat16"), (0x3FC0, 0x3FC0), "-1/9 relative")
    verdict = Verdict("a claim", True, "[-1/9, 0]", -1 / 9, 0.0, "proof", "because", "a source", worst)
    record = json.loads(json.dumps(verdict.record()))
    back = Witness(**{k: tuple(v) if isinstance(v, list) else v for k, v in record.pop("worst").items()})
    assert Verdict(**record, worst=back) == verdict


def test_a_verdict_without_a_witness_survives_json() -> None:
    verdict = Verdict("a claim", False, "x", 0.1, 0.2, "sample", "why")
    record = json.loads(json.dumps(verdict.record()))
    assert record["worst"] is None
    assert record["source"] == ""
    assert Verdict(**record) == verdict


def test_every_kind_of_evidence_is_explained() -> None:
    assert set(EVIDENCE) == {"proof", "exhaustive", "quadrature", "sample", "timing"}
    assert all(EVIDENCE.values())
