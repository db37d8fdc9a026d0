"""A mutant as a target that can be judged."""

from __future__ import annotations

from collections.abc import Sequence

from pamcheck.testing.mutant import Mutant
from pamcheck.testing.subject import Codes, Subject


class MutantTarget:
    """Answers as a mutant does. Every answer is a fresh array; nothing is ever noticed and nothing needs closing."""

    def __init__(self, mutant: Mutant) -> None:
        self.mutant = mutant
        self.name = f"mutant:{mutant.name}"

    def answer(self, subject: Subject, inputs: Sequence[Codes]) -> tuple[Codes, ...]:
        """Return the mutant's codes, one array an output."""
        return self.mutant.answer(subject, inputs)

    def notices(self) -> tuple[str, ...]:
        """Return nothing: a mutant misbehaves in its answers only."""
        return ()

    def close(self) -> None:
        """Do nothing."""
