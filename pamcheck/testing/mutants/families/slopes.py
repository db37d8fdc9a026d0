"""Exact derivatives: the sign, the exponent, and the piece of a slope."""

from __future__ import annotations

from pamcheck.testing.mutants.family import Family
from pamcheck.testing.mutants.unit import Unit

family = Family("Slopes")
PIECE = "the slope is that of the piece that holds the operands, carry or borrow included"
RIGHT = "on a breakpoint take the piece to the right: the carry counts where Ma + Mb >= 1, the borrow where Ma < Mb"
SIGN = "apply the operand's sign to the cotangent before scaling it"

family.add("slope_sign_dropped", "the slope's sign is dropped: negative operands give positive slopes", SIGN,
           signed=lambda _, delta, __: delta)  # fmt: skip
family.add("slope_sign_inverted", "the slope's sign is inverted", SIGN,
           signed=lambda u, delta, x: Unit.signed(u, delta, x) ^ u.w.sign)  # fmt: skip
family.add("slope_sign_ored", "the cotangent is made negative by a negative operand, never positive", SIGN,
           signed=lambda u, delta, x: delta | (x & u.w.sign))  # fmt: skip
family.add("slope_sign_of_denominator", "the slope's sign is wrong for negative denominators", SIGN,
           denominator_signed=lambda _, delta, __: delta)  # fmt: skip
family.add("slope_sign_of_numerator", "db has the wrong sign for negative numerators: the sign of a is left out", SIGN,
           padiv_db=lambda u, delta, a, b: Unit.padiv_db(u, delta, a & u.w.magnitude, b),
           mimic_padiv_db=lambda u, delta, a, b: Unit.mimic_padiv_db(u, delta, a & u.w.magnitude, b))  # fmt: skip
family.add("divisor_sign_forgotten", "the minus sign of the divisor's cotangent is forgotten",
           "db of a / b is -a / b^2 times the cotangent", negated=lambda _, code: code)  # fmt: skip


@family.part(
    "negated",
    "negated_nan",
    "negating a NaN sets its sign bit",
    "return the format's quiet NaN, sign clear",
    kind="deviation",
)
def _negated_nan(u: Unit, code: int) -> int:
    return code ^ u.w.sign


family.add("slope_carry_forgotten", "the slope is that of the wrong piece: the carry of the mantissas is forgotten",
           PIECE, carry=lambda *_: 0)  # fmt: skip
family.add("slope_borrow_forgotten", "the slope is that of the wrong piece: the borrow where Ma < Mb is forgotten",
           PIECE, borrow=lambda *_: 0)  # fmt: skip
family.add("slope_carry_always", "the slope is that of the wrong piece: the carry is always counted",
           PIECE, carry=lambda *_: 1)  # fmt: skip
family.add("slope_borrow_always", "the slope is that of the wrong piece: the borrow is always counted",
           PIECE, borrow=lambda *_: -1)  # fmt: skip
family.add("slope_borrow_inverted", "the slope is that of the wrong piece: the borrow is counted where Ma >= Mb",
           PIECE, borrow=lambda u, a, b: -1 - Unit.borrow(u, a, b))  # fmt: skip
family.add("slope_carry_inverted", "the slope is that of the wrong piece: the carry is counted where Ma + Mb < 1",
           PIECE, carry=lambda u, a, b: 1 - Unit.carry(u, a, b))  # fmt: skip
family.add("slope_borrow_wrong_sign", "the borrow raises the exponent of the slope where it should lower it",
           PIECE, borrow=lambda u, a, b: -Unit.borrow(u, a, b))  # fmt: skip
family.add("slope_offset_forgotten", "the slope is that of the piece without the offset",
           "the offset moves the breakpoints: floor(Ma + Mb + offset)",
           carry=lambda u, a, b: (u.mantissa(a) + u.mantissa(b)) >> u.w.mant_bits,
           borrow=lambda u, a, b: (u.mantissa(a) - u.mantissa(b)) >> u.w.mant_bits)  # fmt: skip


@family.part(
    "carry", "slope_left_of_carry", "on a breakpoint of the product the slope is that to the left", RIGHT
)
def _slope_left_of_carry(u: Unit, a: int, b: int) -> int:
    total = u.mantissa(a) + u.mantissa(b) + u.w.one - u.w.shift
    return (total - (total == u.w.tiny)) >> u.w.mant_bits


@family.part(
    "borrow", "slope_left_of_borrow", "where Ma = Mb the slope of the quotient is that for Ma < Mb", RIGHT
)
def _slope_left_of_borrow(u: Unit, a: int, b: int) -> int:
    total = u.mantissa(a) - u.mantissa(b) - u.w.one + u.w.shift
    return (total - (total == 0)) >> u.w.mant_bits


@family.part(
    "exponent",
    "slope_left_of_power",
    "at a power of two the slope is that of the binade below",
    "a power of two belongs to the binade that it begins",
)
def _slope_left_of_power(u: Unit, x: int) -> int:
    return ((u.extended(x) - 1) >> u.w.mant_bits) - u.w.bias


family.add("slope_exponent_high", "the exponent of the slope is taken one too high",
           "use the exponent without its bias",
           exponent=lambda u, x: Unit.exponent(u, x) + 1)  # fmt: skip
family.add("slope_exponent_low", "the exponent of the slope is taken one too low", "use the exponent without its bias",
           exponent=lambda u, x: Unit.exponent(u, x) - 1)  # fmt: skip
family.add("slope_exponent_biased", "the exponent of the slope has the bias still in it",
           "use the exponent without its bias", exponent=lambda u, x: Unit.exponent(u, x) + u.w.bias)  # fmt: skip
family.add("slope_exponent_negated",
           "the slope is the reciprocal of what it should be: its exponent has the wrong sign",
           "check the sign of E: palog2 and padiv scale by 2^-E",
           exponent=lambda u, x: -Unit.exponent(u, x))  # fmt: skip
family.add("slope_exponent_rounded", "the exponent of the slope is rounded up where the mantissa is one half or more",
           "E is floor(log2 |x|)",
           exponent=lambda u, x: (u.extended(x) + (u.w.tiny >> 1) >> u.w.mant_bits) - u.w.bias)  # fmt: skip
family.add("divisor_exponent_once", "db lacks one Eb: its exponent is Ea - Eb, not Ea - 2 Eb", "db is -a / b^2",
           divisor_octaves=lambda _, ea, eb: ea - eb)  # fmt: skip
family.add("divisor_exponent_forgotten", "2 Eb is forgotten in the exponent of db", "db is -a / b^2",
           divisor_octaves=lambda _, ea, __: ea)  # fmt: skip
family.add("divisor_dividend_forgotten", "Ea is forgotten in the exponent of db: it is that of -1 / b^2",
           "db is -a / b^2",
           divisor_octaves=lambda _, __, eb: -2 * eb)  # fmt: skip
family.add("divisor_exponent_added", "2 Eb is added to the exponent of db instead of subtracted", "db is -a / b^2",
           divisor_octaves=lambda _, ea, eb: ea + 2 * eb)  # fmt: skip

FLOOR = "the slope of paexp2 is 2^floor(x)"
family.add("slope_floor_truncates",
           "floor(x) is truncated toward zero: slopes at negative operands are twice too large",
           FLOOR, floor=lambda u, x: -Unit.floor(u, x ^ u.w.sign) if x & u.w.sign else Unit.floor(u, x))  # fmt: skip
family.add("slope_floor_ceil", "the slope at x is 2^ceil(x)", FLOOR,
           floor=lambda u, x: -Unit.floor(u, x ^ u.w.sign))  # fmt: skip
family.add("slope_floor_left", "at an integer the slope of paexp2 is that to the left", RIGHT,
           floor=lambda u, x: -Unit.floor(u, x ^ u.w.sign) - 1)  # fmt: skip
family.add("slope_floor_of_magnitude", "the slope of paexp2 is 2^floor|x|", FLOOR,
           floor=lambda u, x: Unit.floor(u, x & u.w.magnitude))  # fmt: skip
family.add("slope_half_truncates", "E / 2 is truncated toward zero: wrong for odd negative exponents",
           "halve with floor: shift", half=lambda _, e: -(-e >> 1) if e < 0 else e >> 1)  # fmt: skip
family.add("slope_half_ceil", "E / 2 is rounded up: wrong for odd exponents", "halve with floor: shift",
           half=lambda _, e: -(-e >> 1))  # fmt: skip
family.add("slope_half_forgotten", "the half of E is left out: the slope is 2^(-E - 1)",
           "dx is delta * 2^(E/2 - E - 1)",
           half=lambda *_: 0)  # fmt: skip
family.add("slope_one_forgotten", "the factor 1/2 is left out: the slope of pasqrt is twice too large",
           "dx is delta * 2^(E/2 - E - 1)", half=lambda _, e: (e >> 1) + 1)  # fmt: skip


@family.part(
    "scale",
    "slope_clamped",
    "the slope is rounded to the format before the cotangent is scaled: it overflows or vanishes by itself",
    "add the exponent to that of the cotangent: slopes have no limits of their own",
)
def _slope_clamped(u: Unit, delta: int, k: int) -> int:
    return u.pam(delta, u.finish(0, u.subject.fmt.one + (k << u.w.mant_bits)))
