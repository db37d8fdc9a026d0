"""palog2: domain, and from fixed point to floating point."""

from __future__ import annotations

from pamcheck.kernels.edges import shift_round
from pamcheck.testing.mutants.family import Family
from pamcheck.testing.mutants.unit import Unit

family = Family("Logarithms")
NAN = "return NaN for a negative operand"
CONVERT = "convert the fixed-point logarithm: normalise it, take the exponent from its leading one, round"


@family.part(
    "log_of_negative", "log_of_negative_absolute", "the logarithm of a negative number is that of |x|", NAN
)
def _log_of_negative_absolute(u: Unit, x: int) -> int:
    return u.palog2(x ^ u.w.sign)


@family.part(
    "log_of_negative",
    "log_of_negative_code",
    "the sign bit of a negative operand is taken for part of its exponent",
    NAN,
)
def _log_of_negative_code(u: Unit, x: int) -> int:
    return u.from_fixed(u.log_codes(x))


@family.part("log_of_negative", "log_of_negative_zero", "the logarithm of a negative number is 0", NAN)
def _log_of_negative_zero(_: Unit, __: int) -> int:
    return 0


@family.part(
    "log_of_negative", "log_of_negative_minus_inf", "the logarithm of a negative number is -inf", NAN
)
def _log_of_negative_minus_inf(u: Unit, _: int) -> int:
    return u.infinite(u.w.sign)


@family.part(
    "from_fixed",
    "log_not_normalised",
    "the fixed-point logarithm is not normalised when it is converted",
    CONVERT,
)
def _log_not_normalised(u: Unit, n: int) -> int:
    sign = u.w.sign if n < 0 else 0
    return u.finish(sign, ((u.w.bias - 1) << u.w.mant_bits) + abs(n)) if n else 0


@family.part(
    "from_fixed", "log_left_fixed", "the fixed-point logarithm is returned as it is, not converted", CONVERT
)
def _log_left_fixed(u: Unit, n: int) -> int:
    return n & (u.w.sign | u.w.magnitude)


def _octave_off(u: Unit, n: int, octaves: int) -> int:
    code = Unit.from_fixed(u, n)
    return u.finish(code & u.w.sign, (code & u.w.magnitude) + octaves * u.w.tiny) if n else 0


@family.part(
    "from_fixed",
    "log_doubled",
    "the logarithm is twice what it should be: normalised one place wrong",
    CONVERT,
)
def _log_doubled(u: Unit, n: int) -> int:
    return _octave_off(u, n, 1)


@family.part(
    "from_fixed",
    "log_halved",
    "the logarithm is half of what it should be: normalised one place wrong",
    CONVERT,
)
def _log_halved(u: Unit, n: int) -> int:
    return _octave_off(u, n, -1)


@family.part(
    "log_codes",
    "log_fraction_dropped",
    "the fraction is dropped: the logarithm is the exponent alone",
    "add the mantissa to the exponent: L(x) = E + M",
)
def _log_fraction_dropped(u: Unit, code: int) -> int:
    return Unit.log_codes(u, code) >> u.w.mant_bits << u.w.mant_bits


@family.part(
    "log_codes",
    "log_fraction_of_magnitude",
    "below 1 the mantissa is added to |E| instead of to E",
    "E + M has the sign of E, and |E| - M as its size, where E is negative",
)
def _log_fraction_of_magnitude(u: Unit, code: int) -> int:
    n = Unit.log_codes(u, code)
    fraction = n & (u.w.tiny - 1)
    return n - 2 * fraction if n < 0 else n


@family.part(
    "log_codes",
    "log_ones_complement",
    "negative logarithms are one code off: bits are inverted where the number should be negated",
    "to negate, invert the bits and add one",
)
def _log_ones_complement(u: Unit, code: int) -> int:
    n = Unit.log_codes(u, code)
    return n + 1 if n < 0 else n


@family.part(
    "log_of_negative",
    "log_of_negative_mantissa",
    "the logarithm of a negative number is made of its exponent and its mantissa with the sign: E - M - 2",
    NAN,
)
def _log_of_negative_mantissa(u: Unit, x: int) -> int:
    if u.is_inf(x):
        return u.infinite(u.w.sign)
    return u.from_fixed(_with_sign(u, x, 0))


@family.part(
    "log_of_negative",
    "log_of_negative_mantissa_rounded",
    "the logarithm of a negative number is E - (M + 2), the mantissa taken with the sign, and rounded twice",
    NAN,
)
def _log_of_negative_mantissa_rounded(u: Unit, x: int) -> int:
    if u.is_inf(x):
        return u.infinite(u.w.sign)
    return u.from_fixed(_with_sign(u, x, 1))


def _with_sign(u: Unit, x: int, places: int) -> int:
    """Return E - (M + 2) in units of 2^-mant_bits, M + 2 rounded to so many bits fewer."""
    code = u.extended(x)
    fraction = code & (u.w.tiny - 1)
    return code - fraction - u.w.one - (shift_round(fraction + 2 * u.w.tiny, places) << places)


@family.part(
    "log_of_zero",
    "log_of_zero_minus_two",
    "palog2(0) is -2: an exponent and a mantissa of 0 are taken for those of a number, as frexp returns them",
    "return -inf",
)
def _log_of_zero_minus_two(u: Unit) -> int:
    return u.from_fixed(-2 * u.w.tiny)
