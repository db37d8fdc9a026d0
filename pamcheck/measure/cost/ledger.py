"""Where operations are written down: by group, phase and name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

PHASES = ("forward", "backward", "optimizer")


class Ledger:
    """Counts by (group, phase, operation). Operations count under the phase that it is `during`."""

    def __init__(self) -> None:
        self.counts: Counter[tuple[str, str, str]] = Counter()
        self._phase = PHASES[0]

    @contextmanager
    def during(self, phase: str) -> Iterator[None]:
        """Count as one of PHASES. Raises ValueError for another."""
        if phase not in PHASES:
            raise ValueError(f"phase is {phase!r}; it must be one of {', '.join(PHASES)}")
        before, self._phase = self._phase, phase
        try:
            yield
        finally:
            self._phase = before

    def write(self, group: str, operation: str, count: int) -> None:
        """Add so many of an operation."""
        if count:
            self.counts[group, self._phase, operation] += count

    def total(self, operation: str, phase: str | None = None) -> int:
        """Return how many of an operation there were, in all phases or one."""
        return sum(
            count
            for (_, when, name), count in self.counts.items()
            if name == operation and phase in (None, when)
        )
