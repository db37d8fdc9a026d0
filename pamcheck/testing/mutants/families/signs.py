"""The sign of a product or quotient, and of what is converted."""

from __future__ import annotations

from pamcheck.testing.mutants.family import Family, modes
from pamcheck.testing.mutants.unit import Unit

family = Family("Signs")
XOR = "take the exclusive or of the two sign bits"

family.add("sign_dropped", "the sign is dropped: results are never negative", XOR, sign=lambda *_: 0)
family.add("sign_ored", "a result is negative where either operand is: the signs are ORed", XOR,
           sign=lambda u, a, b: (a | b) & u.w.sign)  # fmt: skip
family.add("sign_anded", "a result is negative only where both operands are: the signs are ANDed", XOR,
           sign=lambda u, a, b: a & b & u.w.sign)  # fmt: skip
family.add(
    "sign_of_left", "the result has the sign of the first operand", XOR, sign=lambda u, a, _: a & u.w.sign
)
family.add(
    "sign_of_right", "the result has the sign of the second operand", XOR, sign=lambda u, _, b: b & u.w.sign
)
family.add(
    "sign_inverted", "every sign is inverted", XOR, sign=lambda u, a, b: (a ^ b ^ u.w.sign) & u.w.sign
)


@family.part(
    "finish",
    "negative_twos_complement",
    "negative results are the two's complement of the positive code",
    "set the sign bit and leave the other bits alone: codes are sign and magnitude",
)
def _negative_twos_complement(u: Unit, sign: int, total: int) -> int:
    code = Unit.finish(u, 0, total)
    return -code & (u.w.sign | u.w.magnitude) if sign else code


@family.part(
    "from_fixed",
    "log_sign_dropped",
    "the sign of a negative logarithm is dropped",
    "set the sign bit where the operand is below 1",
)
def _log_sign_dropped(u: Unit, n: int) -> int:
    return Unit.from_fixed(u, abs(n))


@family.part(
    "from_fixed", "log_sign_inverted", "the logarithm has the wrong sign", "subtract the bias from the code"
)
def _log_sign_inverted(u: Unit, n: int) -> int:
    return Unit.from_fixed(u, -n)


@family.part(
    "from_fixed",
    "log_of_one_minus_zero",
    "palog2(1) gives -0",
    "a logarithm of zero is +0",
    kind="deviation",
    when=modes("", "exact", "mimic"),
)
def _log_of_one_minus_zero(u: Unit, n: int) -> int:
    return Unit.from_fixed(u, n) if n else u.w.sign


@family.part(
    "exp_codes",
    "exp_sign_dropped",
    "the sign of paexp2's operand is dropped: 2^|x|",
    "subtract from the code of 1 where x is negative",
)
def _exp_sign_dropped(u: Unit, _: int, magnitude: int) -> int:
    return Unit.exp_codes(u, 0, magnitude)


@family.part(
    "exp_codes",
    "exp_sign_inverted",
    "the sign of paexp2's operand is inverted: 2^-x",
    "add to the code of 1 where x is positive",
)
def _exp_sign_inverted(u: Unit, sign: int, magnitude: int) -> int:
    return Unit.exp_codes(u, sign ^ u.w.sign, magnitude)


@family.part(
    "exp_codes",
    "exp_sign_kept",
    "paexp2 of a negative operand is negative: its sign bit is kept",
    "clear the sign bit: 2^x is positive",
)
def _exp_sign_kept(u: Unit, sign: int, magnitude: int) -> int:
    return sign | Unit.exp_codes(u, sign, magnitude)
