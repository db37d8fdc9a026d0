"""What an edge that is not the format's own is called."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from pamcheck.formats import FloatFormat
from pamcheck.testing.identity.model import Edge
from pamcheck.testing.identity.probe import show
from pamcheck.testing.identity.rounding import log_code, value_of

_REACH = 320  # decimal exponents of float64


def by_product(edge: Edge, offset: int, fmt: FloatFormat) -> Edge:
    """Return the same edge, on products with a power of two, as one that the true result is compared with.

    If a power of ten lies in the gap below the first code above the edge, that is taken: it decides products
    between the codes.
    """
    at = edge.at - offset
    power = power_of_ten(at, fmt)
    exact = at if power is None else log_code(Fraction(10) ** power, fmt)
    return replace(edge, at=exact, by="product")


def power_of_ten(at: int | Fraction, fmt: FloatFormat) -> int | None:
    """Return k where 10^k is above the code before `at` and not above `at` itself; None without one."""
    low, high = value_of(at - 1, fmt), value_of(at, fmt)
    estimate = len(str(int(high))) - 1 if high >= 1 else -len(str(int(1 / high)))
    for power in range(estimate - 1, estimate + 2):
        if abs(power) <= _REACH and low < Fraction(10) ** power <= high:
            return power
    return None


def describe_low(edge: Edge, fmt: FloatFormat) -> str:
    """Return where results begin to be numbers, in words."""
    if edge.by == "result" and edge.at == fmt.tiny:
        return f"at the smallest normal number, {show(fmt.tiny, fmt)}"
    if edge.by == "result" and 0 <= edge.at < fmt.tiny:
        return f"nowhere: integers down to {fmt.hex(int(edge.at))} are given as they are, subnormal codes included"
    return _threshold(edge, fmt)


def describe_high(edge: Edge, fmt: FloatFormat) -> str:
    """Return where results cease to be numbers, in words."""
    if edge.by == "result" and edge.at == fmt.largest + 1:
        return f"above the largest number, {show(fmt.largest, fmt)}"
    if edge.by == "result" and edge.at > fmt.largest:
        last = fmt.hex(int(edge.at) - 1)
        return f"nowhere: integers up to {last} are given as they are, codes of infinity and NaN included"
    return _threshold(edge, fmt)


def _threshold(edge: Edge, fmt: FloatFormat) -> str:
    compared = "the result" if edge.by == "result" else "the true result"
    first = edge.at if isinstance(edge.at, int) else -(-edge.at.numerator // edge.at.denominator)
    power = power_of_ten(first, fmt)
    named = "" if power is None else f", 1e{power}"
    at = show(int(first), fmt) if 0 <= first <= fmt.magnitude else f"extended code {first}"
    return f"where {compared} reaches {at}{named}"
