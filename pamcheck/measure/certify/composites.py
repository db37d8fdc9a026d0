"""Certificates of composites of many inputs: the text of pamcheck.functional over error forms, and witnesses."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Any

from pamcheck import functional, spec
from pamcheck.formats import FloatFormat, get_format
from pamcheck.measure.certify.certificate import Certificate, Interval, Kind, Witness
from pamcheck.measure.certify.forms import ErrorForms, Form, inputs
from pamcheck.measure.certify.norms import certify_norm
from pamcheck.measure.certify.rows import OnRows, Row
from pamcheck.measure.certify.search import context, fraction, to_iv
from pamcheck.measure.certify.softmax import certify_softmax

SIZES = {"dot": 256, "softmax": 64, "layer_norm": 64}
COMPOSITES = tuple(SIZES)
_FORMS: Any = ErrorForms()
_ROWS: Any = OnRows()


def certify_composite(
    op: str,
    kind: Kind,
    size: int | None = None,
    domain: Interval | None = None,
    fmt: FloatFormat | None = None,
) -> Certificate:
    """Return the certificate of dot, softmax or layer_norm of `size` entries.

    dot         "relative" for products of one sign; "absolute" where the |a_i b_i| add up to 1, of any signs
    softmax     relative error of one entry, every input in the domain
    layer_norm  "relative" error of one entry, gain 1, bias 0, size a power of two, any inputs; "absolute", of any
                size, also in a format: the domain is that of the mean in standard deviations

    Raises ValueError for what is not in that list.
    """
    size = size or SIZES[op]
    if kind == "ulp" or (kind == "absolute" and op == "softmax"):
        takes = "relative" if op == "softmax" else "relative or absolute"
        raise ValueError(f"kind of {op} is {kind!r}; it takes {takes}")
    if size < 2:
        raise ValueError(f"size of {op} is {size}; it takes 2 or more")
    if op == "dot":
        return _dot(kind, size, fmt)
    if op == "softmax":
        return certify_softmax(size, domain, fmt)
    if kind == "absolute":
        return certify_norm(size, domain, fmt)
    _refuse_norm(size, domain, fmt)
    return _layer_norm(size)


def _refuse_norm(size: int, domain: Interval | None, fmt: FloatFormat | None) -> None:
    """Raise ValueError where the relative error of an entry has no bound  [docs: proofs]."""
    instead = "take the kind 'absolute'"
    if fmt is not None:
        raise ValueError(
            f"format of layer_norm is {fmt.name}; a rounded mean leaves no relative bound, {instead}"
        )
    if size & (size - 1):
        raise ValueError(f"size of layer_norm is {size}; relative errors need a power of two, or {instead}")
    if domain is not None:
        raise ValueError(
            f"domain of layer_norm: a relative error takes none, it is that of all inputs; or {instead}"
        )


def bounds_of(
    op: str, kind: Kind, size: int, form: Form, fmt: FloatFormat | None
) -> tuple[Fraction, Fraction]:
    """Return the outer range from the error form of the result."""
    low, high = form.ratio
    if op == "dot" and kind == "absolute":
        reach = max(1 - low, high - 1)
        if fmt is None:
            return -reach, reach
        plain = ErrorForms().sum(ErrorForms().mul(inputs(size), inputs(size))).ratio
        rounding = high - 1  # each term, and each partial sum, moves by no more of the sum of magnitudes
        return -(1 - plain[0]) - rounding, 1 - plain[0] + rounding
    return low - 1, high - 1


def _dot(kind: Kind, size: int, fmt: FloatFormat | None) -> Certificate:
    ar = ErrorForms(fmt)
    form = ar.sum(ar.mul(inputs(size), inputs(size)))
    lower, upper = bounds_of("dot", kind, size, form, fmt)
    half = Row([Fraction(3, 2)] * size)
    one, turned = Row([Fraction(1)] * size), Row([Fraction(-3, 2)] * size)
    ends = (half, half), ((one, one) if kind == "relative" else (half, turned))
    witnesses = [Witness((*a, *b), _dot_error(a, b, fmt), _dot_codes(a, b, fmt)) for a, b in ends]
    shown = ("", "") if fmt else ("-1/9", "0" if kind == "relative" else "1/9")
    scope = "products of one sign" if kind == "relative" else "any signs, the |a_i b_i| adding up to 1"
    return _certificate("dot", kind, size, (None, None), scope, (lower, upper), witnesses, shown, fmt)


def _dot_error(a: Row, b: Row, fmt: FloatFormat | None) -> Fraction:
    ar = OnRows()
    if fmt is None:
        result = ar.sum(ar.mul(a, b))[0]
    else:
        products = [
            spec.evaluate("pam", (fmt.encode(p), fmt.encode(q)), fmt) for p, q in zip(a, b, strict=True)
        ]
        result = fmt.decode(spec.canonical_sum(products, fmt))
    true = sum((p * q for p, q in zip(a, b, strict=True)), Fraction(0))
    return (result - true) / sum((abs(p * q) for p, q in zip(a, b, strict=True)), Fraction(0))


def _dot_codes(a: Row, b: Row, fmt: FloatFormat | None) -> tuple[str, ...]:
    return () if fmt is None else tuple(fmt.hex(fmt.encode(x)) for x in (*a, *b))


def _norm_witness(row: Row, *, up: bool) -> Witness:
    """Return the witness of the first entry of a layer norm: the composite in fractions, the truth in intervals."""
    iv = context()
    result = functional.layer_norm(row, 1.0, 0.0, _ROWS)[0]
    mean = sum(row, Fraction(0)) / len(row)
    variance = sum(((v - mean) ** 2 for v in row), Fraction(0)) / len(row)
    true = to_iv(iv, row[0] - mean) / iv.sqrt(to_iv(iv, variance + Fraction(1e-5)))
    error = to_iv(iv, result) / true - 1
    return Witness(tuple(row), fraction(error.b if up else error.a))


def _layer_norm(size: int) -> Certificate:
    form = functional.layer_norm(inputs(size), 1.0, 0.0, _FORMS)
    low = min(_rows(size, 1.5, 1.0), key=_float_norm_error)
    high = max(_rows(size, 1.0, 1.5), key=_float_norm_error)
    witnesses = [
        _norm_witness(_row(low), up=True),
        _norm_witness(_row(high), up=False),
    ]
    outer = bounds_of("layer_norm", "relative", size, form, None)
    closed = ("2 sqrt 2/3 - 1", "2/sqrt 3 - 1")
    scope = "each entry of the result, any inputs; gain 1, bias 0"
    return _certificate("layer_norm", "relative", size, (None, None), scope, outer, witnesses, closed, None)


Sizes = tuple[tuple[float, int], ...]  # magnitudes, and how many pairs of +- each there are


def _rows(size: int, entry: float, other: float) -> Iterator[Sizes]:
    """Yield rows of mean 0: one pair of small entries of one mantissa, pairs of two sizes of another."""
    pairs = size // 2 - 1
    for apart in (1, 2, 3):
        for larger in range(pairs + 1):
            for small in range(12):
                yield (entry / 2**small, 1), (other * 2**apart, larger), (other, pairs - larger)


def _row(sizes: Sizes) -> Row:
    """Return the row, large enough for epsilon to be nothing beside its variance."""
    return Row([Fraction(1024 * s * size) for size, count in sizes for _ in range(count) for s in (1, -1)])


def _float_norm_error(sizes: Sizes) -> float:
    """Return the error of the first entry as floats have it, with the sum of squares over a power of two."""
    count = sum(n for _, n in sizes)
    true = math.sqrt(sum(n * x * x for x, n in sizes) / count)
    variance = sum((n * spec.pam(Fraction(x), Fraction(x)) for x, n in sizes), Fraction(0)) / Fraction(
        count
    )
    return float(spec.padiv(Fraction(sizes[0][0]), spec.pasqrt(variance))) * true / sizes[0][0] - 1


def _certificate(
    op: str, kind: Kind, size: int, domain: Interval, scope: str, outer: tuple[Fraction, Fraction],
    witnesses: Sequence[Witness], closed: tuple[str, str], fmt: FloatFormat | None,
) -> Certificate:  # fmt: skip
    low, high = witnesses
    certificate = Certificate(
        op=op, format=fmt.name if fmt else "", offset=Fraction(0), kind=kind, domain=(domain,), scope=scope,
        lower=outer[0], upper=outer[1], at_lower=low, at_upper=high, closed_forms=closed, boxes=(),
        evidence="proof", holds=outer[0] <= low.error and high.error <= outer[1], reason="", size=size,
    )  # fmt: skip
    return certificate.but(
        reason=f"error forms through the composite's own text; the witness comes within {float(certificate.gap):.1e}"
    )


def format_of(certificate: Certificate) -> FloatFormat | None:
    """Return the format of a certificate, or None for the real functions."""
    return get_format(certificate.format) if certificate.format else None
