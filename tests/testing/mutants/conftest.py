from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import product

import numpy as np
import pytest

from pamcheck.testing.subject import Codes, Subject


def every_input(subject: Subject, deltas: int = 6) -> tuple[Codes, ...]:
    """Every operand of a small format; of cotangents a few."""
    f = subject.fmt
    codes = range(2 * f.sign)
    some = [f.one, f.sign | f.one, f.tiny, f.largest, 0, f.nan or f.sign, f.inf or 1, f.sign | f.tiny][
        :deltas
    ]
    axes: Sequence[Sequence[int]] = [codes] * subject.operation.arity
    rows = list(product(*axes, *([some] if subject.mode else [])))
    return tuple(np.array(column, subject.dtype) for column in zip(*rows, strict=True))


@pytest.fixture
def inputs_of() -> Callable[..., tuple[Codes, ...]]:
    return every_input
