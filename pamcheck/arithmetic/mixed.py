"""Different interpretations for different operations."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pamcheck.arithmetic.native import Native
from pamcheck.arithmetic.on_arrays import OnArrays
from pamcheck.arithmetic.pam import Pam
from pamcheck.arithmetic.protocol import PULLED, Pullback
from pamcheck.lookup import lookup


class Mixed(OnArrays):
    """One interpretation for most operations, others for some: Mixed(Native(), matmul=Pam("mimic")).

    What an operation sends back to an operand that was broadcast is summed by the operation's own arithmetic.

    Raises ValueError for an operation that is not in PULLED and not "sum".
    """

    def __init__(self, default: Native | Pam, **chosen: Native | Pam) -> None:
        every: dict[str, Native | Pam] = dict.fromkeys((*PULLED, "sum"), default)
        for op in chosen:
            lookup("operation", op, every)
        self._of: dict[str, Native | Pam] = every | chosen
        self.name = ", ".join([default.name, *(f"{op} {part.name}" for op, part in chosen.items())])

    def mul(self, a: Any, b: Any) -> Any:
        return self._of["mul"].mul(a, b)

    def div(self, a: Any, b: Any) -> Any:
        return self._of["div"].div(a, b)

    def exp2(self, x: Any) -> Any:
        return self._of["exp2"].exp2(x)

    def log2(self, x: Any) -> Any:
        return self._of["log2"].log2(x)

    def sqrt(self, x: Any) -> Any:
        return self._of["sqrt"].sqrt(x)

    def exp(self, x: Any) -> Any:
        return self._of["exp"].exp(x)

    def log(self, x: Any) -> Any:
        return self._of["log"].log(x)

    def matmul(self, a: Any, b: Any) -> Any:
        return self._of["matmul"].matmul(a, b)

    def sum(self, x: Any, axis: Any = None, keepdims: bool = False) -> Any:
        return self._of["sum"].sum(x, axis=axis, keepdims=keepdims)

    def pullback(self, op: str, operands: Sequence[Any], result: Any) -> Pullback:
        """Return the rule that the operation's own interpretation has."""
        return lookup("operation", op, self._of).pullback(op, operands, result)
