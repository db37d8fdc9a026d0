"""The failing element with the fewest and simplest terms."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from pamcheck.formats import FloatFormat
from pamcheck.testing.contractions.kind import Parts

MOST = 300  # questions
FEW = 24  # terms, beyond which codes are left as they are


def shrunk(parts: Parts, fmt: FloatFormat, fails: Callable[[Parts], bool]) -> Parts:
    """Return the parts of one element, with as few terms and as many ones and zeros as still fail.

    parts  arrays (1, codes); those of one code belong to every term
    fails  whether the element of other parts is wrong in the same way
    """
    budget = _Budget(fails)
    parts = _fewer(parts, budget)
    for place, part in enumerate(parts):
        if part.shape[1] > FEW:
            continue
        for column in range(part.shape[1]):
            for simple in (0, fmt.one):
                if part[0, column] in (0, fmt.one):
                    break
                other = part.copy()
                other[0, column] = simple
                tried = (*parts[:place], other, *parts[place + 1 :])
                if budget.fails(tried):
                    parts, part = tried, other
    return parts


class _Budget:
    """A question that is asked only so often, and answered no from there on."""

    def __init__(self, fails: Callable[[Parts], bool]) -> None:
        self._fails, self._left = fails, MOST

    def fails(self, parts: Parts) -> bool:
        self._left -= 1
        return self._left >= 0 and self._fails(parts)


def _fewer(parts: Parts, budget: _Budget) -> Parts:
    """Return the parts without every run of terms that can be left out, long runs first."""
    count = max(part.shape[1] for part in parts)
    size = count // 2
    while size:
        start = 0
        while start < count and count > 1:
            kept = np.r_[0:start, min(start + size, count) : count]
            tried = tuple(part if part.shape[1] != count else part[:, kept] for part in parts)
            if budget.fails(tried):
                parts, count = tried, kept.size
            else:
                start += size
        size = min(size // 2, max(count // 2, 1)) if size > 1 else 0
    return parts
