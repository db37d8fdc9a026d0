"""Dropout: numbers are left out at random while a network is trained."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pamcheck.arithmetic import Arithmetic
from pamcheck.arithmetic.rowwise import rowwise
from pamcheck.nn.random import Threefry


@dataclass(frozen=True)
class Dropout:
    """Leaves out numbers with a probability, and multiplies the others by 1 / (1 - probability).

    random  the key of the step; None, or a probability of 0, leaves everything as it is
    """

    probability: float = 0.0
    random: Threefry | None = None

    def at(self, *counters: int) -> Dropout:
        """Return the dropout of one place in the network, by integers that no other place has."""
        if self.random is None or not self.probability:
            return self
        return Dropout(self.probability, self.random.at(*counters))

    def __call__(self, x: Any, ar: Arithmetic) -> Any:
        """Return x, an array of floats, with what is left out at 0."""
        if self.random is None or not self.probability:
            return x
        kept = 1.0 - self.probability
        seen = self.random.keep(kept, x.shape, like=ar.value(x))
        return rowwise(_thinned, ar, x, seen, 1.0 / kept)


def _thinned(ar: Arithmetic, x: Any, seen: Any, scale: float) -> Any:
    return ar.where(seen, ar.mul(x, scale), 0.0)


NONE = Dropout()
