"""What a unit may answer where its arithmetic does not apply: at special operands and beyond the edges."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import NamedTuple

from pamcheck.formats import FloatFormat
from pamcheck.testing.identity.core import Extended
from pamcheck.testing.identity.rounding import EVEN, MODES, to_subnormal

AS_ZERO = "as for a zero of its sign"
KEPT = "its value is kept"
ORDINARY = "computed as if it were an ordinary number"
READINGS = (AS_ZERO, KEPT, ORDINARY)
"""Rules that are no answer, but a way to read the operand; the model follows them."""

SOME_NAN = "a NaN, in no pattern of bits that shows here"


class Seen(NamedTuple):
    """What a rule may go by.

    codes     the operands
    negative  the sign that the unit gives to such operands
    t         extended code of the result if every operand were an ordinary number; None for no such thing
    total     the same, rounded
    mode      how the unit rounds
    """

    fmt: FloatFormat
    codes: tuple[int, ...]
    negative: bool
    t: Extended | None
    total: int | None
    mode: str


Rule = Callable[[Seen], int | None]


@cache
def rules_of(fmt: FloatFormat, arity: int) -> dict[str, Rule]:
    """Return the rules of a format, the usual ones first."""
    others = ("the sign of a", "the sign of b") if arity == 2 else ("the operand's sign",)
    usual = ("the result's sign", "sign clear") if arity == 2 else ("sign clear", "the result's sign")
    return {
        **_constants(fmt, usual[0]),
        **_sums(),
        **_constants(fmt, usual[1]),
        **_constants(fmt, "sign set"),
        **_nans(fmt, arity),
        **{name: rule for sign in others for name, rule in _constants(fmt, sign).items()},
        **_operands(arity),
    }


def _constants(fmt: FloatFormat, sign: str) -> dict[str, Rule]:
    named = {
        "zero": 0,
        "infinity": fmt.inf,
        "the largest number": fmt.largest,
        "the quiet NaN": fmt.nan,
        "one": fmt.one,
        "the smallest normal number": fmt.tiny,
        "the smallest subnormal number": 1,
        "all ones": fmt.magnitude,
    }
    # in narrow formats some of them are the same
    values = {code: name for name, code in reversed(named.items()) if code is not None}
    negative: dict[str, Callable[[Seen], bool]] = {
        "the result's sign": lambda s: s.negative,
        "sign clear": lambda _: False,
        "sign set": lambda _: True,
        "the operand's sign": lambda s: bool(s.codes[0] & s.fmt.sign),
        "the sign of a": lambda s: bool(s.codes[0] & s.fmt.sign),
        "the sign of b": lambda s: bool(s.codes[-1] & s.fmt.sign),
    }

    def constant(code: int) -> Rule:
        return lambda s: code | (s.fmt.sign if negative[sign](s) else 0)

    return {f"{name}, {sign}": constant(code) for code, name in reversed(values.items())}


def _sums() -> dict[str, Rule]:
    """Return rules that keep the integer result, and those of gradual underflow."""

    def gradual(mode: str) -> Rule:
        return lambda s: (
            None
            if s.t is None or s.t >= s.fmt.tiny
            else _sign(s) | to_subnormal(s.t, s.negative, s.mode if mode == "" else mode, s.fmt)
        )

    def wrapped(s: Seen) -> int | None:
        return None if s.total is None else _sign(s) | (s.total & s.fmt.magnitude)

    def carried(s: Seen) -> int | None:
        return None if s.total is None else (_sign(s) + s.total) % (2 * s.fmt.sign)

    def joined(s: Seen) -> int | None:
        return None if s.total is None else (_sign(s) | s.total) % (2 * s.fmt.sign)

    return {
        "rounded to the subnormal grid": gradual(""),
        "the integer wraps below the sign": wrapped,
        "the integer wraps into the sign": carried,
        "the integer runs into the sign, which it sets": joined,
        **{f"rounded to the subnormal grid {mode}": gradual(mode) for mode in MODES},
    }


def _nans(fmt: FloatFormat, arity: int) -> dict[str, Rule]:
    if fmt.specials != "ieee":
        return {}
    quiet = 1 << (fmt.mant_bits - 1)

    def passed(last: bool, bits: int, sign: str) -> Rule:
        def rule(s: Seen) -> int | None:
            found = [code for code in s.codes if s.fmt.is_nan(code)]
            if not found:
                return None
            code = (found[-1] if last else found[0]) | bits
            if sign == "clear":
                return code & s.fmt.magnitude
            return code & s.fmt.magnitude | _sign(s) if sign == "result" else code

        return rule

    which = {"the NaN": False} if arity == 1 else {"the first NaN": False, "the last NaN": True}
    made: dict[str, Rule] = {}
    for words, last in which.items():
        made[f"{words}, made quiet"] = passed(last, quiet, "")
        made[f"{words}, as it is"] = passed(last, 0, "")
        made[f"{words}, made quiet, sign clear"] = passed(last, quiet, "clear")
        made[f"{words}, made quiet, the result's sign"] = passed(last, quiet, "result")
    return made


def _operands(arity: int) -> dict[str, Rule]:
    if arity == 1:
        return {"the operand": lambda s: s.codes[0]}
    return {"operand a": lambda s: s.codes[0], "operand b": lambda s: s.codes[1]}


def _sign(s: Seen) -> int:
    return s.fmt.sign if s.negative else 0


__all__ = ["AS_ZERO", "EVEN", "KEPT", "ORDINARY", "READINGS", "SOME_NAN", "Rule", "Seen", "rules_of"]
