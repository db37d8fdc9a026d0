"""What is asked: classes of operands, and the groups of cases of every conclusion."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from itertools import islice, product

from pamcheck.formats import FloatFormat
from pamcheck.testing.identity.core import raw_size
from pamcheck.testing.identity.fitting import Case

NUMBERS = 1000  # pairs with results well inside the format
PAIRS = 40  # cases of two classes
EDGES = 240  # cases about an edge
HOLDOUT = 800
MIDDLE = 40  # octaves about 1 in which results are taken to be ordinary
SMALL = 1 << 12  # so many cases are asked completely

KINDS = {"num": "x", "sub": "subnormal", "zero": "0", "inf": "inf", "nan": "NaN"}
"""Classes of operands, and what they are called."""


def kind_of(code: int, fmt: FloatFormat) -> str:
    """Return the class of an operand: a key of KINDS."""
    magnitude = code & fmt.magnitude
    if magnitude == 0:
        return "zero"
    if magnitude < fmt.tiny:
        return "sub"
    if fmt.is_finite(code):
        return "num"
    return "inf" if fmt.is_inf(code) else "nan"


class Sampler:
    """Seeded operands of a format."""

    def __init__(self, fmt: FloatFormat, seed: int) -> None:
        self.fmt = fmt
        self._rng = random.Random(f"{seed} {fmt.name}")
        top = fmt.magnitude
        self._ranges = {
            "zero": (0, 0),
            "sub": (1, fmt.tiny - 1),
            "num": (fmt.tiny, fmt.largest),
            "inf": (fmt.largest + 1, fmt.largest + (fmt.inf is not None)),
            "nan": (fmt.largest + 1 + (fmt.inf is not None), top),
        }

    def kinds(self) -> list[str]:
        """Return the classes that the format has."""
        return [kind for kind, (low, high) in self._ranges.items() if low <= high]

    def integer(self, low: int, high: int) -> int:
        """Return an integer, both ends included."""
        return self._rng.randint(low, high)

    def choice(self, options: list[int]) -> int:
        """Return one of a list."""
        return self._rng.choice(options)

    def magnitudes(self, kind: str, count: int) -> list[int]:
        """Return magnitudes of a class: its ends, and others at random, those with few bits set more often."""
        low, high = self._ranges[kind]
        if high - low < count:
            return list(range(low, high + 1))
        ends = [low, low + 1, high, high - 1]
        if kind == "nan" and self.fmt.nan is not None:
            ends = [self.fmt.nan, self.fmt.nan - 1, *ends]
        return [*ends, *(self.magnitude(kind) for _ in range(count))][:count]

    def magnitude(self, kind: str) -> int:
        """Return one magnitude of a class."""
        return self.between(*self._ranges[kind])

    def between(self, low: int, high: int) -> int:
        """Return a code, both ends included, in half of the cases with trailing zeros."""
        code = self.integer(low, high)
        if self.integer(0, 1):  # trailing zeros: where roundings of operands and results tie
            places = self.integer(0, self.fmt.mant_bits)
            code = (code >> places) << places
        return min(max(code, low), high)

    def signed(self, magnitude: int) -> int:
        """Return the magnitude with a sign at random."""
        return magnitude | (self.fmt.sign if self.integer(0, 1) else 0)

    def code(self) -> int:
        """Return any code."""
        return self.integer(0, 2 * self.fmt.sign - 1)

    def number_near_one(self) -> int:
        """Return the magnitude of a number within a few octaves of 1, or within the format."""
        f = self.fmt
        reach = min(8, f.bias - 1) * f.tiny
        code = self.integer(max(f.tiny, f.one - reach), min(f.largest, f.one + reach))
        places = self.integer(0, f.mant_bits) if self.integer(0, 1) else 0
        return max((code >> places) << places, f.tiny)


def safe_range(fmt: FloatFormat) -> tuple[int, int]:
    """Return extended codes between which no offset below an octave or two leaves the format.

    In wide formats they are within MIDDLE octaves of 1, so that published thresholds are far off.
    """
    for octaves in (4, 2, 1):
        low, high = fmt.tiny + octaves * fmt.tiny, fmt.largest - octaves * fmt.tiny
        if low + fmt.tiny <= high or (octaves == 1 and low <= high):
            return max(low, fmt.one - MIDDLE * fmt.tiny), min(high, fmt.one + MIDDLE * fmt.tiny)
    return fmt.tiny, fmt.largest


def pair_groups(op: str, fmt: FloatFormat, seed: int) -> dict[str, list[Case]]:
    """Return the cases of a two-operand function, by what they are for."""
    s = Sampler(fmt, seed)
    groups = {"numbers": numbers(op, fmt, s)}
    for first, second in product(s.kinds(), repeat=2):
        if (first, second) != ("num", "num"):
            groups[f"{first},{second}"] = _members(s, first, second)
    for name, total in _edges(fmt).items():
        groups[name] = list(_with_total(op, fmt, s, total, EDGES))
    groups["far"] = [(s.signed(a), s.signed(b)) for a, b in _far(fmt, s)]
    groups["holdout"] = [(s.code(), s.code()) for _ in range(HOLDOUT * 3 // 4)]
    groups["holdout"] += [
        (s.signed(s.magnitude(s.kinds()[i % len(s.kinds())])), s.signed(s.number_near_one()))
        for i in range(HOLDOUT // 4)
    ]
    return groups


def numbers(op: str, fmt: FloatFormat, s: Sampler) -> list[Case]:
    """Return pairs of normal numbers with results well inside the format: all, where they are few."""
    low, high = safe_range(fmt)
    codes = range(fmt.tiny, fmt.largest + 1)
    if len(codes) ** 2 <= SMALL:
        inside = [(a, b) for a in codes for b in codes if low <= raw_size(op, a, b, fmt) <= high]
    else:
        drawn = _with_total(op, fmt, s, lambda s: s.integer(low, high), 4 * NUMBERS, middle=True)
        inside = list(islice(drawn, NUMBERS))
    return [(s.signed(a), s.signed(b)) for a, b in inside for _ in range(4 if len(inside) < 64 else 1)]


def _with_total(
    op: str, fmt: FloatFormat, s: Sampler, total: Callable[[Sampler], int], count: int, middle: bool = False
) -> Iterator[tuple[int, int]]:
    """Yield pairs of normal numbers whose PAM result has, where that is possible, the code that `total` gives.

    middle  the first operand, too, is within MIDDLE octaves of 1, and neither has a sign
    """
    made = 0
    least, most = max(fmt.tiny, fmt.one - MIDDLE * fmt.tiny), min(fmt.largest, fmt.one + MIDDLE * fmt.tiny)
    for _ in range(8 * count):
        wanted = total(s)
        a = s.between(least, most) if middle else s.magnitude("num")
        b = wanted - a + fmt.one if op == "pam" else a - wanted + fmt.one
        if fmt.tiny <= b <= fmt.largest:
            made += 1
            yield (a, b) if middle else (s.signed(a), s.signed(b))
        if made == count:
            return


def about_threshold(op: str, fmt: FloatFormat, at: int, seed: int) -> list[Case]:
    """Return pairs with PAM results within a quarter of an octave of a code, subnormal operands included.

    There a unit that compares the true result with its threshold answers otherwise than one that compares PAM's.
    """
    s = Sampler(fmt, seed)
    near = fmt.tiny // 4
    found: list[Case] = list(_with_total(op, fmt, s, lambda s: at + s.integer(-near, near), EDGES))
    for code in s.magnitudes("sub", PAIRS) if fmt.tiny > 1 else []:
        other = at - code + fmt.one if op == "pam" else code - at + fmt.one
        reach = (fmt.mant_bits + 1) * fmt.tiny
        shifted = (
            s.integer(other - near, other + reach)
            if op == "pam"
            else s.integer(other - reach, other + near)
        )
        if fmt.tiny <= shifted <= fmt.largest:
            found.append((s.signed(code), s.signed(shifted)))
    return found


def _edges(fmt: FloatFormat) -> dict[str, Callable[[Sampler], int]]:
    """Return the edges, and how to draw totals about them: close to them more often."""

    def about(*places: int) -> Callable[[Sampler], int]:
        def draw(s: Sampler) -> int:
            reach = min(1 << s.integer(0, fmt.mant_bits + 2), 3 * fmt.tiny)
            return s.choice(list(places)) + s.integer(-reach, reach)

        return draw

    return {
        "below": about(fmt.tiny, fmt.tiny, 0, -fmt.mant_bits * fmt.tiny),
        "above": about(fmt.largest, fmt.largest + 1, fmt.magnitude),
    }


def _far(fmt: FloatFormat, s: Sampler) -> Iterator[tuple[int, int]]:
    quarter = (fmt.largest - fmt.tiny) // 4
    for _ in range(30):
        low = [fmt.tiny + s.integer(0, quarter) for _ in range(2)]
        high = [fmt.largest - s.integer(0, quarter) for _ in range(2)]
        yield low[0], low[1]
        yield high[0], high[1]
        yield low[0], high[0]
        yield high[1], low[1]


def _members(s: Sampler, first: str, second: str) -> list[Case]:
    a, b = s.magnitudes(first, PAIRS), s.magnitudes(second, PAIRS)
    count = max(8, min(PAIRS, len(a) * len(b) * 4))
    signs = [(0, 0), (1, 0), (0, 1), (1, 1)]
    found: list[Case] = []
    for i in range(count):
        x = a[i // 4 % len(a)] if i < 16 else s.choice(a)
        y = b[i // 4 % len(b)] if i < 16 else s.choice(b)
        na, nb = signs[i % 4]
        found.append((x | na * s.fmt.sign, y | nb * s.fmt.sign))
    return found


def single_groups(fmt: FloatFormat, seed: int) -> dict[str, list[Case]]:
    """Return the cases of a one-operand function, by what they are for."""
    s = Sampler(fmt, seed)
    groups: dict[str, list[Case]] = {}
    for kind in s.kinds():
        for sign, letter in ((0, "+"), (fmt.sign, "-")):
            if kind != "num":
                groups[letter + kind] = [(sign | x,) for x in s.magnitudes(kind, PAIRS)]
    if 2 * fmt.largest <= SMALL // 2:
        groups["numbers"] = [
            (sign | x,) for x in range(fmt.tiny, fmt.largest + 1) for sign in (0, fmt.sign)
        ]
    else:
        groups["numbers"] = [(s.signed(s.number_near_one()),) for _ in range(NUMBERS * 2 // 5)]
        groups["numbers"] += [(s.signed(x),) for x in s.magnitudes("num", NUMBERS // 5)]
    groups["holdout"] = [(s.code(),) for _ in range(HOLDOUT // 2)]
    groups["holdout"] += [(s.signed(s.number_near_one()),) for _ in range(HOLDOUT // 4)]
    return groups
