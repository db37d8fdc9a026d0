"""Certificates of a softmax, checked again: the tree is walked, every region derived from the cuts, in integers.

Nothing is searched for. The cuts of a region say what its parts are; a leaf has only a slope, and its bound
follows from corners of its region: exact powers by the definition, e^x as series with their remainders.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise

from pamcheck import spec
from pamcheck.formats import FloatFormat
from pamcheck.measure.certify import jets
from pamcheck.measure.certify.certificate import Box, Certificate
from pamcheck.measure.certify.curve import NARROW, constant, power
from pamcheck.measure.certify.jets import ONE, UNIT, Range, exact
from pamcheck.measure.certify.middle import affine_on
from pamcheck.measure.certify.shares_again import Area, Lines, Refused, proven

_SIDES = ("below", "above")


def faults(certificate: Certificate, fmt: FloatFormat | None) -> tuple[str, tuple[Fraction, Fraction]]:
    """Return what is wrong with the boxes of a softmax, or nothing, and the range that they prove."""
    nothing = (Fraction(0), Fraction(0))
    [(low, high)] = certificate.domain
    lines = [box for box in certificate.boxes if box.rule == "line"]
    fault = _lines_fault(lines, low, high, constant(fmt))
    if fault or low is None or high is None:
        return fault, nothing
    known = Lines(constant(fmt), [low, *(_end(box, 1) for box in lines)])
    least, most = (certificate.size * known.at(t).power for t in (low, high))
    root = Area(low, high, least, most, ((low, high, certificate.size - 1),))
    rest = iter([box for box in certificate.boxes if box.rule != "line"])
    reached = []
    try:
        for side in _SIDES:
            reached.append(_walk(rest, root, side, known))
    except Refused as refused:
        return str(refused), nothing
    if next(rest, None) is not None:
        return "there are boxes beyond the tree", nothing
    return "", (-reached[0], reached[1])


def _lines_fault(lines: list[Box], low: Fraction | None, high: Fraction | None, log2_e: Fraction) -> str:
    """Return where the powers are not affine between consecutive ends, or nothing."""
    if not lines or (_end(lines[0], 0), _end(lines[-1], 1)) != (low, high):
        return "the lines do not reach the ends of the domain"
    if any(_end(here, 1) != _end(there, 0) for here, there in pairwise(lines)):
        return "the lines leave a gap"
    for box in lines:
        a, b = _end(box, 0), _end(box, 1)
        if (box.lower, box.upper) != (power(a, log2_e), power(b, log2_e)) or a >= b:
            return f"the powers from {float(a):.9g} are not what is said"
        if b - a > NARROW and affine_on(lambda x, ar: ar.exp2(ar.mul(x, log2_e)), a, b, None) is None:
            return f"the powers from {float(a):.9g} to {float(b):.9g} are not on a line"
    return ""


def _end(box: Box, which: int) -> Fraction:
    end = box.corners[which][0]
    assert end is not None
    return end


def _walk(boxes: Iterator[Box], area: Area, side: str, lines: Lines) -> Fraction:
    """Return the greatest bound of the leaves below an area, each proven; of the negated error from below."""
    box = next(boxes, None)
    if box is None:
        raise Refused("a region has no box")
    if box.rule == "cut":
        return max(_walk(boxes, part, side, lines) for part in _cut(area, box))
    if box.rule not in (side, "empty"):
        raise Refused(f"a region has a box of the rule {box.rule}")
    inside = _narrowed(area, lines)
    claim = box.upper if side == "above" else -box.lower
    if inside is None:
        return Fraction(-1)
    if box.rule == "empty" or not proven(box, inside, side, lines):
        shown = (
            f"{float(area.low):.9g}:{float(area.high):.9g}, {float(area.least):.9g}:{float(area.most):.9g}"
        )
        raise Refused(f"the bound of the region {shown} is not proven")
    return claim


def _cut(area: Area, box: Box) -> list[Area]:
    """Return the parts of an area: an entry's input, or the sum, below and above a value, or a group shared out."""
    [(axis, value)] = box.corners
    if axis is None or value is None:
        raise Refused("a cut has no place")
    if axis == 0 and area.low < value < area.high:
        return [replace(area, high=value), replace(area, low=value)]
    if axis == 1 and area.least < value < area.most:
        return [replace(area, most=value), replace(area, least=value)]
    if axis.denominator != 1 or not 2 <= axis < 2 + len(area.groups):
        raise Refused("a cut misses its region")
    at = int(axis) - 2
    low, high, count = area.groups[at]
    if not low < value < high:
        raise Refused("a cut misses its group")
    parts = []
    for k in range(count + 1):
        pair = [group for group in ((low, value, k), (value, high, count - k)) if group[2]]
        parts.append(replace(area, groups=(*area.groups[:at], *pair, *area.groups[at + 1 :])))
    return parts


def _narrowed(area: Area, lines: Lines) -> Area | None:
    """Return the area with the sums that its inputs can have, or None where there are none."""
    least = lines.at(area.low).power + sum(k * lines.at(low).power for low, _, k in area.groups)
    most = lines.at(area.high).power + sum(k * lines.at(high).power for _, high, k in area.groups)
    found = replace(area, least=max(area.least, least), most=min(area.most, most))
    return found if found.least <= found.most else None


# Witnesses


def error_of(row: tuple[Fraction, ...], fmt: FloatFormat | None) -> tuple[Fraction, Fraction]:
    """Return an interval that holds the error of a row's first entry: the definition step by step, e^x as a series."""
    result = _real(row) if fmt is None else _rounded(row, fmt)
    powers = {x: jets.exp(exact(x)) for x in set(row)}
    total = Range(sum(powers[x].low for x in row), sum(powers[x].high for x in row))
    error = exact(result) * total * powers[row[0]].inverse() - ONE
    spare = 1 << 40  # what two ways of rounding may differ by
    return Fraction(error.low - spare, UNIT), Fraction(error.high + spare, UNIT)


def _real(row: tuple[Fraction, ...]) -> Fraction:
    powers = [power(x, constant(None)) for x in row]
    return spec.padiv(powers[0], sum(powers, Fraction(0)))


def _rounded(row: tuple[Fraction, ...], fmt: FloatFormat) -> Fraction:
    """Return what the format has: z = pam(x, log2 e), X(z - floor(max z)), the canonical sum, the quotient."""
    z = [spec.evaluate("pam", (fmt.encode(x), fmt.encode(constant(fmt))), fmt) for x in row]
    whole = fmt.encode(Fraction(math.floor(max(map(fmt.decode, z)))))
    minus = whole ^ fmt.sign if whole & fmt.magnitude else whole
    powers = [spec.evaluate("paexp2", (spec.ieee_add(code, minus, fmt),), fmt) for code in z]
    return fmt.decode(spec.evaluate("padiv", (powers[0], spec.canonical_sum(powers, fmt)), fmt))
