"""How an operand lies along the rows of the whole.

Row r of it begins, in elements, at
    same   0
    each   r stride
    cycle  (r // repeat) % period stride
What lies otherwise is copied.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np


class Layout(NamedTuple):
    """One operand's layout; `copied` where the array has to be copied as `spread` says before it lies so."""

    kind: str
    repeat: int
    period: int
    stride: int
    copied: str = ""  # "" not at all, "C" in its own shape, "spread" broadcast to the whole


def layout_of(
    shape: Sequence[int], strides: Sequence[int], item: int, whole: tuple[int, ...], aligned: bool
) -> Layout:
    """Return how an array of a shape and strides in bytes lies along rows of an array of shape `whole`."""
    found = _found(shape, strides, item, whole) if aligned else None
    if found is not None:
        return found
    found = _found(shape, c_strides(shape, item), item, whole)
    if found is not None:
        return found._replace(copied="C")
    found = _found(whole, c_strides(whole, item), item, whole)
    assert found is not None
    return found._replace(copied="spread")


def arranged(x: Any, layout: Layout, whole: tuple[int, ...]) -> Any:
    """Return an array that lies as the layout says."""
    if layout.copied == "spread":
        x = np.broadcast_to(x, whole)
    return np.require(x, requirements=["C", "A"])


def c_strides(shape: Sequence[int], item: int) -> list[int]:
    """Return the strides in bytes of an array whose elements follow each other."""
    strides, step = [], item
    for length in reversed(shape):
        strides.append(step)
        step *= length
    return strides[::-1]


def _found(
    shape: Sequence[int], strides: Sequence[int], item: int, whole: tuple[int, ...]
) -> Layout | None:
    """Return the layout of an array as it lies, None for one that must be copied."""
    if shape and shape[-1] == whole[-1] and shape[-1] > 1 and strides[-1] != item:
        return None
    new = len(whole) - len(shape)
    groups: list[tuple[int, int]] = []
    for at, length in enumerate(whole[:-1]):
        if length == 1:
            continue
        stride = 0 if at < new or shape[at - new] == 1 else strides[at - new]
        if stride % item:
            return None
        step = stride // item
        if groups and groups[-1][1] == step * length:
            groups[-1] = (groups[-1][0] * length, step)
        else:
            groups.append((length, step))
    repeat = 1
    if len(groups) > 1 and groups[-1][1] == 0:
        repeat = groups.pop()[0]
    if len(groups) > 1 and groups[0][1] == 0:
        groups.pop(0)
        inner = True
    else:
        inner = repeat > 1
    if not groups and len(shape) == len(whole):
        return Layout("each", 1, 1, shape[-1])  # one row, which needs no program of its own
    if not groups or (len(groups) == 1 and groups[0][1] == 0):
        return Layout("same", 1, 1, 0)
    if len(groups) > 1:
        return None
    period, stride = groups[0]
    return Layout("cycle" if inner else "each", repeat, period, stride)
