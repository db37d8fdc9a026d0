"""Results above the largest number."""

from __future__ import annotations

from pamcheck.testing.mutants.family import Family
from pamcheck.testing.mutants.unit import Unit

family = Family("Overflow")
COMPARE = "compare the sum with the largest number in a wider word, or decide before adding"
SIGNED = "return what the policy has for overflow, with the sign of the result"


@family.part("overflow", "overflow_wraps_sign", "overflow wraps into the sign", COMPARE)
def _overflow_wraps_sign(u: Unit, sign: int, total: int) -> int:
    return (sign + total) & (u.w.sign | u.w.magnitude)


@family.part(
    "overflow",
    "overflow_wraps_exponent",
    "overflow wraps the exponent: the carry past its top is lost",
    COMPARE,
)
def _overflow_wraps_exponent(u: Unit, sign: int, total: int) -> int:
    return sign | total & u.w.magnitude


@family.part("overflow", "overflow_sets_sign", "overflow runs into the sign, which is then set", COMPARE)
def _overflow_sets_sign(u: Unit, sign: int, total: int) -> int:
    return (sign | total) & (u.w.sign | u.w.magnitude)


@family.part(
    "overflow",
    "overflow_raw",
    "a sum that reaches the codes of infinity and NaN is returned as it is; only beyond them is overflow seen",
    "compare the sum with the largest number, not with the width of the exponent",
)
def _overflow_raw(u: Unit, sign: int, total: int) -> int:
    return sign | total if total <= u.w.magnitude else Unit.overflow(u, sign, total)


@family.part(
    "overflow",
    "overflow_all_ones",
    "overflow gives a code of all ones: the sum is held at the largest code, not at the largest number",
    "compare the sum with the largest number; the codes above it are no numbers",
)
def _overflow_all_ones(u: Unit, sign: int, _: int) -> int:
    return sign | u.w.magnitude


@family.part("overflow", "overflow_nan", "overflow gives NaN", SIGNED, kind="deviation")
def _overflow_nan(u: Unit, _: int, __: int) -> int:
    return u.w.nan


@family.part("overflow", "overflow_zero", "overflow gives 0", SIGNED)
def _overflow_zero(_: Unit, sign: int, __: int) -> int:
    return sign


@family.part("overflow", "overflow_unsigned", "overflow loses the sign of the result", SIGNED)
def _overflow_unsigned(u: Unit, _: int, total: int) -> int:
    return Unit.overflow(u, 0, total)


@family.part(
    "overflow",
    "overflow_ieee_inf",
    "overflow gives the code at which IEEE formats have infinity, a number in this format",
    "return what the policy has for overflow: this format has no infinity",
    when=lambda subject: subject.fmt.inf is None,
)
def _overflow_ieee_inf(u: Unit, sign: int, _: int) -> int:
    return sign | ((1 << u.subject.fmt.exp_bits) - 1) << u.w.mant_bits


@family.part(
    "overflow",
    "overflow_top_of_binade",
    "overflow keeps the mantissa and holds the exponent at its largest",
    SIGNED,
)
def _overflow_top_of_binade(u: Unit, sign: int, total: int) -> int:
    fraction = total & (u.w.tiny - 1)
    return sign | min((u.w.largest >> u.w.mant_bits << u.w.mant_bits) | fraction, u.w.largest)


@family.part(
    "finish",
    "overflow_one_code_early",
    "the largest number itself counts as overflow",
    "overflow is what is above the largest number, not the number itself",
)
def _overflow_one_code_early(u: Unit, sign: int, total: int) -> int:
    return u.overflow(sign, total) if total >= u.w.largest else Unit.finish(u, sign, total)


@family.part(
    "finish",
    "overflow_binade_early",
    "results in the top binade count as overflow",
    "compare the whole code with that of the largest number, not the exponent alone",
)
def _overflow_binade_early(u: Unit, sign: int, total: int) -> int:
    early = total >> u.w.mant_bits >= u.w.largest >> u.w.mant_bits
    return u.overflow(sign, total) if early else Unit.finish(u, sign, total)


@family.part(
    "finish",
    "overflow_one_code_late",
    "the code after the largest number does not count as overflow",
    "overflow is whatever is above the largest number",
)
def _overflow_one_code_late(u: Unit, sign: int, total: int) -> int:
    late = total == u.w.largest + 1
    return (sign + total) & (u.w.sign | u.w.magnitude) if late else Unit.finish(u, sign, total)
