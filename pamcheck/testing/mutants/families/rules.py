"""Mimic rules: a factor missing, or the steps in another order."""

from __future__ import annotations

from pamcheck.testing.mutants.family import Family, modes
from pamcheck.testing.mutants.unit import Unit

family = Family("Mimic rules")

family.add("ln2_missing_in_log", "the factor 1 / ln 2 is missing in the rule of palog2",
           "dx = padiv(padiv(delta, x), ln 2)",
           over_ln2=lambda _, code: code)  # fmt: skip
family.add("ln2_missing_in_exp", "the factor ln 2 is missing in the rule of paexp2", "dx = pam(pam(y, ln 2), delta)",
           times_ln2=lambda _, code: code)  # fmt: skip
family.add("root_not_doubled", "the factor 2 is missing in the rule of pasqrt", "dx = padiv(delta, 2 y)",
           twice=lambda _, root: root)  # fmt: skip
family.add("root_quadrupled", "the root is doubled twice in the rule of pasqrt", "dx = padiv(delta, 2 y)",
           twice=lambda u, root: Unit.twice(u, Unit.twice(u, root)))  # fmt: skip
family.add("divisor_not_squared", "db is divided by b once, not twice", "db = -padiv(pam(a, delta), pam(b, b))",
           squared=lambda _, b: b)  # fmt: skip
family.add("divisor_square_doubled", "db is divided by 2 b instead of the square of b",
           "db = -padiv(pam(a, delta), pam(b, b))", squared=lambda u, b: Unit.twice(u, b))  # fmt: skip


@family.part(
    "mimic_padiv_db",
    "divisor_in_steps",
    "db is divided by b twice instead of once by its square: other results overflow or are flushed",
    "db = -padiv(pam(a, delta), pam(b, b))",
    kind="deviation",
)
def _divisor_in_steps(u: Unit, delta: int, a: int, b: int) -> int:
    if u.undefined(delta, a, b) or u.no_quotient(b):
        return u.quiet(delta, a, b)
    return u.negated(u.padiv(u.padiv(u.pam(a, delta), b), b))


@family.part(
    "mimic_padiv_db",
    "divisor_by_quotient",
    "db is computed from the forward quotient: -pam(da, a / b)",
    "db = -padiv(pam(a, delta), pam(b, b))",
    kind="deviation",
)
def _divisor_by_quotient(u: Unit, delta: int, a: int, b: int) -> int:
    if u.undefined(delta, a, b) or u.no_quotient(b):
        return u.quiet(delta, a, b)
    return u.negated(u.pam(u.padiv(delta, b), u.padiv(a, b)))


@family.part(
    "mimic_padiv_db",
    "divisor_square_first",
    "db is computed as -pam(delta, padiv(a, pam(b, b))): other intermediate results overflow or are flushed",
    "db = -padiv(pam(a, delta), pam(b, b))",
    kind="deviation",
)
def _divisor_square_first(u: Unit, delta: int, a: int, b: int) -> int:
    if u.undefined(delta, a, b) or u.no_quotient(b):
        return u.quiet(delta, a, b)
    return u.negated(u.pam(delta, u.padiv(a, u.squared(b))))


family.add("rule_unguarded",
           "operands are not tested: the products and quotients of the rule decide at infinities and zeros",
           "where the derivative does not exist every cotangent is NaN", when=modes("mimic"),
           undefined=lambda *_: False, no_quotient=lambda *_: False, no_logarithm=lambda *_: False)  # fmt: skip


@family.part(
    "mimic_paexp2_dx",
    "exp_rule_reordered",
    "the factors of the rule of paexp2 are taken in another order: other intermediate results are flushed",
    "dx = pam(pam(y, ln 2), delta)",
    kind="deviation",
)
def _exp_rule_reordered(u: Unit, delta: int, x: int) -> int:
    if u.no_number(x) or u.is_nan(delta):
        return Unit.mimic_paexp2_dx(u, delta, x)
    return u.pam(u.paexp2(x), u.times_ln2(delta))


@family.part(
    "mimic_palog2_dx",
    "log_rule_reordered",
    "the rule of palog2 divides by pam(x, ln 2) at once: other intermediate results overflow or are flushed",
    "dx = padiv(padiv(delta, x), ln 2)",
    kind="deviation",
)
def _log_rule_reordered(u: Unit, delta: int, x: int) -> int:
    if u.undefined(delta, x) or u.no_logarithm(x):
        return u.quiet(delta, x)
    return u.padiv(delta, u.times_ln2(x))


family.add("log_rule_of_log2", "palog has the rule of palog2: a factor 1 / ln 2 too much", "dx = padiv(delta, x)",
           mimic_palog_dx=lambda u, delta, x: u.mimic_palog2_dx(delta, x))  # fmt: skip
family.add("exp_rule_of_exp2", "paexp has the rule of paexp2: a factor ln 2 too much", "dx = pam(y, delta)",
           mimic_paexp_dx=lambda u, delta, x: (
               u.quiet(delta, x) if u.undefined(delta, x) else u.pam(u.times_ln2(u.paexp(x)), delta)))  # fmt: skip
family.add("exp_rule_base_two", "the rule of paexp has 2^x for e^x", "y is the forward result, paexp(x)",
           mimic_paexp_dx=lambda u, delta, x: (
               u.quiet(delta, x) if u.undefined(delta, x) else u.pam(u.paexp2(x), delta)))  # fmt: skip
