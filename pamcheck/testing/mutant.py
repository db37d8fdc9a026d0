"""A mutant: an implementation that is wrong, or deliberately otherwise, in one known way."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from pamcheck.testing.subject import Codes, Subject

Kind = Literal["bug", "deviation"]


@dataclass(frozen=True)
class Mutant:
    """One way to be different.

    name     as printed: "carry_dropped"
    words    what is the matter, as a diagnosis reads: "the carry between mantissa and exponent is dropped"
    advice   what to do about it, a sentence
    kind     "bug", or "deviation" for what can be meant: another policy, rounding or NaN
    applies  whether it differs from the definition for a subject at all
    body     the inputs, as Python integers, and the subject to the output, or a tuple of outputs
    """

    name: str
    words: str
    advice: str
    kind: Kind
    applies: Callable[[Subject], bool]
    body: Callable[..., int | tuple[int, ...]]

    def answer(self, subject: Subject, inputs: Sequence[Codes]) -> tuple[Codes, ...]:
        """Return what an implementation with this mutation answers, one array an output."""
        rows = zip(*(codes.tolist() for codes in inputs), strict=True)
        found = [self.body(*row, subject) for row in rows]
        columns = zip(*found, strict=True) if subject.mode else [found]
        return tuple(np.array(column, subject.dtype) for column in columns)
