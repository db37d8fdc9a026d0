"""Absolute errors of a layer norm, checked again: the bound by squares, the witnesses by the definition."""

from __future__ import annotations

from fractions import Fraction

from pamcheck import spec
from pamcheck.formats import FloatFormat
from pamcheck.measure.certify.certificate import Certificate
from pamcheck.measure.certify.norms import DUST, EPSILON, error_interval, inside


def faults(certificate: Certificate, fmt: FloatFormat | None) -> str:
    """Return what is wrong with the certificate, or nothing."""
    [(low, high)] = certificate.domain
    assert low is not None
    assert high is not None
    if -certificate.lower != certificate.upper or not _bounds(certificate, max(abs(low), abs(high)), fmt):
        return "the range is narrower than what the mean, the variance and the root may be off by"
    for found, turn in ((certificate.at_lower, -1), (certificate.at_upper, 1)):
        result = _real(found.operands) if fmt is None else _rounded(found.operands, fmt)
        error = error_interval(found.operands, result)
        if not inside(found.operands, certificate.domain[0]) or turn * found.error > max(
            turn * end for end in error
        ):
            return f"the witness {found} does not reach its error"
    return ""


def _bounds(certificate: Certificate, reach: Fraction, fmt: FloatFormat | None) -> bool:
    """Whether the claim is no less than both largest |k - 1| and k times what the mean is off by: all by squares.

    The roots are taken of decimals that are tested, not computed: each is a little above or below the true one.
    """
    n = certificate.size
    u, s, dust = Fraction(0), Fraction(0), Fraction(0)
    if fmt is not None:
        u, dust = Fraction(1, 2 << fmt.mant_bits), DUST
        accumulator = spec.accumulator(fmt)
        steps = min(n - 1, (n + 31) // 32 - 1 + 5)
        s = (1 + Fraction(1, 2 << accumulator.mant_bits)) ** steps * (
            1 if accumulator == fmt else 1 + u
        ) - 1
    mantissa = Fraction(n, 1 << (n.bit_length() - 1)) - 1
    off = (2 - mantissa) * (1 + mantissa) / 2 - 1
    most, least = (1 + u) ** 3 * (1 + s) * (1 + off) + dust, (1 - u) ** 3 * (1 - s) - dust
    lost = s * _above(1 + reach**2)
    away = off * (reach + lost) + lost + dust
    k1 = _above(Fraction(4, 3) / least) * (1 + u) * (1 + 2 * u)
    k0 = (1 - u) * (1 - 2 * u) / _above(Fraction(9, 8) * most * (1 + away**2))
    largest = _above(Fraction(n - 1))
    tiny = Fraction(1, 10**12)  # of the two ways to roots
    return certificate.upper * (1 + tiny) >= largest * max(k1 - 1, 1 - k0) + k1 * away + dust


def _above(x: Fraction) -> Fraction:
    """Return a decimal whose square is at least x, and at most a little more."""
    root = Fraction(int(float(x) ** 0.5 * 10**15) + 2, 10**15)
    assert x <= root**2 <= x * (1 + Fraction(1, 10**13)) + Fraction(1, 10**13)
    return root


def _real(row: tuple[Fraction, ...]) -> Fraction:
    n = Fraction(len(row))
    mean = spec.padiv(sum(row, Fraction(0)), n)
    apart = [x - mean for x in row]
    variance = spec.padiv(sum((spec.pam(d, d) for d in apart), Fraction(0)), n)
    return spec.padiv(apart[0], spec.pasqrt(variance + EPSILON))


def _rounded(row: tuple[Fraction, ...], fmt: FloatFormat) -> Fraction:
    """Return the first entry in the format, step by step."""
    codes, n = [fmt.encode(x) for x in row], fmt.encode(Fraction(len(row)))
    mean = spec.evaluate("padiv", (spec.canonical_sum(codes, fmt), n), fmt)
    apart = [spec.ieee_add(code, mean ^ fmt.sign, fmt) for code in codes]
    squares = [spec.evaluate("pam", (d, d), fmt) for d in apart]
    variance = spec.evaluate("padiv", (spec.canonical_sum(squares, fmt), n), fmt)
    root = spec.evaluate("pasqrt", (spec.ieee_add(variance, fmt.encode(EPSILON), fmt),), fmt)
    return fmt.decode(spec.evaluate("padiv", (apart[0], root), fmt))
