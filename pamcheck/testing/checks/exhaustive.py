"""Every input there is, in the order and the blocks of a sweep, so that both cover the same.

What is tried grows with the level: LIMITS are the bits of all inputs of a case together. Where only the slow
definition can judge, they are fewer.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from pamcheck.testing.check import Check
from pamcheck.testing.session import Level, Session
from pamcheck.testing.subject import Codes, Subject

LIMITS: dict[Level, int] = {"1": 18, "2": 24, "exhaustive": 32}
REFERENCE_LIMITS: dict[Level, int] = {"1": 0, "2": 18, "exhaustive": 24}
ENOUGH = 1 << 20  # wrong cases after which no more are looked for
KEPT = 1024  # comparisons whose agreeing cases are kept, spread over all
_SUFFIX = {"ieee": "", "nan": "fn", "finite": "f"}


def run(session: Session) -> None:
    """Hold the target to the definition on every input, a block at a time; stop at ENOUGH wrong cases."""
    if bits(session.subject) > limits(session.subject)[session.level]:
        return
    wrong = 0
    for columns in every(session.subject):
        before = len(session.found)
        session.hold(*columns)
        wrong += sum(found.size for found in session.found[before:])
        if len(session.agreed) > KEPT:
            del session.agreed[::2]
        if wrong >= ENOUGH:
            return


def bits(subject: Subject) -> int:
    """Return how many bits all inputs of a case have together."""
    return subject.fmt.width * len(subject.inputs)


def limits(subject: Subject) -> dict[Level, int]:
    """Return how many bits of inputs each level exhausts."""
    return REFERENCE_LIMITS if subject.policy.reference_only else LIMITS


def every(subject: Subject) -> Iterator[list[Codes]]:
    """Yield all tuples of inputs, each once, at most a sweep's piece of them at a time."""
    # a sweep numbers operands alone: a cotangent is the second of a pair, or the same in a whole round
    count = len(subject.inputs)
    if count <= 2:
        yield from _pieces(subject, count)
        return
    for cotangent in range(2 * subject.fmt.sign):
        for pair in _pieces(subject, 2):
            yield [*pair, np.full_like(pair[0], cotangent)]


def _pieces(subject: Subject, count: int) -> Iterator[list[Codes]]:
    from pamcheck.measure.sweep.blocks import pieces
    from pamcheck.measure.sweep.plan import Plan

    fmt = subject.fmt
    # any operation of that many operands, and the format by its bits: a sweep knows formats by name
    name = f"e{fmt.exp_bits}m{fmt.mant_bits}{_SUFFIX[fmt.specials]}"
    plan = Plan("pam" if count == 2 else "palog2", name)
    for block in range(plan.blocks):
        for piece in pieces(plan, block):
            pair = [np.broadcast_to(piece.a, piece.b.shape), piece.b]
            yield pair[-count:]


CHECKS = (
    Check(
        "exhaustive",
        "For every input there is the result is the definition's, in formats narrow enough: inputs of "
        f"{LIMITS['1']} bits together at level 1, {LIMITS['2']} at level 2, {LIMITS['exhaustive']} at exhaustive.",
        lambda subject: bits(subject) <= limits(subject)["exhaustive"],
        run,
    ),
)
