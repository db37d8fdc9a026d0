"""Targets whose faults are known, and running checks on them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from pamcheck.testing.checks import CHECKS, building
from pamcheck.testing.session import Session
from pamcheck.testing.subject import Subject

# inputs and right answers, one uint64 array each, to answers
Fault = Callable[..., Sequence[Any]]


@dataclass
class Spoilt:
    """A target that answers from the definition, but for a fault."""

    fault: Fault | None = None
    name: str = "spoilt"
    asked: list[Any] = field(default_factory=list)

    def answer(self, subject: Subject, inputs: Sequence[Any]) -> tuple[Any, ...]:
        self.asked.append(np.stack([column.astype(np.uint64) for column in inputs], axis=1))
        right = subject.expected(inputs)
        if self.fault is None:
            return right
        wide = [[column.astype(np.uint64) for column in columns] for columns in (inputs, right)]
        return tuple(np.asarray(answer).astype(subject.dtype) for answer in self.fault(subject, *wide))

    def notices(self) -> tuple[str, ...]:
        return ()

    def close(self) -> None:
        pass


def run(
    name: str, subject: Subject, fault: Fault | None = None, level: str = "1", seed: int = 0
) -> tuple[Session, Spoilt]:
    """Run one check on a target, and return the session and the target."""
    target = Spoilt(fault)
    session = Session(target, subject, level, name, seed)  # type: ignore[arg-type]
    CHECKS[name].run(session)
    return session, target


@pytest.fixture(name="run")
def _run() -> Callable[..., tuple[Session, Spoilt]]:
    return run


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Build an eighth of the cases: what they are does not depend on how many."""
    monkeypatch.setitem(building.FACTOR, "1", Fraction(1, 8))


@pytest.fixture
def tell() -> Callable[[Session], str]:
    """Return what prints the first failure of a session, in hex."""

    def text(session: Session) -> str:
        if not session.found:
            return f"{session.check} of {session.subject}: nothing found"
        first = session.found[0]
        columns = (first.inputs, first.got, first.wanted)
        words = [" ".join(hex(int(column[0])) for column in part) for part in columns]
        return f"{session.check} of {session.subject}: {words[0]}: got {words[1]}, wanted {words[2]} {first.rule}"

    return text
