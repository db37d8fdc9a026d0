"""Certificates of products and quotients: polygons of mantissas, each with the exact range of the error on it.

By self-similarity the unit square of mantissas (f, g) is the whole domain: exponents factor out. Lines
f + g + c = n, or f - g - c = n, cut it into one convex polygon for each n, on which the ratio to the truth is
2^n times a polynomial over a polynomial. Where its extrema can lie is proven in `measure.bounds`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction

from pamcheck import spec
from pamcheck.kernels.table import OPS
from pamcheck.measure.bounds import candidates
from pamcheck.measure.certify.certificate import Box, Certificate, Witness
from pamcheck.measure.certify.functions import judged

ZERO, ONE = Fraction(0), Fraction(1)
Corner = tuple[Fraction, Fraction]
SQUARE: tuple[Corner, ...] = ((ZERO, ZERO), (ONE, ZERO), (ONE, ONE), (ZERO, ONE))


def certify_product(op: str, offset: Fraction) -> Certificate:
    """Return the certificate of pam or padiv, with an offset in octaves: relative error, every operand."""
    boxes = tuple(_boxes(op, offset))
    lowest, highest = min(boxes, key=lambda b: b.lower), max(boxes, key=lambda b: b.upper)
    contract = OPS[op].contract
    assert contract is not None
    closed = (lowest.lower, highest.upper) if offset else (contract.lower, contract.upper)
    certificate = Certificate(
        op=op,
        format="",
        offset=offset,
        kind="relative",
        domain=((ONE, Fraction(2)), (ONE, Fraction(2))),
        scope="all nonzero operands: exponents and signs factor out",
        lower=lowest.lower,
        upper=highest.upper,
        at_lower=_witness(op, offset, lowest.lower),
        at_upper=_witness(op, offset, highest.upper),
        closed_forms=(str(closed[0]), str(closed[1])),
        boxes=boxes,
        evidence="proof",
        holds=True,
        reason="",
    )
    return judged(certificate, closed)


def ratio(op: str, offset: Fraction, f: Fraction, g: Fraction) -> Fraction:
    """Return the result over the truth at two mantissas."""
    if op == "pam":
        return spec.X(f + g + offset) / ((1 + f) * (1 + g))
    return spec.X(f - g - offset) * (1 + g) / (1 + f)


def total(op: str, offset: Fraction, corner: Corner) -> Fraction:
    """Return the exponent of the result: what X is taken of."""
    f, g = corner
    return f + g + offset if op == "pam" else f - g - offset


def _boxes(op: str, offset: Fraction) -> list[Box]:
    totals = [total(op, offset, corner) for corner in SQUARE]
    boxes = []
    for n in range(math.floor(min(totals)), math.ceil(max(totals))):
        polygon = _between(op, offset, n)
        if len(polygon) < 3:
            continue
        points = [p for p in candidates(op, offset) if _inside(op, offset, n, p)]
        errors = [ratio(op, offset, *p) - 1 for p in points]
        boxes.append(Box("polygon", tuple(polygon), min(errors), max(errors)))
    return boxes


def _inside(op: str, offset: Fraction, n: int, corner: Corner) -> bool:
    return n <= total(op, offset, corner) <= n + 1


def _between(op: str, offset: Fraction, n: int) -> list[Corner]:
    """Return the part of the unit square where the exponent of the result lies in [n, n + 1]."""
    polygon = _clipped(list(SQUARE), lambda p: total(op, offset, p) - n)
    return _clipped(polygon, lambda p: n + 1 - total(op, offset, p))


def _clipped(polygon: list[Corner], keep: Callable[[Corner], Fraction]) -> list[Corner]:
    """Return the part of a convex polygon where an affine function is not negative."""
    result: list[Corner] = []
    for here, there in zip(polygon, polygon[1:] + polygon[:1], strict=True):
        a, b = keep(here), keep(there)
        if a >= 0:
            result.append(here)
        if a * b < 0:
            share = a / (a - b)
            result.append((here[0] + share * (there[0] - here[0]), here[1] + share * (there[1] - here[1])))
    return result


def _witness(op: str, offset: Fraction, error: Fraction) -> Witness:
    points = [p for p in candidates(op, offset) if ratio(op, offset, *p) - 1 == error]
    f, g = min(points)
    return Witness((1 + f, 1 + g), error)
