"""Scaling by powers of two, asked of the target alone: a shift of one exponent is a shift of another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache

import numpy as np

from pamcheck.testing.check import Check
from pamcheck.testing.checks.asking import Bools, ask, defined, is_normal, kept, relate
from pamcheck.testing.checks.building import Draw, drawing, in_domain
from pamcheck.testing.checks.material import Wide, magnitude_of, middling
from pamcheck.testing.session import Session
from pamcheck.testing.subject import Subject

# Of each operation: by how many octaves the result moves when that operand moves by `_STEP` of them.
_MOVES = {"pam": ((1, 1), (1, 1)), "padiv": ((1, 1), (1, -1)), "pasqrt": ((2, 1),)}


def scaling(session: Session) -> None:
    """Ask at operands and at operands times a power of two."""
    subject, draw = session.subject, drawing(session)
    moves = _MOVES[subject.op]
    for place, (moved, result) in enumerate(moves):
        for octaves in (1, -1, _far(subject)):
            inputs = _inputs(draw, 8192 // (3 * len(moves)))
            words = f"2^{result * octaves} times the result for {subject.inputs[place]} times 2^{-moved * octaves}"
            _shifted(session, inputs, place, moved * octaves, result * octaves, words)


def exponential_scaling(session: Session) -> None:
    """Ask for paexp2 at x and at x + k, made of whole codes by this project's own palog2."""
    subject, draw = session.subject, drawing(session)
    fmt, own = subject.fmt, replace(subject, op="palog2")
    for octaves in (1, -1):
        near = draw.rng.integers(fmt.one - fmt.tiny, fmt.one + fmt.tiny, draw.size(8192) // 2)
        power = np.clip(near, fmt.tiny, fmt.largest).astype(np.uint64)
        other = _moved(power, octaves, subject)
        [before], [after] = (defined(own, [column]) for column in (power, other))
        _compared(session, [before], [after], octaves, f"2^{octaves} times the result for x - {octaves}")


def cotangent_scaling(session: Session) -> None:
    """Ask for derivatives with a cotangent, and with that times a power of two."""
    draw = drawing(session)
    for octaves in (1, -1, _far(session.subject)):
        words = f"2^{octaves} times the result for the cotangent times 2^{-octaves}"
        pair = _scaled_cotangents(draw, octaves)
        _compared(session, *pair, octaves, words)


def _scaled_cotangents(draw: Draw, octaves: int) -> tuple[list[Wide], list[Wide]]:
    inputs = _inputs(draw, 8192 // 3)
    return inputs, [*inputs[:-1], _moved(inputs[-1], octaves, draw.subject)]


@lru_cache(maxsize=256)
def _scales(subject: Subject) -> bool:
    """Whether the derivatives of a subject can be doubled at all: some formats are too narrow."""
    if not subject.mode:
        return False
    draw = Draw(subject, "1", np.random.default_rng(0))
    return bool(_holds(subject, *_scaled_cotangents(draw, 1), 1).any())


def _shifted(
    session: Session, inputs: list[Wide], place: int, octaves: int, result: int, rule: str
) -> None:
    moved = list(inputs)
    moved[place] = _moved(inputs[place], octaves, session.subject)
    _compared(session, inputs, moved, result, rule)


def _compared(
    session: Session, inputs: Sequence[Wide], moved: Sequence[Wide], octaves: int, rule: str
) -> None:
    """Compare where by the definition every result moves by that many octaves: none leaves the range."""
    holds = _holds(session.subject, inputs, moved, octaves)
    if holds.any():
        inputs, moved = kept(inputs, holds), kept(moved, holds)
        answers = [_moved(one, octaves, session.subject) for one in ask(session, inputs)]
        relate(session, moved, ask(session, moved), answers, rule)


def _holds(subject: Subject, inputs: Sequence[Wide], moved: Sequence[Wide], octaves: int) -> Bools:
    holds = np.ones(inputs[0].size, bool)
    for one, other in zip(defined(subject, inputs), defined(subject, moved), strict=True):
        holds &= is_normal(one, subject.fmt) & (one != other) & (_moved(one, octaves, subject) == other)
    return holds


def _moved(codes: Wide, octaves: int, subject: Subject) -> Wide:
    """Return normal numbers times a power of two; what leaves the format, and any other code, unchanged."""
    fmt = subject.fmt
    magnitude = magnitude_of(codes, fmt)
    step = octaves << fmt.mant_bits
    # compared before adding: a sum could leave the word
    inside = (magnitude >= max(fmt.tiny, fmt.tiny - step)) & (
        magnitude <= min(fmt.largest, fmt.largest - step)
    )
    moved = np.where(inside & is_normal(codes, fmt), magnitude + step, magnitude)
    return moved.astype(np.uint64) | (codes & np.uint64(fmt.sign))


def _inputs(draw: Draw, count: int) -> list[Wide]:
    """Return numbers from the middle of the range, the operand of a root or logarithm without a sign."""
    found = [draw.signed(middling(draw.fmt, draw.rng, draw.size(count))) for _ in draw.subject.inputs]
    return in_domain(draw.subject, found)


def _far(subject: Subject) -> int:
    return max(subject.fmt.bias // 4, 2)


def _has_room(subject: Subject) -> bool:
    """Whether an operation scales, and its format has as many binades as an operand moves by."""
    binades = subject.fmt.largest >> subject.fmt.mant_bits
    return not subject.mode and any(moved < binades for moved, _ in _MOVES.get(subject.op, ()))


CHECKS = (
    Check(
        "scaling",
        "A power of two in an operand of pam or padiv is the same power in the result, and four times the operand "
        "of pasqrt twice the result.",
        _has_room,
        scaling,
    ),
    Check(
        "exponential_scaling",
        "paexp2(x + 1) is twice paexp2(x), and paexp2(x - 1) half of it.",
        lambda subject: subject.op == "paexp2" and not subject.mode,
        exponential_scaling,
    ),
    Check(
        "cotangent_scaling",
        "Derivatives are linear in powers of two: 2^k times the cotangent gives 2^k times every result.",
        _scales,
        cotangent_scaling,
    ),
)
