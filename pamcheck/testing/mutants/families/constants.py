"""The constants log2 e and ln 2 of composites and rules."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from pamcheck.kernels.edges import shift_round
from pamcheck.kernels.words import LN_2, LOG2_E, Words
from pamcheck.testing.mutants.family import Family
from pamcheck.testing.mutants.unit import Unit

family = Family("Constants")
ROUND = "round the constant to nearest in the format that is judged"


def _floor_code(u: Unit, value: Fraction) -> int:
    """Return the code below or at a positive value."""
    code = u.subject.fmt.encode(value)
    return code - (u.subject.fmt.decode(code) > value)


def _in(u: Unit, code: int, mant_bits: int) -> int:
    """Return a code rounded to so many mantissa bits."""
    places = max(u.subject.fmt.mant_bits - mant_bits, 0)
    return shift_round(code, places) << places


def _both(name: str, words: str, change: Callable[[Unit, int, Fraction], int]) -> None:
    """Register, for each constant, a unit that has another code for it."""

    def log2e(u: Unit, w: Words) -> Words:
        return w._replace(log2e=change(u, w.log2e, LOG2_E))

    def ln2(u: Unit, w: Words) -> Words:
        return w._replace(ln2=change(u, w.ln2, LN_2))

    family.add(f"log2e_{name}", words.format("log2 e"), ROUND, landmarks=log2e)
    family.add(f"ln2_{name}", words.format("ln 2"), ROUND, landmarks=ln2)


_both("truncated", "{} is truncated, not rounded", lambda u, _, value: _floor_code(u, value))
_both("one_code_high", "{} is one code too high", lambda _, code, __: code + 1)
_both("one_code_low", "{} is one code too low", lambda _, code, __: code - 1)
_both("is_one", "{} is left out", lambda u, *_: u.subject.fmt.one)
_both(
    "in_bfloat16",
    "{} has only the precision of bfloat16",
    lambda u, code, _: _in(u, code, 7),
)
_both(
    "in_float16",
    "{} has only the precision of float16",
    lambda u, code, _: _in(u, code, 10),
)
_both(
    "in_float32",
    "{} has only the precision of float32",
    lambda u, code, _: _in(u, code, 23),
)
family.add(
    "log2e_is_ln2",
    "ln 2 stands where log2 e should",
    "palog divides by log2 e, paexp multiplies with it",
    landmarks=lambda _, w: w._replace(log2e=w.ln2),
)
family.add(
    "ln2_is_log2e",
    "log2 e stands where ln 2 should",
    "use ln 2 in the rules of palog2 and paexp2",
    landmarks=lambda _, w: w._replace(ln2=w.log2e),
)
family.add(
    "log2e_is_log2_10",
    "log2 10 stands where log2 e should: decimal logarithms and powers",
    "use log2 e",
    landmarks=lambda u, w: w._replace(log2e=u.subject.fmt.encode(Fraction("3.32192809488736234787"))),
)


@family.part(
    "palog",
    "log_times_log2e",
    "palog multiplies by log2 e where it should divide",
    "divide: palog(x) = padiv(palog2(x), log2 e)",
)
def _log_times_log2e(u: Unit, x: int) -> int:
    return u.pam(u.palog2(x), u.w.log2e)


@family.part(
    "palog",
    "log_times_ln2",
    "palog multiplies by ln 2 where it should divide by log2 e",
    "divide: palog(x) = padiv(palog2(x), log2 e); the two differ",
    kind="deviation",
)
def _log_times_ln2(u: Unit, x: int) -> int:
    return u.pam(u.palog2(x), u.w.ln2)


@family.part(
    "paexp",
    "exp_over_ln2",
    "paexp divides by ln 2 where it should multiply with log2 e",
    "multiply: paexp(x) = paexp2(pam(x, log2 e)); the two differ",
    kind="deviation",
)
def _exp_over_ln2(u: Unit, x: int) -> int:
    return u.paexp2(u.padiv(x, u.w.ln2))


@family.part(
    "paexp",
    "exp_over_log2e",
    "paexp divides by log2 e where it should multiply",
    "multiply: paexp(x) = paexp2(pam(x, log2 e))",
)
def _exp_over_log2e(u: Unit, x: int) -> int:
    return u.paexp2(u.padiv(x, u.w.log2e))


@family.part("over_ln2", "ln2_multiplies", "the rule of palog2 multiplies by ln 2 where it should divide",
             "divide: dx = padiv(padiv(delta, x), ln 2)")  # fmt: skip
def _ln2_multiplies(u: Unit, code: int) -> int:
    return u.pam(code, u.w.ln2)


@family.part("over_ln2", "ln2_as_factor_log2e",
           "the rule of palog2 multiplies by log2 e where it should divide by ln 2",
             "divide: dx = padiv(padiv(delta, x), ln 2); the two differ", kind="deviation")  # fmt: skip
def _ln2_as_factor_log2e(u: Unit, code: int) -> int:
    return u.pam(code, u.w.log2e)


@family.part("times_ln2", "ln2_divides", "the rule of paexp2 divides by ln 2 where it should multiply",
             "multiply: dx = pam(pam(y, ln 2), delta)")  # fmt: skip
def _ln2_divides(u: Unit, code: int) -> int:
    return u.padiv(code, u.w.ln2)
