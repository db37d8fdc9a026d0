"""Comparing results with the oracle's, and the hash of a run.

The hash of one tuple is mix(mix(2^32 a + b) + result), modulo 2^64, of the codes of the operands a and b (one
operand is b, with a = 0) and of the result; mix is the finaliser of SplitMix64. A run's hash is the sum modulo
2^64 and the exclusive or of them all: 128 bits that do not depend on the order of the tuples, nor on the machine.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from pamcheck.measure.sweep.compiling import compiled, inlined

Digest = tuple[int, int]
EMPTY: Digest = (0, 0)

# SplitMix64's increment and finaliser: Steele, Lea & Flood, OOPSLA 2014; Stafford's variant 13.
_STEP = np.uint64(0x9E3779B97F4A7C15)
_FIRST, _SECOND = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
_A, _B, _C = np.uint64(30), np.uint64(27), np.uint64(31)
_WORD = np.uint64(32)


@inlined
def _mix(z: Any) -> Any:
    z = z + _STEP
    z = (z ^ (z >> _A)) * _FIRST
    z = (z ^ (z >> _B)) * _SECOND
    return z ^ (z >> _C)


def _compare(a: Any, b: Any, got: Any, expected: Any) -> Any:
    total, parity, different = np.uint64(0), np.uint64(0), 0
    for i in range(got.size):
        z = _mix(_mix((np.uint64(a[i]) << _WORD) + np.uint64(b[i])) + np.uint64(got[i]))
        total += z
        parity ^= z
        different += 1 if got[i] != expected[i] else 0
    return total, parity, different


def _compare_row(a: Any, b: Any, got: Any, expected: Any) -> Any:
    total, parity, different = np.uint64(0), np.uint64(0), 0
    first = np.uint64(a[0]) << _WORD
    for i in range(got.size):
        z = _mix(_mix(first + np.uint64(b[i])) + np.uint64(got[i]))
        total += z
        parity ^= z
        different += 1 if got[i] != expected[i] else 0
    return total, parity, different


@cache
def _compiled(row: bool) -> Any:
    return compiled(_compare_row if row else _compare)


def compare(a: Any, b: Any, got: Any, expected: Any) -> tuple[Digest, int]:
    """Return the hash of some results, and how many differ from what was expected.

    All are arrays of codes; a holds one where all tuples have the same.
    """
    total, parity, different = _compiled(a.size == 1)(a, b, got, expected)
    return (int(total), int(parity)), int(different)


def joined(one: Digest, other: Digest) -> Digest:
    """Return the hash of both runs together."""
    return (one[0] + other[0]) % (1 << 64), one[1] ^ other[1]


def shown(digest: Digest) -> str:
    """Return the hash as 32 hexadecimal digits: sum, then exclusive or."""
    return f"{digest[0]:016x}{digest[1]:016x}"
