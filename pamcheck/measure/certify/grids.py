"""Products and quotients in a format, where results are exact: every pair of mantissas, or the real bound."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from pamcheck import spec
from pamcheck.formats import FloatFormat
from pamcheck.measure.certify.certificate import Box, Certificate, Kind, Witness
from pamcheck.measure.certify.functions import judged
from pamcheck.measure.certify.products import SQUARE, certify_product
from pamcheck.spec.real import floor_log2, power_of_two

MOST_BITS = 10  # of mantissa, for every pair to be tried
ROOT_8 = Fraction(28284271247461900976033774484193961571393, 10**40)  # a little below the root of 8
_FLOAT_ERROR = 1e-12  # far above what float64 loses on the way to an error
_KEPT = 16


def certify_grid(op: str, fmt: FloatFormat, kind: Kind, offset: int) -> Certificate:
    """Return the certificate of pam or padiv on normal operands with a normal result; offset in codes."""
    octaves = Fraction(offset, fmt.tiny)
    if fmt.mant_bits <= MOST_BITS:
        return _tried(op, fmt, kind, octaves)
    if kind == "relative":
        return _wide(op, fmt, octaves)
    if offset:
        raise ValueError(
            f"the ULP error of {op} with an offset is certified up to {MOST_BITS} mantissa bits"
        )
    return _wide_ulp(op, fmt)


def pair_error(
    op: str, kind: Kind, fmt: FloatFormat, offset: Fraction, a: Fraction, b: Fraction
) -> Fraction:
    """Return the error at two operands, exactly."""
    true = a * b if op == "pam" else a / b
    result = (spec.pam if op == "pam" else spec.padiv)(a, b, offset)
    if kind == "relative":
        return result / true - 1
    return abs(result - true) * power_of_two(fmt.mant_bits - floor_log2(true))


def _tried(op: str, fmt: FloatFormat, kind: Kind, offset: Fraction) -> Certificate:
    """Try every pair of mantissas: in float64, and exactly those that come near the extremes."""
    steps = np.arange(fmt.tiny, dtype=np.int64)
    i, j = (part.ravel() for part in np.meshgrid(steps, steps, indexing="ij"))
    error = _screened(op, fmt, kind, int(offset * fmt.tiny), i, j)
    order = np.argsort(error, kind="stable")
    ends = []
    for chosen, sign in ((order[: _KEPT + 1], 1), (order[::-1][: _KEPT + 1], -1)):
        pairs = [(1 + Fraction(int(i[k]), fmt.tiny), 1 + Fraction(int(j[k]), fmt.tiny)) for k in chosen]
        errors = [(sign * pair_error(op, kind, fmt, offset, *pair), pair) for pair in pairs[:_KEPT]]
        best, pair = min(errors)
        if (
            len(chosen) > _KEPT
            and sign * error[chosen[_KEPT]] + _FLOAT_ERROR * (1 + abs(error[chosen[_KEPT]])) < best
        ):
            raise ArithmeticError("float64 did not put the errors in order")
        ends.append(_witness(op, fmt, offset, pair, sign * best))
    low, high = ends
    count = f"all {i.size:,} pairs of mantissas"
    return Certificate(
        op=op, format=fmt.name, offset=offset, kind=kind, domain=((Fraction(1), Fraction(2)),) * 2,
        scope="normal operands with a normal result: exponents and signs factor out",
        lower=low.error, upper=high.error, at_lower=low, at_upper=high, closed_forms=("", ""), boxes=(),
        evidence="exhaustive", holds=True, reason=f"{count} were tried, those near the extremes exactly",
    )  # fmt: skip


def _screened(op: str, fmt: FloatFormat, kind: Kind, offset: int, i, j):  # type: ignore[no-untyped-def]
    one = float(fmt.tiny)
    total = i + j + offset if op == "pam" else i - j - offset
    result = np.ldexp(1 + (total & (fmt.tiny - 1)) / one, total >> fmt.mant_bits)
    f, g = 1 + i / one, 1 + j / one
    true = f * g if op == "pam" else f / g
    if kind == "relative":
        return result / true - 1
    return np.ldexp(np.abs(result - true), fmt.mant_bits + 1 - np.frexp(true)[1])


def _witness(
    op: str, fmt: FloatFormat, offset: Fraction, pair: tuple[Fraction, Fraction], error: Fraction
) -> Witness:
    """Return the witness with the codes of the pair, moved to exponents at which the result is normal."""
    codes = int(offset * fmt.tiny)
    for shift in range(2 * fmt.bias + 1):
        a, b = (fmt.encode(x * power_of_two(k)) for x, k in zip(pair, (shift, 0), strict=True))
        if fmt.is_finite(a) and fmt.is_finite(spec.evaluate(op, (a, b), fmt, offset=codes)):
            result = fmt.decode(spec.evaluate(op, (a, b), fmt, offset=codes))
            if result == (spec.pam if op == "pam" else spec.padiv)(fmt.decode(a), fmt.decode(b), offset):
                return Witness((fmt.decode(a), fmt.decode(b)), error, (fmt.hex(a), fmt.hex(b)))
    return Witness(pair, error)


def _wide(op: str, fmt: FloatFormat, offset: Fraction) -> Certificate:
    """Return the real certificate with witnesses on the grid: no result is rounded."""
    real = certify_product(op, offset)
    ends = []
    for witness, sign in ((real.at_lower, 1), (real.at_upper, -1)):
        near = [fmt.encode(min(x, 2 - Fraction(1, fmt.tiny))) for x in witness.operands]
        pairs = [
            (fmt.decode(near[0] + di), fmt.decode(near[1] + dj))
            for di in (-1, 0, 1)
            for dj in (-1, 0, 1)
            if all(fmt.one <= code < fmt.one + fmt.tiny for code in (near[0] + di, near[1] + dj))
        ]
        best, pair = min((sign * pair_error(op, "relative", fmt, offset, *pair), pair) for pair in pairs)
        ends.append(_witness(op, fmt, offset, pair, sign * best))
    found = real.but(format=fmt.name, at_lower=ends[0], at_upper=ends[1], scope=_SCOPE)
    closed = (real.lower, real.upper)
    return judged(found, closed, gap=Fraction(4, fmt.tiny))


_SCOPE = "normal operands with a normal result, which is exact: outer bounds are those of the real function"


def _wide_ulp(op: str, fmt: FloatFormat) -> Certificate:
    """Return the certificate of the ULP error: 3 - 2 sqrt 2 of the truth's binade  [docs: proofs]."""
    upper = (3 - ROOT_8) * fmt.tiny
    root = fmt.encode(Fraction(1414213562373095048801688724, 10**27)) - fmt.one
    best = (Fraction(-1), (Fraction(1), Fraction(1)))
    for di in range(-2, 3):
        for dj in range(-2, 3):
            mantissas = (root + di, root + dj) if op == "pam" else (di + 2, root + dj)
            a, b = (1 + Fraction(part, fmt.tiny) for part in mantissas)
            best = max(best, (pair_error(op, "ulp", fmt, Fraction(0), a, b), (a, b)))
    low = _witness(op, fmt, Fraction(0), (Fraction(1), Fraction(1)), Fraction(0))
    high = _witness(op, fmt, Fraction(0), best[1], best[0])
    gap = f"{float(upper - best[0]):.2g}"
    return Certificate(
        op=op, format=fmt.name, offset=Fraction(0), kind="ulp", domain=((Fraction(1), Fraction(2)),) * 2,
        scope="normal operands with a normal result, which is exact", lower=Fraction(0), upper=upper,
        at_lower=low, at_upper=high, closed_forms=("0", f"(3 - 2 sqrt 2) 2^{fmt.mant_bits}"),
        boxes=(Box("theorem", SQUARE, Fraction(0), upper),), evidence="proof", holds=upper - best[0] < 8,
        reason=f"3 - 2 sqrt 2 of a binade by the inequality of the means; the grid comes within {gap}",
    )  # fmt: skip
