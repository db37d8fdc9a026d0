"""Exact derivatives: scale, the slope bodies and their compiled loops against pamcheck.spec.vjp, bit for bit.

Every triple of operands and cotangent in formats of up to 6 bits; every pair of operands in bytes, with a
few cotangents; wide formats by samples in which a quarter lies on a kink or one code beside it.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from itertools import product
from typing import Any

import numpy as np
import pytest

from pamcheck import spec
from pamcheck.formats import FloatFormat, get_format
from pamcheck.kernels.scale import scale
from pamcheck.kernels.table import BODIES, OPS
from pamcheck.kernels.words import make_words
from pamcheck.policy import POLICIES as ALL_POLICIES
from pamcheck.policy import get_policy
from pamcheck.spec import derivatives

SEED = 1735
NARROW = ["float4_e2m1fn", "e2m1", "e2m2", "e3m1fn", "float6_e2m3fn", "float6_e3m2fn"]
BYTES = ["float8_e4m3fn", "float8_e5m2", "e3m4"]
WIDE = ["float32", "float16", "bfloat16", "float64", "e10m21fn", "e6m25", "e2m29", "e9m30", "e11m51"]
POLICIES = [name for name, policy in ALL_POLICIES.items() if not policy.reference_only]
CHAINS = ("palog", "paexp", "papow")

every_policy = pytest.mark.parametrize("policy", POLICIES)
every_op = pytest.mark.parametrize("op", OPS)

Codes = np.ndarray


@pytest.fixture(scope="module", autouse=True)
def remembered_definition() -> Iterator[None]:
    """Let the definition remember slopes and scaled codes: a million triples share a few thousand of them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(derivatives, "scale", cache(derivatives.scale))
        for op, slopes in derivatives.SLOPES.items():
            patch.setitem(derivatives.SLOPES, op, cache(slopes))
        yield


def rng_for(*name: str) -> np.random.Generator:
    """Return a generator seeded by the SEED and the name of the test case: stable from run to run."""
    return np.random.default_rng([SEED, zlib.crc32(" ".join(name).encode())])


def slopes_of(op: str) -> list[str]:
    """Return the names of an operation's slopes in BODIES, one an operand."""
    return [f"{op}_slope_{letter}" for letter in "ab"[: OPS[op].arity]]


def defined(op: str, columns: Sequence[Codes], f: FloatFormat, policy: str) -> Codes:
    """Return the definition's cotangents, one row an operand, for columns of cotangents and operands."""
    p = get_policy(policy)
    tuples = zip(*(column.tolist() for column in columns), strict=True)
    rows = [spec.vjp(op, codes, delta, f, p) for delta, *codes in tuples]
    return np.array(rows, dtype=np.uint64).T


# Small formats: the definition as tables, indexed by cotangent and operands


@cache
def table(op: str, fmt: str, policy: str) -> Codes:
    """Return spec.vjp on every tuple of codes: an array of an operation's cotangents, one an operand.

    Two shortcuts, which a test below holds to spec.vjp: composites are looked up in the tables of their
    primitives, and the other policies are asked only where they can part from `ftz`.
    """
    f, arity = get_format(fmt), OPS[op].arity
    if op in CHAINS:
        return chained(op, fmt, policy)
    codes = np.arange(1 << f.width)
    if policy == "ftz":
        columns = [axis.ravel() for axis in np.meshgrid(*[codes] * (arity + 1), indexing="ij")]
        return defined(op, columns, f, policy).astype(np.intp).reshape(arity, *[codes.size] * (arity + 1))
    results = table(op, fmt, "ftz").copy()
    sizes = results & f.magnitude
    if policy == "saturate":  # beyond the largest number
        open_cases = (sizes >= f.largest).any(axis=0)
    else:  # below the smallest: of an operand, the cotangent or a result
        subnormal = (codes & f.magnitude < f.tiny) & (codes & f.magnitude > 0)
        open_cases = np.logical_or.reduce(np.meshgrid(*[subnormal] * (arity + 1), indexing="ij"))
        open_cases |= (sizes == 0).any(axis=0)
    for delta, *operands in np.argwhere(open_cases).tolist():
        results[:, delta, *operands] = spec.vjp(op, operands, delta, f, policy)
    return results


def chained(op: str, fmt: str, policy: str) -> Codes:
    """Return the cotangents of a composite by the chain rule of spec section 3."""
    f = get_format(fmt)
    codes, log2e = np.arange(1 << f.width), f.encode(spec.LOG2_E)
    delta, x, y = codes[:, None], codes[None, :], codes[None, None, :]
    log = np.array([spec.evaluate("palog2", (int(code),), f, policy) for code in codes])
    if op == "palog":
        [d_log, _] = table("padiv", fmt, policy)[:, delta, log[x], log2e]
        return table("palog2", fmt, policy)[:, d_log, x]
    if op == "paexp":
        power = np.array([spec.evaluate("pam", (int(code), log2e), f, policy) for code in codes])
        d_power = table("paexp2", fmt, policy)[0, delta, power[x]]
        return table("pam", fmt, policy)[:1, d_power, x, log2e]
    power = np.array([[spec.evaluate("pam", (int(b), int(c)), f, policy) for c in codes] for b in log])
    base = log[x][..., None]
    d_power = table("paexp2", fmt, policy)[0, delta[..., None], power[None]]
    d_log, d_y = table("pam", fmt, policy)[:, d_power, base, y]
    return np.array([table("palog2", fmt, policy)[0, d_log, x[..., None]], d_y])


@pytest.mark.parametrize("fmt", NARROW)
@every_policy
def test_the_tables_hold_what_the_definition_gives(
    fmt: str, policy: str, assert_same_codes: Callable[..., None]
) -> None:
    f, rng = get_format(fmt), rng_for("tables", fmt, policy)
    for op, operation in OPS.items():
        drawn = rng.integers(0, 1 << f.width, (operation.arity + 1, 300))
        got, expected = table(op, fmt, policy)[:, *drawn], defined(op, list(drawn), f, policy)
        assert_same_codes(got, expected, drawn, fmt, f"{op} {policy}")


@pytest.mark.parametrize("fmt", NARROW)
@every_policy
@every_op
def test_every_triple_of_codes_gives_the_cotangent_that_the_definition_gives(
    op: str, fmt: str, policy: str, kernel: Callable[..., Any], assert_same_codes: Callable[..., None]
) -> None:
    operands = np.ix_(*[np.arange(1 << get_format(fmt).width)] * (OPS[op].arity + 1))
    for name, expected in zip(slopes_of(op), table(op, fmt, policy), strict=True):
        got = kernel(name, operands, fmt, policy)
        assert_same_codes(got, expected, operands, fmt, f"{name} {policy}")


@pytest.mark.parametrize("fmt", ["float4_e2m1fn", "e2m1", "e2m2", "e3m1fn"])
@every_policy
@every_op
def test_the_scalar_body_gives_what_the_definition_gives(
    op: str, fmt: str, policy: str, assert_same_codes: Callable[..., None]
) -> None:
    f = get_format(fmt)
    w = make_words(f, get_policy(policy))
    operands = np.ix_(*[np.arange(1 << f.width)] * (OPS[op].arity + 1))
    tuples = list(product(range(1 << f.width), repeat=OPS[op].arity + 1))
    for body, expected in zip(OPS[op].slopes, table(op, fmt, policy), strict=True):
        got = np.reshape([body(*codes, w) for codes in tuples], expected.shape)
        assert_same_codes(got, expected, operands, fmt, f"{body.__name__} {policy}")


# Bytes: every pair, a few cotangents; single operands with every cotangent


def few_cotangents(f: FloatFormat, n: int, rng: np.random.Generator) -> Codes:
    """Return cotangents drawn from one, the ends of the range, what is no number, and anything."""
    marks = [
        f.one,
        f.tiny,
        f.tiny - 1,
        f.largest,
        f.sign | f.one,
        f.sign | f.largest,
        f.magnitude,
        f.largest + 1,
    ]
    drawn = rng.integers(0, 1 << f.width, n, dtype=np.uint64)
    kept = np.array([mark for mark in marks if mark < 1 << f.width], np.uint64)
    return np.where(rng.random(n) < 0.3, rng.choice(kept, n), drawn)


@pytest.mark.parametrize("fmt", BYTES)
@every_policy
@pytest.mark.parametrize("op", ["pam", "padiv", "papow"])
def test_every_pair_of_bytes_gives_the_cotangents_that_the_definition_gives(
    op: str, fmt: str, policy: str, kernel: Callable[..., Any], assert_same_codes: Callable[..., None]
) -> None:
    f, rng = get_format(fmt), rng_for(op, fmt, policy)
    pairs = np.array(list(product(range(1 << f.width), repeat=2)), np.uint64).T
    # a power is slow, and the other policies part from ftz at one end only
    if op == "papow" or policy == "saturate" or (policy == "gradual" and fmt != "e3m4"):
        pairs = pairs[:, rng.integers(0, 1 << (2 * f.width), 6000)]
    columns = [few_cotangents(f, pairs.shape[1], rng), *pairs]
    for name, expected in zip(slopes_of(op), defined(op, columns, f, policy), strict=True):
        got = kernel(name, columns, fmt, policy)
        assert_same_codes(got, expected, columns, fmt, f"{name} {policy}")


@pytest.mark.parametrize("fmt", BYTES)
@every_policy
@pytest.mark.parametrize("op", ["palog2", "paexp2", "pasqrt", "palog", "paexp"])
def test_every_byte_gives_the_cotangent_that_the_definition_gives(
    op: str, fmt: str, policy: str, kernel: Callable[..., Any], assert_same_codes: Callable[..., None]
) -> None:
    f, rng = get_format(fmt), rng_for(op, fmt, policy)
    x = np.tile(np.arange(1 << f.width, dtype=np.uint64), 12)
    columns = [few_cotangents(f, x.size, rng), x]
    [name], [expected] = slopes_of(op), defined(op, columns, f, policy)
    assert_same_codes(kernel(name, columns, fmt, policy), expected, columns, fmt, f"{name} {policy}")


# Wide formats


def anywhere(f: FloatFormat, n: int, rng: np.random.Generator) -> Codes:
    """Return codes of any exponent, half of them within a few exponents of one or of either end."""
    count = 1 << f.exp_bits
    marks = np.array([0, 1, 2, f.bias - 1, f.bias, f.bias + 1, f.bias + f.exp_bits, count - 2, count - 1])
    fields = np.where(rng.random(n) < 0.5, rng.choice(marks, n), rng.integers(0, count, n)) % count
    half = f.tiny >> 1
    boundary = rng.choice(np.array([0, 1, half - 1, half, half + 1, f.tiny - 1]) % f.tiny, n)
    mantissas = np.where(rng.random(n) < 0.4, boundary, rng.integers(0, f.tiny, n))
    signs = rng.integers(0, 2, n, dtype=np.uint64) << np.uint64(f.width - 1)
    return signs | (fields.astype(np.uint64) << np.uint64(f.mant_bits)) | mantissas.astype(np.uint64)


def beside_kinks(op: str, f: FloatFormat, n: int, rng: np.random.Generator) -> list[Codes]:
    """Return operands of which a third lie on a kink or one code to either side of it.

    pam has kinks where mantissas add up to an octave, padiv where they are equal; palog2 and pasqrt at
    powers of two, paexp2 at integers. Of a power of two `anywhere` gives the neighbours.
    """
    a, b = anywhere(f, n, rng), anywhere(f, n, rng)
    step = rng.integers(-1, 2, n)
    mantissa = (a & np.uint64(f.tiny - 1)).astype(np.int64)
    kink = ((mantissa if op == "padiv" else -mantissa) + step) & (f.tiny - 1)
    on_kink = (b & ~np.uint64(f.tiny - 1)) | kink.astype(np.uint64)
    b = np.where(rng.random(n) < 0.34, on_kink, b)
    if op in ("paexp2", "paexp"):
        integers = rng.integers(-f.bias - f.mant_bits - 3, f.bias + 3, n).tolist()
        whole = np.array([f.encode(float(k)) for k in integers], np.uint64)
        beside = (whole.astype(np.int64) + step).astype(np.uint64) & np.uint64(f.sign | f.magnitude)
        a = np.where(rng.random(n) < 0.5, beside, a)
    if op in ("palog2", "pasqrt", "palog", "papow"):
        a &= np.where(rng.random(n) < 0.9, np.uint64(f.magnitude), np.uint64(f.sign | f.magnitude))
    return [a, b][: OPS[op].arity]


def cotangents(f: FloatFormat, n: int, rng: np.random.Generator) -> Codes:
    """Return cotangents: a few that are no numbers or none at all, otherwise any exponent or about one."""
    return np.where(rng.random(n) < 0.3, few_cotangents(f, n, rng), anywhere(f, n, rng))


@pytest.mark.parametrize("fmt", WIDE)
@every_policy
@every_op
def test_operands_with_any_exponents_give_the_cotangents_that_the_definition_gives(
    op: str, fmt: str, policy: str, kernel: Callable[..., Any], assert_same_codes: Callable[..., None]
) -> None:
    f, rng = get_format(fmt), rng_for(op, fmt, policy)
    n = 3000 if policy == "ftz" and op in ("pam", "padiv") else 300
    columns = [cotangents(f, n, rng), *beside_kinks(op, f, n, rng)]
    w = make_words(f, get_policy(policy))
    rows = defined(op, columns, f, policy)
    for name, expected in zip(slopes_of(op), rows, strict=True):
        got = kernel(name, columns, fmt, policy)
        assert_same_codes(got, expected, columns, fmt, f"{name} {policy}")
        scalar = [BODIES[name][0](*codes, w) for codes in zip(*(c.tolist() for c in columns), strict=True)]
        assert_same_codes(np.array(scalar, np.uint64), expected, columns, fmt, f"{name} body {policy}")


# Scaling


@pytest.mark.parametrize("fmt", ["float4_e2m1fn", "e2m2", "e3m2fn", *BYTES])
@every_policy
def test_scaling_any_code_by_any_exponent_gives_what_the_definition_gives(
    fmt: str, policy: str, assert_same_codes: Callable[..., None]
) -> None:
    f, codes = get_format(fmt), np.arange(1 << get_format(fmt).width)
    w = make_words(f, get_policy(policy))
    reach = (1 << f.exp_bits) + f.mant_bits + 1
    for k in [*range(-reach, reach + 1), -(2**31), 2**31 - 1, -w.reach, w.reach, -w.reach - 1, w.reach + 1]:
        expected = [spec.scale(code, k, f, policy) for code in codes]
        got = [scale(code, k, w) for code in codes.tolist()]
        assert_same_codes(got, expected, [codes], fmt, f"scale {k} {policy}")


@pytest.mark.parametrize("fmt", WIDE)
@every_policy
def test_scaling_a_wide_code_by_any_exponent_gives_what_the_definition_gives(
    fmt: str, policy: str, assert_same_codes: Callable[..., None]
) -> None:
    f, rng = get_format(fmt), rng_for("scale", fmt, policy)
    w = make_words(f, get_policy(policy))
    deltas, span = cotangents(f, 800, rng), 2 * f.bias + f.mant_bits + 4
    fields = ((deltas & np.uint64(f.magnitude)) >> np.uint64(f.mant_bits)).astype(np.int64)
    ends = rng.choice([0, 1, -f.mant_bits, -f.mant_bits - 1, -f.mant_bits - 2, 2 * f.bias], 800) - fields
    ks = np.where(rng.random(800) < 0.6, ends + rng.integers(-1, 2, 800), rng.integers(-span, span, 800))
    ks[:6] = -(2**31), 2**31 - 1, -w.reach, w.reach, -w.reach - 1, w.reach + 1
    pairs = list(zip(deltas.tolist(), ks.tolist(), strict=True))
    expected = [spec.scale(delta, k, f, policy) for delta, k in pairs]
    got = [scale(delta, k, w) for delta, k in pairs]
    operands = [deltas, ks.astype(np.uint64)]
    assert_same_codes(np.array(got, np.uint64), np.array(expected, np.uint64), operands, fmt, policy)


@pytest.mark.parametrize("fmt", [*NARROW, *BYTES, *WIDE])
def test_scaling_by_reach_leaves_the_format_from_whatever_number(fmt: str) -> None:
    f = get_format(fmt)
    w = make_words(f, get_policy("gradual"))
    assert scale(1, w.reach, w) == w.overflow  # the smallest number there is
    assert scale(f.largest, -w.reach, w) == 0
