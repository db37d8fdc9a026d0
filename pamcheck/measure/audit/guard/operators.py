"""What the rewritten functions call in place of an operator or a function."""

from __future__ import annotations

import math
import operator
import sys
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from pamcheck.measure.audit.guard import judging
from pamcheck.measure.audit.guard.arrays import GuardedArray
from pamcheck.measure.audit.guard.rewriting import BINARY, CALL, OPERAND

if TYPE_CHECKING:
    from pamcheck.measure.audit.guard.guard import Guard

_COMPUTE: dict[str, Callable[[Any, Any], Any]] = {
    "*": operator.mul,
    "/": operator.truediv,
    "//": operator.floordiv,
    "%": operator.mod,
    "**": operator.pow,
    "@": operator.matmul,
}


def hooks(guard: Guard) -> Mapping[str, Callable[..., Any]]:
    """Return the functions of a guard, by the names that rewritten code has for them."""

    def look(sign: str, left: Any, right: Any) -> None:
        if not guard.active:
            return
        frame = sys._getframe(2)
        accusation = judging.accuse_operator(sign, left, right)
        if accusation:
            guard.accuse(accusation, frame)
        elif judging.integral(left) and judging.integral(right):
            arrays = hasattr(left, "shape") or hasattr(right, "shape")
            reason = (
                "integers of an array: places or counters" if arrays else "integers: a shape, size or place"
            )
            guard.allow(sign, frame, reason)

    def binary(sign: str, left: Any, right: Any) -> Any:
        look(sign, left, right)
        return _COMPUTE[sign](left, right)

    def operand(sign: str, left: Any, right: Any) -> Any:
        look(sign, left, right)
        return right

    def call(function: Any, *arguments: Any, **options: Any) -> Any:
        if not guard.active:
            return function(*arguments, **options)
        if function is type and len(arguments) == 1 and isinstance(arguments[0], GuardedArray):
            return np.ndarray  # so that what is watched takes the way that it takes with plain arrays
        if function is math.prod and isinstance(arguments[0], Iterator):
            arguments = (list(arguments[0]), *arguments[1:])  # to see what it multiplies
        accusation = judging.accuse_call(function, (*arguments, *options.values()))
        if accusation:
            guard.accuse(accusation, sys._getframe(1))
        result = function(*arguments, **options)
        return _guarded(result) if guard.arrays else result

    return {BINARY: binary, OPERAND: operand, CALL: call}


def _guarded(result: Any) -> Any:
    """Return a plain array that a call gave as one that raises."""
    if type(result) is np.ndarray:
        return result.view(GuardedArray)
    if type(result) in (tuple, list) and any(type(x) is np.ndarray for x in result):
        return type(result)(map(_guarded, result))
    return result
