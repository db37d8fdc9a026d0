"""Wide formats against the definition: all exponents, boundary mantissas, kinks, ties, and random ones.

In pam and padiv float16, bfloat16 and float32 meet every pair of exponent fields; the other policies,
float64 and wide custom formats a sample of them. Mantissas are drawn by kind, so that each place at
which the bodies decide something is met thousands of times; all draws have the seed below.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest

from pamcheck import spec
from pamcheck.formats import FloatFormat, get_format
from pamcheck.kernels.table import OPS
from pamcheck.policy import POLICIES, get_policy

SEED = 17190
BINARY = [name for name, op in OPS.items() if op.arity == 2]
UNARY = [name for name, op in OPS.items() if op.arity == 1]
CUSTOM = ["e5m3", "e4m10fn", "e8m10", "e8m22f", "e10m21fn", "e2m29", "e11m20", "e9m30", "e6m40f", "e11m51"]

every_policy = pytest.mark.parametrize(
    "policy", [name for name, policy in POLICIES.items() if not policy.reference_only]
)

Codes = np.ndarray


def rng_for(*name: str) -> np.random.Generator:
    """Return a generator seeded by the SEED and the name of the test case: stable from run to run."""
    return np.random.default_rng([SEED, zlib.crc32(" ".join(name).encode())])


def mantissas(f: FloatFormat, n: int, rng: np.random.Generator) -> Codes:
    """Return n mantissas: a third boundaries, a third ending in zeros (ties), a third random."""
    half = f.tiny >> 1
    boundary = np.array([0, 1, half - 1, half, half + 1, f.tiny - 2, f.tiny - 1]) % f.tiny
    drawn = rng.integers(0, f.tiny, n)
    last = np.int64(1) << rng.integers(0, f.mant_bits, n)
    kind = rng.integers(0, 3, n)
    return np.select([kind == 0, kind == 1], [rng.choice(boundary, n), (drawn | last) & -last], drawn)


def compose(
    f: FloatFormat, fields: Codes, mantissa: Codes, rng: np.random.Generator, minus: float
) -> Codes:
    """Return codes with these exponent fields and mantissas, negative with probability `minus`."""
    magnitude = (fields.astype(np.uint64) << np.uint64(f.mant_bits)) | mantissa.astype(np.uint64)
    return np.where(rng.random(fields.size) < minus, magnitude | np.uint64(f.sign), magnitude)


def pairs(op: str, f: FloatFormat, first: Codes, second: Codes, rng: np.random.Generator) -> list[Codes]:
    """Return pairs of codes with these exponent fields; a quarter lies on a kink or one code beside it."""
    ma, mb = mantissas(f, first.size, rng), mantissas(f, first.size, rng)
    kink = (ma if op == "padiv" else -ma) + rng.integers(-1, 2, first.size)
    mb = np.where(rng.integers(0, 4, first.size) == 0, kink & (f.tiny - 1), mb)
    a = compose(f, first, ma, rng, minus=0.05 if op == "papow" else 0.5)
    return [a, compose(f, second, mb, rng, minus=0.5)]


def fields_of(f: FloatFormat, n: int | None, rng: np.random.Generator) -> list[Codes]:
    """Return every pair of exponent fields, or n random ones with both ends and the middle among them."""
    count = 1 << f.exp_bits
    if n is None:
        return [axis.ravel() for axis in np.indices((count, count))]
    marks = np.array([0, 1, 2, f.bias - 1, f.bias, f.bias + 1, count - 2, count - 1])
    marks = marks[marks < count]
    drawn = rng.integers(0, count, (2, n))
    return list(np.where(rng.random((2, n)) < 0.2, rng.choice(marks, (2, n)), drawn))


def defined(op: str, operands: Sequence[Codes], f: FloatFormat, policy: str, offset: int = 0) -> Codes:
    """Return the definition's codes."""
    p = get_policy(policy)
    tuples = zip(*(axis.tolist() for axis in operands), strict=True)
    return np.array([spec.evaluate(op, codes, f, p, offset) for codes in tuples], dtype=np.uint64)


# Pairs


@pytest.mark.parametrize(
    ("fmt", "n", "repeat"),
    [("float16", None, 6), ("bfloat16", None, 1), ("float32", None, 1), ("float64", 8000, 1)],
)
@every_policy
@pytest.mark.parametrize("op", BINARY)
def test_a_pair_with_any_exponents_gives_the_code_that_the_definition_gives(
    op: str,
    fmt: str,
    n: int | None,
    repeat: int,
    policy: str,
    kernel: Callable[..., Any],
    assert_same_codes: Callable[..., None],
) -> None:
    f, rng = get_format(fmt), rng_for(op, fmt, policy)
    if policy != "ftz" or (op == "papow" and f.exp_bits == 8):
        # policies part only at the ends, and a power is nearly always beyond one: a sample does for these
        n, repeat = n or 16_000, 1
    first, second = (np.tile(axis, repeat) for axis in fields_of(f, n, rng))
    operands = pairs(op, f, first, second, rng)
    got = kernel(op, operands, fmt, policy)
    assert_same_codes(got, defined(op, operands, f, policy), operands, f, f"{op} {policy}")


@pytest.mark.parametrize("fmt", CUSTOM)
@every_policy
@pytest.mark.parametrize("op", BINARY)
def test_a_custom_format_of_any_width_gives_the_code_that_the_definition_gives(
    op: str, fmt: str, policy: str, kernel: Callable[..., Any], assert_same_codes: Callable[..., None]
) -> None:
    f, rng = get_format(fmt), rng_for(op, fmt, policy)
    operands = pairs(op, f, *fields_of(f, 500, rng), rng)
    got = kernel(op, operands, fmt, policy)
    assert_same_codes(got, defined(op, operands, f, policy), operands, f, f"{op} {policy}")


@pytest.mark.parametrize("fmt", ["float64", "float32", "float16", "bfloat16", "e11m20", "e6m40f"])
@every_policy
@pytest.mark.parametrize("op", ["pam", "padiv"])
def test_an_offset_shifts_pairs_as_the_definition_says(
    op: str, fmt: str, policy: str, kernel: Callable[..., Any], assert_same_codes: Callable[..., None]
) -> None:
    f, rng = get_format(fmt), rng_for("offset", op, fmt, policy)
    for offset in (1 - f.tiny, -1, 1, f.tiny >> 4, f.tiny - 1):
        operands = pairs(op, f, *fields_of(f, 200, rng), rng)
        got = kernel(op, operands, fmt, policy, offset)
        expected = defined(op, operands, f, policy, offset)
        assert_same_codes(got, expected, operands, f, f"{op} {policy} offset {offset}")


@pytest.mark.parametrize("fmt", ["float64", "float32", "float16", "bfloat16"])
@every_policy
@pytest.mark.parametrize("op", ["pam", "padiv"])
def test_results_beside_both_ends_of_the_range_are_what_the_definition_gives(
    op: str, fmt: str, policy: str, kernel: Callable[..., Any], assert_same_codes: Callable[..., None]
) -> None:
    f, rng = get_format(fmt), rng_for("ends", op, fmt, policy)
    a = rng.integers(f.tiny, f.largest, 1000)
    ends = rng.choice([0, f.tiny, f.largest, -(f.mant_bits + 1) << f.mant_bits], a.size) + rng.integers(
        -3, 4, a.size
    )
    b = ends - a + f.one if op == "pam" else a + f.one - ends
    kept = (b >= 0) & (b <= f.largest)
    operands = [a[kept].astype(np.uint64), b[kept].astype(np.uint64)]
    assert operands[0].size > 200
    got = kernel(op, operands, fmt, policy)
    assert_same_codes(got, defined(op, operands, f, policy), operands, f, f"{op} {policy}")


# Single operands


def singles(f: FloatFormat, n: int, rng: np.random.Generator) -> Codes:
    """Return n codes over the exponent fields: all of them where n is enough for that."""
    fields = np.resize(rng.permutation(1 << f.exp_bits), n)
    return compose(f, fields, mantissas(f, n, rng), rng, minus=0.2)


def exponents_in_reach(f: FloatFormat, n: int, rng: np.random.Generator) -> Codes:
    """Return operands whose PAM power of two is a number of the format, or a subnormal, or just neither."""
    low, high = -(f.bias + f.mant_bits + 3.0), f.bias + 3.0
    uniform = rng.uniform(low, high, n)
    below = rng.uniform(low, 2.0 - f.bias, n)
    halves = np.rint(uniform * 2**8) / 2**8
    return np.array([f.encode(float(x)) for x in np.concatenate([uniform, below, halves])], dtype=np.uint64)


@pytest.mark.parametrize(
    ("fmt", "n"), [("float32", 2000), ("float64", 3000), *((fmt, 400) for fmt in CUSTOM)]
)
@every_policy
@pytest.mark.parametrize("op", UNARY)
def test_an_operand_with_any_exponent_gives_the_code_that_the_definition_gives(
    op: str,
    fmt: str,
    n: int,
    policy: str,
    kernel: Callable[..., Any],
    assert_same_codes: Callable[..., None],
) -> None:
    f, rng = get_format(fmt), rng_for(op, fmt, policy)
    codes = np.concatenate([singles(f, n, rng), exponents_in_reach(f, n // 4, rng)])
    got = kernel(op, [codes], fmt, policy)
    assert_same_codes(got, defined(op, [codes], f, policy), [codes], f, f"{op} {policy}")


# Scalar bodies


@pytest.mark.parametrize("fmt", ["float64", "float32", "bfloat16", "e9m30", "e11m20"])
@every_policy
@pytest.mark.parametrize("op", OPS)
def test_the_scalar_body_gives_what_the_compiled_loop_gives_on_wide_words(
    op: str,
    fmt: str,
    policy: str,
    kernel: Callable[..., Any],
    body: Callable[..., int],
    assert_same_codes: Callable[..., None],
) -> None:
    f, rng = get_format(fmt), rng_for("body", op, fmt, policy)
    operands = pairs(op, f, *fields_of(f, 1000, rng), rng)[: OPS[op].arity]
    scalar = [body(op, codes, fmt, policy) for codes in zip(*operands, strict=True)]
    got = kernel(op, operands, fmt, policy)
    assert_same_codes(got, np.array(scalar, dtype=np.uint64), operands, f, f"{op} {policy}")
