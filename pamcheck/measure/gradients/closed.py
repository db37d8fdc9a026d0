"""Closed forms of the mean relative error of a factor, where there is one.

The proofs stand in docs/explanation/gradients.md. D is the integral of ln(2 - x)/(1 + x) over [0, 1],
which is ln 2 ln 3 + Li2(1/3) - Li2(2/3).
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from pamcheck.contracts import Bound, ClosedForm
from pamcheck.measure.gradients.factors import MP, Mode

_HALF_LOG = ClosedForm("1/(2 ln^2 2) - 1", lambda m: 1 / (2 * m.ln(2) ** 2) - 1)
_TWO_THIRDS = ClosedForm("2/(3 ln 2) - 1", lambda m: 2 / (3 * m.ln(2)) - 1)


def _dilogarithm(m: Any) -> Any:
    third = m.mpf(1) / 3
    return m.ln(2) * m.ln(3) + m.polylog(2, third).real - m.polylog(2, 2 * third).real


def _exponential_integral(m: Any) -> Any:
    log = m.ln(2)
    return m.mpf(4) ** log * (m.ei(2 * log) - m.ei(log)) / (16 * log**3) - 1


_EXP2_MIMIC = ClosedForm("4^(ln 2) (Ei(2 ln 2) - Ei(ln 2))/(16 ln^3 2) - 1", _exponential_integral)
_PAM_MIMIC = ClosedForm("1 - 4 ln^2 2 + 3 D", lambda m: 1 - 4 * m.ln(2) ** 2 + 3 * _dilogarithm(m))

BIASES: dict[tuple[str, str, Mode, str], Bound] = {
    ("pam", "a", "exact", "uniform"): Fraction(0),
    ("pam", "a", "exact", "log-uniform"): _TWO_THIRDS,
    ("padiv", "a", "exact", "uniform"): Fraction(1, 12),
    ("padiv", "a", "exact", "log-uniform"): _HALF_LOG,
    ("padiv", "b", "exact", "uniform"): ClosedForm("ln 2 - 11/18", lambda m: m.ln(2) - m.mpf(11) / 18),
    ("padiv", "b", "exact", "log-uniform"): _HALF_LOG,
    ("palog2", "x", "exact", "uniform"): ClosedForm("(3/2) ln 2 - 1", lambda m: 3 * m.ln(2) / 2 - 1),
    ("palog2", "x", "exact", "log-uniform"): Fraction(0),
    ("paexp2", "x", "exact", "uniform"): _HALF_LOG,
    ("paexp2", "x", "exact", "log-uniform"): _HALF_LOG,
    ("pasqrt", "x", "exact", "uniform"): ClosedForm(
        "1/sqrt 2 - 2/3", lambda m: 1 / m.sqrt(2) - m.mpf(2) / 3
    ),
    ("pasqrt", "x", "exact", "log-uniform"): ClosedForm(
        "1/(sqrt 2 ln 2) - 1", lambda m: 1 / (m.sqrt(2) * m.ln(2)) - 1
    ),
    ("pam", "a", "mimic", "uniform"): _PAM_MIMIC,
    ("pam", "a", "mimic", "log-uniform"): _TWO_THIRDS,
    ("padiv", "a", "mimic", "uniform"): ClosedForm(
        "(ln 2)/2 - 11/36", lambda m: m.ln(2) / 2 - m.mpf(11) / 36
    ),
    ("padiv", "a", "mimic", "log-uniform"): _HALF_LOG,
    ("paexp2", "x", "mimic", "uniform"): _EXP2_MIMIC,
    ("paexp2", "x", "mimic", "log-uniform"): _EXP2_MIMIC,
}
"""The mean relative error by operation, partial, mode and distribution; the others are quadratures."""


def product_slope_bias(offset: float) -> float:
    """Return the bias of pam's exact slope with an offset in octaves, every mantissa uniform.

    The mean slope given b is pam_c(1, b). For 0 <= c <= 1 that integrates to
    c + c ln(2 - c) - 2 (1 - c) ln(2/(2 - c)); one octave more doubles the slope.
    Raises ValueError for an offset of an octave or more.
    """
    c, octave = _within_an_octave(offset)
    found = c + c * MP.ln(2 - c) - 2 * (1 - c) * MP.ln(2 / (2 - c))
    return float(MP.ldexp(1 + found, octave) - 1)


def quotient_slope_bias(offset: float) -> float:
    """Return the bias of padiv's exact slope of a with an offset in octaves, every mantissa uniform.

    The mean slope given b is padiv_c(1, b). For 0 <= c <= 1 that integrates to a cubic in p = 1 - c,
    (13 + 9 p + 3 p^2 + p^3)/24 - 1; one octave less doubles the slope.
    Raises ValueError for an offset of an octave or more.
    """
    c, octave = _within_an_octave(offset)
    p = 1 - c
    return float(MP.ldexp((13 + 9 * p + 3 * p**2 + p**3) / 24, -octave) - 1)


def _within_an_octave(offset: float) -> tuple[Any, int]:
    """Return the offset moved into [0, 1), and by how many octaves it was."""
    if not -1 < offset < 1:
        raise ValueError(f"offset is {offset} octaves; it must be less than one")
    octave = -1 if offset < 0 else 0
    return MP.mpf(offset) - octave, octave
