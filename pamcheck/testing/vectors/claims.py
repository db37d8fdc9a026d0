"""What the header of a file says, held to what is asked for and to what is found."""

from __future__ import annotations

from collections.abc import Mapping

import pamcheck
from pamcheck.testing.vectors.cases import Cases, find_cases
from pamcheck.testing.vectors.header import SELECTION, SUBJECT, facts
from pamcheck.testing.vectors.problem import Problem, Unreadable
from pamcheck.testing.vectors.request import Request


class Claims:
    """A header, which may be empty, and may fill while a file is read.

    said  key to value and line
    Its methods raise Unreadable where something is not as it says.
    """

    def __init__(self, request: Request, said: Mapping[str, tuple[str, int]]) -> None:
        self._request, self._said = request, said
        self._cases: Cases | None = None

    def about(self) -> None:
        """Hold the subject to the one asked for."""
        self._agree(SUBJECT)

    def against(self) -> Problem | None:
        """Return what the header is about, where that is something else."""
        try:
            self.about()
        except Unreadable as error:
            return error.problem
        return None

    def alone(self) -> Cases:
        """Return the request's cases, for a file of results alone; hold how they are chosen to it, too."""
        self._agree((*SUBJECT, *SELECTION))
        self._cases = find_cases(self._request)
        return self._cases

    def hold(self, cases: int, sha256: str) -> None:
        """Hold the number of cases and their hash to what was found in the file."""
        self.about()
        if self._said:
            count = self._value("cases")
            if not count.isdecimal():
                raise Unreadable(
                    "header", f"the header says cases: {count}, which is no number", self._line("cases")
                )
            _count(cases, int(count), "its header says")
        if self._cases:
            _count(cases, self._cases.count, "there are")
        if cases == 0:
            raise Unreadable("empty", "there are no cases in it")
        if self._said and self._value("sha256") != sha256:
            version = self._said["pamcheck"][0]
            by = "" if version == pamcheck.__version__ else f", or pamcheck {version} defined other results"
            raise Unreadable(
                "changed",
                "the cases are not those that the header has the sha256 of: inputs were changed, or lines "
                f"exchanged{by}",
                self._line("sha256"),
            )

    def _agree(self, keys: tuple[str, ...]) -> None:
        wanted = facts(self._request)
        for key in keys if self._said else ():
            if self._value(key) != wanted[key]:
                raise Unreadable(
                    "header",
                    f"the header says {key}: {self._value(key)}; asked for is {wanted[key]}",
                    self._line(key),
                )

    def _value(self, key: str) -> str:
        if key not in self._said:
            raise Unreadable("header", f"the header has no line {key!r}, so it is not whole")
        return self._said[key][0]

    def _line(self, key: str) -> int:
        return self._said[key][1]


def _count(found: int, claimed: int, by: str) -> None:
    if found < claimed:
        raise Unreadable("truncated", f"the file ends after {found} cases; {by} {claimed}")
    if found > claimed:
        raise Unreadable("surplus", f"the file has {found} cases; {by} {claimed}")
