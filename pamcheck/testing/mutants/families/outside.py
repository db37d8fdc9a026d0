"""Derivatives where a slope is zero, or where there is none."""

from __future__ import annotations

from pamcheck.testing.mutants.family import Family, modes
from pamcheck.testing.mutants.unit import Unit

family = Family("Derivatives at zero and outside the domain")
ZERO = "where the slope is 0 the cotangent is +0, whatever the incoming one, unless that is NaN"
NAN = "where the derivative does not exist every cotangent is NaN"

family.add("zero_slope_nan", "a zero operand makes the cotangent NaN", ZERO, no_slope=lambda u, _: u.w.nan)
family.add("zero_slope_passes", "where the slope is zero the cotangent is passed through", ZERO,
           no_slope=lambda _, delta: delta)  # fmt: skip
family.add("zero_slope_signed", "where the slope is zero the result is a zero with the cotangent's sign", ZERO,
           kind="deviation", no_slope=lambda u, delta: delta & u.w.sign)  # fmt: skip
family.add("zero_slope_tiny", "where the slope is zero the result is the smallest normal number", ZERO,
           no_slope=lambda u, _: u.w.tiny)  # fmt: skip


@family.part(
    "no_slope",
    "zero_slope_multiplied",
    "a zero slope is multiplied with the cotangent: infinite cotangents give NaN, zeros have their sign",
    ZERO,
    kind="deviation",
)
def _zero_slope_multiplied(u: Unit, delta: int) -> int:
    return u.w.nan if u.no_number(delta) else delta & u.w.sign


@family.part(
    "padiv_db",
    "zero_dividend_unguarded",
    "a zero dividend is not guarded in db: its exponent field is taken for an exponent",
    "return +0 for the divisor's cotangent where the dividend is zero",
)
def _zero_dividend_unguarded(u: Unit, delta: int, a: int, b: int) -> int:
    if not u.is_zero(a) or u.undefined(delta, a, b) or u.no_quotient(b):
        return Unit.padiv_db(u, delta, a, b)
    k = u.divisor_octaves(-u.w.bias, u.exponent(b)) + u.borrow(a, b)
    return u.scale(u.negated(u.signed(delta, a)), k)


@family.part(
    "pam_da",
    "zero_factor_unguarded",
    "a zero factor is not guarded: its exponent field is taken for an exponent",
    "return +0 where the other factor is zero",
)
def _zero_factor_unguarded(u: Unit, delta: int, a: int, b: int) -> int:
    if not u.is_zero(b) or u.undefined(delta, a, b):
        return Unit.pam_da(u, delta, a, b)
    return u.scale(u.signed(delta, b), u.carry(a, b) - u.w.bias)


family.add("division_by_zero_forgotten", "a zero divisor is not guarded in the derivatives", NAN,
           no_quotient=lambda *_: False)  # fmt: skip
family.add("domain_forgotten", "operands outside the domain of the logarithm or root have a slope, that of |x|", NAN,
           no_logarithm=lambda *_: False)  # fmt: skip
family.add("domain_negative_forgotten", "negative operands have a slope, that of |x|, where there is none", NAN,
           no_logarithm=lambda u, x: u.is_zero(x))  # fmt: skip
family.add("domain_zero_forgotten", "at zero the logarithm or root has a slope where there is none", NAN,
           no_logarithm=lambda u, x: x & u.w.sign != 0 and not u.is_zero(x))  # fmt: skip
family.add("infinite_operand_forgotten", "infinite operands have a slope where there is none", NAN,
           no_number=lambda u, x: x & u.w.magnitude > u.w.inf)  # fmt: skip
family.add("undefined_is_zero", "where there is no derivative the cotangent is 0", NAN,
           quiet=lambda *_: 0, when=modes("exact", "mimic"))  # fmt: skip
family.add("undefined_is_inf", "where there is no derivative the cotangent is infinite", NAN,
           quiet=lambda u, *_: u.infinite(0), when=modes("exact", "mimic"))  # fmt: skip
family.add("undefined_passes", "where there is no derivative the cotangent is passed through", NAN,
           quiet=lambda _, delta, *__: delta, when=modes("exact", "mimic"))  # fmt: skip
family.add(
    "beyond_is_inf", "the cotangent at paexp2(+inf) is infinite", NAN, beyond=lambda u: u.infinite(0)
)
family.add("beyond_is_zero", "the cotangent at paexp2(+inf) is 0", NAN, beyond=lambda _: 0)


@family.part(
    "undefined",
    "nan_cotangent_ignored",
    "a NaN cotangent is not guarded",
    "a NaN cotangent makes every cotangent NaN",
)
def _nan_cotangent_ignored(u: Unit, delta: int, *operands: int) -> bool:
    return not u.is_nan(delta) and Unit.undefined(u, delta, *operands)


@family.part(
    "undefined",
    "nan_other_operand_ignored",
    "a NaN or infinite operand is looked at only where the slope needs it, not in the other cotangent",
    NAN,
)
def _nan_other_operand_ignored(u: Unit, delta: int, *operands: int) -> bool:
    return u.is_nan(delta) or u.no_number(operands[-1])


@family.part(
    "scale",
    "infinite_cotangent_nan",
    "an infinite cotangent gives NaN",
    "an infinite cotangent stays infinite where the slope is not 0",
)
def _infinite_cotangent_nan(u: Unit, delta: int, k: int) -> int:
    infinite = not u.is_nan(delta) and u.is_inf(delta)
    return u.w.nan if infinite else Unit.scale(u, delta, k)


@family.part(
    "scale",
    "infinite_cotangent_unguarded",
    "an infinite cotangent is scaled as if it were a number",
    "an infinite cotangent stays infinite",
)
def _infinite_cotangent_unguarded(u: Unit, delta: int, k: int) -> int:
    infinite = not u.is_nan(delta) and u.is_inf(delta)
    total = (delta & u.w.magnitude) + (k << u.w.mant_bits)
    return u.finish(delta & u.w.sign, total) if infinite else Unit.scale(u, delta, k)
