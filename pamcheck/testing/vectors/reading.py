"""Reading vectors, or answers alone, from text of any of the styles: codes with the lines they stand on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import BinaryIO

from pamcheck.testing.subject import Codes, Subject
from pamcheck.testing.targets.lines import GarbledLine, parse_lines
from pamcheck.testing.vectors.header import read_line
from pamcheck.testing.vectors.problem import Unreadable
from pamcheck.testing.vectors.styles import MARKS

PIECE = 1 << 20  # bytes that are read at a time; a line is shorter


@dataclass(frozen=True)
class Block:
    """Cases that follow one another: their codes, one array a column, and the line of each."""

    columns: tuple[Codes, ...]
    lines: Sequence[int]


@dataclass
class TextReader:
    """A file in text.

    said  what the header says, and on which line; empty where there is none. Known once a block is
    """

    source: BinaryIO
    subject: Subject
    style: str
    said: dict[str, tuple[str, int]] = field(default_factory=dict)
    _fields: int = 0

    def blocks(self) -> Iterator[Block]:
        """Yield the cases. Raises Unreadable where that ends too early."""
        for text, number in _pieces(self.source):
            data, lines = self._cases(text, number)
            if lines:
                yield from self._parsed(data, lines, cut=not text.endswith(b"\n"))

    def _cases(self, text: bytes, number: int) -> tuple[bytes, Sequence[int]]:
        """Return what is no comment, spaces between the codes, and the number of each line."""
        mark = MARKS[self.style].encode()
        if self._fields and self._is_plain(text, mark):
            whole = text.count(b"\n") + (not text.endswith(b"\n"))
            return self._spaced(text), range(number, number + whole)
        kept: list[bytes] = []
        lines: list[int] = []
        for line, content in enumerate(text.split(b"\n"), number):
            case, marked, comment = content.partition(mark)
            if marked and not kept and not self._fields:
                self._note(comment.decode("utf-8", "replace"), line)
            if case.strip() and not self._is_title(case):
                kept.append(self._spaced(case))
                lines.append(line)
        if kept and not self._fields:
            self._fields = self._count_fields(kept[0], lines[0])
        return b"".join(case + b"\n" for case in kept), lines

    def _is_plain(self, text: bytes, mark: bytes) -> bool:
        """Whether every line is a case and nothing else."""
        return self.style != "csv" and mark not in text and b"\n\n" not in text and text[:1] != b"\n"

    def _note(self, comment: str, line: int) -> None:
        found = read_line(comment)
        if found and (self.said or found[0] == "pamcheck"):
            self.said.setdefault(found[0], (found[1], line))

    def _spaced(self, case: bytes) -> bytes:
        if self.style == "csv":
            # behind the codes there may be their values
            return b" ".join(case.split(b",")[: len(self.subject.inputs) + len(self.subject.outputs)])
        return case.replace(b"_", b" ") if self.style == "readmemh" else case

    def _is_title(self, case: bytes) -> bool:
        """Whether a line is the names of the columns, which a CSV file begins with."""
        names = [*self.subject.inputs, *self.subject.outputs]
        cells = case.decode("utf-8", "replace").strip().split(",")[: len(names)]
        return (
            self.style == "csv"
            and not self._fields
            and cells in (names, names[-len(self.subject.outputs) :])
        )

    def _count_fields(self, case: bytes, line: int) -> int:
        """Return how many codes a line of this file has: inputs and results, or results alone."""
        found, most = len(case.split()), len(self.subject.inputs) + len(self.subject.outputs)
        if found not in (most, len(self.subject.outputs)):
            raise Unreadable("garbled", f"line {line} is {_shown(case)}; {self._wanted()}", line)
        return found

    def _parsed(self, data: bytes, lines: Sequence[int], cut: bool) -> Iterator[Block]:
        width = self.subject.fmt.width
        try:
            columns = parse_lines(data, self._fields, width)
        except GarbledLine as error:
            good, at = error.line_number - 1, lines[error.line_number - 1]
            if good:
                yield Block(parse_lines(data[: error.start], self._fields, width), lines[:good])
            if cut and at == lines[-1]:
                raise _truncated(error.text, at) from None
            raise Unreadable(
                "garbled", f"line {at} is {_shown(error.text)}; {self._wanted()}", at
            ) from None
        last = data.rsplit(None, 1)[-1]
        if cut and len(last) < (width + 3) // 4:
            # what is left of a number is one, too
            if len(lines) > 1:
                yield Block(tuple(codes[:-1] for codes in columns), lines[:-1])
            raise _truncated(last, lines[-1])
        yield Block(columns, lines)

    def _wanted(self) -> str:
        subject = self.subject
        names, results = ", ".join((*subject.inputs, *subject.outputs)), ", ".join(subject.outputs)
        digits = (subject.fmt.width + 3) // 4
        return f"a line for {subject} has {names}, or {results} alone, in {digits} hexadecimal digits each"


def _pieces(source: BinaryIO) -> Iterator[tuple[bytes, int]]:
    """Yield whole lines, with the number of the first of them; the last may lack its end."""
    held, number = b"", 1
    while piece := source.read(PIECE):
        text = held + piece
        cut = text.rfind(b"\n") + 1
        if cut == 0 and len(text) > PIECE:
            raise Unreadable("garbled", f"line {number} has no end; it begins {_shown(text)}", number)
        if cut:
            yield text[:cut].replace(b"\r\n", b"\n"), number
            number += text.count(b"\n", 0, cut)
        held = text[cut:]
    if held:
        yield held, number


def _truncated(text: bytes | str, line: int) -> Unreadable:
    return Unreadable("truncated", f"the file ends within line {line}, at {_shown(text)}", line)


def _shown(text: bytes | str) -> str:
    if isinstance(text, bytes):
        text = text[:400].decode("ascii", "backslashreplace")
    return repr(text[:80])
