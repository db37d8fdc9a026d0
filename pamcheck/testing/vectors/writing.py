"""Writing vectors: the cases of a request with their expected results.

The cases are gone through twice, once for the hash that the header holds and once to be written, so that
nothing is ever written a second time: a pipe or a file that is appended to will do.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from pamcheck.testing.targets.lines import format_lines
from pamcheck.testing.vectors.cases import Batch, Cases, find_cases
from pamcheck.testing.vectors.header import facts
from pamcheck.testing.vectors.request import Request
from pamcheck.testing.vectors.styles import WRITERS


@dataclass(frozen=True)
class Summary:
    """What was written.

    cases   how many, with their results
    listed  how many of them are operands of the checks; the others are random, or are those of "exhaustive"
    sha256  of the cases as lines of the style "testfloat"
    """

    cases: int
    listed: int
    sha256: str


def write(request: Request, out: BinaryIO) -> Summary:
    """Write the vectors of a request; `out` need not be able to seek. Raises ValueError where there are none."""
    cases = find_cases(request)
    digest = hashlib.sha256()
    for columns in answered(request, cases):
        digest.update(format_lines(columns, request.subject.fmt.width))
    said = facts(request) | {"cases": str(cases.count), "sha256": digest.hexdigest()}
    WRITERS[request.style](out, request, said, answered(request, cases))
    return Summary(cases.count, cases.listed, digest.hexdigest())


def answered(request: Request, cases: Cases) -> Iterator[Batch]:
    """Yield inputs and results, a batch at a time."""
    for inputs in cases.batches():
        yield (*inputs, *request.subject.expected(inputs))
