"""palog, paexp and papow: compositions of rounded primitives."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

from pamcheck.formats import FloatFormat
from pamcheck.kernels.edges import shift_round
from pamcheck.testing.mutants.family import Family, ops
from pamcheck.testing.mutants.unit import Unit
from pamcheck.testing.subject import Subject

family = Family("Composites")
ROUND = "round every primitive's result to the format before the next one reads it"
EXTRA = 12  # mantissa bits by which intermediate results are finer


@lru_cache(maxsize=64)
def _fine(subject: Subject, extra: int) -> Unit:
    """Return the unit of the same subject in a format with more mantissa bits."""
    f = subject.fmt
    return Unit(
        replace(subject, fmt=FloatFormat(f"{f.name}+{extra}", f.exp_bits, f.mant_bits + extra, f.specials))
    )


def _rounded(u: Unit, code: int) -> int:
    """Return a code of the finer format in the unit's own."""
    sign = u.w.sign if code >> (u.subject.fmt.width - 1 + EXTRA) else 0
    size = code & ((u.w.sign << EXTRA) - 1)
    if size > u.w.inf << EXTRA and u.subject.fmt.nan is not None:
        return u.w.nan
    return u.infinite(sign) if size == u.w.inf << EXTRA else u.finish(sign, shift_round(size, EXTRA))


def _fits(subject: Subject) -> bool:
    return subject.fmt.mant_bits + EXTRA <= 52 and subject.fmt.specials == "ieee"


def _special(u: Unit, *codes: int) -> bool:
    return any(u.no_number(x) or u.is_zero(x) for x in codes)


@family.part(
    "papow",
    "power_logarithm_unrounded",
    "papow keeps more bits of the logarithm than the format has",
    ROUND,
    kind="deviation",
    when=lambda subject: subject.op == "papow" and _fits(subject),
)
def _power_logarithm_unrounded(u: Unit, a: int, y: int) -> int:
    if _special(u, a, y) or a & u.w.sign:
        return Unit.papow(u, a, y)
    fine = _fine(u.subject, EXTRA)
    return u.paexp2(_rounded(u, fine.pam(fine.palog2(a << EXTRA), y << EXTRA)))


@family.part(
    "papow",
    "power_unrounded",
    "papow keeps more bits than the format has from its first step to its last",
    ROUND,
    kind="deviation",
    when=lambda subject: subject.op == "papow" and _fits(subject),
)
def _power_unrounded(u: Unit, a: int, y: int) -> int:
    if _special(u, a, y) or a & u.w.sign:
        return Unit.papow(u, a, y)
    return _rounded(u, _fine(u.subject, EXTRA).papow(a << EXTRA, y << EXTRA))


@family.part(
    "paexp",
    "exp_unrounded",
    "paexp is computed with more bits than the format has and rounded once",
    ROUND,
    kind="deviation",
    when=lambda subject: subject.op == "paexp" and _fits(subject),
)
def _exp_unrounded(u: Unit, x: int) -> int:
    return Unit.paexp(u, x) if _special(u, x) else _rounded(u, _fine(u.subject, EXTRA).paexp(x << EXTRA))


@family.part(
    "palog",
    "log_unrounded",
    "palog is computed with more bits than the format has and rounded once",
    ROUND,
    kind="deviation",
    when=lambda subject: subject.op == "palog" and _fits(subject),
)
def _log_unrounded(u: Unit, x: int) -> int:
    if _special(u, x) or x & u.w.sign:
        return Unit.palog(u, x)
    return _rounded(u, _fine(u.subject, EXTRA).palog(x << EXTRA))


@family.part(
    "papow",
    "power_zero_is_one",
    "a^0 is 1 whatever a is, as IEEE 754's pow has it",
    "0^0, inf^0 and NaN^0 are NaN here: inf * 0 is",
    kind="deviation",
)
def _power_zero_is_one(u: Unit, a: int, y: int) -> int:
    return u.subject.fmt.one if not u.is_nan(y) and u.is_zero(y) else Unit.papow(u, a, y)


@family.part(
    "papow",
    "power_of_one_is_one",
    "1^y is 1 whatever y is, as IEEE 754's pow has it",
    "1^inf and 1^NaN are NaN here: 0 * inf is",
    kind="deviation",
)
def _power_of_one_is_one(u: Unit, a: int, y: int) -> int:
    return u.subject.fmt.one if a == u.subject.fmt.one else Unit.papow(u, a, y)


@family.part(
    "papow",
    "power_of_absolute",
    "papow takes the base without its sign",
    "return NaN for a negative base",
)
def _power_of_absolute(u: Unit, a: int, y: int) -> int:
    return Unit.papow(u, a & u.w.magnitude, y)


@family.part(
    "padiv",
    "quotient_by_reciprocal",
    "the quotient is a product with the reciprocal: 1/b overflows or is flushed where a/b is not",
    "subtract the codes in one step",
    kind="deviation",
    when=ops("padiv", "palog"),
)
def _quotient_by_reciprocal(u: Unit, a: int, b: int) -> int:
    return u.pam(a, Unit.padiv(u, u.subject.fmt.one, b))
