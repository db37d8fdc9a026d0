"""Cotangents with an offset and in mimic mode: the compiled loops and bodies against pamcheck.spec.vjp.

Exact slopes without an offset are in test_slopes.py. Here every triple of 4-bit codes, every pair of bytes
with cotangents and offsets that take turns, wide formats by samples of which a part lies on a kink.
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
from pamcheck.kernels.table import BODIES, OPS, cotangents
from pamcheck.kernels.words import make_words
from pamcheck.policy import POLICIES as ALL_POLICIES
from pamcheck.policy import get_policy
from pamcheck.spec import derivatives, mimic

SEED = 2305
MODES = ["exact", "mimic"]
POLICIES = [name for name, policy in ALL_POLICIES.items() if not policy.reference_only]
OFFSETTABLE = [op.name for op in OPS.values() if op.takes_offset]
CASES = [(op, "mimic", False) for op in OPS] + [(op, mode, True) for op in OFFSETTABLE for mode in MODES]
"""Operation, mode, and whether with offsets."""

every_case = pytest.mark.parametrize(("op", "mode", "offsets"), CASES)
every_policy = pytest.mark.parametrize("policy", POLICIES)

Codes = np.ndarray


@pytest.fixture(scope="module", autouse=True)
def remembered_definition() -> Iterator[None]:
    """Let the definition remember single operations: thousands of triples share a few of them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(derivatives, "scale", cache(derivatives.scale))
        evaluate = cache(mimic.evaluate)
        patch.setattr(mimic, "evaluate", lambda op, codes, *rest: evaluate(op, tuple(codes), *rest))
        for op, slopes in derivatives.SLOPES.items():
            patch.setitem(derivatives.SLOPES, op, cache(slopes))
        yield


def rng_for(*name: object) -> np.random.Generator:
    return np.random.default_rng([SEED, zlib.crc32(" ".join(map(str, name)).encode())])


def offsets_of(f: FloatFormat) -> list[int]:
    """Return a code, L-Mul's 2^-4, and just less than an octave, up and down, as far as they differ."""
    return sorted({1, -1, f.tiny >> 4 or 1, -(f.tiny >> 4) or -1, f.tiny - 1, 1 - f.tiny})


def defined(
    op: str, mode: str, columns: Sequence[Codes], f: FloatFormat, policy: str, offset: int
) -> Codes:
    """Return the definition's cotangents, one row an operand, for columns of cotangents and operands."""
    p = get_policy(policy)
    tuples = zip(*(column.tolist() for column in columns), strict=True)
    rows = [spec.vjp(op, codes, delta, f, p, mode, offset) for delta, *codes in tuples]
    return np.array(rows, dtype=np.uint64).T


@pytest.fixture(scope="session")
def check(kernel: Callable[..., Any], assert_same_codes: Callable[..., None]) -> Callable[..., None]:
    """Return `check(op, mode, columns, fmt, policy, offset, bodies=False)`: loops, and scalar bodies too."""

    def run(
        op: str, mode: str, columns: list[Codes], fmt: str, policy: str, offset: int, bodies: bool = False
    ) -> None:
        f = get_format(fmt)
        w = make_words(f, get_policy(policy), offset)
        rows = defined(op, mode, columns, f, policy, offset)
        for name, expected in zip(cotangents(op, mode), rows, strict=True):
            title = f"{name} {policy} offset {offset}"
            assert_same_codes(kernel(name, columns, fmt, policy, offset), expected, columns, fmt, title)
            if bodies:
                codes = zip(*(column.tolist() for column in columns), strict=True)
                scalar = np.array([BODIES[name][0](*each, w) for each in codes], np.uint64)
                assert_same_codes(scalar, expected, columns, fmt, f"body {title}")

    return run


@pytest.mark.parametrize("fmt", ["float4_e2m1fn", "e2m1"])
@every_policy
@every_case
def test_every_triple_of_four_bits_gives_the_cotangent_that_the_definition_gives(
    op: str, mode: str, offsets: bool, fmt: str, policy: str, check: Callable[..., None]
) -> None:
    columns = list(np.array(list(product(range(16), repeat=OPS[op].arity + 1)), np.uint64).T)
    for offset in offsets_of(get_format(fmt)) if offsets else [0]:
        check(op, mode, columns, fmt, policy, offset, bodies=fmt == "e2m1")


def few_cotangents(f: FloatFormat, n: int, rng: np.random.Generator) -> Codes:
    """Return cotangents drawn from one, the ends of the range, what is no number, and anything."""
    marks = [f.one, f.tiny, f.tiny - 1, f.largest, f.sign | f.one, f.sign | f.largest]
    marks += [f.magnitude, min(f.largest + 1, f.magnitude)]
    drawn = rng.integers(0, 1 << f.width, n, dtype=np.uint64)
    return np.where(rng.random(n) < 0.3, rng.choice(np.array(marks, np.uint64), n), drawn)


@pytest.mark.parametrize("fmt", ["float8_e4m3fn", "float8_e5m2"])
@every_policy
@pytest.mark.parametrize(("op", "mode", "offsets"), [case for case in CASES if OPS[case[0]].arity == 2])
def test_every_pair_of_bytes_gives_the_cotangents_that_the_definition_gives(
    op: str, mode: str, offsets: bool, fmt: str, policy: str, check: Callable[..., None]
) -> None:
    f, rng = get_format(fmt), rng_for(op, mode, offsets, fmt, policy)
    pairs = np.array(list(product(range(256), repeat=2)), np.uint64).T
    turns = offsets_of(f) if offsets else [0]
    # the definition is slow; the other policies part from ftz at the ends only
    every = policy == "ftz" and op != "papow" and fmt == "float8_e4m3fn"
    pairs = pairs[:, rng.permutation(1 << 16)[: 1 << 16 if every else 1800]]
    for turn, offset in enumerate(turns):
        part = pairs[:, turn :: len(turns)]
        check(op, mode, [few_cotangents(f, part.shape[1], rng), *part], fmt, policy, offset)


@pytest.mark.parametrize("fmt", ["float8_e4m3fn", "float8_e5m2", "e3m4"])
@every_policy
@pytest.mark.parametrize("op", [op.name for op in OPS.values() if op.arity == 1])
def test_every_byte_gives_the_mimic_cotangent_that_the_definition_gives(
    op: str, fmt: str, policy: str, check: Callable[..., None]
) -> None:
    f, rng = get_format(fmt), rng_for(op, fmt, policy)
    x = np.tile(np.arange(256, dtype=np.uint64), 6)
    check(op, "mimic", [few_cotangents(f, x.size, rng), x], fmt, policy, 0, bodies=True)


def anywhere(f: FloatFormat, n: int, rng: np.random.Generator) -> Codes:
    """Return codes of any exponent, half of them within a few exponents of one or of either end."""
    count = 1 << f.exp_bits
    marks = np.array([0, 1, 2, f.bias - 1, f.bias, f.bias + 1, f.bias + f.exp_bits, count - 2, count - 1])
    fields = np.where(rng.random(n) < 0.5, rng.choice(marks, n), rng.integers(0, count, n)) % count
    signs = rng.integers(0, 2, n, dtype=np.uint64) << np.uint64(f.width - 1)
    mantissas = rng.integers(0, f.tiny, n, dtype=np.uint64)
    mantissas = np.where(rng.random(n) < 0.2, np.uint64(0), mantissas)
    return signs | (fields.astype(np.uint64) << np.uint64(f.mant_bits)) | mantissas


def beside_kinks(op: str, f: FloatFormat, offset: int, n: int, rng: np.random.Generator) -> list[Codes]:
    """Return operands of which a third lie on a kink of the compensated operation or one code beside it."""
    a, b = anywhere(f, n, rng), anywhere(f, n, rng)
    mantissa = (a & np.uint64(f.tiny - 1)).astype(np.int64)
    kink = mantissa - offset if op == "padiv" else -mantissa - offset
    kink = (kink + rng.integers(-1, 2, n)) & (f.tiny - 1)
    on_kink = (b & ~np.uint64(f.tiny - 1)) | kink.astype(np.uint64)
    if op in ("palog2", "pasqrt", "palog", "papow"):
        a &= np.where(rng.random(n) < 0.9, np.uint64(f.magnitude), np.uint64(f.sign | f.magnitude))
    return [a, np.where(rng.random(n) < 0.34, on_kink, b)][: OPS[op].arity]


@pytest.mark.parametrize(
    "fmt", ["float32", "float16", "bfloat16", "float64", "e10m21fn", "e6m25", "e2m29", "e9m30", "e11m51"]
)
@every_policy
@every_case
def test_operands_with_any_exponents_give_the_cotangents_that_the_definition_gives(
    op: str, mode: str, offsets: bool, fmt: str, policy: str, check: Callable[..., None]
) -> None:
    f, rng = get_format(fmt), rng_for(op, mode, offsets, fmt, policy)
    for offset in offsets_of(f) if offsets else [0]:
        n = 60 if offsets else 200
        columns = [
            np.where(rng.random(n) < 0.3, few_cotangents(f, n, rng), anywhere(f, n, rng)),
            *beside_kinks(op, f, offset, n, rng),
        ]
        check(op, mode, columns, fmt, policy, offset, bodies=True)


def test_ln_2_has_the_bits_of_the_definition_in_every_format() -> None:
    for name in ("float32", "float64", "float16", "bfloat16", "float8_e4m3fn", "float4_e2m1fn", "e11m52"):
        f = get_format(name)
        w = make_words(f, get_policy("ftz"))
        assert f.hex(w.ln2) == f.hex(f.encode(spec.LN_2)), name
