"""Certificates of composites of many inputs: the text of pamcheck.functional over error forms, and witnesses."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from pamcheck import functional, spec
from pamcheck.formats import FloatFormat, get_format
from pamcheck.measure.certify.certificate import Box, Certificate, Interval, Kind, Witness
from pamcheck.measure.certify.forms import ErrorForms, Form, exponential_cells, inputs
from pamcheck.measure.certify.functions import SMALL
from pamcheck.measure.certify.rows import OnRows, Row
from pamcheck.measure.certify.search import context, fraction, to_iv

SIZES = {"dot": 256, "softmax": 64, "layer_norm": 64}
COMPOSITES = tuple(SIZES)
_FORMS: Any = ErrorForms()
_ROWS: Any = OnRows()
DOMAIN: Interval = (Fraction(-1), Fraction(1))  # of a softmax
TRIES = 4000


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
    layer_norm  relative error of one entry, gain 1, bias 0, size a power of two, any inputs

    Raises ValueError for what is not in that list. Only dot knows a format.
    """
    size = size or SIZES[op]
    if kind == "ulp" or (kind == "absolute" and op != "dot"):
        raise ValueError(
            f"kind of {op} is {kind!r}; it takes {'relative or absolute' if op == 'dot' else 'relative'}"
        )
    if fmt is not None and op != "dot":
        raise ValueError(
            f"format of {op} is {fmt.name}; it is certified as a real function only, leave it out"
        )
    if size < 2 or (op == "layer_norm" and size & (size - 1)):
        raise ValueError(
            f"size of {op} is {size}; it takes 2 or more{', a power of two' if op == 'layer_norm' else ''}"
        )
    if op == "dot":
        return _dot(kind, size, fmt)
    return _softmax(size, domain or DOMAIN) if op == "softmax" else _layer_norm(size)


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
    return _certificate("dot", kind, size, (None, None), scope, (lower, upper), witnesses, shown, (), fmt)


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


def _softmax(size: int, domain: Interval) -> Certificate:
    low, high = domain
    if low is None or high is None or not low <= -SMALL < SMALL <= high or high - low > 64:
        raise ValueError(f"domain of softmax is {low}:{high}; it takes LOW < 0 < HIGH, at most 64 apart")
    form = functional.softmax(inputs(size, (low, high)), _FORMS)
    cells = tuple(exponential_cells(low, high))
    witnesses = [max(_softmax_rows(size, cells, sign), key=lambda w: sign * w.error) for sign in (-1, 1)]
    scope = "each entry of the result, all inputs in the domain"
    boxes = tuple(cell.box for cell in cells if cell.box)
    outer = bounds_of("softmax", "relative", size, form, None)
    return _certificate("softmax", "relative", size, domain, scope, outer, witnesses, ("", ""), boxes, None)


def _softmax_rows(size: int, cells: Sequence[Any], sign: int) -> Iterator[Witness]:
    """Yield witnesses: one entry x, most of the others at y, some at z, found by trying and then evaluated exactly."""
    rng = np.random.default_rng(230517190)
    points = np.array(sorted({float(c[0]) for cell in cells if cell.box for c in cell.box.corners}))
    power = _float_exp2(np.sign(points) * _float_exp2(_float_log2(np.maximum(np.abs(points), 1e-300)) + _float_log2(
        np.array([functional.LOG2_E]))))  # fmt: skip
    power[points == 0] = 1.0
    at = rng.integers(0, len(points), (3, 50 * TRIES))
    some = rng.integers(0, size, 50 * TRIES)
    total = power[at[0]] + (size - 1 - some) * power[at[1]] + some * power[at[2]]
    true = np.exp(points)
    whole = true[at[0]] + (size - 1 - some) * true[at[1]] + some * true[at[2]]
    quotient = _float_exp2(_float_log2(power[at[0]]) - _float_log2(total))
    error = sign * (quotient * whole / true[at[0]])
    for k in np.argsort(error)[-3:]:
        x, y, z = (Fraction(float(points[at[i, k]])) for i in range(3))
        row = Row([x] + [y] * (size - 1 - int(some[k])) + [z] * int(some[k]))
        yield _row_witness("softmax", row, 0, up=sign < 0)


def _float_log2(x: Any) -> Any:
    mantissa, exponent = np.frexp(x)
    return exponent - 1 + (2 * mantissa - 1)


def _float_exp2(y: Any) -> Any:
    n = np.floor(y)
    return np.ldexp(1 + y - n, n.astype(int))


def _row_witness(op: str, row: Row, entry: int, *, up: bool) -> Witness:
    """Return the witness of an entry of a result: the composite in fractions, the truth in intervals."""
    iv = context()
    x = [to_iv(iv, v) for v in row]
    if op == "softmax":
        result = functional.softmax(row, _ROWS)[entry]
        true = iv.exp(x[entry]) / sum((iv.exp(v) for v in x), iv.mpf(0))
    else:
        result = functional.layer_norm(row, 1.0, 0.0, _ROWS)[entry]
        mean = sum(row, Fraction(0)) / len(row)
        variance = sum(((v - mean) ** 2 for v in row), Fraction(0)) / len(row)
        true = to_iv(iv, row[entry] - mean) / iv.sqrt(to_iv(iv, variance + Fraction(1e-5)))
    error = to_iv(iv, result) / true - 1
    return Witness(tuple(row), fraction(error.b if up else error.a))


def _layer_norm(size: int) -> Certificate:
    form = functional.layer_norm(inputs(size), 1.0, 0.0, _FORMS)
    low = min(_rows(size, 1.5, 1.0), key=_float_norm_error)
    high = max(_rows(size, 1.0, 1.5), key=_float_norm_error)
    witnesses = [
        _row_witness("layer_norm", _row(low), 0, up=True),
        _row_witness("layer_norm", _row(high), 0, up=False),
    ]
    outer = bounds_of("layer_norm", "relative", size, form, None)
    closed = ("2 sqrt 2/3 - 1", "2/sqrt 3 - 1")
    scope = "each entry of the result, any inputs; gain 1, bias 0"
    return _certificate(
        "layer_norm", "relative", size, (None, None), scope, outer, witnesses, closed, (), None
    )


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
    witnesses: Sequence[Witness], closed: tuple[str, str], boxes: tuple[Box, ...], fmt: FloatFormat | None,
) -> Certificate:  # fmt: skip
    low, high = witnesses
    certificate = Certificate(
        op=op, format=fmt.name if fmt else "", offset=Fraction(0), kind=kind, domain=(domain,), scope=scope,
        lower=outer[0], upper=outer[1], at_lower=low, at_upper=high, closed_forms=closed, boxes=boxes,
        evidence="proof", holds=outer[0] <= low.error and high.error <= outer[1], reason="", size=size,
    )  # fmt: skip
    return certificate.but(
        reason=f"error forms through the composite's own text; the witness comes within {float(certificate.gap):.1e}"
    )


def format_of(certificate: Certificate) -> FloatFormat | None:
    """Return the format of a certificate, or None for the real functions."""
    return get_format(certificate.format) if certificate.format else None
