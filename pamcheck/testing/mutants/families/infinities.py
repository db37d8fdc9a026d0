"""Infinite operands and results, and formats in which there are none."""

from __future__ import annotations

from pamcheck.kernels.words import Words
from pamcheck.testing.mutants.family import Family, When
from pamcheck.testing.mutants.unit import Unit
from pamcheck.testing.subject import Subject

family = Family("Infinities")
NAN = "return NaN"

family.add(
    "inf_unguarded",
    "an infinite operand is not guarded: it is taken for a number",
    "test for infinities before the codes are added",
    is_inf=lambda *_: False,
)
family.add("inf_times_zero_zero", "inf * 0 gives 0", NAN, inf_times_zero=lambda _, sign: sign)
family.add("inf_times_zero_inf", "inf * 0 gives inf", NAN, inf_times_zero=lambda u, sign: u.infinite(sign))
family.add("inf_by_inf_one", "inf / inf gives 1", NAN, inf_by_inf=lambda u, sign: sign | u.w.one)
family.add("inf_by_inf_zero", "inf / inf gives 0", NAN, inf_by_inf=lambda _, sign: sign)
family.add("inf_by_inf_inf", "inf / inf gives inf", NAN, inf_by_inf=lambda u, sign: u.infinite(sign))
family.add(
    "by_inf_inf", "x / inf gives inf", "return a signed zero", by_inf=lambda u, sign: u.infinite(sign)
)
family.add("by_inf_nan", "x / inf gives NaN", "return a signed zero", by_inf=lambda u, _: u.w.nan)
family.add(
    "by_inf_tiny",
    "x / inf gives the smallest normal number",
    "return a signed zero",
    by_inf=lambda u, s: s | u.w.tiny,
)
family.add(
    "infinite_unsigned",
    "infinite results are always positive",
    "give infinities the sign of the result",
    infinite=lambda u, _: Unit.infinite(u, 0),
)
family.add(
    "infinite_nan",
    "infinite results (inf * x, x / 0, the logarithm of 0) are NaN",
    "return a signed infinity where the operands are infinite or divide by zero",
    kind="deviation",
    infinite=lambda u, _: u.w.nan,
)
family.add(
    "infinite_largest",
    "infinite results (inf * x, x / 0, the logarithm of 0) are the largest number",
    "return a signed infinity; only finite results saturate",
    kind="deviation",
    infinite=lambda u, sign: sign | u.w.largest,
)


@family.part(
    "paexp2", "exp_of_minus_inf_inf", "paexp2(-inf) gives +inf", "look at the sign of an infinite operand"
)
def _exp_of_minus_inf_inf(u: Unit, x: int) -> int:
    return u.infinite(0) if not u.is_nan(x) and u.is_inf(x) else Unit.paexp2(u, x)


@family.part("paexp2", "exp_of_minus_inf_nan", "paexp2(-inf) gives NaN", "return +0")
def _exp_of_minus_inf_nan(u: Unit, x: int) -> int:
    lost = not u.is_nan(x) and u.is_inf(x) and x & u.w.sign
    return u.w.nan if lost else Unit.paexp2(u, x)


@family.part(
    "paexp2",
    "exp_of_inf_nan",
    "paexp2 of either infinity is NaN: x - floor(x) is NaN there",
    "return +inf and +0",
)
def _exp_of_inf_nan(u: Unit, x: int) -> int:
    return u.invalid() if not u.is_nan(x) and u.is_inf(x) else Unit.paexp2(u, x)


def _specials(*kinds: str) -> When:
    def when(subject: Subject) -> bool:
        return subject.fmt.specials in kinds

    return when


@family.part(
    "landmarks",
    "top_binade_reserved",
    "the top exponent is taken to be reserved, as IEEE formats have it, though this format has numbers there",
    "use the format's own largest number: only the codes that it names are no numbers",
    when=_specials("nan", "finite"),
)
def _top_binade_reserved(u: Unit, w: Words) -> Words:
    largest = (((1 << u.subject.fmt.exp_bits) - 1) << w.mant_bits) - 1
    at_most = largest if w.overflow == w.largest else w.overflow
    return w._replace(largest=largest, inf=largest, overflow=at_most)


@family.part(
    "landmarks",
    "top_binade_unreserved",
    "the top exponent is taken for numbers, as if the format had no infinities and one NaN",
    "an exponent field of all ones is an infinity or NaN",
    when=_specials("ieee"),
)
def _top_binade_unreserved(_: Unit, w: Words) -> Words:
    return w._replace(largest=w.magnitude - 1, inf=w.magnitude - 1)
