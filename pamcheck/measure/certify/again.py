"""Certificates of functions of one variable, checked again: cover, rules, witnesses."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from itertools import pairwise

from pamcheck import spec
from pamcheck.formats import FloatFormat
from pamcheck.measure.certify import jets
from pamcheck.measure.certify.certificate import Box, Certificate
from pamcheck.measure.certify.inequalities import holds_on_piece, point_error
from pamcheck.measure.certify.subjects import SUBJECTS, Subject

CHORD = Fraction(86071333, 10**9)  # palog2 lies below log2 by less: the piece of its own certificate
_WIDEST_SMALL = Fraction(1, 1 << 20)
_ROUNDING = Fraction(1, 1 << 80)  # of the errors of witnesses


def faults(certificate: Certificate) -> str:
    """Return what is wrong with the certificate of a real function, or nothing."""
    hull = (min(box.lower for box in certificate.boxes), max(box.upper for box in certificate.boxes))
    if hull != (certificate.lower, certificate.upper):
        return "the range is not that of the boxes"
    return boxes_fault(certificate, None) or _witnesses(certificate, SUBJECTS[certificate.op])


def boxes_fault(certificate: Certificate, fmt: FloatFormat | None) -> str:
    """Return which box is missing or not proven, or nothing; constants are rounded to `fmt`."""
    gap = uncovered(certificate)
    if gap:
        return gap
    for box in certificate.boxes:
        rule = _RULES.get(box.rule)
        if rule is None or not rule(certificate, SUBJECTS[certificate.op], box, fmt):
            ends = ":".join("inf" if c is None else f"{float(c):.9g}" for (c,) in box.corners)
            return f"the bound of the box {ends} ({box.rule}) is not proven"
    return ""


def uncovered(certificate: Certificate) -> str:
    """Return where consecutive boxes leave a gap, or nothing."""
    [(low, high)] = certificate.domain
    ends = [(box.corners[0][0], box.corners[1][0]) for box in certificate.boxes]
    if ends[0][0] != low or ends[-1][1] != high:
        return f"the boxes do not reach the ends of the domain {low}:{high}"
    for (_, here), (there, _) in pairwise(ends):
        if here != there or here is None:
            return f"the boxes leave a gap at {here}"
    return ""


# Rules, one each; the first is in `inequalities`


def _small(certificate: Certificate, subject: Subject, box: Box, _: FloatFormat | None) -> bool:
    """Near the point where pieces gather result and truth agree to 32 times the distance  [docs: proofs]."""
    (low,), (high,) = box.corners
    if low is None or high is None or subject.gathers not in (low, high):
        return False
    logarithm = certificate.op == "palog" and certificate.kind == "relative"
    reach = high - low
    return not logarithm and reach <= _WIDEST_SMALL and box.lower <= -32 * reach and box.upper >= 32 * reach


def _limit(certificate: Certificate, _: Subject, box: Box, fmt: FloatFormat | None) -> bool:
    """Near 1, (x - 1)/ln x lies between 1 and x, and a logarithm's result is once or twice a share of x - 1."""
    (low,), (high,) = box.corners
    if low is None or high is None or 1 not in (low, high) or certificate.kind != "relative":
        return False
    if low < Fraction(1, 2) or high > 2 or certificate.op not in ("palog", "palog2"):
        return False
    side = 1 if low == 1 else 2
    shares = _shares(certificate.op, fmt)
    near, far = (Fraction(1), high) if low == 1 else (low, Fraction(1))
    ln2 = jets.ln2()
    least, most = (side * Fraction(end, jets.UNIT) * share for end, share in zip(ln2, shares, strict=True))
    return 1 + box.lower <= least * near and most * far <= 1 + box.upper


def _shares(op: str, fmt: FloatFormat | None) -> tuple[Fraction, Fraction]:
    """Return the range of a logarithm's result over palog2 ln 2."""
    if op == "palog2":
        return Fraction(1), Fraction(1)
    constant = spec.LOG2_E if fmt is None else fmt.decode(fmt.encode(spec.LOG2_E))
    # one operand is fixed, so the mantissa of the other is either 0 or that of the constant at an extreme
    ratios = [spec.padiv(y, constant) / y for y in (Fraction(1), constant)]
    ln2 = jets.ln2()
    return min(ratios) / Fraction(ln2.high, jets.UNIT), max(ratios) / Fraction(ln2.low, jets.UNIT)


def _tail(certificate: Certificate, _: Subject, box: Box, fmt: FloatFormat | None) -> bool:
    """Beyond 2^K or below 2^-K, palog2 is within 0.0861 / K of log2, relatively, and below it."""
    (low,), (high,) = box.corners
    if certificate.op not in ("palog", "palog2") or certificate.kind != "relative" or low is None:
        return False
    left = low == 0
    if (left and (high is None or high >= 1)) or (not left and (high is not None or low <= 1)):
        return False
    octaves = -spec.L(high) if left and high is not None else spec.L(low)
    least, most = _shares(certificate.op, fmt)
    below, above = (Fraction(0), CHORD / octaves) if left else (CHORD / octaves, Fraction(0))
    return box.lower <= least * (1 - below) - 1 and box.upper >= most * (1 + above) - 1


Rule = Callable[[Certificate, Subject, Box, FloatFormat | None], bool]
_RULES: Mapping[str, Rule] = {
    "piece": holds_on_piece,
    "small": _small,
    "limit": _limit,
    "tail": _tail,
}


def _witnesses(certificate: Certificate, subject: Subject) -> str:
    """Return which witness does not have the error that is claimed, or nothing."""
    for witness, sign in ((certificate.at_lower, -1), (certificate.at_upper, 1)):
        low, high = point_error(certificate.kind, subject, witness.operands[0], None)
        reached = high <= witness.error + _ROUNDING if sign < 0 else low >= witness.error - _ROUNDING
        if not reached or not certificate.lower <= witness.error <= certificate.upper:
            return f"the witness {witness} does not reach its error"
    return ""
