"""Certificates of formats, checked again: by the definition in fractions, operand by operand, or from the boxes."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from fractions import Fraction

from pamcheck import spec
from pamcheck.formats import FloatFormat, get_format
from pamcheck.measure.certify import again, binades_again, polygons
from pamcheck.measure.certify.certificate import Certificate
from pamcheck.measure.certify.evaluation import ACTIVATIONS, error_of
from pamcheck.measure.certify.grids import pair_error
from pamcheck.measure.certify.subjects import SUBJECTS
from pamcheck.measure.certify.wide import largest_of, widened

_NEAR = 1e-9  # errors this near to a bound, as floats, are settled rigorously


def faults(certificate: Certificate) -> str:
    """Return what is wrong with the certificate of a rounded operation, or nothing."""
    fmt = get_format(certificate.format)
    if certificate.op in ("pam", "padiv"):
        if certificate.evidence == "exhaustive":
            return _pairs(certificate, fmt)
        return _theorem(certificate, fmt) if certificate.kind == "ulp" else polygons.faults(certificate)
    if certificate.evidence == "exhaustive":
        return _operands(certificate, fmt)
    return _boxes(certificate, fmt)


def _pairs(certificate: Certificate, fmt: FloatFormat) -> str:
    """Compare every pair of mantissas with both bounds, in integers."""
    m, one, c = fmt.mant_bits, fmt.tiny, int(certificate.offset * fmt.tiny)
    product, relative = certificate.op == "pam", certificate.kind == "relative"
    low, high = float(certificate.lower), float(certificate.upper)
    for i in range(one):
        for j in range(one):
            total = i + j + c if product else i - j - c
            n, rest = total >> m, total & (one - 1)
            result = math.ldexp(one + rest, n)
            true = (one + i) * (one + j) / one if product else (one + i) * one / (one + j)
            error = (
                result / true - 1
                if relative
                else abs(result - true) / math.ldexp(1.0, math.frexp(true)[1] - 1 - m)
            )
            if low + _NEAR < error < high - _NEAR:
                continue
            a, b = 1 + Fraction(i, one), 1 + Fraction(j, one)
            exact = pair_error(certificate.op, certificate.kind, fmt, certificate.offset, a, b)
            if not certificate.lower <= exact <= certificate.upper:
                return f"the mantissas {i}/{one}, {j}/{one} have the error {float(exact):.9g}"
    return _attained(certificate, fmt)


def _attained(certificate: Certificate, fmt: FloatFormat) -> str:
    for witness in (certificate.at_lower, certificate.at_upper):
        a, b = witness.operands
        if pair_error(certificate.op, certificate.kind, fmt, certificate.offset, a, b) != witness.error:
            return f"the witness {witness} does not have its error"
    return ""


def _theorem(certificate: Certificate, fmt: FloatFormat) -> str:
    """Check 3 - 2 sqrt 2 <= upper / 2^m by squares; that it bounds the error is proven in docs: proofs."""
    rest = 3 - certificate.upper / fmt.tiny
    if certificate.lower > 0 or certificate.offset or (rest > 0 and rest**2 > 8):
        return "the bound is below 3 - 2 sqrt 2 of a binade"
    return _attained(certificate, fmt)


def _operands(certificate: Certificate, fmt: FloatFormat) -> str:
    """Compute every result by the definition, and compare its error with both bounds."""
    truth = SUBJECTS[certificate.op].truth
    for x, y in _results(certificate, fmt):
        error = _rough(truth, certificate.kind, fmt, float(x), float(y))
        if error is None or float(certificate.lower) + _NEAR < error < float(certificate.upper) - _NEAR:
            continue
        low, high = error_of(truth, certificate.kind, fmt, x, y)
        if high < certificate.lower or low > certificate.upper:
            return f"the operand {float(x):.9g} has the error {float(low):.9g}"
    return ""


def _results(certificate: Certificate, fmt: FloatFormat) -> Iterator[tuple[Fraction, Fraction]]:
    [(low, high)] = certificate.domain
    signs = (0,) if SUBJECTS[certificate.op].positive else (0, fmt.sign)
    for code in (sign | size for sign in signs for size in range(fmt.tiny, fmt.largest + 1)):
        x = fmt.decode(code)
        if (low is None or x >= low) and (high is None or x <= high):
            result = defined(certificate.op, fmt, code)
            if fmt.tiny <= result & fmt.magnitude <= fmt.largest:
                yield x, fmt.decode(result)


def defined(op: str, fmt: FloatFormat, code: int) -> int:
    """Return the result code by the definition: an operation, or an activation step by step."""
    if op == "papow":
        return spec.evaluate(op, (code, fmt.encode(Fraction(1, 2))), fmt)
    if op not in ACTIVATIONS:
        return spec.evaluate(op, (code,), fmt)
    argument = code if op != "gelu" else spec.evaluate("pam", (code, fmt.encode(1.702)), fmt)
    power = spec.evaluate("paexp", (argument ^ fmt.sign,), fmt)
    gate = spec.evaluate("padiv", (fmt.one, spec.ieee_add(power, fmt.one, fmt)), fmt)
    return gate if op == "sigmoid" else spec.evaluate("pam", (code, gate), fmt)


def _rough(truth: str, kind: str, fmt: FloatFormat, x: float, y: float) -> float | None:
    """Return the error in float64, or None where the truth is not a normal number."""
    try:
        true = _MATH[truth](x)
    except (OverflowError, ZeroDivisionError):
        return None
    if not float(fmt.decode(fmt.tiny)) <= abs(true) <= float(fmt.decode(fmt.largest)):
        return None
    if kind == "relative":
        return y / true - 1
    if kind == "absolute":
        return y - true
    return abs(y - true) / math.ldexp(1.0, math.frexp(true)[1] - 1 - fmt.mant_bits)


def _sigmoid(x: float) -> float:
    return 1 / (1 + math.exp(-x))


_MATH: dict[str, Callable[[float], float]] = {
    "log2": math.log2,
    "exp2": math.exp2,
    "sqrt": math.sqrt,
    "rsqrt": lambda x: 1 / math.sqrt(x),
    "log": math.log,
    "exp": math.exp,
    "sigmoid": _sigmoid,
    "silu": lambda x: x * _sigmoid(x),
    "gelu": lambda x: x * _sigmoid(1.702 * x),
}


def _boxes(certificate: Certificate, fmt: FloatFormat) -> str:
    """Prove the boxes of the real function again, and widen their range by what rounding may add."""
    if any(box.rule == "binade" for box in certificate.boxes):
        return binades_again.faults(certificate, fmt) or _reached(certificate, fmt)
    lower, upper = min(box.lower for box in certificate.boxes), max(box.upper for box in certificate.boxes)
    base = certificate.but(kind="relative" if certificate.kind == "ulp" else certificate.kind)
    fault = again.boxes_fault(base, fmt)
    if fault:
        return fault
    largest = None if certificate.kind != "absolute" else largest_of(certificate.op, fmt, certificate.boxes)
    least, most = widened(certificate.op, fmt, certificate.kind, lower, upper, largest)
    if certificate.lower > least or certificate.upper < most:
        return "the range is narrower than that of the boxes with rounding"
    return _reached(certificate, fmt)


def _reached(certificate: Certificate, fmt: FloatFormat) -> str:
    """Compute the witnesses by the definition, and compare their errors with what is claimed."""
    for witness, sign in ((certificate.at_lower, -1), (certificate.at_upper, 1)):
        result = fmt.decode(defined(certificate.op, fmt, fmt.encode(witness.operands[0])))
        low, high = error_of(
            SUBJECTS[certificate.op].truth, certificate.kind, fmt, witness.operands[0], result
        )
        if (sign < 0 and high > witness.error) or (sign > 0 and low < witness.error):
            return f"the witness {witness} does not reach its error"
    return ""
