"""The operands of rounding_ties are ties: the real result lies half way between two codes."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from pamcheck import spec
from pamcheck.testing.subject import Subject, make_subject

EXACT: dict[str, Callable[..., Fraction]] = {
    "pam": spec.pam,
    "padiv": spec.padiv,
    "palog2": spec.palog2,
    "paexp2": spec.paexp2,
    "pasqrt": spec.pasqrt,
    "paexp": spec.paexp2,
    "palog": spec.palog2,
    "papow": spec.paexp2,
}


@pytest.mark.parametrize(
    ("op", "policy"),
    [
        ("pam", "gradual"),
        ("padiv", "gradual"),
        ("palog2", "ftz"),
        ("paexp2", "saturate"),
        ("paexp2", "gradual"),
        ("pasqrt", "ftz"),
        ("paexp", "ftz"),
        ("palog", "ftz"),
        ("papow", "ftz"),
    ],
)
@pytest.mark.parametrize("format", ["float32", "float16"])
def test_one_case_in_ten_is_a_tie_and_they_go_both_ways(
    op: str, policy: str, format: str, run: Callable[..., Any]
) -> None:
    subject = make_subject(op, format, policy)
    asked = np.concatenate(run("rounding_ties", subject)[1].asked)
    chosen = [tuple(map(int, row)) for row in asked[:: asked.shape[0] // 300]]
    ways = [_way(subject, case) for case in chosen]
    assert ways.count(-1) > 8, "ties to the code below"
    assert ways.count(1) > 8, "ties to the code above"
    assert ways.count(0) > 8, "their neighbours"


def _way(subject: Subject, case: tuple[int, ...]) -> int:
    """Return whether the result is a tie that goes down or up in value, -1 or 1; 0 for none."""
    fmt, op = subject.fmt, subject.op
    # what the primitive that rounds is given
    if op in ("paexp", "papow"):
        rest = (fmt.encode(spec.LOG2_E),) if op == "paexp" else case[1:]
        first = case[0] if op == "paexp" else spec.evaluate("palog2", case[:1], fmt, subject.policy)
        case = (spec.evaluate("pam", (first, *rest), fmt, subject.policy),)
    result = spec.evaluate(_rounding(op), case, fmt, subject.policy)
    if not fmt.is_finite(result) or not all(fmt.is_finite(code) and fmt.decode(code) for code in case):
        return 0
    exact, rounded = EXACT[op](*(fmt.decode(code) for code in case)), fmt.decode(result)
    neighbours = [
        fmt.decode(result + step)
        for step in (-1, 1)
        if fmt.is_finite(result + step) and (result & fmt.magnitude) + step >= 0
    ]
    half_way = exact != rounded and any(exact - rounded == other - exact for other in neighbours)
    return (1 if rounded > exact else -1) if half_way else 0


def _rounding(op: str) -> str:
    return {"paexp": "paexp2", "papow": "paexp2", "palog": "palog2"}.get(op, op)
