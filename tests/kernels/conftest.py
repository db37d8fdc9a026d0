"""What the kernel tests share: running an operation on codes, and comparing codes in hex."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest

from pamcheck.formats import FloatFormat, get_format
from pamcheck.kernels.launch import run_codes
from pamcheck.kernels.table import OPS
from pamcheck.kernels.words import make_words
from pamcheck.policy import get_policy


@pytest.fixture(scope="session")
def kernel() -> Callable[..., Any]:
    """Return `kernel(op, codes, fmt, policy="ftz", offset=0)`: the compiled loop, on arrays of codes.

    Plain integers give a plain integer, arrays an array of codes.
    """

    def run(op: str, codes: Sequence[Any], fmt: str, policy: str = "ftz", offset: int = 0) -> Any:
        f = get_format(fmt)
        arrays = [np.asarray(code, dtype=f"u{f.storage_bits // 8}") for code in codes]
        result = run_codes(op, arrays, make_words(f, get_policy(policy), offset))
        return result if any(np.ndim(code) for code in codes) else int(result)

    return run


@pytest.fixture(scope="session")
def body() -> Callable[..., int]:
    """Return `body(op, codes, fmt, policy="ftz", offset=0)`: the scalar body, run by Python's integers."""

    def run(op: str, codes: Sequence[int], fmt: str, policy: str = "ftz", offset: int = 0) -> int:
        words = make_words(get_format(fmt), get_policy(policy), offset)
        return OPS[op].body(*(int(code) for code in codes), words)

    return run


@pytest.fixture(scope="session")
def assert_same_codes() -> Callable[..., None]:
    """Return a check that two arrays of codes are equal; it prints the first differing operands in hex."""

    def check(got: Any, expected: Any, operands: Sequence[Any], fmt: str | FloatFormat, title: str) -> None:
        f = get_format(fmt)
        got, expected, *axes = (
            array.ravel().astype(np.uint64) for array in np.broadcast_arrays(got, expected, *operands)
        )
        differ = np.flatnonzero(got != expected)
        lines = [
            f"({', '.join(f.hex(int(axis[i])) for axis in axes)}): "
            f"got {f.hex(int(got[i]))}, expected {f.hex(int(expected[i]))}"
            for i in differ[:10]
        ]
        assert not lines, f"{title}, {f.name}: {differ.size} of {got.size} differ\n" + "\n".join(lines)

    return check
