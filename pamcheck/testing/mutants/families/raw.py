"""Codes added as plain integers, with some of the guards and without the others.

The first thing that an implementation of PAM is, and where several guards are missing no single one explains what
comes: an infinite operand that is taken for a number may also make a sum that wraps.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import combinations
from typing import Any

from pamcheck.testing.mutants.family import Family, ops
from pamcheck.testing.mutants.unit import Unit

family = Family("Plain integers")

GUARDS = {
    "specials": "infinities and NaN",
    "zeros": "zeros",
    "subnormals": "subnormal numbers",
    "underflow": "underflow",
    "overflow": "overflow",
}
# where a guard tests for zero exactly: all that there is, or all but one for infinities and NaN
EXACT_ZEROS = (("specials", "subnormals", "underflow", "overflow"), ("subnormals", "underflow", "overflow"))
WRAPS: dict[str, tuple[str, Callable[[Unit, int, int], int]]] = {
    "sign": (
        "a sum out of range runs into the sign",
        lambda u, sign, total: (sign + total) & (u.w.sign | u.w.magnitude),
    ),
    "exponent": (
        "a sum out of range wraps below the sign",
        lambda u, sign, total: sign | total & u.w.magnitude,
    ),
    "or": (
        "a sum out of range sets the sign",
        lambda u, sign, total: (sign | total) & (u.w.sign | u.w.magnitude),
    ),
}
PRODUCT = ops("pam", "padiv", mode="")
ADVICE = "test the operands before the codes are added, and the sum before it is returned"


def _words(missing: Sequence[str]) -> str:
    told = [GUARDS[name] for name in missing]
    listed = " and ".join(told) if len(told) < 3 else f"{', '.join(told[:-1])} and {told[-1]}"
    return f"magnitudes are added as plain integers, without a guard for {listed}"


def _with(missing: Sequence[str], wrap: Callable[[Unit, int, int], int]) -> dict[str, Any]:
    """Return product and quotient that miss some of the guards."""

    def finish(u: Unit, sign: int, total: int) -> int:
        if total > u.w.largest and "overflow" not in missing:
            return u.overflow(sign, total)
        if total < u.w.tiny and "underflow" not in missing:
            return u.finish(sign, total)
        return wrap(u, sign, total)

    def guarded(u: Unit, a: int, b: int, right: Callable[[Unit, int, int], int]) -> int | None:
        special = u.is_nan(a) or u.is_nan(b) or u.is_inf(a) or u.is_inf(b)
        exact = "subnormals" in missing
        zero = any(x & u.w.magnitude == 0 if exact else u.is_zero(x) for x in (a, b))
        if (special and "specials" not in missing) or (zero and not special and "zeros" not in missing):
            return right(u, a, b)
        return u.zero(u.sign(a, b)) if zero and "zeros" not in missing else None

    def pam(u: Unit, a: int, b: int) -> int:
        known = guarded(u, a, b, Unit.pam)
        total = (a & u.w.magnitude) + (b & u.w.magnitude) - u.w.shift
        return finish(u, u.sign(a, b), total) if known is None else known

    def padiv(u: Unit, a: int, b: int) -> int:
        known = guarded(u, a, b, Unit.padiv)
        total = (a & u.w.magnitude) - (b & u.w.magnitude) + u.w.shift
        return finish(u, u.sign(a, b), total) if known is None else known

    return {"pam": pam, "padiv": padiv}


def _whole_words(zeros: bool, exact: bool = False) -> dict[str, Any]:
    """Return product and quotient of whole words, signs and all, modulo the width.

    zeros  zeros are guarded, and where that is not `exact` subnormal numbers with them
    """

    def is_zero(u: Unit, x: int) -> bool:
        return zeros and (x & u.w.magnitude == 0 if exact else u.is_zero(x))

    def pam(u: Unit, a: int, b: int) -> int:
        if is_zero(u, a) or is_zero(u, b):
            return u.zero(u.sign(a, b))
        return (a + b - u.w.shift) & (u.w.sign | u.w.magnitude)

    def padiv(u: Unit, a: int, b: int) -> int:
        if is_zero(u, a):
            return u.zero(u.sign(a, b))
        return (a - b + u.w.shift) & (u.w.sign | u.w.magnitude)

    return {"pam": pam, "padiv": padiv}


def _register() -> None:
    whole = "whole words are added as plain integers, signs and all"
    family.add("raw_words", f"{whole}, without any guard", ADVICE, when=PRODUCT, **_whole_words(False))
    family.add(
        "raw_words_but_zeros",
        f"{whole}, with a guard for zeros only",
        ADVICE,
        when=PRODUCT,
        **_whole_words(True),
    )
    family.add(
        "raw_words_but_exact_zeros",
        f"{whole}, with a guard for zeros only, and none for subnormal numbers",
        ADVICE,
        when=PRODUCT,
        **_whole_words(True, exact=True),
    )
    for count in range(len(GUARDS), 0, -1):
        for missing in combinations(GUARDS, count):
            if missing in (("zeros",), ("underflow",), ("overflow",)):
                continue  # the other families have them
            if "subnormals" in missing and missing not in EXACT_ZEROS:
                continue  # where zeros are not guarded, subnormal numbers are not either
            ranged = {"underflow", "overflow"} & {*missing}
            for name, (words, wrap) in WRAPS.items() if ranged else [("", ("", WRAPS["sign"][1]))]:
                family.add(
                    "_".join(("raw", "without", *missing, *filter(None, [name]))),
                    _words(missing) + (f"; {words}" if words else ""),
                    ADVICE,
                    when=PRODUCT,
                    **_with(missing, wrap),
                )


_register()
