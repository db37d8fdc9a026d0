"""An interpretation on error forms: a value is what is known of the ratio of a result to the truth.

Operations multiply ratios, and know more where more is known: of which entries are summed, of a quotient by a
root. What is not needed by a dot product and a layer norm is refused.
"""

# ruff: noqa: D102, as what the methods do is said in the protocol of an Arithmetic

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any, Literal

from pamcheck import spec
from pamcheck.formats import FloatFormat
from pamcheck.measure.certify import jets
from pamcheck.spec.real import floor_log2, power_of_two

Ratio = tuple[Fraction, Fraction]
EXACT: Ratio = (Fraction(1), Fraction(1))
PRODUCT: Ratio = (Fraction(8, 9), Fraction(1))
QUOTIENT: Ratio = (Fraction(1), Fraction(9, 8))
# quotient by a root: 2 sqrt 2 / 3, rounded down, and 4/3 sqrt(2/3), rounded up
BY_ROOT: Ratio = (Fraction(9428090415820633, 10**16), Fraction(10886621079036348, 10**16))


@dataclass(frozen=True)
class Form:
    """n entries, or one number that is common to them (`role` says what it is), with the range of the ratio."""

    count: int
    ratio: Ratio = EXACT
    role: Literal["entries", "total", "root"] = "entries"

    @property
    def shape(self) -> tuple[int]:
        """As arrays have it."""
        return (self.count,)


@dataclass(frozen=True)
class ErrorForms:
    """The interval interpretation. `fmt` adds the rounding of sums; without it everything is real."""

    fmt: FloatFormat | None = None
    name: str = "error forms"

    def mul(self, a: Any, b: Any) -> Any:
        if isinstance(b, (int, float)) and _is_power(b):
            return a
        factor = b.ratio if isinstance(b, Form) else EXACT
        return _scaled(a, (factor[0] * PRODUCT[0], factor[1]))

    def div(self, a: Any, b: Any) -> Any:
        if not isinstance(b, Form):
            return a if _is_power(b) else _scaled(a, QUOTIENT)
        if b.role == "root":  # the quotient and the root err together; what is under the root was apart
            low, high = b.ratio
            return _scaled(a, (BY_ROOT[0] / root_above(high), BY_ROOT[1] / root_below(low)))
        return _scaled(a, (1 / b.ratio[1], QUOTIENT[1] / b.ratio[0]))

    def sqrt(self, x: Any) -> Any:
        return replace(x, role="root")

    def sum(self, x: Any, axis: Any = None, keepdims: bool = False) -> Any:  # noqa: ARG002
        if self.fmt is None:
            return replace(x, role="total")
        slack = rounding_of_sum(x.count, self.fmt)
        return replace(_scaled(x, (1 - slack, 1 + slack)), role="total")

    def add(self, a: Any, b: Any) -> Any:
        if b == 0:
            return a
        low, high = a.ratio  # a positive constant brings the ratio nearer to 1
        return replace(a, ratio=(min(low, Fraction(1)), max(high, Fraction(1))))

    def sub(self, a: Any, b: Any) -> Any:
        if b.role == "total" and b.ratio == EXACT:
            return a  # an exact mean leaves exact differences
        raise ValueError("the difference of two inexact values has no bounded ratio to the truth")

    def value(self, x: Any) -> Any:
        """Return x: there is nothing around it."""
        return x


def inputs(count: int) -> Form:
    """Return exact inputs."""
    return Form(count)


def rounding_of_sum(count: int, fmt: FloatFormat) -> Fraction:
    """Return a bound on the relative error of a canonical sum of entries of one sign, rounded to the format."""
    accumulator = spec.accumulator(fmt)
    depth = min(count - 1, -(-count // 32) + 4)
    growth = (1 + Fraction(1, 2 * accumulator.tiny)) ** depth
    last = Fraction(1, 2 * fmt.tiny) if accumulator != fmt else Fraction(0)
    return growth * (1 + last) - 1


def root_above(x: Fraction) -> Fraction:
    """Return a fraction at or a little above the square root."""
    return Fraction(jets.sqrt(jets.exact(x)).high, jets.UNIT)


def root_below(x: Fraction) -> Fraction:
    """Return a fraction at or a little below the square root."""
    return Fraction(jets.sqrt(jets.exact(x)).low, jets.UNIT)


def _scaled(form: Form, factor: Ratio) -> Any:
    return replace(form, ratio=(form.ratio[0] * factor[0], form.ratio[1] * factor[1]))


def _is_power(x: float) -> bool:
    size = abs(Fraction(x))
    return size > 0 and size == power_of_two(floor_log2(size))
