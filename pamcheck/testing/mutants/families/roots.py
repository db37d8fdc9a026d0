"""pasqrt: halving a code about that of 1."""

from __future__ import annotations

from pamcheck.testing.mutants.family import Family
from pamcheck.testing.mutants.unit import Unit

family = Family("Roots")
HALVE = "halve the sum of the whole code and that of 1"
NAN = "return NaN for a negative operand"


@family.part(
    "root_halves",
    "root_odd_half_dropped",
    "the half that an odd exponent leaves is dropped instead of going into the mantissa",
    HALVE,
)
def _root_odd_half_dropped(u: Unit, code: int) -> int:
    n = code - u.w.one
    fraction = n & (u.w.tiny - 1)
    return 2 * u.w.one + (n >> u.w.mant_bits + 1 << u.w.mant_bits + 1) + fraction


@family.part("root_halves", "root_mantissa_kept", "the exponent is halved but the mantissa is not", HALVE)
def _root_mantissa_kept(u: Unit, code: int) -> int:
    n = code - u.w.one
    fraction = n & (u.w.tiny - 1)
    return 2 * u.w.one + (n >> u.w.mant_bits + 1 << u.w.mant_bits + 1) + 2 * fraction


@family.part("root_halves", "root_exponent_kept", "the mantissa is halved but the exponent is not", HALVE)
def _root_exponent_kept(u: Unit, code: int) -> int:
    n = code - u.w.one
    fraction = n & (u.w.tiny - 1)
    return 2 * u.w.one + 2 * (n - fraction) + fraction


@family.part(
    "root_halves",
    "root_exponent_truncated",
    "an odd negative exponent is halved toward zero: results below 1 are an octave too high",
    "halve with floor: shift the code, do not divide the exponent",
)
def _root_exponent_truncated(u: Unit, code: int) -> int:
    n = code - u.w.one
    octave = 2 * u.w.tiny if n < 0 and n >> u.w.mant_bits & 1 else 0
    return code + u.w.one + octave


@family.part("root_halves", "root_without_one", "the code is halved without that of 1 added", HALVE)
def _root_without_one(_: Unit, code: int) -> int:
    return code


@family.part(
    "root_halves", "root_one_not_halved", "the code of 1 is added after halving, not before", HALVE
)
def _root_one_not_halved(u: Unit, code: int) -> int:
    return code + 2 * u.w.one


@family.part("root_halves", "root_reciprocal", "the reciprocal root is returned: 1 / sqrt(x)", HALVE)
def _root_reciprocal(u: Unit, code: int) -> int:
    return 3 * u.w.one - code


@family.part(
    "root_halves",
    "root_balanced",
    "a published constant is subtracted that balances the error of the root",
    "leave the constant out: pasqrt has no compensation",
    kind="deviation",
)
def _root_balanced(u: Unit, code: int) -> int:
    # 0x1FBD1DF5 in place of 0x1FC00000 for float32, scaled to the format
    return code + u.w.one - (2 * (0x1FC00000 - 0x1FBD1DF5) * u.w.tiny + (1 << 22) >> 23)


@family.part(
    "root_of_negative", "root_of_negative_absolute", "the root of a negative number is that of |x|", NAN
)
def _root_of_negative_absolute(u: Unit, x: int) -> int:
    return u.pasqrt(x ^ u.w.sign)


@family.part(
    "root_of_negative", "root_of_negative_odd", "the root of a negative number is minus that of |x|", NAN
)
def _root_of_negative_odd(u: Unit, x: int) -> int:
    return u.pasqrt(x ^ u.w.sign) | u.w.sign


@family.part("root_of_negative", "root_of_negative_zero", "the root of a negative number is 0", NAN)
def _root_of_negative_zero(_: Unit, __: int) -> int:
    return 0


@family.part(
    "root_of_negative",
    "root_of_negative_code",
    "the sign bit of a negative operand is halved into the exponent",
    NAN,
)
def _root_of_negative_code(u: Unit, x: int) -> int:
    return (x + u.w.one) >> 1
