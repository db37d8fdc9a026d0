"""What is judged, seen from the checks: something that answers codes with codes, or fails to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, Protocol

from pamcheck.testing.subject import Codes, Subject

FaultKind = Literal[
    "exception",  # the function raised
    "arity",  # it does not take that many arguments, or gives another number of results
    "dtype",  # results of another dtype
    "shape",  # results of another shape
    "device",  # results on another device, or of another library
    "crash",  # the program ended, or was killed by a signal
    "hang",  # no answer within the time limit
    "short",  # the program ended its output, in good order, before the last case
    "garbled",  # an answer that is no code of the format
    "flood",  # more output than there can be answers
]


class TargetFault(Exception):
    """A target that gave no answer that can be judged.

    kind      what happened
    case      the inputs, as codes, that it happened at, as nearly as can be told; None where it cannot
    answered  one array an output, of the answers to the inputs before: they are judged
    """

    def __init__(
        self,
        kind: FaultKind,
        message: str,
        case: tuple[int, ...] | None = None,
        answered: tuple[Codes, ...] = (),
    ) -> None:
        super().__init__(message)
        self.kind = kind
        self.case = case
        self.answered = answered


class Unsupported(Exception):
    """The target does not do this format; the message says how that showed."""


class Target(Protocol):
    """An implementation of PAM operations that others wrote.

    name  how the target is named on a command line: what follows `pamcheck verify`, quoted for a shell
    """

    name: str

    def answer(self, subject: Subject, inputs: Sequence[Codes]) -> tuple[Codes, ...]:
        """Return the target's codes, one array of the inputs' shape for each of the subject's outputs.

        inputs  1-d arrays of codes of equal length, at least one, in the order of subject.inputs

        Raises TargetFault, and Unsupported for a format that the target does not have.
        """

    def notices(self) -> tuple[str, ...]:
        """Return misbehaviour that spoilt no answer, a sentence each: inputs overwritten, output printed, ..."""

    def close(self) -> None:
        """End what the target has started. A target may be asked again afterwards."""
