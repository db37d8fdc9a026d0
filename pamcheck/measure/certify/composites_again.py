"""Certificates of composites, checked again: closed forms by their squares, a softmax by its regions."""

from __future__ import annotations

from fractions import Fraction

from pamcheck import spec
from pamcheck.formats import FloatFormat, get_format
from pamcheck.measure.certify import norms_again, softmax_again
from pamcheck.measure.certify.certificate import Certificate
from pamcheck.measure.certify.softmax import slack_of, widened


def faults(certificate: Certificate) -> str:
    """Return what is wrong with the certificate of a composite, or nothing."""
    if (
        not certificate.lower
        <= certificate.at_lower.error
        <= certificate.at_upper.error
        <= certificate.upper
    ):
        return "the witnesses lie outside the range"
    if len(certificate.at_lower.operands) != certificate.size * (2 if certificate.op == "dot" else 1):
        return f"the witness has not {certificate.size} entries"
    return {"dot": _dot, "softmax": _softmax, "layer_norm": _layer_norm}[certificate.op](certificate)


def _dot(certificate: Certificate) -> str:
    """Every product keeps 8/9 to 1 of its size, and every addition 1 - u to 1 + u of its own."""
    shrink = grow = Fraction(1)
    if certificate.format:
        fmt = get_format(certificate.format)
        for step in _roundings(certificate.size, fmt):
            shrink, grow = shrink * (1 - step), grow * (1 + step)
    least, most = Fraction(8, 9) * shrink - 1, grow - 1
    if certificate.kind == "absolute":
        least, most = -Fraction(1, 9) - (grow - 1), Fraction(1, 9) + (grow - 1)
    # the certifier may be more generous, never less
    return "" if certificate.lower <= least and most <= certificate.upper else "the range is too narrow"


def _roundings(count: int, fmt: FloatFormat) -> list[Fraction]:
    """Return the relative rounding of each addition on the longest way through a canonical sum."""
    accumulator = spec.accumulator(fmt)
    lanes = min(count - 1, (count + 31) // 32 - 1 + 5)
    steps = [Fraction(1, 2 << accumulator.mant_bits)] * lanes
    return steps if accumulator == fmt else [*steps, Fraction(1, 2 << fmt.mant_bits)]


def _layer_norm(certificate: Certificate) -> str:
    """Check 2 sqrt 2/3 and 2/sqrt 3 by squares; that they bound the ratio is proven in docs: proofs."""
    if certificate.kind == "absolute":
        return norms_again.faults(
            certificate, get_format(certificate.format) if certificate.format else None
        )
    low, high = 1 + certificate.lower, 1 + certificate.upper
    square = certificate.size & (certificate.size - 1)
    proven = low > 0 and low**2 <= Fraction(8, 9) and high**2 >= Fraction(4, 3) and not square
    return "" if proven else "the range is narrower than (2 sqrt 2/3, 2/sqrt 3)"


def _softmax(certificate: Certificate) -> str:
    """Walk the tree of regions again, widen its range by what rounding may add, and compute the witnesses anew."""
    fmt = get_format(certificate.format) if certificate.format else None
    fault, real = softmax_again.faults(certificate, fmt)
    if fault:
        return fault
    [(low, high)] = certificate.domain
    assert low is not None
    assert high is not None
    least, most = widened(real, slack_of(certificate.size, (low, high), fmt))
    if certificate.lower > least or certificate.upper < most:
        return "the range is narrower than that of the regions"
    for found, turn in ((certificate.at_lower, -1), (certificate.at_upper, 1)):
        error = softmax_again.error_of(found.operands, fmt)
        inside = all(low <= x <= high for x in found.operands)
        if not inside or turn * found.error > max(turn * end for end in error):
            return f"the witness {found} does not reach its error"
    return ""
