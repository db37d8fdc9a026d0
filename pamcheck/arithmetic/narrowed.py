"""Products of operands with fewer mantissa bits, for studies of width.

What is rounded: both operands of every product, quotient and matrix product, of the forward pass and of the
rules of the backward pass, cotangents included. What is not: results, sums, maxima, and the operands of
exp2, log2 and sqrt, which are no products; where one of these has a product in it (PAM's e^x is 2 to the
product of x and log2 e) or in its rule (the mimic rules), that product's operands are rounded.

The exact rules of PAM only shift cotangents. Those of a product, a quotient and a matrix product are
evaluated at the rounded operands, for the rounded cotangent.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from pamcheck.arithmetic.mantissa import WIDEST, narrow_all
from pamcheck.arithmetic.native import Native
from pamcheck.arithmetic.on_arrays import OnArrays, reduced
from pamcheck.arithmetic.pam import Pam
from pamcheck.arithmetic.protocol import Pullback
from pamcheck.lookup import lookup

LOG2_E, LN_2 = math.log2(math.e), math.log(2)


@dataclass(frozen=True)
class Narrowed(OnArrays):
    """Another arithmetic whose products see operands of fewer mantissa bits, rounded to nearest even.

    mantissa_bits  stored ones, without the leading 1: 1 to 23; raises ValueError for others

    Exponents keep their range: what is rounded up from the largest number becomes infinite, as a conversion
    to a format of so many bits and this exponent has it; subnormal numbers are rounded on that format's grid.
    Formats with no more bits than that stay as they are.
    """

    base: Native | Pam
    mantissa_bits: int

    def __post_init__(self) -> None:
        if not 1 <= self.mantissa_bits <= WIDEST:
            raise ValueError(f"mantissa_bits is {self.mantissa_bits}; it must be from 1 to {WIDEST}")

    @property
    def name(self) -> str:
        """What tables call it."""
        return f"{self.base.name}, {self.mantissa_bits} mantissa bits"

    def mul(self, a: Any, b: Any) -> Any:
        return self.base.mul(*self._narrow(a, b))

    def div(self, a: Any, b: Any) -> Any:
        return self.base.div(*self._narrow(a, b))

    def matmul(self, a: Any, b: Any) -> Any:
        return self.base.matmul(*self._narrow(a, b))

    def exp2(self, x: Any) -> Any:
        return self.base.exp2(x)

    def log2(self, x: Any) -> Any:
        return self.base.log2(x)

    def sqrt(self, x: Any) -> Any:
        return self.base.sqrt(x)

    def exp(self, x: Any) -> Any:
        return self.exp2(self.mul(x, LOG2_E)) if isinstance(self.base, Pam) else self.base.exp(x)

    def log(self, x: Any) -> Any:
        return self.div(self.log2(x), LOG2_E) if isinstance(self.base, Pam) else self.base.log(x)

    def sum(self, x: Any, axis: Any = None, keepdims: bool = False) -> Any:
        return self.base.sum(x, axis=axis, keepdims=keepdims)

    def pullback(self, op: str, operands: Sequence[Any], result: Any) -> Pullback:
        """Return the ordinary rule of an operation in this arithmetic, or PAM's exact one."""
        rule = lookup("operation", op, _RULES)
        if isinstance(self.base, Pam) and self.base.mode == "exact":
            return self._exact(op, operands, result)
        shapes = [np.shape(x) for x in operands]

        def pull(cotangent: Any, needed: Sequence[bool]) -> tuple[Any, ...]:
            found = rule(self, cotangent, result, *operands)
            return tuple(
                reduced(self, part(), shape) if take else None
                for part, shape, take in zip(found, shapes, needed, strict=True)
            )

        return pull

    def _exact(self, op: str, operands: Sequence[Any], result: Any) -> Pullback:
        if op in ("exp", "log"):
            return self._exact_chain(op, operands[0], result)
        if op not in ("mul", "div", "matmul"):
            return self.base.pullback(op, operands, result)
        within = self.base.pullback(op, self._narrow(*operands), result)
        return lambda cotangent, needed: within(self._narrow(cotangent)[0], needed)

    def _exact_chain(self, op: str, x: Any, result: Any) -> Pullback:
        """Return the rule of e^x or of the logarithm, through the product or quotient that is in it."""
        if op == "exp":
            between = self.mul(x, LOG2_E)
            first, last = self._exact("mul", (x, LOG2_E), between), self._exact("exp2", (between,), result)
        else:
            between = self.log2(x)
            first, last = self._exact("log2", (x,), between), self._exact("div", (between, LOG2_E), result)
        pair, one = (True, False), (True,)  # the constant needs no cotangent
        if op == "exp":
            return lambda d, _: first(last(d, one)[0], pair)[:1]
        return lambda d, _: first(last(d, pair)[0], one)

    def _narrow(self, *operands: Any) -> list[Any]:
        return narrow_all(operands, self.mantissa_bits)


def _turned(x: Any) -> Any:
    return x.swapaxes(-1, -2)


# The mimic rules of PAM [spec section 3], which are those of calculus, in an arithmetic that rounds every operand.
_RULES: dict[str, Callable[..., tuple[Callable[[], Any], ...]]] = {
    "mul": lambda ar, d, y, a, b: (lambda: ar.mul(d, b), lambda: ar.mul(d, a)),  # noqa: ARG005
    "div": lambda ar, d, y, a, b: (  # noqa: ARG005
        lambda: ar.div(d, b),
        lambda: ar.neg(ar.div(ar.mul(a, d), ar.mul(b, b))),
    ),
    "exp2": lambda ar, d, y, x: (lambda: ar.mul(ar.mul(y, LN_2), d),),  # noqa: ARG005
    "log2": lambda ar, d, y, x: (lambda: ar.div(ar.div(d, x), LN_2),),  # noqa: ARG005
    "sqrt": lambda ar, d, y, x: (lambda: ar.div(d, ar.add(y, y)),),  # noqa: ARG005
    "exp": lambda ar, d, y, x: (lambda: ar.mul(y, d),),  # noqa: ARG005
    "log": lambda ar, d, y, x: (lambda: ar.div(d, x),),  # noqa: ARG005
    "matmul": lambda ar, d, y, a, b: (  # noqa: ARG005
        lambda: ar.matmul(d, _turned(b)),
        lambda: ar.matmul(_turned(a), d),
    ),
}
