"""What the tests of the definition share: one comparison of codes, in hex."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from pamcheck.spec import evaluate


@pytest.fixture(scope="session")
def assert_result() -> Callable[..., None]:
    """Return `assert_result(expected, op, codes, fmt, policy="ftz")`: evaluate gives that code."""

    def check(expected: int, op: str, codes: tuple[int, ...], fmt: str, policy: str = "ftz") -> None:
        got = evaluate(op, codes, fmt, policy)
        assert got == expected, f"{op}{tuple(map(hex, codes))} is {got:#x}, not {expected:#x}"

    return check
