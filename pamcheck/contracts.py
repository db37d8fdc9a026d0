"""What a kernel promises: the function it approximates, the exact error interval, a witness.

Each number is stated once, in the CONTRACT at the end of the kernel's own file. Tests, studies, the
command line and the docs read it from there. Bounds are exact: a Fraction, or a closed form that is
evaluated by whoever brings a mathematics library (mpmath's `mp` for a value, `iv` for an enclosure).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Literal


@dataclass(frozen=True)
class ClosedForm:
    """An irrational bound: how it is written, and how to compute it from a mathematics library."""

    text: str
    evaluate: Callable[[Any], Any]

    def __str__(self) -> str:
        return self.text


Bound = Fraction | ClosedForm


@dataclass(frozen=True)
class Contract:
    """The error of one operation against the function it approximates, for normal results.

    approximates  name of the true function in pamcheck.truth
    kind          "relative": (result - truth) / truth;  "absolute": result - truth
    lower, upper  the exact range of that error over all real operands in the domain
    witness       operands, as hex floats, that attain the far bound, or are the float64 nearest to it
    attained      whether the witness attains the bound exactly, or only approaches it
    source        where the operation and its bound come from
    """

    approximates: str
    kind: Literal["relative", "absolute"]
    lower: Bound
    upper: Bound
    witness: tuple[str, ...]
    attained: bool
    source: str

    @property
    def extreme(self) -> Bound:
        """The bound that is not zero."""
        return self.upper if self.lower == 0 else self.lower

    @property
    def operands(self) -> tuple[float, ...]:
        """The witness as floats."""
        return tuple(float.fromhex(text) for text in self.witness)
