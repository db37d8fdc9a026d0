from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pamcheck.testing.subject import Codes
from pamcheck.testing.target import TargetFault
from pamcheck.testing.targets.narrowing import narrowed


@given(
    count=st.integers(1, 40),
    bad=st.sets(st.integers(0, 39), min_size=1),
    early=st.booleans(),
    keeps=st.integers(0, 5),
)
def test_the_first_case_that_fails_is_found_and_what_was_answered_before(
    count: int, bad: set[int], early: bool, keeps: int
) -> None:
    asked = [0]

    def ask(inputs: Sequence[Codes]) -> tuple[Codes, ...]:
        codes = inputs[0]
        asked[0] += codes.size
        failing = [place for place, code in enumerate(codes.tolist()) if code in bad]
        if failing:
            # some programs say what they answered before, others keep it in a buffer
            before = codes[: max(failing[0] - keeps, 0)] if early else codes[:0]
            raise TargetFault("crash", "at a bad case", None, (before + 1,) if before.size else ())
        return (codes + 1,)

    inputs = [np.arange(count, dtype=np.uint8)]
    first = min(bad)
    if first >= count:
        return
    with pytest.raises(TargetFault) as caught:
        ask(inputs)
    fault = narrowed(ask, inputs, caught.value)
    assert fault.case == (first,)
    assert (fault.answered[0].tolist() if fault.answered else []) == list(range(1, first + 1))
    assert asked[0] <= 4 * count + 40


def test_a_fault_of_a_batch_alone_keeps_its_own_case() -> None:
    def ask(inputs: Sequence[Codes]) -> tuple[Codes, ...]:
        return tuple(inputs)

    inputs = [np.arange(9, dtype=np.uint8)]
    fault = narrowed(ask, inputs, TargetFault("crash", "boom", (3,), (inputs[0][:3],)))
    assert (fault.kind, fault.case) == ("crash", (3,))
    assert str(fault) == "boom (in a batch of 9 cases; no case does it alone)"
    assert fault.answered[0].tolist() == list(range(9))
