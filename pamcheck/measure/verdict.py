"""What a study concludes: a claim, whether it holds, the worst case, and how that is known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from pamcheck.formats import FloatFormat

Evidence = Literal["proof", "exhaustive", "quadrature", "sample", "timing"]

EVIDENCE: dict[Evidence, str] = {
    "proof": "holds for every real operand, by exact arithmetic or rigorous enclosure",
    "exhaustive": "every operand of the stated set was tried",
    "quadrature": "an integral, computed to the printed digits and confirmed by a sample",
    "sample": "some operands only: random ones with the stated seed, or one in so many of a set",
    "timing": "timed on the machine named under Versions; a ratio within one run",
}


@dataclass(frozen=True)
class Witness:
    """Operands of a worst case as values and as codes of a format, and the error there, as printed."""

    format: str
    values: tuple[float, ...]
    codes: tuple[str, ...]
    error: str

    @classmethod
    def of(cls, fmt: FloatFormat, codes: Sequence[int], error: str) -> Witness:
        """Return the witness for operand codes of a format."""
        return cls(fmt.name, tuple(fmt.to_float(c) for c in codes), tuple(fmt.hex(c) for c in codes), error)

    def __str__(self) -> str:
        operands = ", ".join(f"{value:.9g}" for value in self.values)
        return f"({operands}) = ({', '.join(self.codes)}) in {self.format}: {self.error}"


@dataclass(frozen=True)
class Verdict:
    """One claim and what became of it.

    measured      the measured quantity or range, as a reader wants it
    lower, upper  the same as numbers: the range found, or an interval around the value found
    reason        why it holds or fails, in a sentence
    """

    claim: str
    holds: bool
    measured: str
    lower: float
    upper: float
    evidence: Evidence
    reason: str
    source: str = ""
    worst: Witness | None = None

    def record(self) -> dict[str, Any]:
        """Return the verdict as plain data."""
        return asdict(self)
