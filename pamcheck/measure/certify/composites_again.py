"""Certificates of composites, checked again: closed forms by their squares, a softmax from its boxes."""

from __future__ import annotations

from fractions import Fraction

from pamcheck import spec
from pamcheck.formats import FloatFormat, get_format
from pamcheck.measure.certify import again
from pamcheck.measure.certify.certificate import Box, Certificate
from pamcheck.measure.certify.forms import Cell, Form, cell_of, share_of
from pamcheck.measure.certify.middle import affine_on
from pamcheck.measure.certify.pieces import Affine
from pamcheck.measure.certify.subjects import SUBJECTS


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
    low, high = 1 + certificate.lower, 1 + certificate.upper
    square = certificate.size & (certificate.size - 1)
    proven = low > 0 and low**2 <= Fraction(8, 9) and high**2 >= Fraction(4, 3) and not square
    return "" if proven else "the range is narrower than (2 sqrt 2/3, 2/sqrt 3)"


def _softmax(certificate: Certificate) -> str:
    """Prove the boxes of the exponential again, and combine them to the range of a share."""
    [(low, high)] = certificate.domain
    boxes = sorted(certificate.boxes, key=lambda box: box.corners[0])
    part = certificate.but(op="paexp", boxes=tuple(boxes), domain=((low, high),))
    fault = again.boxes_fault(part, None)
    if fault:
        return fault
    form = Form(certificate.size, tuple(_cell(box) for box in boxes))
    shares = [share_of(cell, form).ratio for cell in form.cells]
    least, most = min(s[0] for s in shares) - 1, max(s[1] for s in shares) - 1
    rounding = Fraction(1, 10**25)  # of the two ways to mantissas
    proven = certificate.lower <= least + rounding and most - rounding <= certificate.upper
    return "" if proven else "the range is narrower than that of the boxes"


def _cell(box: Box) -> Cell:
    (low,), (high,) = box.corners
    assert low is not None
    assert high is not None
    line = affine_on(SUBJECTS["paexp"].function, low, high, None) if box.rule == "piece" else None
    return cell_of(box, line and Affine(*(line[0] + line[1] * end for end in (low, high))))
