"""Random numbers: the published answers of Threefry, their statistics, and that a draw depends on its key alone."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pamcheck.nn.random import Threefry, shifted
from pamcheck.nn.threefry import CHUNK, threefry, words

SEED = 2305
MANY = 1 << 17

# key, counter, words: kat_vectors of Random123, threefry2x32 with 20 rounds
KNOWN = [
    ((0, 0), (0, 0), (0x6B200159, 0x99BA4EFE)),
    ((0xFFFFFFFF,) * 2, (0xFFFFFFFF,) * 2, (0x1CB996FC, 0xBB002BE7)),
    ((0x13198A2E, 0x03707344), (0x243F6A88, 0x85A308D3), (0xC4923A9C, 0x483DF7A0)),
]


@pytest.mark.parametrize(("key", "counter", "expected"), KNOWN)
def test_the_cipher_gives_the_published_answers(key: Any, counter: Any, expected: Any) -> None:
    first, second = (np.full(3, word, np.uint32) for word in counter)
    threefry(key, first, second)
    assert [hex(int(x)) for x in (first[2], second[2])] == [hex(x) for x in expected]
    assert threefry(key, *counter) == expected


def test_words_are_those_of_the_counters_across_chunks() -> None:
    found = words((7, 9), CHUNK + 3)
    for at in (0, 1, CHUNK - 1, CHUNK, CHUNK + 2):
        first, second = np.array([at], np.uint32), np.zeros(1, np.uint32)
        threefry((7, 9), first, second)
        assert found[at].tolist() == [first[0], second[0]], at


def test_every_machine_draws_the_same() -> None:
    random = Threefry(SEED).stream("weights").at(3, 1)
    drawn = [
        random.bits((3, 5)), random.uniform((3, 5)), random.normal((3, 5)), random.below(65, 15),
        random.keep(0.7, 15), random.permutation(15),
    ]  # fmt: skip
    found = hashlib.sha256(b"".join(x.astype(x.dtype.newbyteorder("<")).tobytes() for x in drawn))
    assert found.hexdigest()[:16] == "0472cf0d536a6a21"


def test_a_draw_is_the_beginning_of_a_longer_one_and_moves_nothing() -> None:
    random = Threefry(SEED)
    short = random.bits(5)
    assert np.array_equal(random.bits((3, 7)).ravel()[:5], short)
    assert np.array_equal(random.bits(5), short)


def test_keys_differ_by_name_and_by_number() -> None:
    random = Threefry(SEED)
    keys = [random, random.stream("a"), random.stream("b"), random.stream("")]
    keys += [
        random.at(0),
        random.at(1),
        random.at(1 << 61),
        random.at(0, 0),
        random.at(0, 1),
        random.at(1, 0),
    ]
    assert len({key.seed for key in keys}) == len(keys)
    assert random.at(4, 5) == random.at(4).at(5)
    assert random.at() == random


def test_what_is_drawn_under_two_keys_is_not_related() -> None:
    random = Threefry(SEED)
    draws = [key.normal(MANY) for key in (random, random.at(0), random.at(1), random.stream("x"))]
    related = np.corrcoef(draws) - np.eye(4)
    assert abs(related).max() < 5 / MANY**0.5


def test_uniform_numbers_are_evenly_spread_and_below_one() -> None:
    x = Threefry(SEED).uniform((2, MANY))
    assert x.dtype == np.float32
    assert 0 <= x.min() < x.max() < 1
    assert np.array_equal(np.ldexp(np.ldexp(x, 24).astype(np.int64), -24), x)
    counts = np.histogram(x, 64, (0, 1))[0]
    expected = x.size / 64
    assert ((counts - expected) ** 2 / expected).sum() < 120  # chi-squared of 63 degrees: 1 in 10^5


def test_normal_numbers_have_the_moments_of_twelve_uniform_ones() -> None:
    x = Threefry(SEED).normal(MANY).astype(np.float64)
    assert abs(x.mean()) < 5 / MANY**0.5
    assert abs(x.var() - 1) < 5 * (1.9 / MANY) ** 0.5
    assert abs((x**3).mean()) < 5 * (15 / MANY) ** 0.5
    assert abs((x**4).mean() - 2.9) < 0.1  # 3 of a normal one, less 6/5 over 12 terms
    assert abs(x).max() <= 6
    assert np.array_equal(np.ldexp(x, 16), np.round(np.ldexp(x, 16)))


@pytest.mark.parametrize("n", [1, 2, 3, 65, 256, 1 << 32])
def test_integers_below_n_are_all_equally_likely(n: int) -> None:
    drawn = Threefry(SEED).below(n, (4, MANY // 4))
    assert drawn.dtype == np.int64
    assert drawn.shape == (4, MANY // 4)
    assert drawn.min() >= 0
    assert drawn.max() < n
    cells = min(n, 256)
    counts = np.bincount(drawn.ravel() * cells // n, minlength=cells)
    expected = MANY / cells
    assert ((counts - expected) ** 2 / expected).sum() < cells + 6 * (2 * cells) ** 0.5


@given(st.integers(1, 300), st.integers(0, 2**64 - 1))
@settings(max_examples=20, deadline=None)
def test_a_permutation_has_every_number_once(n: int, seed: int) -> None:
    assert sorted(Threefry(seed).permutation(n).tolist()) == list(range(n))


def test_permutations_put_every_number_everywhere() -> None:
    orders = np.array([Threefry(SEED).at(at).permutation(4) for at in range(600)])
    for place in range(4):
        assert abs(np.bincount(orders[:, place], minlength=4) - 150).max() < 53


@pytest.mark.parametrize("probability", [0.0, 0.1, 0.5, 0.8, 1.0])
def test_masks_keep_the_share_that_was_asked_for(probability: float) -> None:
    kept = Threefry(SEED).keep(probability, (8, MANY // 8))
    assert kept.dtype == np.bool_
    assert abs(kept.mean() - probability) <= 5 * (probability * (1 - probability) / MANY) ** 0.5


@pytest.mark.parametrize("shape", [0, (0,), (3, 0), (), (1,), (2, 3, 5)])
def test_shapes_are_what_was_asked_for(shape: Any) -> None:
    random = Threefry(SEED)
    wanted = shape if isinstance(shape, tuple) else (shape,)
    for drawn in (
        random.bits(shape),
        random.uniform(shape),
        random.normal(shape),
        random.below(9, shape),
        random.keep(0.5, shape),
    ):
        assert drawn.shape == wanted


@given(st.integers(-(2**20), 2**20), st.integers(-30, 30))
@settings(max_examples=50, deadline=None)
def test_a_shift_is_a_change_of_the_exponent(number: int, octaves: int) -> None:
    assert shifted(np.float32([number]), octaves)[0] == np.ldexp(np.float32(number), octaves)


@pytest.mark.parametrize("seed", [-1, 1 << 64, 1.0, True, "a"])
def test_a_seed_is_an_integer_of_64_bits(seed: Any) -> None:
    with pytest.raises(ValueError, match=r"seed is .*; it must be an integer from 0 to"):
        Threefry(seed)


def test_what_cannot_be_drawn_is_said() -> None:
    random = Threefry(SEED)
    with pytest.raises(ValueError, match="n is 0; it must be from 1"):
        random.below(0, 3)
    with pytest.raises(ValueError, match=r"probability is 1\.5; it must be from 0 to 1"):
        random.keep(1.5, 3)
    with pytest.raises(ValueError, match="counter is -1; it must be from 0"):
        random.at(-1)
