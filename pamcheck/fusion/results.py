"""From what a program puts out to what a text returns: sums over rows are taken after the loop."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np

from pamcheck import contractions
from pamcheck.fusion.symbols import Outer, Symbol, Untraceable
from pamcheck.operands import format_of


class Leaves:
    """What the loop puts out, and how each result is made of it."""

    def __init__(self, whole: tuple[int, ...]) -> None:
        self._whole = whole
        self.outputs: list[tuple[int, bool]] = []
        self.shapes: list[tuple[int, ...]] = []

    def finish(self, result: Any) -> Callable[[Sequence[Any]], Any]:
        """Return the function from the outputs to a result."""
        if isinstance(result, Outer):
            args = [self.finish(arg) for arg in result.args]
            return partial(_finished, result, args)
        if not isinstance(result, Symbol) or result.dtype == np.bool_:
            raise Untraceable(f"a result that is a {type(result).__name__}")
        row = (*self._whole[:-1], 1)
        if result.shape not in (self._whole, row):
            raise Untraceable(f"a result of shape {result.shape} beside operands of {self._whole}")
        self.outputs.append((result.at, result.shape == self._whole))
        self.shapes.append(result.shape)
        return partial(_taken, len(self.outputs) - 1)


def _taken(at: int, outputs: Sequence[Any]) -> Any:
    return outputs[at]


def _finished(outer: Outer, args: Sequence[Callable[[Sequence[Any]], Any]], outputs: Sequence[Any]) -> Any:
    values = [arg(outputs) for arg in args]
    if outer.op == "sum":
        codes = values[0].view(f"u{outer.dtype.itemsize}")
        summed = contractions.sum_codes_over(False, codes, format_of(outer.dtype), outer.axes, True)
        return summed.view(outer.dtype)
    if outer.op == "reshape":
        return values[0].reshape(outer.shape)
    return np.add(*values) if outer.op == "add" else np.negative(values[0])
