"""The operations that a composite may use."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

# From the cotangent of a result, and which operands need one, to those of the operands; None where not needed.
Pullback = Callable[[Any, Sequence[bool]], tuple[Any, ...]]

PULLED = ("mul", "div", "exp2", "log2", "sqrt", "exp", "log", "matmul")
"""The operations that an interpretation differentiates by a rule of its own."""


class Arithmetic(Protocol):
    """What a composite may use. Operands broadcast as in NumPy; axes as in numpy.sum."""

    def mul(self, a: Any, b: Any) -> Any:
        """Return a b."""

    def div(self, a: Any, b: Any) -> Any:
        """Return a / b."""

    def exp2(self, x: Any) -> Any:
        """Return 2^x."""

    def log2(self, x: Any) -> Any:
        """Return log2 x."""

    def sqrt(self, x: Any) -> Any:
        """Return the square root."""

    def exp(self, x: Any) -> Any:
        """Return e^x."""

    def log(self, x: Any) -> Any:
        """Return the natural logarithm."""

    def matmul(self, a: Any, b: Any) -> Any:
        """Return the matrix product of (..., m, k) and (..., k, n)."""

    def sum(self, x: Any, axis: Any = None, keepdims: bool = False) -> Any:
        """Return the sum over axes."""

    def add(self, a: Any, b: Any) -> Any:
        """Return a + b."""

    def sub(self, a: Any, b: Any) -> Any:
        """Return a - b."""

    def neg(self, x: Any) -> Any:
        """Return -x."""

    def maximum(self, a: Any, b: Any) -> Any:
        """Return the greater of a and b, by element."""

    def max(self, x: Any, axis: Any = None, keepdims: bool = False) -> Any:
        """Return the greatest element along axes."""

    def floor(self, x: Any) -> Any:
        """Return the greatest integer not above x: a constant to every derivative."""

    def where(self, condition: Any, a: Any, b: Any) -> Any:
        """Return a where a constant condition holds, else b."""

    def reshape(self, x: Any, shape: tuple[int, ...]) -> Any:
        """Return the elements in another shape, in C order."""

    def transpose(self, x: Any, axes: Sequence[int]) -> Any:
        """Return x with its axes in another order."""

    def take(self, x: Any, indices: Any) -> Any:
        """Return the rows of x, along its first axis, at constant indices."""

    def value(self, x: Any) -> Any:
        """Return the array, or what stands for one, without what an interpretation has put around it."""

    def own_rule(self, forward: Callable[..., Any], backward: Callable[..., Any], *operands: Any) -> Any:
        """Return forward(arithmetic, *operands), to be differentiated by a rule of its own.

        backward takes the arithmetic, the operands, the result and its cotangent, and returns one cotangent
        an operand, of its shape and dtype. Both see plain values, never a tape.
        """


class Differentiable(Arithmetic, Protocol):
    """An Arithmetic with rules of its own, which a tape can ask for."""

    @property
    def name(self) -> str:
        """What tables call it."""

    def pullback(self, op: str, operands: Sequence[Any], result: Any) -> Pullback:
        """Return the rule of an operation of PULLED, from what went in and came out."""
