"""What can be the matter with a file of vectors as such, whatever its answers are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

ProblemKind = Literal[
    "header",  # it is of something else than was asked for, or says what cannot be
    "garbled",  # a line that is no case
    "truncated",  # fewer cases than there were, or a line that breaks off
    "surplus",  # more of them
    "changed",  # as many cases as there were, but not the same ones
    "empty",  # no case at all
]


@dataclass(frozen=True)
class Problem:
    """A sentence, and the line it is about; of a Parquet file the row; 0 for the file as a whole."""

    kind: ProblemKind
    words: str
    line: int = 0


class Unreadable(ValueError):
    """A file that is not read on."""

    def __init__(self, kind: ProblemKind, words: str, line: int = 0) -> None:
        super().__init__(words)
        self.problem = Problem(kind, words, line)
