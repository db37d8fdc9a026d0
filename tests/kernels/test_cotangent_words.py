"""No cotangent leaves a signed word of its loop's width, whatever the offset.

tests/kernels/test_word.py does this for the operations.
"""

from __future__ import annotations

import operator
import zlib
from collections.abc import Sequence
from itertools import product

import numpy as np
import pytest

from pamcheck.formats import FloatFormat, get_format
from pamcheck.kernels import cpu
from pamcheck.kernels.scale import scale
from pamcheck.kernels.table import BODIES, OPS
from pamcheck.kernels.words import Words, make_words
from pamcheck.policy import POLICIES as ALL_POLICIES
from pamcheck.policy import get_policy

SEED = 1735
POLICIES = [name for name, policy in ALL_POLICIES.items() if not policy.reference_only]

every_policy = pytest.mark.parametrize("policy", POLICIES)


def anywhere(f: FloatFormat, n: int, rng: np.random.Generator) -> list[int]:
    """Return codes of any exponent, half of them at one or at either end, with mantissas of every kind."""
    count = 1 << f.exp_bits
    marks = np.array([0, 1, 2, f.bias - 1, f.bias, f.bias + 1, f.bias + f.exp_bits, count - 2, count - 1])
    fields = np.where(rng.random(n) < 0.5, rng.choice(marks, n), rng.integers(0, count, n)) % count
    half = f.tiny >> 1
    boundary = rng.choice(np.array([0, 1, half - 1, half, half + 1, f.tiny - 1]) % f.tiny, n)
    mantissas = np.where(rng.random(n) < 0.4, boundary, rng.integers(0, f.tiny, n))
    signs = rng.integers(0, 2, n, dtype=np.uint64) << np.uint64(f.width - 1)
    codes = signs | (fields.astype(np.uint64) << np.uint64(f.mant_bits)) | mantissas.astype(np.uint64)
    return [int(code) for code in codes]


class Word(int):
    """An integer that raises where an arithmetic result or a shift count leaves a signed word."""

    bits = 32

    def kept(self, symbol: str, other: int, result: int) -> Word:
        if not -(1 << (self.bits - 1)) <= result < 1 << (self.bits - 1):
            raise OverflowError(f"{int(self):#x} {symbol} {int(other):#x} leaves {self.bits} bits")
        return type(self)(result)


class LongWord(Word):
    bits = 64


def install(name: str, *, shift: bool = False) -> None:
    apply = getattr(operator, name)

    def forward(self: Word, other: int) -> Word:
        if shift and not 0 <= other < self.bits:
            raise OverflowError(f"{int(self):#x} {name} {int(other)} in {self.bits} bits")
        return self.kept(name, other, apply(int(self), int(other)))

    def backward(self: Word, other: int) -> Word:
        return self.kept(name, other, apply(int(other), int(self)))

    setattr(Word, f"__{name.strip('_')}__", forward)
    if not shift:
        setattr(Word, f"__r{name.strip('_')}__", backward)


for _name in ("add", "sub", "and_", "or_", "xor"):
    install(_name)
for _name in ("lshift", "rshift"):
    install(_name, shift=True)
Word.__neg__ = lambda self: self.kept("neg", 0, -int(self))  # type: ignore[method-assign]
Word.__abs__ = lambda self: self.kept("abs", 0, abs(int(self)))  # type: ignore[method-assign]


def in_words(values: Sequence[int], word: type[Word]) -> list[Word]:
    half = 1 << (word.bits - 1)
    return [word(value - 2 * half if value >= half else value) for value in values]


@pytest.mark.parametrize(
    "fmt",
    ["float32", "float16", "bfloat16", "float64", "e10m20", "e6m25", "e5m25", "e2m25f", "e2m24f", "e2m52f"],
)
@every_policy
def test_no_cotangent_leaves_its_word(fmt: str, policy: str) -> None:
    f = get_format(fmt)
    rng = np.random.default_rng([SEED, zlib.crc32(f"word {fmt} {policy}".encode())])
    plain = make_words(f, get_policy(policy))
    word = Word if cpu.word_bits(plain) == 32 else LongWord
    half = f.tiny >> 1
    marks = [0, 1, half, f.tiny - 1, f.tiny, f.one, f.one + half, f.largest - half, f.largest, f.magnitude]
    edges = [sign | mark for mark in marks for sign in (0, f.sign)]
    for offset in (0, 1, -1, f.tiny - 1, 1 - f.tiny):
        w = Words(*in_words(make_words(f, get_policy(policy), offset), word))
        for name, (body, arity) in BODIES.items():
            if name in OPS or (offset and not OPS[name.partition("_")[0]].takes_offset):
                continue
            drawn = zip(*(anywhere(f, 300, rng) for _ in range(arity)), strict=True)
            chosen = rng.choice(np.array(edges, np.uint64), (600, arity)).tolist()
            for codes in [*drawn, *chosen]:
                try:
                    body(*in_words(codes, word), w)
                except OverflowError as error:
                    pytest.fail(f"{name}({', '.join(map(f.hex, codes))}) {policy} {offset}: {error}")
    for code, k in product(edges, in_words([0, 1, (1 << word.bits - 1) - 1, 1 << word.bits - 1], word)):
        scale(*in_words([code], word), k, w)
