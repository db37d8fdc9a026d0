"""The one case at which a batch fails."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from pamcheck.testing.subject import Codes
from pamcheck.testing.target import TargetFault

Ask = Callable[[Sequence[Codes]], tuple[Codes, ...]]


def narrowed(ask: Ask, inputs: Sequence[Codes], fault: TargetFault) -> TargetFault:
    """Return a fault with the first case that fails by itself, and the answers to those before it.

    ask     answers fewer cases, or raises TargetFault as it did for all of them
    inputs  of the batch that `fault` was raised for

    Halves the batch, so each case is asked about twice. Where no case fails by itself, the fault is returned
    with its own case, if it has one, and says so.
    """
    done = [fault.answered] if fault.answered else []
    low, high = _count(fault.answered), inputs[0].size
    step = 1  # as the first case without an answer is the likeliest
    while low < high:
        try:
            done.append(ask([codes[low : low + step] for codes in inputs]))
            low += step
        except TargetFault as smaller:
            if step == 1:
                case = tuple(int(codes[low]) for codes in inputs)
                return TargetFault(smaller.kind, str(smaller), case, _joined(done))
            if smaller.answered:
                done.append(smaller.answered)
                low += _count(smaller.answered)
            high = low + step - _count(smaller.answered)
            step = 1 if smaller.answered else max((high - low) // 2, 1)
        else:
            step = max((high - low) // 2, 1)
    told = f"{fault} (in a batch of {inputs[0].size} cases; no case does it alone)"
    return TargetFault(fault.kind, told, fault.case, _joined(done))


def _count(answered: Sequence[Codes]) -> int:
    return int(answered[0].size) if answered else 0


def _joined(parts: Sequence[tuple[Codes, ...]]) -> tuple[Codes, ...]:
    return tuple(np.concatenate(columns) for columns in zip(*parts, strict=True))
