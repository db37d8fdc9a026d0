"""ULP errors of one operand in wide formats, checked again: the binade of each box, the bound on it, the rounding."""

from __future__ import annotations

from fractions import Fraction

from pamcheck.formats import FloatFormat
from pamcheck.measure.certify import again, jets
from pamcheck.measure.certify.certificate import Box, Certificate
from pamcheck.measure.certify.inequalities import holds_on_piece, true_on
from pamcheck.measure.certify.jets import Jet, exact
from pamcheck.measure.certify.middle import affine_on
from pamcheck.measure.certify.subjects import SUBJECTS
from pamcheck.measure.certify.wide import slack_of
from pamcheck.spec.real import power_of_two

_WIDEST_SMALL = Fraction(1, 1 << 20)


def faults(certificate: Certificate, fmt: FloatFormat) -> str:
    """Return which box is missing or not proven, or where the range is narrower than they are, or nothing."""
    gap = again.uncovered(certificate)
    if gap:
        return gap
    most = Fraction(0)
    for box in certificate.boxes:
        reach = _small(certificate, box) if box.rule == "small" else _binade(certificate, box, fmt)
        if reach is None:
            return f"the bound of the box {float(box.corners[0][0] or 0):.9g} ({box.rule}) is not proven"
        slack = slack_of(certificate.op, fmt)
        most = max(most, fmt.tiny * (max(-box.lower, box.upper) + reach * slack))
    proven = certificate.lower <= 0 and most <= certificate.upper
    return "" if proven else "the range is narrower than that of the boxes with rounding"


def _small(certificate: Certificate, box: Box) -> Fraction | None:
    """Return how many units the result may be where pieces gather: errors are twice the relative ones at most."""
    (low,), (high,) = box.corners
    if low is None or high is None or SUBJECTS[certificate.op].gathers not in (low, high):
        return None
    reach = high - low
    if reach > _WIDEST_SMALL or max(box.lower, -box.upper) > -64 * reach:
        return None
    return 2 * (1 + 32 * reach)


def _binade(certificate: Certificate, box: Box, fmt: FloatFormat) -> Fraction | None:
    """Return how many units the result is on a piece, once the unit and the bounds there are proven."""
    if box.rule != "binade" or len(box.corners) != 3:
        return None
    (low,), (high,), (exponent,) = box.corners
    if low is None or high is None or exponent is None or exponent.denominator != 1:
        return None
    subject, unit = SUBJECTS[certificate.op], power_of_two(int(exponent))
    line = affine_on(subject.function, low, high, fmt)
    truth = true_on(subject, low, high)
    sign = 1 if truth(Jet(exact((low + high) / 2))).value.low > 0 else -1
    turn, least = Jet(exact(Fraction(-sign))), Jet(exact(unit))
    exact_ends = {"sqrt": low >= unit**2, "exp2": low >= exponent}  # where the truth may be the unit itself
    known = exact_ends.get(subject.truth)
    if line is None or known is False:
        return None
    if known is None and not jets.never_above_zero(lambda x: turn * truth(x) + least, low, high):
        return None
    plain = Box("piece", box.corners[:2], box.lower * unit, box.upper * unit)
    if not holds_on_piece(certificate.but(kind="absolute"), subject, plain, fmt):
        return None
    return max(abs(line[0] + line[1] * end) for end in (low, high)) / unit
