"""The array library's own floating point."""

# ruff: noqa: ARG005, as every rule is given what any of them needs

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from pamcheck.arithmetic.on_arrays import OnArrays, alike, reduced
from pamcheck.arithmetic.protocol import Pullback
from pamcheck.lookup import lookup


@dataclass(frozen=True)
class Native(OnArrays):
    """The floating point of NumPy or CuPy, and the ordinary rules of calculus in it."""

    name: str = "native"

    def mul(self, a: Any, b: Any) -> Any:
        return np.multiply(*alike(a, b))

    def div(self, a: Any, b: Any) -> Any:
        return np.divide(*alike(a, b))

    def exp2(self, x: Any) -> Any:
        return np.exp2(x)

    def log2(self, x: Any) -> Any:
        return np.log2(x)

    def sqrt(self, x: Any) -> Any:
        return np.sqrt(x)

    def exp(self, x: Any) -> Any:
        return np.exp(x)

    def log(self, x: Any) -> Any:
        return np.log(x)

    def matmul(self, a: Any, b: Any) -> Any:
        if min(a.ndim, b.ndim) < 2:
            raise ValueError(f"matmul: operands of shapes {a.shape} and {b.shape}; both need two axes")
        return np.matmul(*alike(a, b)).astype(a.dtype, copy=False)

    def pullback(self, op: str, operands: Sequence[Any], result: Any) -> Pullback:
        """Return the ordinary rule of an operation of PULLED."""
        rule = lookup("operation", op, _NATIVE_RULES)
        shapes = [np.shape(x) for x in operands]
        operands = alike(*operands)
        result = result if op in _BY_RESULT else None

        def pull(cotangent: Any, needed: Sequence[bool]) -> tuple[Any, ...]:
            found = rule(self, cotangent, result, *operands)
            return tuple(
                reduced(self, part(), shape) if take else None
                for part, shape, take in zip(found, shapes, needed, strict=True)
            )

        return pull


# Operations whose rule reads the result; those of the others do not hold on to it.
_BY_RESULT = ("div", "exp2", "sqrt", "exp")


def _turned(x: Any) -> Any:
    return x.swapaxes(-1, -2)


# From the arithmetic, the cotangent d, the result y and the operands to one cotangent an operand, unevaluated.
_NATIVE_RULES: dict[str, Callable[..., tuple[Callable[[], Any], ...]]] = {
    "mul": lambda _, d, y, a, b: (lambda: d * b, lambda: d * a),
    "div": lambda _, d, y, a, b: (lambda: d / b, lambda: -(d / b) * y),
    "exp2": lambda ar, d, y, x: (lambda: d * ar.mul(y, math.log(2)),),
    "log2": lambda ar, d, y, x: (lambda: d / ar.mul(x, math.log(2)),),
    "sqrt": lambda _, d, y, x: (lambda: d / (y + y),),
    "exp": lambda _, d, y, x: (lambda: d * y,),
    "log": lambda _, d, y, x: (lambda: d / x,),
    "matmul": lambda ar, d, y, a, b: (
        lambda: ar.matmul(d, _turned(b)),
        lambda: ar.matmul(_turned(a), d),
    ),
}
