"""The second proof of a bound on a piece: a Taylor inequality, result against (1 + bound) truth, in integers."""

from __future__ import annotations

from fractions import Fraction

from pamcheck.formats import FloatFormat
from pamcheck.measure.certify import jets
from pamcheck.measure.certify.certificate import Box, Certificate
from pamcheck.measure.certify.jets import Jet, Range, exact
from pamcheck.measure.certify.middle import affine_on
from pamcheck.measure.certify.subjects import Subject


def holds_on_piece(certificate: Certificate, subject: Subject, box: Box, fmt: FloatFormat | None) -> bool:
    """Prove both bounds on a piece: result <= (1 + upper) truth, or result <= upper + truth, and so below."""
    (low,), (high,) = box.corners
    assert low is not None
    assert high is not None
    line = affine_on(subject.function, low, high, fmt)
    if line is None:
        return False
    relative = certificate.kind == "relative"
    truth, sign = _truth(subject, low, high, over_x=relative)
    if sign == 0 and relative:
        return False

    def above(bound: Fraction, direction: int) -> jets.Curve:
        """Return direction times what must be at most 0 for the bound to hold above, or below."""
        turn = Fraction(direction * (sign if relative else 1))

        def curve(x: Jet) -> Jet:
            result = _constant(turn * line[0]) + _constant(turn * line[1]) * x
            if subject.truth in ("silu", "gelu") and relative:  # both sides over x
                result = _constant(turn * line[1]) + _constant(turn * line[0]) * _inverse(x)
            if relative:
                return result + _constant(-turn * (1 + bound)) * truth(x)
            return result + _constant(-turn) * truth(x) + _constant(-turn * bound)

        return curve

    return jets.never_above_zero(above(box.upper, 1), low, high) and jets.never_above_zero(
        above(box.lower, -1), low, high
    )


def _inverse_slopes(x: Range) -> tuple[Range, Range]:
    y = x.inverse()
    square = y * y
    cube = square * y
    return jets.ZERO - square, cube + cube


def _constant(value: Fraction) -> Jet:
    return Jet(exact(value))


def _truth(subject: Subject, low: Fraction, high: Fraction, *, over_x: bool) -> tuple[jets.Curve, int]:
    """Return the truth on jets, and its sign on the box, 0 where it changes; silu and gelu divided by x or not."""
    gate = {"sigmoid": Fraction(1), "silu": Fraction(1), "gelu": Fraction(1.702)}.get(subject.truth)
    if gate is not None and (over_x or subject.truth == "sigmoid"):
        return lambda x: _sigmoid(_constant(gate) * x), 1
    if gate is not None:
        return lambda x: x * _sigmoid(_constant(gate) * x), 0
    if subject.truth in ("log", "log2"):
        scale = Jet(jets.ln2().inverse()) if subject.truth == "log2" else Jet(jets.ONE)
        return lambda x: scale * jets.jet_log(x), 1 if low >= 1 else -1 if high <= 1 else 0
    if subject.truth == "sqrt":
        return jets.jet_sqrt, 1
    if subject.truth == "rsqrt":
        return lambda x: _inverse(jets.jet_sqrt(x)), 1
    base = Jet(jets.ln2()) if subject.truth == "exp2" else Jet(jets.ONE)
    return lambda x: jets.jet_exp(base * x), 1


def true_on(subject: Subject, low: Fraction, high: Fraction) -> jets.Curve:
    """Return the truth itself on jets."""
    return _truth(subject, low, high, over_x=False)[0]


def _sigmoid(x: Jet) -> Jet:
    """Return 1 / (1 + e^-x)."""
    under = jets.jet_exp(Jet(jets.ZERO - x.value, jets.ZERO - x.first, jets.ZERO - x.second)) + Jet(
        jets.ONE
    )
    return _inverse(under)


def _inverse(x: Jet) -> Jet:
    return x.through(x.value.inverse(), *_inverse_slopes(x.value))


def point_error(
    kind: str, subject: Subject, x: Fraction, fmt: FloatFormat | None
) -> tuple[Fraction, Fraction]:
    """Return an interval that holds the error at one point."""
    line = affine_on(subject.function, x, x, fmt)
    assert line is not None
    truth, _ = _truth(subject, x, x, over_x=False)
    result, true = exact(line[0] + line[1] * x), truth(Jet(exact(x))).value
    error = result * true.inverse() - jets.ONE if kind == "relative" else result - true
    spare = 1 << 40  # what two ways of rounding may differ by
    return Fraction(error.low - spare, jets.UNIT), Fraction(error.high + spare, jets.UNIT)
