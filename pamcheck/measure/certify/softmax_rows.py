"""Rows of a format near one that is extreme for the real softmax: the best of them is the witness."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction
from itertools import product
from typing import Any

import numpy as np

from pamcheck import functional
from pamcheck.arithmetic import Pam
from pamcheck.formats import FloatFormat
from pamcheck.measure import values
from pamcheck.measure.certify.rows import Row
from pamcheck.operands import dtype_of

_STEPS = range(-2, 3)
_MOST = 1 << 20  # entries that are tried


def best_nearby(row: Row, domain: tuple[Fraction, Fraction], fmt: FloatFormat, *, up: bool) -> Row:
    """Return the row with the most extreme error of its first entry, among some whose codes differ by a few."""
    codes = np.array(list(_candidates(row, domain, fmt)), values.code_dtype(fmt))
    result = np.asarray(functional.softmax(codes.view(dtype_of(fmt)), Pam()))[:, 0].astype(np.float64)
    x = values.decode(codes, fmt)
    error = result * np.exp(x).sum(-1) / np.exp(x[:, 0])
    return Row(map(fmt.decode, map(int, codes[int(np.argmax(error) if up else np.argmin(error))])))


def _candidates(row: Row, domain: tuple[Fraction, Fraction], fmt: FloatFormat) -> Any:
    """Yield rows of codes: the entry, and up to three inputs of the others in other shares."""
    low, high = domain
    entry, *others = [fmt.encode(x) for x in row]
    common = Counter(others).most_common(3)
    rest = [code for code in others if code not in dict(common)]

    def near(code: int) -> list[int]:
        moved = [code + step for step in _STEPS if fmt.tiny <= (code + step) & fmt.magnitude <= fmt.largest]
        return [c for c in moved if low <= fmt.decode(c) <= high] or [code]

    count = 0
    for first, *chosen in product(near(entry), *(near(code) for code, _ in common)):
        for moved in _STEPS if len(common) > 1 else (0,):
            counts = [k for _, k in common]
            counts[0], counts[-1] = counts[0] + moved, counts[-1] - moved if len(counts) > 1 else counts[-1]
            if min(counts) < 0 or count * len(row) > _MOST:
                continue
            count += 1
            yield [first, *(c for c, k in zip(chosen, counts, strict=True) for _ in range(k)), *rest]
