"""How mantissas are distributed, where the operand is uniform in a binade, log-uniform or normal.

    uniform      density 1: the operand is uniform within its binade
    log-uniform  density 1 / ((1 + m) ln 2): the reciprocal, or Benford's, law
    normal       operands normal with mean 0 and standard deviation 1: the sum over all binades

The fraction t of paexp2's argument is uniform with the first two (2^y is then log-uniform), and that of a
standard normal argument with the third.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pamcheck.measure.gradients.factors import Numbers, Values

DISTRIBUTIONS = ("uniform", "log-uniform", "normal")

_FIRST, _LAST = -4, 6  # binades that are summed one by one; below them a power series in u does it
_TERMS = 14


def density(numbers: Numbers, distribution: str, variable: str, parity: int | None = None) -> Any:
    """Return the density of a variable on [0, 1), as a function of an array of it.

    variable  "t" is a fraction, every other one a mantissa
    parity    None, or 0 or 1 for that part of the density whose exponents are even or odd
    Raises ValueError for an unknown distribution.
    """
    if distribution not in DISTRIBUTIONS:
        raise ValueError(f"distribution is {distribution!r}; there are {', '.join(DISTRIBUTIONS)}")
    share = 1 if parity is None else numbers.number(1) / 2
    if distribution == "normal":
        return _fraction(numbers) if variable == "t" else _mantissa(numbers, parity)
    if distribution == "uniform" or variable == "t":
        return lambda m: share + 0 * m
    return lambda m: share / ((1 + m) * numbers.ln2)


def _fraction(numbers: Numbers) -> Callable[[Values], Values]:
    scale = 1 / numbers.sqrt(2 * numbers.pi)
    return lambda t: scale * sum(numbers.exp(-((t + n) ** 2) / 2) for n in range(-14, 14))


def _mantissa(numbers: Numbers, parity: int | None) -> Callable[[Values], Values]:
    """Return the density of m, where |x| = 2^E (1 + m), over every E or over those of one parity."""
    chosen = [e for e in range(_FIRST, _LAST) if parity is None or e % 2 == parity]
    stride = 1 if parity is None else 2
    top = max(e for e in range(_FIRST - 2, _FIRST) if parity is None or e % 2 == parity)
    scale = 2 / numbers.sqrt(2 * numbers.pi)

    def of(m: Values) -> Values:
        u, half = 1 + m, -((1 + m) ** 2) / 2
        total = sum(numbers.number(2) ** e * numbers.exp(half * numbers.number(4) ** e) for e in chosen)
        term: Any = numbers.number(1)
        for j in range(_TERMS):  # the sum over every lower E of 2^E exp(-u^2 4^E / 2), term by term
            power = 2 * j + 1
            tail = numbers.number(2) ** (top * power) / (1 - numbers.number(2) ** (-stride * power))
            total = total + term * tail
            term = term * half / (j + 1)
        return scale * total + 0 * u

    return of
