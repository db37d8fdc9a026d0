"""Every operand of every small format: compiled loops and scalar bodies against the definition.

Two tiers against the one below: pamcheck.spec in fractions decides each result, the compiled loops are
held to it on every pair of codes, and the scalar bodies, run by Python's integers, to the loops.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from itertools import product
from typing import Any

import numpy as np
import pytest

from pamcheck import spec
from pamcheck.formats import get_format
from pamcheck.kernels.table import OPS
from pamcheck.policy import POLICIES as ALL_POLICIES

SMALL = ["float4_e2m1fn", "float6_e2m3fn", "float6_e3m2fn", "e2m1"]
BYTES = ["float8_e4m3fn", "float8_e5m2", "float8_e4m3", "e3m4", "e5m2fn", "e4m3f", "e2m5f"]
HALVES = ["float16", "bfloat16"]
POLICIES = [name for name, policy in ALL_POLICIES.items() if not policy.reference_only]
SEED = 2305

every_policy = pytest.mark.parametrize("policy", POLICIES)
every_op = pytest.mark.parametrize("op", OPS)
every_narrow = pytest.mark.parametrize("fmt", [*SMALL, *BYTES])
every_half = pytest.mark.parametrize("fmt", HALVES)

Codes = np.ndarray


# The definition as tables. Primitives come from spec.evaluate, entry by entry. Two shortcuts halve the
# work, and the first test holds both to spec.evaluate: composites are looked up in the tables of their
# primitives, and `saturate` is asked only where `ftz` gives the largest number or no number.


def all_codes(fmt: str) -> Codes:
    return np.arange(1 << get_format(fmt).width)


def grid(fmt: str, arity: int) -> list[Codes]:
    """Return every tuple of codes, as arrays that broadcast."""
    codes = all_codes(fmt)
    return [codes] if arity == 1 else [codes[:, None], codes[None, :]]


@cache
def primitive(op: str, fmt: str, policy: str) -> Codes:
    """Return spec.evaluate on every tuple of codes, indexed by the codes."""
    f, arity = get_format(fmt), OPS[op].arity
    if policy == "saturate":
        results = primitive(op, fmt, "ftz").copy()
        for codes in np.argwhere((results & f.magnitude) >= f.largest).tolist():
            results[*codes] = spec.evaluate(op, codes, f, policy)
        return results
    tuples = product(range(1 << f.width), repeat=arity)
    return np.array([spec.evaluate(op, codes, f, policy) for codes in tuples]).reshape(
        (1 << f.width,) * arity
    )


def with_log2e(op: str, codes: Codes, fmt: str, policy: str) -> Codes:
    """Return spec.evaluate of pam or padiv on codes and the constant log2 e, once a distinct code."""
    f = get_format(fmt)
    constant = f.encode(spec.LOG2_E)
    distinct, where = np.unique(codes, return_inverse=True)
    return np.array([spec.evaluate(op, (int(code), constant), f, policy) for code in distinct])[where]


@cache
def table(op: str, fmt: str, policy: str) -> Codes:
    """Return the definition of any operation on every tuple of codes, indexed by the codes."""
    if op == "palog":
        return with_log2e("padiv", table("palog2", fmt, policy), fmt, policy)
    if op == "paexp":
        return table("paexp2", fmt, policy)[with_log2e("pam", all_codes(fmt), fmt, policy)]
    if op == "papow":
        return table("paexp2", fmt, policy)[table("pam", fmt, policy)[table("palog2", fmt, policy)]]
    return primitive(op, fmt, policy)


@pytest.mark.parametrize("fmt", [*SMALL, *BYTES, *HALVES])
@every_policy
def test_the_tables_hold_what_the_definition_gives(
    fmt: str, policy: str, assert_same_codes: Callable[..., None]
) -> None:
    for op, operation in OPS.items():
        if fmt in HALVES and operation.arity == 2:
            continue  # a table of 2^32 pairs
        drawn = np.random.default_rng(SEED).integers(0, 1 << get_format(fmt).width, (operation.arity, 400))
        direct = np.array([spec.evaluate(op, codes, fmt, policy) for codes in drawn.T.tolist()])
        assert_same_codes(table(op, fmt, policy)[tuple(drawn)], direct, drawn, fmt, f"{op} {policy}")


# Compiled loops


@every_narrow
@every_policy
@every_op
def test_every_pair_of_codes_gives_the_code_that_the_definition_gives(
    op: str, fmt: str, policy: str, kernel: Callable[..., Any], assert_same_codes: Callable[..., None]
) -> None:
    operands = grid(fmt, OPS[op].arity)
    got = kernel(op, operands, fmt, policy)
    assert_same_codes(got, table(op, fmt, policy), operands, fmt, f"{op} {policy}")


@every_half
@every_policy
@pytest.mark.parametrize("op", [name for name, op in OPS.items() if op.arity == 1])
def test_every_sixteen_bit_code_gives_the_code_that_the_definition_gives(
    op: str, fmt: str, policy: str, kernel: Callable[..., Any], assert_same_codes: Callable[..., None]
) -> None:
    codes = all_codes(fmt)
    got = kernel(op, [codes], fmt, policy)
    assert_same_codes(got, table(op, fmt, policy), [codes], fmt, f"{op} {policy}")


@pytest.mark.parametrize("fmt", ["float6_e2m3fn", "float6_e3m2fn", "e2m3", "e3m2fn"])
@every_policy
@pytest.mark.parametrize("op", ["pam", "padiv"])
def test_an_offset_shifts_every_pair_as_the_definition_says(
    op: str, fmt: str, policy: str, kernel: Callable[..., Any], assert_same_codes: Callable[..., None]
) -> None:
    f, operands, codes = get_format(fmt), grid(fmt, 2), all_codes(fmt)
    for offset in sorted({1 - f.tiny, -1, 1, f.tiny >> 1, f.tiny - 1}):
        rows = [[spec.evaluate(op, (a, b), f, policy, offset) for b in codes] for a in codes]
        got = kernel(op, operands, fmt, policy, offset)
        assert_same_codes(got, rows, operands, fmt, f"{op} {policy} offset {offset}")


@pytest.mark.parametrize("fmt", BYTES)
@every_policy
@pytest.mark.parametrize("op", ["pam", "padiv"])
def test_a_byte_shifted_by_an_offset_agrees_with_the_definition_beside_every_edge(
    op: str, fmt: str, policy: str, kernel: Callable[..., Any], assert_same_codes: Callable[..., None]
) -> None:
    f = get_format(fmt)
    near = np.array(edges(fmt))
    for offset in (1 - f.tiny, f.tiny - 1):
        operands = [all_codes(fmt)[:, None], near[None, :]]
        rows = [[spec.evaluate(op, (a, b), f, policy, offset) for b in near] for a in all_codes(fmt)]
        got = kernel(op, operands, fmt, policy, offset)
        assert_same_codes(got, rows, operands, fmt, f"{op} {policy} offset {offset}")


# Scalar bodies


def edges(fmt: str) -> list[int]:
    """Return the codes beside the landmarks of a format, of both signs."""
    f = get_format(fmt)
    marks = {0, 1, f.tiny - 1, f.tiny, f.one - 1, f.one, f.one + 1, f.largest, f.largest + 1, f.magnitude}
    return sorted(sign | code for code in marks if code <= f.magnitude for sign in (0, f.sign))


@every_narrow
@every_policy
@every_op
def test_the_scalar_body_gives_what_the_compiled_loop_gives(
    op: str,
    fmt: str,
    policy: str,
    kernel: Callable[..., Any],
    body: Callable[..., int],
    assert_same_codes: Callable[..., None],
) -> None:
    operands = grid(fmt, OPS[op].arity)
    if OPS[op].arity == 2 and fmt in BYTES:
        operands[1] = np.array(edges(fmt))[None, :]
    flat = [axis.ravel() for axis in np.broadcast_arrays(*operands)]
    scalar = [body(op, codes, fmt, policy) for codes in zip(*flat, strict=True)]
    assert_same_codes(scalar, kernel(op, flat, fmt, policy), flat, fmt, f"{op} {policy}")


@every_half
@every_policy
@pytest.mark.parametrize("op", [name for name, op in OPS.items() if op.arity == 1])
def test_the_scalar_body_gives_what_the_compiled_loop_gives_on_sixteen_bits(
    op: str,
    fmt: str,
    policy: str,
    kernel: Callable[..., Any],
    body: Callable[..., int],
    assert_same_codes: Callable[..., None],
) -> None:
    codes = np.unique([*edges(fmt), *range(0, 1 << 16, 29)])
    scalar = [body(op, (code,), fmt, policy) for code in codes]
    assert_same_codes(scalar, kernel(op, [codes], fmt, policy), [codes], fmt, f"{op} {policy}")
