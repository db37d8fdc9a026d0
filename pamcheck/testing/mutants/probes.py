"""Inputs at which units go different ways: what decides whether a mutant differs from the definition.

A few thousand for each subject, always the same: landmarks and their neighbours against each other, pairs whose
result is at an edge, kinks, ties, and random codes. Tests hold them against every input of a small format.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from itertools import product

import numpy as np

from pamcheck.formats import FloatFormat
from pamcheck.testing.subject import Codes, Subject

MOST = 700  # of one kind
SEED = 20231


@lru_cache(maxsize=256)
def probes(subject: Subject) -> tuple[Codes, ...]:
    """Return inputs, one array each, in an order in which every stretch has something of everything."""
    f = subject.fmt
    rng = np.random.default_rng(SEED)
    rows = [*_crossed(subject), *_edges(subject), *_random(subject, rng)]
    unique = list(dict.fromkeys(tuple(code & (f.sign | f.magnitude) for code in row) for row in rows))
    order = rng.permutation(len(unique))
    return tuple(np.array([unique[i][k] for i in order], subject.dtype) for k in range(len(subject.inputs)))


def _crossed(subject: Subject) -> Sequence[tuple[int, ...]]:
    """Return landmarks against each other."""
    f, count = subject.fmt, len(subject.inputs)
    if count == 1:
        return [(sign | m,) for m in {*_landmarks(f), *_powers(f)} for sign in (0, f.sign)]
    second = _landmarks(f) if count == 2 else _few(f)
    pairs = [(a | s, b | t) for a, b in product(second, second) for s, t in product((0, f.sign), repeat=2)]
    if not subject.mode:
        return pairs[:: len(pairs) // MOST + 1]
    deltas = [
        f.one,
        f.one | f.sign,
        f.one + 3,
        f.tiny,
        f.largest,
        0,
        f.sign,
        f.tiny - 1,
        f.nan or 0,
        f.inf or 0,
    ]
    if count == 2:
        scaled = [(a, d | s) for (a,) in _signed(f) for d in deltas for s in (0, f.sign)]
        return scaled[:: len(scaled) // MOST + 1] + [
            (a | s, f.one) for a in _powers(f) for s in (0, f.sign)
        ]
    rows = [(a, b, d) for a, b in pairs for d in deltas]
    return rows[:: len(rows) // MOST + 1] + [(a, b, f.one) for a, b in pairs]


def _signed(f: FloatFormat) -> list[tuple[int]]:
    return [(sign | m,) for m in _landmarks(f) for sign in (0, f.sign)]


def _few(f: FloatFormat) -> list[int]:
    half = f.tiny >> 1
    return [
        0,
        1,
        f.tiny,
        f.one,
        f.one + half,
        f.one + f.tiny - 1,
        f.one - 1,
        f.largest,
        f.inf or f.largest,
        f.magnitude,
    ]


def _landmarks(f: FloatFormat) -> list[int]:
    """Return magnitudes at which something begins or ends."""
    half, top = f.tiny >> 1, f.magnitude
    around = {f.tiny, f.one, f.largest, f.largest + 1, f.one + f.tiny}
    kinks = {
        f.one + half,
        f.one + half - 1,
        f.one - half,
        f.one + 3 * f.tiny + half,
        f.tiny + half,
        half,
        top,
    }
    low = {0, 1, 2, 3, f.nan or 0, (f.nan or 0) + 1}
    near = {m + d for m in around for d in (-1, 0, 1)}
    return sorted(m for m in near | kinks | low if 0 <= m <= top)


def _powers(f: FloatFormat) -> list[int]:
    """Return magnitudes of the binades around one, every one, and of some of the others."""
    fields = {
        *range(max(f.bias - f.mant_bits - 3, 1), f.bias + f.exp_bits + 2),
        1,
        2,
        3,
        (1 << f.exp_bits) - 2,
    }
    steps = (0, 1, -1, 2, 3, (f.tiny >> 1), (f.tiny >> 1) + 1, f.tiny - 2, f.tiny // 3, 5 * f.tiny // 7)
    return [m for field in fields for d in steps if 0 <= (m := (field << f.mant_bits) + d) <= f.largest]


def _edges(subject: Subject) -> list[tuple[int, ...]]:
    """Return operands whose product or quotient, or scaled cotangent, lies at an edge of the format."""
    f = subject.fmt
    if len(subject.inputs) == 1:
        return []
    rng = np.random.default_rng(SEED + 1)
    goals = [
        goal + d
        for goal in (f.tiny, f.largest, 0, f.one, -f.tiny, f.largest + f.tiny)
        for d in (-1, 0, 1, 2)
    ]
    firsts = [f.one, f.one + (f.tiny >> 1), *map(int, rng.integers(f.tiny, f.largest + 1, 9, dtype="i8"))]
    rows: list[tuple[int, ...]] = []
    for goal, a, sign in product(goals, firsts, (0, f.sign)):
        for b in (goal - a + f.one - subject.offset, a - goal + f.one - subject.offset, goal - a + f.one):
            if 0 < b <= f.largest:
                rows.append((a | sign, b) if len(subject.inputs) == 2 else (a, b | sign, f.one + (b & 1)))
                rows.append((b, a | sign) if len(subject.inputs) == 2 else (f.one, a | sign, b))
    return rows[:: len(rows) // MOST + 1]


def _random(subject: Subject, rng: np.random.Generator) -> list[tuple[int, ...]]:
    """Return any codes, and numbers within some octaves of one."""
    f, count = subject.fmt, len(subject.inputs)
    any_codes = rng.integers(0, f.sign | f.magnitude, (150, count), dtype="u8", endpoint=True)
    low, high = max(f.tiny, f.one - 8 * f.tiny), min(f.largest, f.one + 6 * f.tiny)
    near = rng.integers(low, high, (350, count), dtype="u8", endpoint=True)
    signs = rng.integers(0, 2, near.shape, dtype="u8") << np.uint64(f.width - 1)
    return [tuple(map(int, row)) for row in [*any_codes, *(near | signs)]]
