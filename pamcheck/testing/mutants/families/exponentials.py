"""paexp2: from floating point to fixed point, and what is beyond the exponents of the format."""

from __future__ import annotations

from pamcheck.kernels.edges import top_bit
from pamcheck.testing.mutants.family import Family
from pamcheck.testing.mutants.unit import Unit

family = Family("Exponentials")
CLAMP = "decide overflow and underflow by the exponent of the operand before shifting"
FLOOR = "take floor(x), not the integer part toward zero, and the fraction that is left above it"


@family.part(
    "exp_codes",
    "exp_clamp_missing",
    "operands too large for the exponent are not caught: the shifted number wraps around",
    CLAMP,
)
def _exp_clamp_missing(u: Unit, sign: int, magnitude: int) -> int:
    n = u.fixed(sign, magnitude)
    return (u.w.one - n if sign else u.w.one + n) & (u.w.sign | u.w.magnitude)


@family.part(
    "exp_codes",
    "exp_shift_wraps",
    "the shift count wraps at the width of the word, so that operands beyond it give nonsense",
    CLAMP,
)
def _exp_shift_wraps(u: Unit, sign: int, magnitude: int) -> int:
    places = (magnitude >> u.w.mant_bits) - u.w.bias
    if places < 0:
        return Unit.exp_codes(u, sign, magnitude)
    wrapped = places % u.subject.fmt.storage_bits
    return Unit.exp_codes(u, sign, magnitude + ((wrapped - places) << u.w.mant_bits))


@family.part(
    "exp_codes",
    "exp_clamped_early",
    "operands at or beyond the bias are taken for overflow, though the top binade is still in reach",
    "overflow is where the result is above the largest number",
)
def _exp_clamped_early(u: Unit, sign: int, magnitude: int) -> int:
    early = not sign and u.fixed(0, magnitude) >= u.w.one
    return u.overflow(0, u.w.largest + 1) if early else Unit.exp_codes(u, sign, magnitude)


@family.part(
    "exp_codes",
    "exp_fraction_dropped",
    "the fraction is dropped: the result is the power of two below",
    "put the fraction of x into the mantissa",
)
def _exp_fraction_dropped(u: Unit, sign: int, magnitude: int) -> int:
    code = Unit.exp_codes(u, sign, magnitude)
    return code >> u.w.mant_bits << u.w.mant_bits if u.w.tiny <= code <= u.w.largest else code


@family.part(
    "exp_codes",
    "exp_truncates_integer",
    "the integer part of a negative operand is truncated toward zero: results are an octave too high",
    FLOOR,
)
def _exp_truncates_integer(u: Unit, sign: int, magnitude: int) -> int:
    n = u.fixed(sign, magnitude)
    if not sign:
        return u.finish(0, u.w.one + n)
    return u.finish(0, u.w.one - n + (u.w.tiny if n & (u.w.tiny - 1) else 0))


@family.part(
    "exp_codes",
    "exp_fraction_of_magnitude",
    "for negative operands the fraction of |x| goes into the mantissa",
    FLOOR,
)
def _exp_fraction_of_magnitude(u: Unit, sign: int, magnitude: int) -> int:
    n = u.fixed(sign, magnitude)
    fraction = n & (u.w.tiny - 1)
    return u.finish(0, u.w.one - n + 2 * fraction if sign else u.w.one + n)


@family.part(
    "exp_codes",
    "exp_floor_and_magnitude",
    "for negative operands the exponent is floor(x) but the mantissa is the fraction of |x|",
    FLOOR,
)
def _exp_floor_and_magnitude(u: Unit, sign: int, magnitude: int) -> int:
    n = u.fixed(sign, magnitude)
    fraction = n & (u.w.tiny - 1)
    whole = -n >> u.w.mant_bits << u.w.mant_bits
    return u.finish(0, u.w.one + whole + fraction if sign else u.w.one + n)


@family.part(
    "exp_codes",
    "exp_ones_complement",
    "results of negative operands are one code too low: bits are inverted where the number should be negated",
    "to negate, invert the bits and add one",
)
def _exp_ones_complement(u: Unit, sign: int, magnitude: int) -> int:
    n = u.fixed(sign, magnitude)
    return u.finish(0, u.w.one - n - 1 if sign else u.w.one + n)


@family.part(
    "exp_codes",
    "exp_negative_zero",
    "every negative operand gives 0",
    "subtract from the code of 1; only results below the smallest normal number are zero",
)
def _exp_negative_zero(u: Unit, sign: int, magnitude: int) -> int:
    return 0 if sign else Unit.exp_codes(u, sign, magnitude)


@family.part(
    "fixed",
    "exp_shift_one_short",
    "the operand is shifted one place too little: 2^(x/2)",
    "shift by the exponent without its bias",
)
def _exp_shift_one_short(u: Unit, sign: int, magnitude: int) -> int:
    return Unit.fixed(u, sign, max(magnitude - u.w.tiny, 0))


@family.part(
    "fixed",
    "exp_shift_one_far",
    "the operand is shifted one place too far: 2^(2x)",
    "shift by the exponent without its bias",
)
def _exp_shift_one_far(u: Unit, sign: int, magnitude: int) -> int:
    return Unit.fixed(u, sign, magnitude + u.w.tiny)


@family.part(
    "fixed",
    "exp_hidden_bit_missing",
    "the operand's hidden bit is left out before the shift",
    "put the implicit one before the mantissa",
)
def _exp_hidden_bit_missing(u: Unit, sign: int, magnitude: int) -> int:
    places = max(magnitude >> u.w.mant_bits, 1) - u.w.bias
    fraction = magnitude & (u.w.tiny - 1)
    return fraction << places if places >= 0 else u.round(fraction, -places, sign != 0)


@family.part(
    "fixed",
    "exp_small_is_zero",
    "operands below 1 are taken for 0: a negative shift count gives nothing",
    "shift to the right where the exponent is negative",
)
def _exp_small_is_zero(u: Unit, sign: int, magnitude: int) -> int:
    return 0 if magnitude < u.subject.fmt.one else Unit.fixed(u, sign, magnitude)


@family.part(
    "exp_codes",
    "exp_fraction_rounded_twice",
    "the fraction x - floor(x) is rounded to the format before 1 is added to it, which rounds once more",
    "round |x| to fixed point once",
    kind="deviation",
)
def _exp_fraction_rounded_twice(u: Unit, sign: int, magnitude: int) -> int:
    field = magnitude >> u.w.mant_bits
    places = u.w.bias - max(field, 1)
    if not sign or places <= 0:
        return Unit.exp_codes(u, sign, magnitude)
    n = -(magnitude & (u.w.tiny - 1) | (u.w.tiny if field else 0))
    whole, fraction = n >> u.w.mant_bits + places, n & ((u.w.tiny << places) - 1)
    excess = max(top_bit(fraction) - u.w.mant_bits, 0) if fraction else 0
    fraction = u.round(fraction, excess, False) << excess if excess else fraction
    return u.finish(0, u.w.one + (whole << u.w.mant_bits) + u.round(fraction, places, False))
