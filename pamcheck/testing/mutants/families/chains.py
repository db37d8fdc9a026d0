"""The chain rule through composites: a factor missing, or taken at the wrong point."""

from __future__ import annotations

from pamcheck.testing.mutants.family import Family, ops
from pamcheck.testing.mutants.unit import Unit

family = Family("Chain rule")
CHAIN = "multiply the derivatives of every primitive that the composite is made of"

family.add("chain_log_constant_missing", "the factor 1 / log2 e is missing in the chain rule of palog", CHAIN,
           palog_dx=lambda u, delta, x: u.palog2_dx(delta, x))  # fmt: skip
family.add("chain_exp_constant_missing", "the factor log2 e is missing in the chain rule of paexp", CHAIN,
           paexp_dx=lambda u, delta, x: u.paexp2_dx(delta, u.pam(x, u.w.log2e)))  # fmt: skip
family.add("chain_exp_point", "the slope of paexp2 is taken at x, not at x log2 e", CHAIN,
           paexp_dx=lambda u, d, x: u.pam_da(u.paexp2_dx(d, x), x, u.w.log2e))  # fmt: skip
family.add("chain_exp_outer_missing", "the slope of paexp2 is missing in the chain rule of paexp", CHAIN,
           paexp_dx=lambda u, delta, x: u.pam_da(delta, x, u.w.log2e))  # fmt: skip
family.add("chain_log_outer_missing", "the slope of palog2 is missing in the chain rule of palog", CHAIN,
           palog_dx=lambda u, delta, x: u.padiv_da(delta, u.palog2(x), u.w.log2e))  # fmt: skip


def _power_through(u: Unit, delta: int, a: int, y: int) -> int:
    outer = u.mimic_paexp2_dx if u.subject.mode == "mimic" else u.paexp2_dx
    return outer(delta, u.pam(u.palog2(a), y))


@family.part("cotangents", "chain_power_log_missing", "the derivative of the logarithm is missing in da of papow",
             CHAIN, when=ops("papow"))  # fmt: skip
def _chain_power_log_missing(u: Unit, delta: int, a: int, y: int) -> tuple[int, ...]:
    inner = u.mimic_pam_da if u.subject.mode == "mimic" else u.pam_da
    _, dy = Unit.cotangents(u, delta, a, y)
    return inner(_power_through(u, delta, a, y), u.palog2(a), y), dy


@family.part("cotangents", "chain_power_product_missing",
           "the derivative of the product with y is missing in da of papow",
             CHAIN, when=ops("papow"))  # fmt: skip
def _chain_power_product_missing(u: Unit, delta: int, a: int, y: int) -> tuple[int, ...]:
    inner = u.mimic_palog2_dx if u.subject.mode == "mimic" else u.palog2_dx
    _, dy = Unit.cotangents(u, delta, a, y)
    return inner(_power_through(u, delta, a, y), a), dy


@family.part("cotangents", "chain_power_exp_missing", "the derivative of paexp2 is missing in the chain rule of papow",
             CHAIN, when=ops("papow"))  # fmt: skip
def _chain_power_exp_missing(u: Unit, delta: int, a: int, y: int) -> tuple[int, ...]:
    base = u.palog2(a)
    if u.subject.mode == "mimic":
        return u.mimic_palog2_dx(u.mimic_pam_da(delta, base, y), a), u.mimic_pam_db(delta, base, y)
    return u.palog2_dx(u.pam_da(delta, base, y), a), u.pam_db(delta, base, y)


@family.part("cotangents", "power_rule_textbook", "papow's cotangents follow the textbook rules y a^(y-1) and a^y ln a",
             "follow the chain rule through palog2, pam and paexp2", kind="deviation",
             when=ops("papow", mode="mimic"))  # fmt: skip
def _power_rule_textbook(u: Unit, delta: int, a: int, y: int) -> tuple[int, ...]:
    power = u.papow(a, y)
    return u.pam(delta, u.padiv(u.pam(y, power), a)), u.pam(delta, u.pam(power, u.palog(a)))
