"""The range of each factor's relative error over all real operands, and the operands that show its ends.

Exact factors are monotone along each mantissa on a piece, so their extrema lie at the vertices of the closed
pieces; one that belongs to the neighbouring piece is approached, not attained. Mimic factors are continuous,
and the points where an extremum can lie are listed: docs/explanation/gradients.md says why no other can.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from itertools import product
from math import inf, log, nextafter
from typing import Any

from pamcheck.contracts import Bound, ClosedForm
from pamcheck.measure.gradients.factors import MP, MPMATH, Factor, Mode

ONE, TWO = 1.0, nextafter(2.0, 0.0)  # just below 2: mantissas of a piece that ends there
ABOVE = nextafter(1.0, inf)
LN2 = log(2)


@dataclass(frozen=True)
class End:
    """One end of a range.

    bound     the infimum or supremum of g_PAM / g_true - 1
    attained  whether some real operand attains it; else it is approached
    cotangent, operands  where, as float64: there, or next to there
    """

    bound: Bound
    attained: bool
    cotangent: float
    operands: tuple[float, ...]


@dataclass(frozen=True)
class Ends:
    """Both ends."""

    lower: End
    upper: End


def _ends(
    lower: Bound, upper: Bound, attained: tuple[bool, bool], low: tuple[float, ...], high: tuple[float, ...]
) -> Ends:
    """Return ends; `low` and `high` are the cotangent and the operands."""
    return Ends(
        End(lower, attained[0], low[0], low[1:]),
        End(upper, attained[1], high[0], high[1:]),
    )


_HALF, _NONE, _WHOLE = Fraction(-1, 2), Fraction(0), Fraction(1)

RANGES: dict[tuple[str, str, Mode], Ends] = {
    ("pam", "a", "exact"): _ends(_HALF, _WHOLE, (False, False), (1, ONE, TWO), (1, TWO, ABOVE)),
    ("padiv", "a", "exact"): _ends(_HALF, _WHOLE, (False, False), (1, ONE, ABOVE), (1, TWO, TWO)),
    ("padiv", "b", "exact"): _ends(_HALF, _WHOLE, (False, False), (1, TWO, ONE), (1, TWO, TWO)),
    ("palog2", "x", "exact"): _ends(
        ClosedForm("ln 2 - 1", lambda m: m.ln(2) - 1),
        ClosedForm("2 ln 2 - 1", lambda m: 2 * m.ln(2) - 1),
        (True, False), (1, ONE), (1, TWO),
    ),
    ("paexp2", "x", "exact"): _ends(
        ClosedForm("1/(2 ln 2) - 1", lambda m: 1 / (2 * m.ln(2)) - 1),
        ClosedForm("1/ln 2 - 1", lambda m: 1 / m.ln(2) - 1),
        (False, True), (1, nextafter(1.0, 0.0)), (1, 0.0),
    ),
    ("pasqrt", "x", "exact"): _ends(
        ClosedForm("1/sqrt 2 - 1", lambda m: 1 / m.sqrt(2) - 1),
        ClosedForm("sqrt 2 - 1", lambda m: m.sqrt(2) - 1),
        (True, False), (1, 2.0), (1, TWO),
    ),
    ("pam", "a", "mimic"): _ends(Fraction(-1, 9), _NONE, (True, True), (1.5, ONE, 1.5), (1, ONE, ONE)),
    ("padiv", "a", "mimic"): _ends(_NONE, Fraction(1, 8), (True, True), (1, ONE, ONE), (1, ONE, 1.5)),
    ("padiv", "b", "mimic"): _ends(
        Fraction(-1, 9), Fraction(5, 27), (True, True), (1.5, 1.5, ONE), (1, ONE, 4 / 3)
    ),
    ("palog2", "x", "mimic"): _ends(
        _NONE,
        ClosedForm("(2 - ln 2)^2 ln 2 - 1", lambda m: (2 - m.ln(2)) ** 2 * m.ln(2) - 1),
        (True, True), (2 * LN2, ONE), (1, 2 - LN2),
    ),
    ("paexp2", "x", "mimic"): _ends(
        ClosedForm("e 4^(ln 2)/8 - 1", lambda m: m.exp(1) * m.mpf(4) ** m.ln(2) / 8 - 1),
        ClosedForm(
            "4^(ln 2)/(2 e ln^2 2) - 1", lambda m: m.mpf(4) ** m.ln(2) / (2 * m.exp(1) * m.ln(2) ** 2) - 1
        ),
        (True, True), (1 / LN2, 3 - 2 * LN2 - 1 / LN2), (1, 1 / LN2 - 2 * LN2),
    ),
    ("pasqrt", "x", "mimic"): _ends(
        ClosedForm("2 sqrt 2/3 - 1", lambda m: 2 * m.sqrt(2) / 3 - 1),
        ClosedForm("4 sqrt 6/9 - 1", lambda m: 4 * m.sqrt(6) / 9 - 1),
        (True, True), (1.5, 2.0), (1, 8 / 3),
    ),
}  # fmt: skip
"""The range of every factor."""


def extremes(factor: Factor) -> tuple[Any, Any]:
    """Return the least and the greatest relative error over the points where an extremum can lie."""
    if factor.mode == "exact":
        values = [v for parity in factor.parities for v in _vertex_values(factor, parity)]
    else:
        values = [
            factor.ratio(MPMATH, parity, point)
            for parity in factor.parities
            for point in _CANDIDATES[factor.op, factor.partial](parity)
        ]
    return min(values) - 1, max(values) - 1


def _vertex_values(factor: Factor, parity: int) -> Iterator[Any]:
    """Yield the ratio at every vertex of every closed piece, with that piece's own power of two.

    The pieces of two mantissas are the two triangles that s = n cuts off the unit square, n the integer
    that s takes on the diagonal; with one mantissa the piece is [0, 1].
    """
    corners = product((MP.mpf(0), MP.mpf(1)), repeat=len(factor.slopes))
    for corner in corners:
        point = dict(zip(factor.slopes, corner, strict=True))
        rest = factor.rest(MPMATH, parity, point)
        if not any(factor.slopes.values()):
            yield rest
            continue
        s = int(sum(int(k) * point[v] for v, k in factor.slopes.items()))
        ends = (0, 2) if factor.op == "pam" else (-1, 1)  # of s over the square
        for whole in range(*ends):
            if whole <= s <= whole + 1:
                yield MP.ldexp(rest, whole)


def _points(*rows: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [{variable: MPMATH.number(0) + value for variable, value in row.items()} for row in rows]


def _grid(**values: tuple[Any, ...]) -> list[dict[str, Any]]:
    return [dict(zip(values, point, strict=True)) for point in product(*values.values())]


_G = 2 * MP.ln2 - 1  # the mantissa of ln 2 = (1 + G)/2
_TOP = 1 / MP.ln2 - 1  # where (1 + v)/2^v is largest
_HALVES = tuple(MPMATH.number(Fraction(k, 2)) for k in range(3))
_THIRDS = tuple(MPMATH.number(Fraction(k, 6)) for k in (0, 2, 3, 4, 6))

_CANDIDATES: dict[tuple[str, str], Any] = {
    ("pam", "a"): lambda _p: _grid(d=_HALVES, b=_HALVES),
    ("padiv", "a"): lambda _p: _grid(d=_HALVES, b=_HALVES),
    ("padiv", "b"): lambda _p: _grid(a=_HALVES, d=_HALVES, b=_THIRDS),
    ("palog2", "x"): lambda _p: [
        *_grid(d=(MP.mpf(0), MP.mpf(1)), x=(MP.mpf(0), MP.mpf(1), (1 - _G) / 2, (2 - _G) / 2, 1 - _G)),
        *_points({"d": _G, "x": 0}, {"d": _G, "x": 1}),
    ],
    ("paexp2", "x"): lambda _p: [
        *_grid(d=(MP.mpf(0), MP.mpf(1)), t=(MP.mpf(0), MP.mpf(1), 1 - _G, _TOP - _G)),
        *_points({"d": 1 - _G, "t": 0}, {"d": 1 - _G, "t": 1}, {"d": _TOP, "t": 1 - _G - _TOP}),
    ],
    ("pasqrt", "x"): lambda _p: _grid(d=_HALVES, x=_THIRDS),
}
