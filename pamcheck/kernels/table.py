"""Every operation by its public name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from pamcheck.contracts import Contract
from pamcheck.kernels import exp, exp2, log, log2, power, product, quotient, sqrt
from pamcheck.lookup import lookup


@dataclass(frozen=True)
class Operation:
    """One operation on codes.

    body          scalar body: one or two codes and a Words to a code
    arity         number of operands
    approximates  name of the true function in pamcheck.truth
    contract      error bound of a primitive; None for a composite, whose error has no constant bound
    takes_offset  whether a compensation offset means anything to it
    slopes        exact derivatives, one an operand: incoming cotangent, operands and Words to a cotangent
    """

    name: str
    body: Callable[..., int]
    arity: int
    approximates: str
    contract: Contract | None = None
    takes_offset: bool = False
    slopes: tuple[Callable[..., int], ...] = ()


OPS: dict[str, Operation] = {
    op.name: op
    for op in (
        Operation(
            name="pam",
            body=product.product,
            arity=2,
            approximates="mul",
            contract=product.CONTRACT,
            takes_offset=True,
            slopes=(product.product_slope_a, product.product_slope_b),
        ),
        Operation(
            name="padiv",
            body=quotient.quotient,
            arity=2,
            approximates="div",
            contract=quotient.CONTRACT,
            takes_offset=True,
            slopes=(quotient.quotient_slope_a, quotient.quotient_slope_b),
        ),
        Operation("palog2", log2.log2, 1, "log2", log2.CONTRACT, slopes=(log2.log2_slope,)),
        Operation("paexp2", exp2.exp2, 1, "exp2", exp2.CONTRACT, slopes=(exp2.exp2_slope,)),
        Operation("pasqrt", sqrt.sqrt, 1, "sqrt", sqrt.CONTRACT, slopes=(sqrt.sqrt_slope,)),
        Operation("palog", log.log, 1, "log", slopes=(log.log_slope,)),
        Operation("paexp", exp.exp, 1, "exp", slopes=(exp.exp_slope,)),
        Operation("papow", power.power, 2, "pow", slopes=(power.power_slope_a, power.power_slope_y)),
    )
}

BODIES: dict[str, tuple[Callable[..., int], int]] = {
    **{op.name: (op.body, op.arity) for op in OPS.values()},
    **{
        f"{op.name}_slope_{letter}": (slope, op.arity + 1)
        for op in OPS.values()
        for letter, slope in zip("ab", op.slopes, strict=False)
    },
}
"""Every scalar body by the name of its elementwise kernel, with the number of codes it takes."""


def get_operation(name: str) -> Operation:
    """Return an operation by name. Raises ValueError, naming what exists, for an unknown one."""
    return lookup("operation", name, OPS)
