"""One recomputed value of a claim, and the conditions it is for."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Reading:
    """A value, or the interval it is known to lie in, under one way to take the conditions of a claim."""

    conditions: str
    lower: float
    upper: float

    @classmethod
    def exact(cls, conditions: str, value: float) -> Reading:
        """Return the reading of a value known to all printed digits."""
        return cls(conditions, value, value)

    def __str__(self) -> str:
        low, high = f"{self.lower:.6g}", f"{self.upper:.6g}"
        return low if low == high else f"{low} to {high}"
