"""The wiring of derivatives: whose cotangent, and of which kind."""

from __future__ import annotations

from pamcheck.testing.mutants.families.precision import nearest, number
from pamcheck.testing.mutants.family import Family, modes, ops
from pamcheck.testing.mutants.unit import Unit

family = Family("Whose cotangent")


def _other(u: Unit, _: str) -> tuple[str, ...]:
    return Unit.methods(u, "mimic" if u.subject.mode == "exact" else "exact")


family.add("mimic_for_exact", "these are mimic derivatives, where exact ones are asked for",
           "return the slope of the affine piece, or judge with --mode mimic", kind="deviation",
           when=modes("exact"), methods=_other)  # fmt: skip
family.add("exact_for_mimic", "these are exact derivatives, where mimic ones are asked for",
           "apply the ordinary rule with PAM operations, or judge with --mode exact", kind="deviation",
           when=modes("mimic"), methods=_other)  # fmt: skip
family.add("straight_through", "the cotangent is passed straight through: the slope is always 1",
           "multiply the cotangent by the slope", kind="deviation",
           cotangents=lambda _, delta, *xs: (delta,) * len(xs))  # fmt: skip
family.add("cotangents_swapped", "the cotangents of the operands are exchanged", "return da, then db",
           cotangents=lambda u, delta, *xs: Unit.cotangents(u, delta, *xs)[::-1])  # fmt: skip
family.add("cotangent_operands_swapped", "the operands are exchanged in the derivatives", "read a, then b",
           cotangents=lambda u, delta, *xs: Unit.cotangents(u, delta, *xs[::-1]))  # fmt: skip
family.add("cotangent_first", "the cotangent is read first, the operands after it",
           "inputs are the operands, then the cotangent",
           cotangents=lambda u, delta, *xs: Unit.cotangents(u, xs[0], *xs[1:], delta))  # fmt: skip
family.add("cotangent_ignored", "the incoming cotangent is ignored: slopes are returned",
           "multiply the slope by the cotangent",
           cotangents=lambda u, _, *xs: Unit.cotangents(u, u.subject.fmt.one, *xs))  # fmt: skip
family.add("cotangent_sign_ignored", "the sign of the incoming cotangent is ignored", "keep it",
           cotangents=lambda u, d, *xs: Unit.cotangents(u, d & u.w.magnitude, *xs))  # fmt: skip
family.add("second_missing", "the second operand's cotangent is always 0", "compute it",
           cotangents=lambda u, delta, *xs: (*Unit.cotangents(u, delta, *xs)[:1], 0)[: len(xs)])  # fmt: skip
family.add("first_for_second", "the second operand is given the first one's cotangent", "return da, then db",
           cotangents=lambda u, delta, *xs: Unit.cotangents(u, delta, *xs)[:1] * len(xs))  # fmt: skip
family.add("gradients_zero", "every cotangent is 0", "compute it: something cuts the gradient off",
           cotangents=lambda _, __, *xs: (0,) * len(xs))  # fmt: skip


@family.part(
    "cotangents",
    "value_for_slope",
    "the cotangent is multiplied by the operation's value instead of its slope",
    "multiply it by the slope",
)
def _value_for_slope(u: Unit, delta: int, *operands: int) -> tuple[int, ...]:
    value = getattr(u, u.subject.op)(*operands)
    return (u.pam(delta, value),) * len(operands)


@family.part(
    "cotangents",
    "true_derivatives",
    "the derivatives are those of the true function, not of PAM",
    "return the slope of the affine piece, or apply PAM operations in the rule",
    kind="deviation",
    when=ops("pam", "padiv"),
)
def _true_derivatives(u: Unit, delta: int, a: int, b: int) -> tuple[int, ...]:
    special = [x for x in (delta, a, b) if u.no_number(x) or u.is_zero(x)]
    if special:
        return Unit.cotangents(u, delta, a, b)
    d, x, y = (number(u, code & u.w.magnitude) for code in (delta, a, b))
    signs = (delta ^ b) & u.w.sign, (delta ^ a) & u.w.sign
    if u.subject.op == "pam":
        return signs[0] ^ nearest(u, d * y), signs[1] ^ nearest(u, d * x)
    return signs[0] ^ nearest(u, d / y), signs[1] ^ u.w.sign ^ nearest(u, d / y * (x / y))
