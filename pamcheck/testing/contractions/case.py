"""One call of a foreign contraction: operands, and how they lie in memory."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from pamcheck.testing.subject import Codes

CLAIMS = {
    "shapes": "every shape gives the result: one element, no terms, one beside a block or a lane, odd sizes",
    "terms": "a single term is its own sum, whatever the operands",
    "batches": "leading axes, broadcast or not, operands of one axis, and results without elements",
    "layouts": "transposed and strided operands give what contiguous ones give",
    "special rows": "infinities, NaN, zeros, overflow, underflow and ties come out as the sum of their terms",
    "cancellation": "terms that cancel leave what the order of additions leaves",
    "random numbers": "random terms of many sizes",
}
"""What each check holds a target to."""


@dataclass(frozen=True)
class Case:
    """Operands of one call.

    check     name of the check it belongs to
    label     which case of it: "33x257x31"
    operands  arrays of codes
    layouts   how each is handed over, names of LAYOUTS
    """

    check: str
    label: str
    operands: tuple[Codes, ...]
    layouts: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The case as `only` names it."""
        return f"{self.check}/{self.label}"


class Layout:
    """Memory that an array is seen in: codes to lay down contiguously, and the view of them that is handed over.

    The view is made by methods that NumPy, CuPy and PyTorch have in common.
    """

    def __init__(self, lay: Callable[[Codes], Codes], view: Callable[[Any], Any], axes: int) -> None:
        self.lay, self.view, self.axes = lay, view, axes


def _spread(codes: Codes) -> Codes:
    """Return codes with another number after each, along every axis."""
    wide = np.full(tuple(2 * n for n in codes.shape), codes.dtype.type(1), codes.dtype)
    wide[tuple(slice(None, None, 2) for _ in codes.shape)] = codes
    return wide


LAYOUTS = {
    "contiguous": Layout(lambda x: x, lambda x: x, 0),
    "transposed": Layout(lambda x: x.swapaxes(-1, -2), lambda x: x.swapaxes(-1, -2), 2),
    "strided": Layout(_spread, lambda x: x[tuple(slice(None, None, 2) for _ in x.shape)], 1),
    "offset": Layout(
        lambda x: np.concatenate([x[..., :1] ^ x.dtype.type(1), x], axis=-1), lambda x: x[..., 1:], 1
    ),
}
"""How operands can lie in memory."""


def random_layouts(count: int, turn: int) -> tuple[str, ...]:
    """Return layouts for so many operands, other ones at every turn; never all contiguous."""
    names = list(LAYOUTS)
    return tuple(names[(turn // len(names) ** place + place) % len(names)] for place in range(count))
