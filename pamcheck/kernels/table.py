"""Every operation by its public name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

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
    mimics        mimic derivatives, likewise
    """

    name: str
    body: Callable[..., int]
    arity: int
    approximates: str
    contract: Contract | None = None
    takes_offset: bool = False
    slopes: tuple[Callable[..., int], ...] = ()
    mimics: tuple[Callable[..., int], ...] = ()


def _unary(
    name: str,
    body: Callable[..., int],
    approximates: str,
    slope: Callable[..., int],
    mimic: Callable[..., int],
    contract: Contract | None = None,
) -> Operation:
    return Operation(name, body, 1, approximates, contract, slopes=(slope,), mimics=(mimic,))


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
            mimics=(product.product_mimic_a, product.product_mimic_b),
        ),
        Operation(
            name="padiv",
            body=quotient.quotient,
            arity=2,
            approximates="div",
            contract=quotient.CONTRACT,
            takes_offset=True,
            slopes=(quotient.quotient_slope_a, quotient.quotient_slope_b),
            mimics=(quotient.quotient_mimic_a, quotient.quotient_mimic_b),
        ),
        _unary("palog2", log2.log2, "log2", log2.log2_slope, log2.log2_mimic, log2.CONTRACT),
        _unary("paexp2", exp2.exp2, "exp2", exp2.exp2_slope, exp2.exp2_mimic, exp2.CONTRACT),
        _unary("pasqrt", sqrt.sqrt, "sqrt", sqrt.sqrt_slope, sqrt.sqrt_mimic, sqrt.CONTRACT),
        _unary("palog", log.log, "log", log.log_slope, log.log_mimic),
        _unary("paexp", exp.exp, "exp", exp.exp_slope, exp.exp_mimic),
        Operation(
            name="papow",
            body=power.power,
            arity=2,
            approximates="pow",
            slopes=(power.power_slope_a, power.power_slope_y),
            mimics=(power.power_mimic_a, power.power_mimic_y),
        ),
    )
}

BODIES: dict[str, tuple[Callable[..., int], int]] = {
    **{op.name: (op.body, op.arity) for op in OPS.values()},
    **{
        f"{op.name}_{kind}_{letter}": (body, op.arity + 1)
        for kind in ("slope", "mimic")
        for op in OPS.values()
        for letter, body in zip("ab", op.slopes if kind == "slope" else op.mimics, strict=False)
    },
}
"""Every scalar body by the name of its elementwise kernel, with the number of codes it takes."""


KINDS = {"exact": "slope", "mimic": "mimic"}
"""What the bodies of a mode of derivatives are called in BODIES."""


@cache
def cotangents(op: str, mode: str) -> tuple[str, ...]:
    """Return the names in BODIES of an operation's cotangents, one an operand.

    Raises ValueError, naming what exists, for an unknown operation or mode.
    """
    kind = lookup("mode", mode, KINDS)
    return tuple(f"{op}_{kind}_{letter}" for letter in "ab"[: get_operation(op).arity])


def get_operation(name: str) -> Operation:
    """Return an operation by name. Raises ValueError, naming what exists, for an unknown one."""
    return lookup("operation", name, OPS)
