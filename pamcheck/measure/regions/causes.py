"""Why two pieces of a piecewise affine function meet: the names of the breaks, and which operation broke."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

Cause = Literal["binade", "carry", "borrow", "integer", "sign", "relu", "max", "floor"]
CAUSES: tuple[Cause, ...] = get_args(Cause)

MEANINGS: dict[Cause, str] = {
    "binade": "an operand crosses a power of two",
    "carry": "the mantissas of a product's operands add up to one",
    "borrow": "the mantissas of a quotient's operands are equal",
    "integer": "the operand of exp2 crosses a whole number",
    "sign": "an operand crosses zero",
    "relu": "the greater of an operand and zero changes",
    "max": "another operand becomes the greatest",
    "floor": "the operand of floor crosses a whole number",
}

# What else a side of a cell can be, or can be why a part of the domain has no affine map.
DOMAIN = "domain"
SMALLEST = "smallest"
UNDEFINED = "undefined"


@dataclass(frozen=True, slots=True)
class Break:
    """One break: its cause, the operation that has it, and the number of that operation in the run.

    cause      one of CAUSES; "domain" for the border of the domain; for a part without a map "smallest" where
               an operand is below the smallest binade and "undefined" where it is outside the operation's domain
    operation  the method of Arithmetic, for example "mul"; "" for the domain
    step       counts the methods of Arithmetic that compute, from 1, in the order of the run; 0 for the domain
    """

    cause: str
    operation: str = ""
    step: int = 0

    def __str__(self) -> str:
        return f"{self.cause} in {self.operation}, step {self.step}" if self.step else self.cause


BORDER = Break(DOMAIN)
