"""Absolute errors of a layer norm: any number of inputs, a mean of at most R standard deviations, also in a format.

With t the true entry, a what the mean is off by and k what the quotient by the root is, all in standard deviations,
an entry is k (t - a)/sqrt(1 + a^2). The range of k and the largest a follow from lemmas  [docs: proofs].
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import numpy as np

from pamcheck import functional, spec
from pamcheck.arithmetic import Pam
from pamcheck.formats import FloatFormat
from pamcheck.measure import values
from pamcheck.measure.certify.certificate import Certificate, Interval, Witness
from pamcheck.measure.certify.forms import BY_ROOT, root_above, rounding_of_sum
from pamcheck.measure.certify.rows import OnRows, Row
from pamcheck.measure.certify.search import context, fraction, to_iv
from pamcheck.operands import dtype_of

DOMAIN: Interval = (Fraction(-1), Fraction(1))  # of the mean, in standard deviations
EPSILON = Fraction(1e-5)
DUST = Fraction(1, 1 << 90)  # more than all that is flushed to zero makes of a standard deviation
_ROWS: Any = OnRows()
_SCOPE = "each entry; the domain is of mean/sqrt(variance + epsilon); gain 1, bias 0"


def certify_norm(size: int, domain: Interval | None, fmt: FloatFormat | None) -> Certificate:
    """Return the certificate of the absolute error of an entry; gain 1, bias 0.

    Raises ValueError for a domain that is not LOW < HIGH, a format whose numbers end too near to epsilon, or
    in which the number of inputs is rounded.
    """
    low, high = domain or DOMAIN
    if low is None or high is None or not low < high:
        raise ValueError(
            f"domain of layer_norm is {low}:{high}; it takes finite LOW < HIGH, of mean/deviation"
        )
    if fmt is not None and fmt.exp_bits < 8:
        raise ValueError(
            f"format of layer_norm is {fmt.name}; it takes 8 exponent bits or more, as bfloat16 has"
        )
    if fmt is not None and fmt.decode(fmt.encode(Fraction(size))) != size:
        raise ValueError(f"size of layer_norm is {size}, which {fmt.name} rounds; take one it holds")
    reach = bound_of(size, max(abs(low), abs(high)), fmt)
    upper = max((_witness(row, fmt) for row in _rows(size, (low, high), fmt)), key=lambda w: w.error)
    lower = _witness(Row([-x for x in upper.operands]), fmt)
    if upper.error < -lower.error or upper.error < 0:
        upper, lower = _witness(Row([-x for x in lower.operands]), fmt), lower
    gap = f"{float(max(reach - upper.error, lower.error + reach)):.2g}"
    return Certificate(
        op="layer_norm", format=fmt.name if fmt else "", offset=Fraction(0), kind="absolute", domain=((low, high),),
        scope=_SCOPE + ("; no overflow" if fmt else ""), lower=-reach, upper=reach,
        at_lower=lower, at_upper=upper, closed_forms=("", ""), boxes=(), evidence="proof",
        holds=-reach <= lower.error and upper.error <= reach, size=size,
        reason=f"ranges of the mean, the variance and the quotient by the root; the witness comes within {gap}",
    )  # fmt: skip


def bound_of(size: int, reach: Fraction, fmt: FloatFormat | None) -> Fraction:
    """Return a bound on the absolute error, where the mean is at most `reach` standard deviations  [docs: proofs]."""
    u = Fraction(1, 2 * fmt.tiny) if fmt else Fraction(0)
    total = rounding_of_sum(size, fmt) if fmt else Fraction(0)
    dust = DUST if fmt else Fraction(0)
    quotient = spec.padiv(Fraction(1), Fraction(size)) * size - 1  # of a division by the size, at most
    least, most = (1 - u) ** 3 * (1 - total) - dust, (1 + u) ** 3 * (1 + total) * (1 + quotient) + dust
    k0 = BY_ROOT[0] / root_above(most) * (1 - u) * (1 - 2 * u)
    k1 = BY_ROOT[1] * root_above(Fraction(9, 8) / least) * (1 + u) * (1 + 2 * u)
    lost = total * root_above(1 + reach**2)
    away = quotient * (reach + lost) + lost + dust
    largest = root_above(Fraction(size - 1))
    return largest * max(k1 - 1, 1 - k0 / root_above(1 + away**2)) + k1 * away + dust


def error_interval(row: tuple[Fraction, ...], result: Fraction) -> tuple[Fraction, Fraction]:
    """Return an interval that holds the error of a first entry."""
    iv = context()
    mean = sum(row, Fraction(0)) / len(row)
    variance = sum(((v - mean) ** 2 for v in row), Fraction(0)) / len(row)
    error = to_iv(iv, result) - to_iv(iv, row[0] - mean) / iv.sqrt(to_iv(iv, variance + EPSILON))
    return fraction(error.a), fraction(error.b)


def inside(row: tuple[Fraction, ...], domain: Interval) -> bool:
    """Whether the mean of a row, in standard deviations, lies in the domain: by squares."""
    mean = sum(row, Fraction(0)) / len(row)
    variance = sum(((v - mean) ** 2 for v in row), Fraction(0)) / len(row) + EPSILON
    low, high = (end or Fraction(0) for end in domain)
    signed = mean * abs(mean)
    return low * abs(low) * variance <= signed <= high * abs(high) * variance


def _witness(row: Row, fmt: FloatFormat | None) -> Witness:
    if fmt is None:
        low, high = error_interval(row, functional.layer_norm(row, 1.0, 0.0, _ROWS)[0])
        return Witness(tuple(row), low if low > 0 else high)
    codes = np.array([fmt.encode(x) for x in row], values.code_dtype(fmt))
    x = codes.view(np.dtype(dtype_of(fmt)))
    result = np.asarray(functional.layer_norm(x, np.ones_like(x), np.zeros_like(x), Pam()))
    low, high = error_interval(row, fmt.decode(int(result.view(codes.dtype)[0])))
    return Witness(tuple(row), low if low > 0 else high, tuple(fmt.hex(int(code)) for code in codes))


def _rows(size: int, domain: Interval, fmt: FloatFormat | None) -> Iterator[Row]:
    """Yield rows that may come near the bound: those of `_far_out` with the largest errors in float64, both ways."""
    x = _far_out(size, domain)
    got = np.asarray(functional.layer_norm(x, np.ones(size), np.zeros(size), Pam()))[:, 0]
    error = got - (x[:, 0] - x.mean(-1)) / np.sqrt(x.var(-1) + 1e-5)
    yield Row([Fraction(1), Fraction(-1), *([Fraction(0)] * (size - 2))])
    for k in np.argsort(-np.abs(error))[:12]:
        for turn in (1, -1):
            exact = [Fraction(turn * float(v)) for v in x[k]]
            row = Row(exact if fmt is None else [fmt.decode(fmt.encode(v)) for v in exact])
            if inside(row, domain) and inside(tuple(-v for v in row), domain):
                yield row


def _far_out(size: int, domain: Interval) -> Any:
    """Return rows whose first entry is as far out as one can be, or nearly, about means at the domain's ends."""
    low, high = (float(end or 0) for end in domain)
    alternate = np.where(np.arange(size - 1) % 2 == 0, 1.0, -1.0)
    found = []
    for mantissa in np.arange(1, 4, 1 / 8):
        for spread in (0.0, 0.1, 0.3, 0.6):
            outer = 1024 * mantissa
            others = -outer / (size - 1) + outer / np.sqrt(size) * spread * alternate
            row = np.array([outer, *others])
            found += [row - row.mean() + 0.99 * end * row.std() for end in (0.0, low, high)]
    return np.array(found)
