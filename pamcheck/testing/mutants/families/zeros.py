"""Zero operands and zero results."""

from __future__ import annotations

from pamcheck.testing.mutants.family import Family
from pamcheck.testing.mutants.unit import Unit

family = Family("Zeros")
GUARD = "test for zero before the codes are added"

family.add(
    "zero_unguarded",
    "a zero operand is not guarded: it is taken for a number",
    GUARD,
    is_zero=lambda *_: False,
)
family.add(
    "zero_left_unguarded",
    "a zero on the left is not guarded",
    f"{GUARD}, on both sides",
    zero_left=lambda *_: False,
)
family.add(
    "zero_right_unguarded",
    "a zero on the right is not guarded",
    f"{GUARD}, on both sides",
    zero_right=lambda *_: False,
)
family.add(
    "minus_zero_unguarded",
    "-0 is not taken for a zero",
    "remove the sign bit before testing for zero",
    is_zero=lambda u, code: code < u.w.least,
)
family.add(
    "minus_zero_left_unguarded",
    "-0 on the left is not taken for a zero",
    "remove the sign bit before testing for zero",
    zero_left=lambda u, code: code < u.w.least,
)
family.add(
    "minus_zero_right_unguarded",
    "-0 on the right is not taken for a zero",
    "remove the sign bit before testing for zero",
    zero_right=lambda u, code: code < u.w.least,
)
family.add(
    "zero_sign_lost",
    "a zero that comes from a zero or an infinite operand is always +0",
    "give it the sign of the result",
    kind="deviation",
    zero=lambda *_: 0,
)
family.add(
    "zeros_unsigned",
    "every zero result is +0, flushed ones too",
    "give zeros the sign of the result",
    kind="deviation",
    leave=lambda u, code: 0 if code == u.w.sign else code,
)
family.add(
    "zero_gives_nan",
    "a zero operand makes the result NaN",
    "return a signed zero",
    zero=lambda u, _: u.w.nan,
)
family.add(
    "zero_gives_tiny",
    "a zero operand makes the result the smallest normal number",
    "return a signed zero",
    zero=lambda u, sign: sign | u.w.tiny,
)


@family.part("zero", "zero_minus", "a result of zero is always -0", "give it the sign of the result")
def _zero_minus(u: Unit, _: int) -> int:
    return u.w.sign


@family.part(
    "zero_by_zero",
    "zero_by_zero_zero",
    "0 / 0 gives 0",
    "return NaN: test for 0 / 0 before 0 / x",
    kind="bug",
)
def _zero_by_zero_zero(_: Unit, sign: int) -> int:
    return sign


@family.part(
    "zero_by_zero", "zero_by_zero_inf", "0 / 0 gives inf", "return NaN: test for 0 / 0 before x / 0"
)
def _zero_by_zero_inf(u: Unit, sign: int) -> int:
    return u.infinite(sign)


@family.part("zero_by_zero", "zero_by_zero_one", "0 / 0 gives 1", "return NaN: test for 0 / 0 first")
def _zero_by_zero_one(u: Unit, sign: int) -> int:
    return sign | u.subject.fmt.one


@family.part(
    "by_zero", "by_zero_zero", "division by zero gives 0", "return an infinity with the sign of the result"
)
def _by_zero_zero(_: Unit, sign: int) -> int:
    return sign


@family.part(
    "by_zero",
    "by_zero_largest",
    "division by zero gives the largest number",
    "return an infinity with the sign of the result, if saturation is not meant to include this",
    kind="deviation",
)
def _by_zero_largest(u: Unit, sign: int) -> int:
    return sign | u.w.largest


@family.part(
    "by_zero",
    "by_zero_nan",
    "division by zero gives NaN",
    "return an infinity with the sign of the result; NaN is for 0 / 0",
    kind="deviation",
)
def _by_zero_nan(u: Unit, _: int) -> int:
    return u.w.nan


@family.part(
    "by_zero",
    "by_zero_unsigned",
    "division by zero gives +inf, whatever the signs",
    "give it the sign of the result",
)
def _by_zero_unsigned(u: Unit, _: int) -> int:
    return u.infinite(0)


@family.part("log_of_zero", "log_of_zero_nan", "palog2(0) gives NaN", "return -inf", kind="deviation")
def _log_of_zero_nan(u: Unit) -> int:
    return u.w.nan


@family.part(
    "log_of_zero",
    "log_of_zero_lowest",
    "palog2(0) gives the lowest number",
    "return -inf",
    kind="deviation",
)
def _log_of_zero_lowest(u: Unit) -> int:
    return u.w.sign | u.w.largest


@family.part("log_of_zero", "log_of_zero_plus_inf", "palog2(0) gives +inf", "return -inf: set the sign bit")
def _log_of_zero_plus_inf(u: Unit) -> int:
    return u.infinite(0)


@family.part("log_of_zero", "log_of_zero_zero", "palog2(0) gives 0", "return -inf")
def _log_of_zero_zero(_: Unit) -> int:
    return 0


@family.part(
    "log_of_zero",
    "log_of_zero_finite",
    "palog2(0) is finite: the exponent field 0 is taken for an exponent",
    "test for zero first and return -inf",
)
def _log_of_zero_finite(u: Unit) -> int:
    return u.from_fixed(u.log_codes(0))


@family.part(
    "root_of_zero",
    "root_of_minus_zero",
    "pasqrt(-0) gives +0",
    "return -0, as IEEE 754 has it",
    kind="deviation",
)
def _root_of_minus_zero(_: Unit, __: int) -> int:
    return 0


@family.part(
    "root_of_zero",
    "root_of_minus_zero_nan",
    "pasqrt(-0) gives NaN",
    "test for zero before testing for a negative operand",
)
def _root_of_minus_zero_nan(u: Unit, sign: int) -> int:
    return u.w.nan if sign else 0


@family.part(
    "paexp2",
    "exp_of_zero_zero",
    "paexp2(0) gives 0: the zero operand is passed through",
    "return 1 at zero",
)
def _exp_of_zero_zero(u: Unit, x: int) -> int:
    return 0 if u.is_zero(x) else Unit.paexp2(u, x)
