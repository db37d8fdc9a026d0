"""The device header against the compiled loops on wide formats: 10^8 pairs, kinks, edges, random bits."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from pamcheck.formats import FloatFormat, get_format
from pamcheck.kernels.table import BODIES, OPS
from pamcheck.policy import POLICIES as ALL_POLICIES

SEED = 17190
POLICIES = [name for name, policy in ALL_POLICIES.items() if not policy.reference_only]
PAIRS = 100_000_000
CHUNK = 1 << 20
WIDE = [
    "float64",
    "float32",
    "float16",
    "bfloat16",
    "e10m21fn",
    "e9m30",
    "e6m25",
    "e2m29",
    "e6m40f",
    "e11m51",
]
COTANGENTS = [name for name in BODIES if name not in OPS]
TAKE_OFFSETS = [name for name in BODIES if OPS[name.partition("_")[0]].takes_offset]

Codes = np.ndarray


def rng_for(*name: str) -> np.random.Generator:
    """Return a generator seeded by the SEED and the name of the test case: stable from run to run."""
    return np.random.default_rng([SEED, zlib.crc32(" ".join(name).encode())])


def special_codes(f: FloatFormat) -> Codes:
    """Return some 300 codes of both signs: beside every landmark, and beside powers of two about one."""
    half = f.tiny >> 1
    marks = {0, f.tiny, f.one, f.largest, f.magnitude, f.tiny + half, f.one + half, f.largest - half}
    marks |= {1 << n for n in range(f.mant_bits + 1)}
    marks |= {f.one + (n << f.mant_bits) for n in (-2, -1, 1, 2, f.exp_bits - 1, f.exp_bits)}
    marks |= {0 if f.inf is None else f.inf, 0 if f.nan is None else f.nan}
    near = {mark + step for mark in marks for step in (-2, -1, 0, 1, 2)}
    magnitudes = np.array(sorted(code for code in near if 0 <= code <= f.magnitude), np.uint64)
    return np.concatenate([magnitudes, magnitudes | np.uint64(f.sign)]).astype(f"u{f.storage_bits // 8}")


def strata(f: FloatFormat, count: int, n: int, rng: np.random.Generator) -> list[Codes]:
    """Return columns of codes: any exponent field; mantissas at a boundary, or random; kinks between columns.

    Every other column adds up to a whole octave with the one before it, or equals it, give or take a code.
    """
    columns: list[Codes] = []
    boundary = np.array([0, 1, f.tiny >> 1, (f.tiny >> 1) - 1, f.tiny - 1], np.uint64)
    for place in range(count):
        fields = rng.integers(0, 1 << (f.exp_bits + 1), n, dtype=np.uint64) << np.uint64(f.mant_bits)
        mantissa = rng.integers(0, f.tiny, n, dtype=np.uint64)
        kind = rng.integers(0, 4, n, dtype=np.uint8)
        mantissa = np.where(kind == 0, rng.choice(boundary, n), mantissa)
        if place:
            step = rng.integers(0, 3, n, dtype=np.uint64) - np.uint64(1)
            mantissa = np.where(kind == 1, step - columns[-1], mantissa)
            mantissa = np.where(kind == 2, columns[-1] + step, mantissa)
        columns.append(fields | (mantissa & np.uint64(f.tiny - 1)))
    return [column.astype(f"u{f.storage_bits // 8}") for column in columns]


def float32_pairs(rng: np.random.Generator) -> Iterator[list[Codes]]:
    """Yield PAIRS pairs and more in chunks: every pair of special codes, random bits, a part of it strata."""
    special = special_codes(get_format("float32"))
    yield [axis.ravel() for axis in np.meshgrid(special, special)]
    for chunk in range(-(-PAIRS // CHUNK)):
        if chunk % 16 == 0:
            yield strata(get_format("float32"), 2, CHUNK, rng)
        else:
            yield list(np.frombuffer(rng.bytes(8 * CHUNK), np.uint32).reshape(2, CHUNK))


@pytest.mark.parametrize("op", ["pam", "padiv"])
def test_a_hundred_million_pairs_give_the_bits_that_the_compiled_loop_gives(
    op: str, header: Callable[..., Any], kernel: Callable[..., Any], assert_same_codes: Callable[..., None]
) -> None:
    seen = 0
    for operands in float32_pairs(rng_for(op)):
        got, expected = header(op, operands, "float32"), kernel(op, operands, "float32")
        if not np.array_equal(got, expected):
            assert_same_codes(got, expected, operands, "float32", op)
        seen += got.size
    assert seen > PAIRS


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("op", [name for name, op in OPS.items() if op.arity == 1])
def test_ten_million_codes_give_the_bits_that_the_compiled_loop_gives(
    op: str,
    policy: str,
    header: Callable[..., Any],
    kernel: Callable[..., Any],
    assert_same_codes: Callable[..., None],
) -> None:
    stride = 429 if policy == "ftz" else 4001  # odd, so that low bits vary
    codes = np.arange(0, 1 << 32, stride, np.uint64).astype(np.uint32)
    got, expected = header(op, [codes], "float32", policy), kernel(op, [codes], "float32", policy)
    assert_same_codes(got, expected, [codes], "float32", f"{op} {policy}")


@pytest.mark.parametrize("fmt", WIDE)
@pytest.mark.parametrize("policy", POLICIES)
def test_every_body_gives_strata_and_special_codes_the_bits_of_the_compiled_loop(
    fmt: str,
    policy: str,
    header: Callable[..., Any],
    kernel: Callable[..., Any],
    assert_same_codes: Callable[..., None],
) -> None:
    f, rng = get_format(fmt), rng_for(fmt, policy)
    special = special_codes(f)
    for name, (_, arity) in BODIES.items():
        drawn = strata(f, arity, 30_000, rng)
        chosen = [rng.choice(special, 30_000) for _ in range(arity)]
        operands = [np.concatenate(columns) for columns in zip(drawn, chosen, strict=True)]
        got, expected = header(name, operands, fmt, policy), kernel(name, operands, fmt, policy)
        assert_same_codes(got, expected, operands, fmt, f"{name} {policy}")


@pytest.mark.parametrize("slope", [name for name in COTANGENTS if name in TAKE_OFFSETS])
def test_millions_of_triples_give_the_cotangents_that_the_compiled_loop_gives(
    slope: str,
    header: Callable[..., Any],
    kernel: Callable[..., Any],
    assert_same_codes: Callable[..., None],
) -> None:
    rng = rng_for(slope)
    for chunk in range(10 if "slope" in slope else 4):
        operands = (
            strata(get_format("float32"), 3, CHUNK, rng)
            if chunk % 2
            else list(np.frombuffer(rng.bytes(12 * CHUNK), np.uint32).reshape(3, CHUNK))
        )
        got, expected = header(slope, operands, "float32"), kernel(slope, operands, "float32")
        if not np.array_equal(got, expected):
            assert_same_codes(got, expected, operands, "float32", slope)


@pytest.mark.parametrize("body", TAKE_OFFSETS)
@pytest.mark.parametrize("fmt", WIDE)
def test_an_offset_shifts_strata_as_the_compiled_loop_does(
    body: str,
    fmt: str,
    header: Callable[..., Any],
    kernel: Callable[..., Any],
    assert_same_codes: Callable[..., None],
) -> None:
    f, rng = get_format(fmt), rng_for("offset", body, fmt)
    for policy in POLICIES:
        for offset in (1 - f.tiny, -1, f.tiny >> 4, f.tiny - 1):
            operands = strata(f, BODIES[body][1], 20_000, rng)
            got = header(body, operands, fmt, policy, offset)
            expected = kernel(body, operands, fmt, policy, offset)
            assert_same_codes(got, expected, operands, fmt, f"{body} {policy} offset {offset}")
