"""Monotonicity in each operand, asked of the target alone, between codes at several distances."""

from __future__ import annotations

import numpy as np

from pamcheck.formats import FloatFormat
from pamcheck.testing.check import Check
from pamcheck.testing.checks.asking import Bools, ask, is_nan, kept
from pamcheck.testing.checks.building import Draw, drawing, in_domain, narrowed
from pamcheck.testing.checks.material import (
    Ints,
    Wide,
    is_negative,
    magnitude_of,
    middling,
    normals,
    signed,
)
from pamcheck.testing.session import Session
from pamcheck.testing.subject import Subject


def monotonicity(session: Session) -> None:
    """Ask at two values of one operand of the same sign, 1, 2^(m/2) and 2^m codes apart, the others kept."""
    draw, fmt = drawing(session), session.subject.fmt
    distances = sorted({1, 1 << fmt.mant_bits // 2, fmt.tiny})
    arity = session.subject.operation.arity
    count = draw.size(16384) // (arity * len(distances)) + 1
    for place in range(arity):
        for distance in distances:
            _compare(session, _operands(draw, count), place, distance)


def _operands(draw: Draw, count: int) -> list[Wide]:
    """Return operands, half from the whole range and half from its middle, and some subnormal ones."""
    fmt, arity = draw.fmt, draw.subject.operation.arity
    found = []
    for _ in range(arity):
        size = np.where(
            draw.rng.integers(0, 2, count) == 0,
            normals(fmt, draw.rng, count),
            middling(fmt, draw.rng, count),
        )
        size = np.where(draw.rng.integers(0, 16, count) == 0, draw.rng.integers(0, fmt.tiny, count), size)
        found.append(draw.signed(size))
    return in_domain(draw.subject, found)


def _compare(session: Session, operands: list[Wide], place: int, distance: int) -> None:
    subject, fmt = session.subject, session.subject.fmt
    size, negative = magnitude_of(operands[place], fmt), is_negative(operands[place], fmt)
    inside = size + distance <= (fmt.largest if fmt.inf is None else fmt.inf)
    operands, size, negative = kept(operands, inside), size[inside], negative[inside]
    if not size.size:
        return
    farther = list(operands)
    farther[place] = signed(size + distance, negative, fmt)
    # in value, not in magnitude
    lower = [np.where(negative, far, near) for near, far in zip(operands, farther, strict=True)]
    upper = [np.where(negative, near, far) for near, far in zip(operands, farther, strict=True)]
    below, above = ask(session, lower)[0], ask(session, upper)[0]
    rising = _rising(subject, operands, place)
    step = f"{distance} code{'s' * (distance > 1)} less in value"
    arguments = [f"{x} {step}" if i == place else x for i, x in enumerate(subject.inputs)]
    for direction, words in ((rising, "at least"), (~rising, "at most")):
        asked, high, low = (kept(part, direction) for part in (upper, [above], [below]))
        _keep(session, asked, high[0], low[0], f"{words} {subject.op}({', '.join(arguments)})")


def _keep(session: Session, inputs: list[Wide], above: Wide, below: Wide, rule: str) -> None:
    """Count cases where neither answer is NaN, and keep those in the wrong order."""
    fmt, subject = session.subject.fmt, session.subject
    numbers = ~is_nan(above, fmt) & ~is_nan(below, fmt)
    above, below = above[numbers], below[numbers]
    high, low = _order(above, fmt), _order(below, fmt)
    wrong = high < low if rule.startswith("at least") else high > low
    session.cases += int(high.size)
    if high.size:
        asked, got, wanted = (narrowed(subject, part) for part in (kept(inputs, numbers), [above], [below]))
        session.keep(wrong, asked, got, wanted, rule)


def _rising(subject: Subject, operands: list[Wide], place: int) -> Bools:
    """Return whether the result rises with an operand, as long as that keeps its sign."""
    fmt = subject.fmt
    if subject.operation.arity == 1:
        return np.ones(operands[0].size, bool)
    other = ~is_negative(operands[1 - place], fmt)
    if subject.op == "papow" and place == 1:
        return magnitude_of(operands[0], fmt) >= fmt.one
    return ~other if subject.op == "padiv" and place == 1 else other


def _order(codes: Wide, fmt: FloatFormat) -> Ints:
    """Return the place of each code in the order of values; both zeros at 0."""
    magnitude = magnitude_of(codes, fmt)
    return np.where(is_negative(codes, fmt), -magnitude, magnitude)


def _is_monotone(subject: Subject) -> bool:
    """Whether the definition is. With published thresholds an offset wraps around, and -0 stands in for NaN."""
    published = subject.policy.reference_only
    return not subject.mode and not (published and (subject.offset != 0 or subject.fmt.nan is None))


CHECKS = (
    Check(
        "monotonicity",
        "Where one operand rises and the others stay, the result never turns back: codes one, 2^(m/2) and 2^m "
        "apart, m being the bits of the mantissa, of one sign; NaN is left out.",
        _is_monotone,
        monotonicity,
    ),
)
