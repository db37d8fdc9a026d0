"""What a unit computes of one ordinary operand: PAM functions with another rounding or offset, or the true ones."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Literal

from pamcheck.formats import FloatFormat
from pamcheck.policy import Policy, get_policy
from pamcheck.spec import LOG2_E
from pamcheck.testing.identity.core import Extended, Result
from pamcheck.testing.identity.rounding import (
    EVEN,
    TOWARD_ZERO,
    extended,
    log_code,
    rounded,
    to_subnormal,
    value_of,
)

COMPOSITES = ("palog", "paexp")
_SNAP = 100  # bits behind the point to which irrational extended codes are taken


@dataclass(frozen=True)
class UnaryCore:
    """A function of one operand.

    kind      pam; exact; or fused: a composite of PAM functions that is rounded once, at its end
    offset    added to the integer before it is halved or rounded, in codes
    inner     policy of the step inside of a composite
    constant  how log2 e was rounded
    """

    op: str
    fmt: FloatFormat
    kind: Literal["pam", "exact", "fused"] = "pam"
    offset: int = 0
    mode: str = EVEN
    places: int = 0
    inner: str = "ftz"
    constant: str = EVEN

    def result(self, extendeds: tuple[int, ...], signs: tuple[bool, ...]) -> Result:
        """Return the extended code and the sign, or a code that is final."""
        [e], [negative] = extendeds, signs
        if self.kind == "exact":
            return _exact(self.op, e, negative, self.fmt)
        if self.op in COMPOSITES:
            return self._composed(e, negative)
        if self.op == "palog2":
            return _signed(Fraction(e - self.fmt.one + self.offset, self.fmt.tiny), self.fmt)
        if self.op == "pasqrt":
            return Fraction(e + self.fmt.one + self.offset, 2), False
        return _power(_value(e, negative, self.fmt), self.offset, self.fmt)

    def _first_log(self, e: int) -> tuple[Extended | None, bool]:
        return _signed(Fraction(e - self.fmt.one, self.fmt.tiny), self.fmt)

    def _composed(self, e: int, negative: bool) -> Result:
        f = self.fmt
        constant = rounded(log_code(LOG2_E, f), False, self.constant)
        t, sign = (e + constant - f.one, negative) if self.op == "paexp" else self._first_log(e)
        if t is None:
            return None, sign
        if self.kind == "pam":
            code = finished(t, sign, self.mode, get_policy(self.inner), f)
            if not f.is_finite(code):
                if f.is_nan(code):
                    return code
                t = f.largest + f.tiny
            elif code & f.magnitude == 0:
                return (None, sign) if self.op == "palog" else (f.one, False)
            else:
                t = extended(code & f.magnitude, f)
        if self.op == "palog":
            return t - constant + f.one, sign
        return _power(-value_of(t, f) if sign else value_of(t, f), 0, f)


def finished(t: Extended, negative: bool, mode: str, policy: Policy, fmt: FloatFormat) -> int:
    """Return the code of an extended code, rounded once, with the edges of a policy."""
    sign = fmt.sign if negative else 0
    total = rounded(t, negative, mode)
    if total > fmt.largest:
        return sign | fmt.largest if policy.saturate else fmt.too_large(sign)
    if total >= fmt.tiny:
        return sign | total
    return sign | to_subnormal(t, negative, mode, fmt) if policy.gradual else sign


def _value(e: int, negative: bool, fmt: FloatFormat) -> Fraction:
    size = value_of(e, fmt)
    return -size if negative else size


def _signed(value: Fraction, fmt: FloatFormat) -> tuple[Extended | None, bool]:
    return (log_code(abs(value), fmt) if value else None), value < 0


def _power(y: Fraction, offset: int, fmt: FloatFormat) -> tuple[Extended, bool]:
    return fmt.one + offset + y * fmt.tiny, False


@lru_cache(maxsize=1 << 12)
def _exact(op: str, e: int, negative: bool, fmt: FloatFormat) -> Result:
    """Return the true function's extended code, to 2^-100."""
    from pamcheck import truth  # mpmath takes a while to import

    name = {"palog2": "log2", "paexp2": "exp2", "pasqrt": "sqrt", "palog": "log", "paexp": "exp"}[op]
    reach = 4 << fmt.exp_bits
    # where the true function has no value, what it has for the size: a unit that ignores the sign
    x = _value(e, negative and name in ("exp", "exp2"), fmt)
    if name in ("exp", "exp2"):
        x = max(min(x, Fraction(reach)), Fraction(-reach))
    found = truth.evaluate(name, x, bits=2 * _SNAP + fmt.width)
    mantissa, exponent = int(found.man_exp[0]), int(found.man_exp[1])
    value = Fraction(mantissa) * Fraction(2) ** exponent
    if not value:
        return None, False
    t = log_code(abs(value), fmt)
    return Fraction(round(t * 2**_SNAP), 2**_SNAP), value < 0


CONSTANTS = (EVEN, TOWARD_ZERO)
