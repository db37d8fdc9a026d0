"""Random numbers that are a function of a key and a counter: Threefry-2x32 with 20 rounds.

Nothing is kept from one draw to the next. A key gives other keys by names and integers, `at(step, layer)`, so
what a step draws depends on the step alone, and a run that is resumed draws what it would have drawn. Words are
those of pamcheck.nn.threefry, and what is made of them is made by integers and exponents, without a product:
equal to the bit on NumPy and CuPy.

Source: Salmon, Moraes, Dror & Shaw, Parallel random numbers: as easy as 1, 2, 3, SC 2011.
"""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from pamcheck.nn.threefry import WORD, threefry, words

# The second word of a counter says what it counts, words that are drawn or one of these kinds of keys,
# so that no key is handed out twice: of further words for one draw, by integers, by names.
FURTHER, COUNTED, NAMED = 1 << 30, 2 << 30, 3 << 30
LONGEST = 1 << 62
MANT_BITS, UNIFORM_BITS, NORMAL_BITS = 23, 24, 16
TERMS = 12  # uniform numbers to a normal one: their variances of 1/12 add up to 1


@dataclass(frozen=True)
class Threefry:
    """Random numbers of a 64-bit key.

    Methods draw from the start each time: the same call gives the same numbers, whatever was drawn before.
    Take another key, by `stream` or `at`, for numbers that are independent of them.

    seed   0 to 2^64 - 1; raises ValueError for any other
    shape  of what is drawn, and `like` an array of floats on whose device it is to lie: NumPy without one
    """

    seed: int

    def __post_init__(self) -> None:
        if isinstance(self.seed, bool) or not isinstance(self.seed, int) or not 0 <= self.seed < 1 << 64:
            raise ValueError(f"seed is {self.seed!r}; it must be an integer from 0 to 2^64 - 1")

    def stream(self, name: str) -> Threefry:
        """Return the key of a name, so that what one purpose draws does not move what another does."""
        number = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "little")
        return self._keyed(number >> 2, NAMED)

    def at(self, *counters: int) -> Threefry:
        """Return the key of integers from 0 to 2^62 - 1; at(a, b) is at(a).at(b)."""
        key = self
        for counter in counters:
            if not 0 <= counter < LONGEST:
                raise ValueError(f"counter is {counter}; it must be from 0 to 2^62 - 1")
            key = key._keyed(int(counter), COUNTED)
        return key

    def bits(self, shape: Any, like: Any = None) -> Any:
        """Return uint32 words, each of the 2^32 as likely as any other."""
        lengths = _shape(shape)
        count = math.prod(lengths)
        return words(self._words, (count + 1) >> 1, like).reshape(-1)[:count].reshape(lengths)

    def below(self, n: int, shape: Any, like: Any = None) -> Any:
        """Return int64 integers from 0 to n - 1, all equally likely: those above are drawn again.

        Raises ValueError for n outside 1 to 2^32.
        """
        if not 1 <= n <= 1 << 32:
            raise ValueError(f"n is {n}; it must be from 1 to 2^32")
        mask = np.uint32((1 << (n - 1).bit_length()) - 1)
        drawn, attempt = self.bits(shape, like) & mask, 0
        while True:
            over = drawn > np.uint32(n - 1)
            if not bool(over.any()):
                return drawn.astype(np.int64)
            attempt += 1
            drawn = np.where(over, self._keyed(attempt, FURTHER).bits(shape, like) & mask, drawn)

    def uniform(self, shape: Any, like: Any = None) -> Any:
        """Return float32 multiples of 2^-24 in [0, 1), all equally likely."""
        return shifted(
            (self.bits(shape, like) >> np.uint32(32 - UNIFORM_BITS)).astype(np.float32), -UNIFORM_BITS
        )

    def normal(self, shape: Any, like: Any = None) -> Any:
        """Return float32 numbers of mean 0 and variance 1, the sum of twelve uniform ones less 6.

        They lie between -6 and 6, which one in 10^9 of a true normal does not; multiples of 2^-16. Sums of
        integers are exact, so there is no rounding in which two machines could differ.
        """
        half = np.uint32((1 << NORMAL_BITS) - 1)
        total: Any = None
        for pair in range(TERMS // 2):
            drawn = self._keyed(pair, FURTHER).bits(shape, like)
            both = (drawn & half) + (drawn >> np.uint32(NORMAL_BITS))
            total = both if total is None else total + both
        mean = np.int32((TERMS // 2) * int(half))  # each term is 0 to 2^16 - 1
        return shifted((total.astype(np.int32) - mean).astype(np.float32), -NORMAL_BITS)

    def permutation(self, n: int) -> np.ndarray[Any, np.dtype[np.int64]]:
        """Return 0 to n - 1 in random order, int64 on the host."""
        return np.argsort(self.bits(n), kind="stable").astype(np.int64)

    def keep(self, probability: float, shape: Any, like: Any = None) -> Any:
        """Return booleans, each True with a probability from 0 to 1, to the nearest multiple of 2^-32."""
        if not 0 <= probability <= 1:
            raise ValueError(f"probability is {probability}; it must be from 0 to 1")
        limit = round(math.ldexp(probability, 32))
        drawn = self.bits(shape, like)
        return drawn <= np.uint32(limit - 1) if limit else drawn < np.uint32(0)

    @property
    def _words(self) -> tuple[int, int]:
        return self.seed & WORD, self.seed >> 32

    def _keyed(self, counter: int, purpose: int) -> Threefry:
        first, second = threefry(self._words, counter & WORD, purpose | counter >> 32)
        return Threefry(first | second << 32)


def shifted(x: Any, octaves: int) -> Any:
    """Return float32 x times 2^octaves by its exponent: for zeros and what stays a normal number."""
    codes = x.view(np.int32) + np.int32(octaves << MANT_BITS)
    return np.where(x == 0, x, codes.view(np.float32))


def _shape(shape: Any) -> tuple[int, ...]:
    return tuple(int(n) for n in shape) if isinstance(shape, (tuple, list)) else (int(shape),)
