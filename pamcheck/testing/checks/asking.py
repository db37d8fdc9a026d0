"""What relations share: asking the target twice, and comparing answers with answers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from pamcheck.formats import FloatFormat
from pamcheck.testing.checks.building import Columns, narrowed
from pamcheck.testing.checks.material import Wide, magnitude_of
from pamcheck.testing.session import Session
from pamcheck.testing.subject import Subject
from pamcheck.testing.target import TargetFault

Bools = npt.NDArray[np.bool_]


def ask(session: Session, inputs: Columns) -> list[Wide]:
    """Return the target's answers as wide codes, one array an output.

    At a fault there is nothing to relate the answers before it to, so they are held to the definition.
    """
    asked = narrowed(session.subject, inputs)
    try:
        return [output.astype(np.uint64) for output in session.ask(asked)]
    except TargetFault as fault:
        if fault.answered:
            judged = [column[: fault.answered[0].size] for column in asked]
            session.compare(judged, fault.answered, session.subject.expected(judged))
        raise


def defined(subject: Subject, inputs: Columns) -> list[Wide]:
    """Return what the definition has, as wide codes."""
    return [output.astype(np.uint64) for output in subject.expected(narrowed(subject, inputs))]


def is_nan(codes: Wide, fmt: FloatFormat) -> Bools:
    """Return where codes are NaN."""
    found: Bools = magnitude_of(codes, fmt) > fmt.largest + (fmt.inf is not None)
    return found


def is_normal(codes: Wide, fmt: FloatFormat) -> Bools:
    """Return where codes are normal numbers."""
    magnitude = magnitude_of(codes, fmt)
    found: Bools = (magnitude >= fmt.tiny) & (magnitude <= fmt.largest)
    return found


def alike(mine: Wide, other: Wide, fmt: FloatFormat) -> Bools:
    """Return where two answers are the same number: two NaN are, and zeros of either sign."""
    zero = (magnitude_of(mine, fmt) == 0) & (magnitude_of(other, fmt) == 0)
    found: Bools = (mine == other) | zero | (is_nan(mine, fmt) & is_nan(other, fmt))
    return found


def relate(
    session: Session, inputs: Columns, got: Sequence[Wide], wanted: Sequence[Wide], rule: str
) -> None:
    """Count cases, and keep those where an answer is not the number that the rule asks for."""
    if not inputs or inputs[0].size == 0:
        return
    fmt, subject = session.subject.fmt, session.subject
    differs = np.zeros(inputs[0].size, bool)
    for answer, other in zip(got, wanted, strict=True):
        differs |= ~alike(answer, other, fmt)
    session.cases += int(differs.size)
    asked, mine, right = (narrowed(subject, columns) for columns in (inputs, got, wanted))
    session.keep(differs, asked, mine, right, rule)


def kept(columns: Columns, where: Bools) -> list[Wide]:
    """Return the tuples that are marked."""
    return [column[where] for column in columns]
