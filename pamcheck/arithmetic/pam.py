"""The operations of pamcheck."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from pamcheck import arrays, contractions, derivatives
from pamcheck.arithmetic.on_arrays import OnArrays
from pamcheck.arithmetic.protocol import Pullback
from pamcheck.derivatives import Mode
from pamcheck.formats import FORMATS
from pamcheck.kernels.words import make_words
from pamcheck.lookup import lookup
from pamcheck.operands import Number, offset_codes
from pamcheck.policy import get_policy

_PAM_NAMES = {
    "mul": "pam",
    "div": "padiv",
    "exp2": "paexp2",
    "log2": "palog2",
    "sqrt": "pasqrt",
    "exp": "paexp",
    "log": "palog",
    "matmul": "matmul",
}


@dataclass(frozen=True)
class Pam(OnArrays):
    """The operations of pamcheck, with exact or mimic derivatives.

    offset  compensation of products, quotients and matrix products, in octaves
    policy  special values, as in pamcheck.arrays

    Raises ValueError for an unknown mode or policy, one without kernels, and an offset of an octave or more.
    """

    mode: Mode = "exact"
    offset: Number = 0
    policy: str = "ftz"

    def __post_init__(self) -> None:
        lookup("mode", self.mode, {"exact": None, "mimic": None})
        make_words(
            FORMATS["float64"], get_policy(self.policy), offset_codes(self.offset, FORMATS["float64"])
        )

    @property
    def name(self) -> str:
        """What tables call it."""
        extra = f", offset {float(self.offset):g}" if self.offset else ""
        return f"PAM {self.mode}{extra}" + ("" if self.policy == "ftz" else f", {self.policy}")

    def mul(self, a: Any, b: Any) -> Any:
        return arrays.pam(a, b, offset=self.offset, policy=self.policy)

    def div(self, a: Any, b: Any) -> Any:
        return arrays.padiv(a, b, offset=self.offset, policy=self.policy)

    def exp2(self, x: Any) -> Any:
        return arrays.paexp2(x, policy=self.policy)

    def log2(self, x: Any) -> Any:
        return arrays.palog2(x, policy=self.policy)

    def sqrt(self, x: Any) -> Any:
        return arrays.pasqrt(x, policy=self.policy)

    def exp(self, x: Any) -> Any:
        return arrays.paexp(x, policy=self.policy)

    def log(self, x: Any) -> Any:
        return arrays.palog(x, policy=self.policy)

    def matmul(self, a: Any, b: Any) -> Any:
        return contractions.matmul(a, b, offset=self.offset, policy=self.policy)

    def sum(self, x: Any, axis: Any = None, keepdims: bool = False) -> Any:
        return contractions.sum(x, axis=axis, keepdims=keepdims)

    def fused(self, text: Callable[..., Any], *operands: Any) -> Any:
        """Return text(self, *operands), in one pass over rows where that can be: see rowwise."""
        from pamcheck import fusion

        found = fusion.fused(text, self._settings(), operands) if self._fuses() else None
        return text(self, *operands) if found is None else found

    def differentiated(
        self, text: Callable[..., Any], operands: Sequence[Any], wanted: Sequence[bool], derive: Any
    ) -> tuple[Any, Sequence[bool], Pullback] | None:
        """Return the result of a text, which operands have a cotangent, and their rule; None where it does not fuse."""
        from pamcheck import fusion

        if not self._fuses():
            return None
        return fusion.differentiated(text, self._settings(), operands, tuple(wanted), derive)

    def _fuses(self) -> bool:
        # a class derived from this one may compute an operation otherwise
        return type(self) is Pam

    def _settings(self) -> Any:
        from pamcheck import fusion

        return fusion.Settings(self.mode, self.offset, self.policy)

    def pullback(self, op: str, operands: Sequence[Any], result: Any) -> Pullback:  # noqa: ARG002
        """Return the exact or mimic rule of an operation of PULLED."""
        name = lookup("operation", op, _PAM_NAMES)
        offset = self.offset if op in ("mul", "div", "matmul") else 0

        def pull(cotangent: Any, needed: Sequence[bool]) -> tuple[Any, ...]:
            return derivatives.vjp(
                name,
                operands,
                cotangent,
                mode=self.mode,
                offset=offset,
                policy=self.policy,
                needed=needed,
            )

        return pull
