"""Mimic derivatives: the ordinary rules of calculus with PAM operations in them.

kosson2023 calls them approximate. Every step is an operation of section 2, rounded by itself.
Source: docs/explanation/spec.md, section 3.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction

from pamcheck.formats import FloatFormat
from pamcheck.policy import Policy
from pamcheck.spec.exact import scale
from pamcheck.spec.numbers import negated
from pamcheck.spec.rounded import evaluate

LN_2 = Fraction("0.693147180559945309417232121458176568075500134360255254")
"""ln 2 to 54 decimals; to reproduce: `mpmath.mp.dps = 60; mpmath.log(2)`."""


def pam_rule(
    codes: Sequence[int], delta: int, f: FloatFormat, p: Policy, offset: int = 0
) -> tuple[int, int]:
    """da = pam(delta, b), db = pam(delta, a)."""
    a, b = codes
    return evaluate("pam", (delta, b), f, p, offset), evaluate("pam", (delta, a), f, p, offset)


def padiv_rule(
    codes: Sequence[int], delta: int, f: FloatFormat, p: Policy, offset: int = 0
) -> tuple[int, int]:
    """da = padiv(delta, b), db = -padiv(pam(a, delta), pam(b, b))."""
    a, b = codes
    numerator = evaluate("pam", (a, delta), f, p, offset)
    denominator = evaluate("pam", (b, b), f, p, offset)
    quotient = evaluate("padiv", (numerator, denominator), f, p, offset)
    return evaluate("padiv", (delta, b), f, p, offset), negated(quotient, f)


def palog2_rule(codes: Sequence[int], delta: int, f: FloatFormat, p: Policy) -> tuple[int]:
    """dx = padiv(padiv(delta, x), ln 2)."""
    [x] = codes
    return (evaluate("padiv", (evaluate("padiv", (delta, x), f, p), f.encode(LN_2)), f, p),)


def paexp2_rule(codes: Sequence[int], delta: int, f: FloatFormat, p: Policy) -> tuple[int]:
    """dx = pam(pam(y, ln 2), delta), y the forward result."""
    y = evaluate("paexp2", codes, f, p)
    return (evaluate("pam", (evaluate("pam", (y, f.encode(LN_2)), f, p), delta), f, p),)


def pasqrt_rule(codes: Sequence[int], delta: int, f: FloatFormat, p: Policy) -> tuple[int]:
    """dx = padiv(delta, 2 y), y the forward result and 2 y a change of its exponent."""
    y = evaluate("pasqrt", codes, f, p)
    return (evaluate("padiv", (delta, scale(y, 1, f, p)), f, p),)


def palog_rule(codes: Sequence[int], delta: int, f: FloatFormat, p: Policy) -> tuple[int]:
    """dx = padiv(delta, x)."""
    [x] = codes
    return (evaluate("padiv", (delta, x), f, p),)


def paexp_rule(codes: Sequence[int], delta: int, f: FloatFormat, p: Policy) -> tuple[int]:
    """dx = pam(y, delta), y the forward result."""
    y = evaluate("paexp", codes, f, p)
    return (evaluate("pam", (y, delta), f, p),)


RULES: dict[str, Callable[[Sequence[int], int, FloatFormat, Policy], tuple[int, ...]]] = {
    "pam": pam_rule,
    "padiv": padiv_rule,
    "palog2": palog2_rule,
    "paexp2": paexp2_rule,
    "pasqrt": pasqrt_rule,
    "palog": palog_rule,
    "paexp": paexp_rule,
}

COMPENSATED: dict[str, Callable[[Sequence[int], int, FloatFormat, Policy, int], tuple[int, ...]]] = {
    "pam": pam_rule,
    "padiv": padiv_rule,
}
"""The rules of the operations that take an offset: every pam and padiv in them takes it."""
