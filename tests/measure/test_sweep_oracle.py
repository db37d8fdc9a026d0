"""The oracle of a sweep, held to the definition: every pair of 8 bits, samples of the wide formats."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from pamcheck import spec
from pamcheck.formats import get_format
from pamcheck.measure import sampling
from pamcheck.measure.sweep import oracle_loops, reals
from pamcheck.measure.sweep.oracle import ORACLES
from pamcheck.policy import POLICIES, get_policy

SEED = 20_26_11
EIGHT_BITS = ("float8_e5m2", "float8_e4m3", "float8_e4m3fn")
NARROW = ("float6_e3m2fn", "float6_e2m3fn", "float4_e2m1fn", "e3m2", "e2m2fn")
WIDE = ("float64", "float32", "float16", "bfloat16", "e10m5fn", "e3m9f")
RUNNING = [name for name, policy in POLICIES.items() if not policy.reference_only]


@cache
def defined(op: str, codes: tuple[int, ...], fmt: str, policy: str, offset: int = 0) -> int:
    return spec.evaluate(op, codes, fmt, policy, offset)


def differing(op: str, fmt: str, policy: str, operands: list[np.ndarray], offset: int = 0) -> list[str]:
    """The first operands on which the oracle is not the definition, in hexadecimal."""
    f = get_format(fmt)
    word = np.uint32 if f.width <= 32 else np.uint64
    columns = [codes.astype(word) for codes in operands]
    a, b = columns[0] if len(columns) == 2 else np.zeros(1, word), columns[-1]
    out = np.empty_like(b)
    oracle_loops.fill(op, a, b, out, reals.facts(f, get_policy(policy), offset))
    rows = zip(*(codes.tolist() for codes in columns), strict=True)
    wanted = [defined(op, row, fmt, policy, offset) for row in rows]
    wrong = np.flatnonzero(out != np.array(wanted, word))[:3]
    return [
        f"{op} {' '.join(f.hex(int(c[i])) for c in columns)}: {f.hex(int(out[i]))}, not {f.hex(wanted[i])}"
        for i in wrong
    ]


@pytest.mark.parametrize("policy", RUNNING)
@pytest.mark.parametrize("fmt", EIGHT_BITS)
@pytest.mark.parametrize("op", ["pam", "padiv", "papow"])
def test_on_pairs_of_8_bits_it_is_the_definition(op: str, fmt: str, policy: str) -> None:
    """Every pair of pam and padiv; of papow, and where only overflow is another, one pair in eleven."""
    every = sampling.exhaustive(get_format(fmt), 2).operands
    step = 11 if op == "papow" or policy == "saturate" else 1
    chosen = [codes[EIGHT_BITS.index(fmt) % step :: step] for codes in every]
    assert differing(op, fmt, policy, chosen) == []


@pytest.mark.parametrize("policy", RUNNING)
@pytest.mark.parametrize("fmt", NARROW)
@pytest.mark.parametrize("op", ORACLES)
def test_on_every_operand_of_6_bits_and_fewer_it_is_the_definition(op: str, fmt: str, policy: str) -> None:
    arity = spec.OPERATIONS[op]
    chosen = [
        codes[:: 3 if arity == 2 else 1] for codes in sampling.exhaustive(get_format(fmt), arity).operands
    ]
    assert differing(op, fmt, policy, chosen) == []


@pytest.mark.parametrize("policy", RUNNING)
@pytest.mark.parametrize("fmt", EIGHT_BITS)
@pytest.mark.parametrize("op", ["palog2", "paexp2", "pasqrt", "palog", "paexp"])
def test_on_every_operand_of_8_bits_it_is_the_definition(op: str, fmt: str, policy: str) -> None:
    assert differing(op, fmt, policy, [*sampling.exhaustive(get_format(fmt), 1).operands]) == []


@pytest.mark.parametrize("fmt", WIDE)
@pytest.mark.parametrize("op", ORACLES)
def test_on_a_sample_of_the_wide_formats_it_is_the_definition(op: str, fmt: str) -> None:
    arity = spec.OPERATIONS[op]
    sample = sampling.stratified(get_format(fmt), arity, seed=SEED, strata=100)
    for policy in RUNNING:
        assert differing(op, fmt, policy, [*sample.operands]) == []


@pytest.mark.parametrize("fmt", ["float64", "float32", "bfloat16", "float8_e4m3fn"])
@pytest.mark.parametrize("op", ["pam", "padiv"])
def test_with_an_offset_it_is_the_definition(op: str, fmt: str) -> None:
    f = get_format(fmt)
    sample = sampling.stratified(f, 2, seed=SEED + 1, strata=60)
    for offset in (f.tiny - 1, -(f.tiny // 3), f.tiny // 2):
        assert differing(op, fmt, "gradual", [*sample.operands], offset) == []


@pytest.mark.parametrize("policy", RUNNING)
@pytest.mark.parametrize("op", ["pam", "padiv", "papow"])
def test_a_row_is_what_the_same_pairs_are_one_by_one(op: str, policy: str) -> None:
    f = get_format("bfloat16")
    b = np.arange(1 << 16).astype(np.uint16)
    facts = reals.facts(f, get_policy(policy), 3 if op != "papow" else 0)
    for a in (0, 1, 0x80, 0x3F80, 0x3FC1, 0x7F7F, 0x7F80, 0x7FC0, 0x8000, 0x8001, 0xBFC1, 0xFF80):
        row, pairs = np.empty_like(b), np.empty_like(b)
        oracle_loops.fill(op, np.array([a], np.uint16), b, row, facts)
        oracle_loops.fill(op, np.full_like(b, a), b, pairs, facts)
        assert np.array_equal(row, pairs), f.hex(a)
