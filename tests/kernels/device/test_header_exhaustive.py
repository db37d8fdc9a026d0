"""The device header against the definition: every operand of every small format, bit for bit."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from itertools import product
from typing import Any

import numpy as np
import pytest

from pamcheck import spec
from pamcheck.formats import get_format
from pamcheck.kernels.table import BODIES, OPS, cotangents
from pamcheck.policy import POLICIES as ALL_POLICIES
from pamcheck.spec import derivatives, mimic

SMALL = ["float4_e2m1fn", "float6_e2m3fn", "float6_e3m2fn", "e2m1"]
BYTES = ["float8_e4m3fn", "float8_e5m2", "float8_e4m3", "e3m4", "e5m2fn", "e4m3f", "e2m5f"]
HALVES = ["float16", "bfloat16"]
POLICIES = [name for name, policy in ALL_POLICIES.items() if not policy.reference_only]
SEED = 53
COTANGENTS = [name for name in BODIES if name not in OPS]

every_policy = pytest.mark.parametrize("policy", POLICIES)

Codes = np.ndarray


def all_codes(fmt: str) -> Codes:
    return np.arange(1 << get_format(fmt).width)


def grid(fmt: str, arity: int) -> list[Codes]:
    """Return every tuple of codes, as arrays that broadcast."""
    return list(np.ix_(*[all_codes(fmt)] * arity))


@cache
def defined(op: str, fmt: str, policy: str) -> Codes:
    """Return spec.evaluate on every tuple of codes, indexed by the codes.

    Two shortcuts, which the first test holds to spec.evaluate: papow is looked up in the tables of its
    primitives, and the other policies are asked only where they can part from `ftz`.
    """
    f, arity = get_format(fmt), OPS[op].arity
    if op == "papow":
        return defined("paexp2", fmt, policy)[defined("pam", fmt, policy)[defined("palog2", fmt, policy)]]
    if policy == "ftz" or arity == 1:
        tuples = product(range(1 << f.width), repeat=arity)
        results = np.array([spec.evaluate(op, codes, f, policy) for codes in tuples])
        return results.reshape((1 << f.width,) * arity)
    results = defined(op, fmt, "ftz").copy()
    sizes, operands = results & f.magnitude, all_codes(fmt) & f.magnitude
    subnormal = (operands < f.tiny) & (operands > 0)
    below = (sizes == 0) | subnormal[:, None] | subnormal[None, :]
    for codes in np.argwhere(sizes >= f.largest if policy == "saturate" else below).tolist():
        results[*codes] = spec.evaluate(op, codes, f, policy)
    return results


@pytest.mark.parametrize("fmt", [*SMALL, *BYTES])
@every_policy
def test_the_tables_hold_what_the_definition_gives(
    fmt: str, policy: str, assert_same_codes: Callable[..., None]
) -> None:
    for op in ("pam", "padiv", "papow"):
        drawn = np.random.default_rng(SEED).integers(0, 1 << get_format(fmt).width, (2, 400))
        direct = np.array([spec.evaluate(op, codes, fmt, policy) for codes in drawn.T.tolist()])
        assert_same_codes(defined(op, fmt, policy)[tuple(drawn)], direct, drawn, fmt, f"{op} {policy}")


@pytest.mark.parametrize("fmt", [*SMALL, *BYTES])
@every_policy
@pytest.mark.parametrize("op", OPS)
def test_the_header_gives_every_pair_the_code_that_the_definition_gives(
    op: str, fmt: str, policy: str, header: Callable[..., Any], assert_same_codes: Callable[..., None]
) -> None:
    operands = grid(fmt, OPS[op].arity)
    got = header(op, operands, fmt, policy)
    assert_same_codes(got, defined(op, fmt, policy), operands, fmt, f"{op} {policy}")


@pytest.mark.parametrize("fmt", ["e2m3", "e3m2fn"])
@every_policy
@pytest.mark.parametrize("op", ["pam", "padiv"])
def test_an_offset_shifts_every_pair_as_the_definition_says(
    op: str, fmt: str, policy: str, header: Callable[..., Any], assert_same_codes: Callable[..., None]
) -> None:
    f, operands, codes = get_format(fmt), grid(fmt, 2), all_codes(fmt)
    for offset in (1 - f.tiny, -1, f.tiny - 1):
        rows = [[spec.evaluate(op, (a, b), f, policy, offset) for b in codes] for a in codes]
        got = header(op, operands, fmt, policy, offset)
        assert_same_codes(got, rows, operands, fmt, f"{op} {policy} offset {offset}")


@pytest.mark.parametrize("fmt", ["float4_e2m1fn", "e2m2", "float6_e2m3fn", "e3m2fn", "float8_e5m2"])
@every_policy
def test_scaling_gives_every_code_what_the_definition_gives(
    fmt: str, policy: str, header: Callable[..., Any], assert_same_codes: Callable[..., None]
) -> None:
    f, codes = get_format(fmt), all_codes(fmt)
    reach = (1 << f.exp_bits) + f.mant_bits + 1
    for k in [*range(-reach, reach + 1, 1 if f.width < 8 else 3), -(2**31), 2**31 - 1]:
        expected = [spec.scale(code, k, f, policy) for code in codes]
        assert_same_codes(header("scale", [codes], fmt, policy, k=k), expected, [codes], fmt, f"scale {k}")


# Against the compiled loops, which other tests hold to the definition on the same operands


@pytest.mark.parametrize("fmt", BYTES)
@every_policy
@pytest.mark.parametrize("op", ["pam", "padiv"])
def test_an_offset_shifts_every_pair_of_bytes_as_the_compiled_loop_does(
    op: str,
    fmt: str,
    policy: str,
    header: Callable[..., Any],
    kernel: Callable[..., Any],
    assert_same_codes: Callable[..., None],
) -> None:
    f, operands = get_format(fmt), grid(fmt, 2)
    for offset in sorted({1 - f.tiny, -1, 1, f.tiny >> 1, f.tiny - 1}):
        got = header(op, operands, fmt, policy, offset)
        expected = kernel(op, operands, fmt, policy, offset)
        assert_same_codes(got, expected, operands, fmt, f"{op} {policy} offset {offset}")


@pytest.mark.parametrize("fmt", HALVES)
@every_policy
@pytest.mark.parametrize("op", [name for name, op in OPS.items() if op.arity == 1])
def test_every_sixteen_bit_code_gives_what_the_compiled_loop_gives(
    op: str,
    fmt: str,
    policy: str,
    header: Callable[..., Any],
    kernel: Callable[..., Any],
    assert_same_codes: Callable[..., None],
) -> None:
    codes = all_codes(fmt)
    got, expected = header(op, [codes], fmt, policy), kernel(op, [codes], fmt, policy)
    assert_same_codes(got, expected, [codes], fmt, f"{op} {policy}")


@pytest.mark.parametrize("fmt", [*SMALL, "e2m2", "e3m1fn", "e3m2"])
@every_policy
@pytest.mark.parametrize("slope", COTANGENTS)
def test_a_cotangent_gives_every_triple_what_the_compiled_loop_gives(
    slope: str,
    fmt: str,
    policy: str,
    header: Callable[..., Any],
    kernel: Callable[..., Any],
    assert_same_codes: Callable[..., None],
) -> None:
    f, operands = get_format(fmt), grid(fmt, BODIES[slope][1])
    takes_offset = OPS[slope.partition("_")[0]].takes_offset
    for offset in sorted({0, 1 - f.tiny, -1, 1, f.tiny - 1}) if takes_offset else [0]:
        got = header(slope, operands, fmt, policy, offset)
        expected = kernel(slope, operands, fmt, policy, offset)
        assert_same_codes(got, expected, operands, fmt, f"{slope} {policy} offset {offset}")


@pytest.fixture(scope="module")
def remembered_definition() -> Iterator[None]:
    """Let the definition remember slopes and scaled codes: thousands of triples share a few of them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(derivatives, "scale", cache(derivatives.scale))
        evaluate = cache(mimic.evaluate)
        patch.setattr(mimic, "evaluate", lambda op, codes, *rest: evaluate(op, tuple(codes), *rest))
        for op, slopes in derivatives.SLOPES.items():
            patch.setitem(derivatives.SLOPES, op, cache(slopes))
        yield


@pytest.mark.parametrize("fmt", ["float4_e2m1fn", "e2m1", "e2m2"])
@every_policy
@pytest.mark.parametrize("op", OPS)
@pytest.mark.parametrize("mode", ["exact", "mimic"])
@pytest.mark.usefixtures("remembered_definition")
def test_a_cotangent_gives_every_triple_what_the_definition_gives(
    mode: str,
    op: str,
    fmt: str,
    policy: str,
    header: Callable[..., Any],
    assert_same_codes: Callable[..., None],
) -> None:
    operands = grid(fmt, OPS[op].arity + 1)
    tuples = product(range(1 << get_format(fmt).width), repeat=len(operands))
    found = [spec.vjp(op, codes, delta, fmt, policy, mode) for delta, *codes in tuples]
    for name, expected in zip(cotangents(op, mode), zip(*found, strict=True), strict=True):
        got = header(name, operands, fmt, policy)
        assert_same_codes(got, np.reshape(expected, got.shape), operands, fmt, f"{name} {policy}")
