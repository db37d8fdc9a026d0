"""Cotangent factors against true partials: every factor g_PAM / g_true as a function of mantissas.

A cotangent is a factor times the incoming cotangent. Signs and exponents cancel against the true partial,
and what is left depends on the mantissas alone:

    exact   2^⌊s⌋ w      s = Σ k_i m_i + constant, w smooth
    mimic   X(s) w       the mantissa d of the incoming cotangent is one of the m_i

One text serves float64 and mpmath; `Numbers` is what it asks of either.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, Literal

import numpy as np
from mpmath.ctx_mp import MPContext

Mode = Literal["exact", "mimic"]
Values = Any  # a NumPy array of float64, or of mpmath numbers


@dataclass(frozen=True)
class Numbers:
    """The functions that a factor and a density need, over arrays of one kind of number."""

    name: str
    number: Callable[[Any], Any]  # of an int or a Fraction
    sqrt: Callable[[Values], Values]
    exp: Callable[[Values], Values]
    exp2: Callable[[Values], Values]
    floor: Callable[[Values], Values]
    ln2: Any
    pi: Any


FLOAT64 = Numbers("float64", float, np.sqrt, np.exp, np.exp2, np.floor, float(np.log(2.0)), float(np.pi))

MP = MPContext()
MP.prec = 120


def _each(function: Callable[[Any], Any]) -> Callable[[Values], Values]:
    each: Callable[[Values], Values] = np.frompyfunc(function, 1, 1)
    return each


def _of_fraction(value: Any) -> Any:
    value = Fraction(value)
    return MP.mpf(value.numerator) / value.denominator


MPMATH = Numbers(
    "mpmath",
    _of_fraction,
    _each(MP.sqrt),
    _each(MP.exp),
    _each(lambda y: MP.power(2, y)),
    _each(MP.floor),
    MP.ln2,
    MP.pi,
)

Smooth = Callable[[Numbers, int, Mapping[str, Values]], Values]


@dataclass(frozen=True)
class Factor:
    """One cotangent factor over the true partial.

    op, partial, mode  which cotangent: partial is the operand's letter, "x" for a single one
    slopes             k_i by variable: mantissas a, b, x, d (of the cotangent); t, the fraction of paexp2's
                       argument. The order is that of integration, outermost first.
    rest               the smooth part w, given the numbers, the parity of E, and the variables
    true               the size of the true partial times the cotangent, up to a constant
    offset             what a compensation c adds to s: c, -c or nothing
    constant           what else is added to s, given the numbers and the parity
    parities           of E: (0,) unless the factor depends on it
    """

    op: str
    partial: str
    mode: Mode
    slopes: Mapping[str, Fraction]
    rest: Smooth
    true: Smooth
    offset: int = 0
    constant: Callable[[Numbers, int], Any] = field(default=lambda _n, _p: 0)
    parities: tuple[int, ...] = (0,)

    @property
    def key(self) -> tuple[str, str, Mode]:
        """The factor's place in FACTORS."""
        return self.op, self.partial, self.mode

    def sum(self, numbers: Numbers, parity: int, offset: Any, mantissas: Mapping[str, Values]) -> Values:
        """Return s."""
        start = self.constant(numbers, parity) + self.offset * offset
        return sum((numbers.number(k) * mantissas[v] for v, k in self.slopes.items() if k), start)

    def ratio(
        self, numbers: Numbers, parity: int, mantissas: Mapping[str, Values], offset: Any = 0
    ) -> Values:
        """Return g_PAM / g_true at mantissas."""
        rest = self.rest(numbers, parity, mantissas)
        if not any(self.slopes.values()):
            return rest
        s = self.sum(numbers, parity, offset, mantissas)
        whole = numbers.floor(s)
        step = numbers.exp2(whole)
        return step * rest if self.mode == "exact" else step * (1 + s - whole) * rest


def _k(**slopes: int | Fraction) -> dict[str, Fraction]:
    return {variable: Fraction(k) for variable, k in slopes.items()}


def _ln2_mantissa(numbers: Numbers, _parity: int) -> Any:
    return 2 * numbers.ln2 - 1


def _true_sqrt(n: Numbers, p: int, m: Mapping[str, Values]) -> Values:
    return 1 / n.sqrt((1 + m["x"]) * 2**p)


_EXACT = (
    Factor(
        "pam", "a", "exact", _k(b=1, a=1), lambda _n, _p, m: 1 / (1 + m["b"]), lambda _n, _p, m: 1 + m["b"], 1
    ),
    Factor(
        "padiv", "a", "exact", _k(b=-1, a=1), lambda _n, _p, m: 1 + m["b"], lambda _n, _p, m: 1 / (1 + m["b"]), -1
    ),
    Factor(
        "padiv", "b", "exact", _k(a=1, b=-1),
        lambda _n, _p, m: (1 + m["b"]) ** 2 / (1 + m["a"]),
        lambda _n, _p, m: (1 + m["a"]) / (1 + m["b"]) ** 2, -1,
    ),
    Factor(
        "palog2", "x", "exact", _k(x=0), lambda n, _p, m: (1 + m["x"]) * n.ln2, lambda _n, _p, m: 1 / (1 + m["x"])
    ),
    Factor(
        "paexp2", "x", "exact", _k(t=0), lambda n, _p, m: n.exp2(-m["t"]) / n.ln2, lambda n, _p, m: n.exp2(m["t"])
    ),
    Factor(
        "pasqrt", "x", "exact", _k(x=0), lambda n, p, m: n.sqrt((1 + m["x"]) * 2**p) / 2**p, _true_sqrt,
        parities=(0, 1),
    ),
)  # fmt: skip

_MIMIC = (
    Factor(
        "pam", "a", "mimic", _k(b=1, d=1),
        lambda _n, _p, m: 1 / ((1 + m["d"]) * (1 + m["b"])),
        lambda _n, _p, m: (1 + m["d"]) * (1 + m["b"]), 1,
    ),
    Factor(
        "padiv", "a", "mimic", _k(b=-1, d=1),
        lambda _n, _p, m: (1 + m["b"]) / (1 + m["d"]),
        lambda _n, _p, m: (1 + m["d"]) / (1 + m["b"]), -1,
    ),
    Factor(
        "padiv", "b", "mimic", _k(b=-2, a=1, d=1),
        lambda _n, _p, m: (1 + m["b"]) ** 2 / ((1 + m["a"]) * (1 + m["d"])),
        lambda _n, _p, m: (1 + m["a"]) * (1 + m["d"]) / (1 + m["b"]) ** 2, -1,
    ),
    Factor(
        "palog2", "x", "mimic", _k(x=-1, d=1),
        lambda n, _p, m: 2 * n.ln2 * (1 + m["x"]) / (1 + m["d"]),
        lambda _n, _p, m: (1 + m["d"]) / (1 + m["x"]),
        constant=lambda n, p: -_ln2_mantissa(n, p),
    ),
    Factor(
        "paexp2", "x", "mimic", _k(t=1, d=1),
        lambda n, _p, m: n.exp2(-m["t"]) / (2 * n.ln2 * (1 + m["d"])),
        lambda n, _p, m: n.exp2(m["t"]) * (1 + m["d"]),
        constant=_ln2_mantissa,
    ),
    Factor(
        "pasqrt", "x", "mimic", _k(x=Fraction(-1, 2), d=1),
        lambda n, p, m: n.sqrt((1 + m["x"]) * 2**p) / (1 + m["d"]),
        lambda n, p, m: _true_sqrt(n, p, m) * (1 + m["d"]),
        constant=lambda n, p: n.number(Fraction(-p, 2)), parities=(0, 1),
    ),
)  # fmt: skip

FACTORS: dict[tuple[str, str, Mode], Factor] = {factor.key: factor for factor in (*_EXACT, *_MIMIC)}
"""Every factor of a primitive. The b of pam is its a with the operands exchanged, and stands for both."""


def get_factor(op: str, partial: str, mode: Mode) -> Factor:
    """Return a factor. Raises ValueError, naming what exists, for another one."""
    try:
        return FACTORS[op, partial, mode]
    except KeyError:
        known = ", ".join("/".join(key) for key in FACTORS)
        raise ValueError(f"no factor {op}/{partial}/{mode}; there are {known}") from None
