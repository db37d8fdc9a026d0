"""Cases as text, in Berkeley TestFloat's manner: a line each, bare upper-case hex, one space between."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from pamcheck.testing.subject import Codes

Bytes = npt.NDArray[np.uint8]
Places = npt.NDArray[np.int64]

DIGITS_MAX = 16  # of an answer, zeros in front included: more than 64 bits are no code


class GarbledLine(ValueError):
    """A line that does not hold as many codes as it should.

    line_number  counted from 1
    text         the line, without its end
    start        the place of its first byte, so that data[:start] are the lines before
    """

    def __init__(self, line_number: int, text: str, start: int = 0) -> None:
        super().__init__(f"line {line_number} is {text[:80]!r}")
        self.line_number = line_number
        self.text = text
        self.start = start


def format_lines(columns: Sequence[Codes], width: int) -> bytes:
    """Return one line a case: bare upper-case hex of `width` bits, one space between, "\\n" at the end.

    columns  1-d arrays of codes of equal length
    """
    digits = (width + 3) // 4
    cells = np.full((columns[0].size, len(columns), digits + 1), ord(" "), np.uint8)
    for place, codes in enumerate(columns):
        big = np.ascontiguousarray(codes, codes.dtype.newbyteorder(">")).view(np.uint8)
        pairs = _PAIRS[big].view(np.uint8).reshape(codes.size, 2 * codes.itemsize)
        cells[:, place, :digits] = pairs[:, -digits:]
    cells[:, -1, -1] = ord("\n")
    return cells.tobytes()


def parse_lines(data: bytes, columns: int, width: int) -> tuple[Codes, ...]:
    """Return the codes of lines of `columns` hex numbers, one array a column, of the format's storage dtype.

    Either case, "0x" in front, more zeros in front, tabs, spaces about and "\\r\\n" will do, and the last line
    may lack its end. Raises GarbledLine at the first line of another number of codes, none included, and at
    one that is not hex or does not fit `width` bits.
    """
    dtype = np.dtype(f"u{next(size for size in (1, 2, 4, 8) if 8 * size >= width)}")
    digits = (width + 3) // 4
    plain = _plain(np.frombuffer(data, np.uint8), columns, digits)
    if plain is None:
        values = _any(data, columns, width)
    else:
        values = _numbers(plain.reshape(-1, digits))
        if bad := _first(values >> np.uint64(width - 1) > 1):
            line = (bad[0]) // columns
            raise _garbled(data, line, line * columns * (digits + 1))
    return tuple(np.ascontiguousarray(codes, dtype) for codes in values.reshape(-1, columns).T)


_PAIRS = np.frombuffer("".join(f"{byte:02X}" for byte in range(256)).encode(), np.uint16)
_NO_DIGIT = 255
_NIBBLES = np.full(256, _NO_DIGIT, np.uint8)
for _value, _text in enumerate("0123456789ABCDEF"):
    _NIBBLES[[ord(_text), ord(_text.lower())]] = _value
_BLANK = np.isin(np.arange(256), list(b" \t\r\n"))


def _plain(text: Bytes, columns: int, digits: int) -> Bytes | None:
    """Return the digits of text that is just as format_lines writes it, case aside, else None."""
    length = columns * (digits + 1)
    if text.size % length:
        return None
    cells = text.reshape(-1, columns, digits + 1)
    ends = cells[:, :, -1]
    if not ((ends[:, :-1] == ord(" ")).all() and (ends[:, -1] == ord("\n")).all()):
        return None
    nibbles = _NIBBLES[cells[:, :, :-1]]
    return None if nibbles.size and nibbles.max() == _NO_DIGIT else nibbles


def _numbers(nibbles: Bytes) -> npt.NDArray[np.uint64]:
    """Return the numbers that rows of hex digits are."""
    value = np.zeros(nibbles.shape[0], np.uint64)
    for column in nibbles.T:
        value = value << np.uint64(4) | column
    return value


def _any(data: bytes, columns: int, width: int) -> npt.NDArray[np.uint64]:
    """Return the numbers in text of any spacing, line by line. Raises GarbledLine."""
    text = np.frombuffer(data if data.endswith(b"\n") or not data else data + b"\n", np.uint8)
    ends = np.flatnonzero(text == ord("\n"))
    blank = np.concatenate([[True], _BLANK[text]])
    edges = np.diff(blank.astype(np.int8))
    starts, stops = np.flatnonzero(edges == -1), np.flatnonzero(edges == 1)
    lines = np.searchsorted(ends, starts)
    values, good = _tokens(text, starts, stops, width)
    wrong = np.bincount(lines, minlength=ends.size) != columns
    wrong[lines[~good]] = True
    if bad := _first(wrong):
        raise _garbled(data, bad[0], int(ends[bad[0] - 1]) + 1 if bad[0] else 0)
    return values


def _tokens(text: Bytes, starts: Places, stops: Places, width: int) -> tuple[npt.NDArray[np.uint64], Any]:
    """Return the numbers of words, and which of them are codes of `width` bits at all."""
    prefixed = (stops - starts > 2) & (text[starts] == ord("0")) & np.isin(text[starts + 1], list(b"xX"))
    starts = starts + 2 * prefixed
    lengths = stops - starts
    good = lengths <= DIGITS_MAX
    value = np.zeros(starts.size, np.uint64)
    for place in range(int(lengths[good].max(initial=0))):
        inside = good & (place < lengths)
        digit = _NIBBLES[text[np.where(inside, starts + place, 0)]]
        good &= ~inside | (digit != _NO_DIGIT)
        value = np.where(inside, value << np.uint64(4) | digit, value)
    return value, good & (value >> np.uint64(width - 1) <= 1)


def _first(marked: Any) -> list[int]:
    """Return where the first mark is, in a list; an empty one without marks."""
    return [int(marked.argmax())] if marked.any() else []


def _garbled(data: bytes, line: int, start: int) -> GarbledLine:
    text = data[start:].partition(b"\n")[0].rstrip(b"\r")
    return GarbledLine(line + 1, text.decode("ascii", "backslashreplace"), start)
