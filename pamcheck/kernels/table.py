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
    """

    name: str
    body: Callable[..., int]
    arity: int
    approximates: str
    contract: Contract | None = None
    takes_offset: bool = False


OPS: dict[str, Operation] = {
    op.name: op
    for op in (
        Operation("pam", product.product, 2, "mul", product.CONTRACT, takes_offset=True),
        Operation("padiv", quotient.quotient, 2, "div", quotient.CONTRACT, takes_offset=True),
        Operation("palog2", log2.log2, 1, "log2", log2.CONTRACT),
        Operation("paexp2", exp2.exp2, 1, "exp2", exp2.CONTRACT),
        Operation("pasqrt", sqrt.sqrt, 1, "sqrt", sqrt.CONTRACT),
        Operation("palog", log.log, 1, "log"),
        Operation("paexp", exp.exp, 1, "exp"),
        Operation("papow", power.power, 2, "pow"),
    )
}


def get_operation(name: str) -> Operation:
    """Return an operation by name. Raises ValueError, naming what exists, for an unknown one."""
    return lookup("operation", name, OPS)
