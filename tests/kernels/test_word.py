"""No body leaves a signed word of its loop's width: what lets the compiled loops cut every result to it."""

from __future__ import annotations

import operator
from collections.abc import Callable
from types import FunctionType
from typing import Any

import pytest

from pamcheck.formats import FloatFormat, get_format
from pamcheck.kernels import cpu
from pamcheck.kernels.table import OPS
from pamcheck.kernels.word import cut_to_word
from pamcheck.kernels.words import Words, make_words
from pamcheck.measure import sampling
from pamcheck.policy import get_policy

FORMATS = [
    "float32",
    "float16",
    "bfloat16",
    "float64",
    "e10m20",
    "e6m25",
    "e5m25",
    "e2m25f",
    "e3m26",
    "e2m28f",
    "e2m52f",
]


class Word(int):
    """An integer that raises where an arithmetic result or a shift count leaves a signed word."""

    bits = 32

    def _checked(self, symbol: str, other: Any, result: int) -> Word:
        if not -(1 << (self.bits - 1)) <= result < 1 << (self.bits - 1):
            raise OverflowError(
                f"{int(self):#x} {symbol} {int(other):#x} leaves a word of {self.bits} bits"
            )
        return type(self)(result)

    def __lshift__(self, other: int) -> Word:
        return self._shift("<<", other, operator.lshift)

    def __rshift__(self, other: int) -> Word:
        return self._shift(">>", other, operator.rshift)

    def _shift(self, symbol: str, places: int, apply: Callable[[int, int], int]) -> Word:
        if not 0 <= places < self.bits:
            raise OverflowError(f"{int(self):#x} {symbol} {int(places)} in a word of {self.bits} bits")
        return self._checked(symbol, places, apply(int(self), int(places)))


def _install(name: str) -> None:
    apply = getattr(operator, name)

    def forward(self: Word, other: int) -> Word:
        return self._checked(name, other, apply(int(self), int(other)))

    def backward(self: Word, other: int) -> Word:
        return self._checked(name, other, apply(int(other), int(self)))

    setattr(Word, f"__{name.strip('_')}__", forward)
    setattr(Word, f"__r{name.strip('_')}__", backward)


for _name in ("add", "sub", "and_", "or_", "xor"):
    _install(_name)
Word.__neg__ = lambda self: self._checked("neg", 0, -int(self))  # type: ignore[method-assign]
Word.__abs__ = lambda self: self._checked("abs", 0, abs(int(self)))  # type: ignore[method-assign]


class LongWord(Word):
    bits = 64


def signed(value: int, word: type[Word]) -> Word:
    return word(value - (1 << word.bits) if value >= 1 << (word.bits - 1) else value)


def checked_words(fmt: FloatFormat, policy: str, offset: int) -> tuple[Words, type[Word]]:
    words = make_words(fmt, get_policy(policy), offset)
    word = Word if cpu.word_bits(words) == 32 else LongWord
    return Words(*(signed(value, word) for value in words)), word


def edge_codes(fmt: FloatFormat) -> list[int]:
    marks = {0, 1, 2, fmt.tiny, fmt.one, fmt.largest, fmt.magnitude, fmt.tiny >> 1, fmt.largest >> 1}
    marks |= {fmt.one + (n << fmt.mant_bits) for n in (-1, 1, fmt.exp_bits - 1, fmt.exp_bits)}
    near = {mark + step for mark in marks for step in (-1, 0, 1)}
    return [m for m in sorted(near) if 0 <= m <= fmt.magnitude]


@pytest.mark.parametrize("policy", ["ftz", "gradual", "saturate"])
@pytest.mark.parametrize("name", FORMATS)
def test_no_body_leaves_its_word_on_any_edge_or_stratum(name: str, policy: str) -> None:
    fmt = get_format(name)
    edges = edge_codes(fmt)
    drawn = [codes.tolist() for codes in sampling.stratified(fmt, 2, strata=200).operands]
    pairs = [(a, b) for a in edges for b in edges] + list(zip(*drawn, strict=True))
    singles = {a for column in drawn for a in column} | {sign | a for a in edges for sign in (0, fmt.sign)}
    for offset in (0, fmt.tiny - 1, 1 - fmt.tiny):
        w, word = checked_words(fmt, policy, offset)
        for op in OPS.values():
            if offset and not op.takes_offset:
                continue
            for codes in pairs if op.arity == 2 else zip(singles):
                try:
                    op.body(*(signed(code, word) for code in codes), w)
                except OverflowError as error:
                    pytest.fail(f"{op.name}({', '.join(map(fmt.hex, codes))}) {policy} {offset}: {error}")


def test_the_checked_word_catches_what_leaves_it() -> None:
    with pytest.raises(OverflowError):
        Word(2**31 - 1) + 1
    with pytest.raises(OverflowError):
        Word(1) << 32
    assert type(1 - Word(2)) is Word


def sample_body(a: int, b: int) -> int:
    total = a + (b << 1) if not a else -a
    total += b
    return total


def test_every_arithmetic_result_is_cut_and_nothing_else() -> None:
    cuts: list[int] = []

    def word(value: int) -> int:
        cuts.append(value)
        return value

    assert isinstance(sample_body, FunctionType)
    cut = cut_to_word(sample_body)
    shifts = {"shift_left": operator.lshift, "shift_right": operator.rshift}
    bound = FunctionType(cut.__code__, {"word": word, **shifts}, "bound")
    assert bound(0, 3) == sample_body(0, 3) == 9
    assert cuts == [3, 1, 6, 9]  # both operands of a shift, which itself gives a word; then the sums
    cuts.clear()
    assert bound(5, 3) == sample_body(5, 3) == -2
    assert cuts == [-5, -2]


@pytest.mark.parametrize(
    ("name", "bits"),
    [("float32", 32), ("bfloat16", 32), ("e2m24f", 32), ("e6m25", 64), ("e3m26", 64), ("float64", 64)],
)
def test_a_format_gets_the_narrowest_word_that_no_body_leaves(name: str, bits: int) -> None:
    assert cpu.word_bits(make_words(get_format(name), get_policy("gradual"))) == bits
