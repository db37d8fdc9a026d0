"""Which vectors are asked for."""

from __future__ import annotations

import string
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from pamcheck.formats import FloatFormat
from pamcheck.lookup import lookup
from pamcheck.measure.sampling import SEED
from pamcheck.operands import Number
from pamcheck.policy import Policy
from pamcheck.testing.session import Level
from pamcheck.testing.subject import Subject, make_subject

Style = Literal["testfloat", "readmemh", "csv", "parquet"]

LEVELS = {level: level for level in ("1", "2", "exhaustive")}
STYLES = {style: style for style in ("testfloat", "readmemh", "csv", "parquet")}
MOST = 1 << 32  # cases that "exhaustive" writes


@dataclass(frozen=True)
class Request:
    """A subject and the cases that are wanted of it.

    op, format, policy, offset, mode  as make_subject takes them
    level   "1" and "2" are the operands of the checks; "exhaustive" is every tuple of codes, in order
    n       how many cases. Fewer than a level has: some of it, spread evenly, or the first of "exhaustive".
            More: random ones follow. None for what the level has
    seed    of the random ones, and of those that the checks draw; by default what `pamcheck verify` asks
    prefix  leading hexadecimal digits that the first operand must have
    style   how a file says it
    header  whether a file in text begins with comments that say what it is

    Raises ValueError, naming the argument, for what does not exist or does not fit.
    """

    op: str
    format: str | FloatFormat = "float32"
    level: Level = "1"
    n: int | None = None
    seed: int = SEED
    prefix: str = ""
    policy: str | Policy = "ftz"
    offset: Number = 0
    mode: str = ""
    style: Style = "testfloat"
    header: bool = True

    def __post_init__(self) -> None:
        lookup("level", self.level, LEVELS)
        lookup("style", self.style, STYLES)
        _check_count("n", self.n, 1)
        _check_count("seed", self.seed, 0)
        self._check_prefix()
        if self.style == "parquet" and not self.header:
            raise ValueError("header is False; a Parquet file has it in its schema, so leave it True")
        if self.level == "exhaustive" and self.tuples > MOST:
            raise ValueError(
                f"level is 'exhaustive', which for {self.subject} is {self.tuples:,} cases and at most {MOST:,} "
                "are written; take level '2', or a prefix"
            )

    @cached_property
    def subject(self) -> Subject:
        """What the vectors are of."""
        return make_subject(self.op, self.format, self.policy, self.offset, self.mode)

    @cached_property
    def first(self) -> range:
        """Codes of the first operand that begin with the prefix."""
        width = self.subject.fmt.width
        places = 4 * ((width + 3) // 4 - len(self.prefix))
        start = int(self.prefix or "0", 16) << places
        return range(start, min(start + (1 << places), 1 << width))

    @cached_property
    def tuples(self) -> int:
        """How many different cases there are."""
        others = len(self.subject.inputs) - 1
        return (self.first.stop - self.first.start) << (self.subject.fmt.width * others)

    def _check_prefix(self) -> None:
        fmt, prefix = self.subject.fmt, self.prefix
        digits = (fmt.width + 3) // 4
        if not isinstance(prefix, str) or set(prefix) - set(string.hexdigits):
            raise ValueError(f"prefix is {prefix!r}; it must be hexadecimal digits, without 0x")
        if len(prefix) > digits:
            raise ValueError(f"prefix is {prefix!r}; codes of {fmt.name} have {digits} digits")
        if not self.first:
            highest = f"{2 * fmt.sign - 1:X}"
            raise ValueError(f"prefix is {prefix!r}; the highest code of {fmt.name} is {highest}")


def _check_count(name: str, value: int | None, least: int) -> None:
    if value is None and name == "n":
        return
    if not isinstance(value, int) or isinstance(value, bool) or value < least:
        raise ValueError(f"{name} is {value!r}; it must be an integer of at least {least}")
