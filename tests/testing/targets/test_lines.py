from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pamcheck.testing.targets.lines import GarbledLine, format_lines, parse_lines

WIDTHS = (4, 5, 6, 8, 9, 12, 16, 19, 32, 33, 64)


def columns_of(width: int) -> st.SearchStrategy[list[list[int]]]:
    row = st.tuples(*[st.integers(0, 2**width - 1)] * 3)
    return st.lists(row, max_size=5).map(
        lambda rows: [list(column) for column in zip(*rows, strict=True)] or [[]] * 3
    )


def arrays(columns: list[list[int]], width: int) -> list[np.ndarray]:
    dtype = f"u{next(size for size in (1, 2, 4, 8) if 8 * size >= width)}"
    return [np.array(column, dtype) for column in columns]


def test_a_case_is_a_line_of_bare_upper_case_hex() -> None:
    a, b = np.array([0x3F80, 0xABC], np.uint16), np.array([0, 0xFFFF], np.uint16)
    assert format_lines([a, b], 16) == b"3F80 0000\n0ABC FFFF\n"
    assert format_lines([a[1:]], 12) == b"ABC\n"
    assert format_lines([np.array([5], np.uint8)], 4) == b"5\n"


@pytest.mark.parametrize("width", WIDTHS)
@given(data=st.data())
def test_lines_are_read_back_as_they_were_written(data: st.DataObject, width: int) -> None:
    columns = arrays(data.draw(columns_of(width)), width)
    text = format_lines(columns, width)
    loose = text.lower().replace(b" ", b"\t 0x").replace(b"\n", b"  \r\n")
    for written in (text, text.lower(), text[:-1] if text else text, loose, loose[:-2]):
        back = parse_lines(written, 3, width)
        for was, now in zip(columns, back, strict=True):
            assert now.dtype == was.dtype
            assert now.tolist() == was.tolist(), written


@pytest.mark.parametrize(
    ("text", "line", "told"),
    [
        (b"3F80\n\n3F80\n", 2, ""),
        (b"\n", 1, ""),
        (b"3F80\nxxxx\n0000\nzzzz\n", 2, "xxxx"),
        (b"3F80\n3F8\n13F80\n", 3, "13F80"),
        (b"3F80 3F80\n", 1, "3F80 3F80"),
        (b"0x\n", 1, "0x"),
        (b"3F80\n00000000000003F80\n", 2, "00000000000003F80"),
        (b"3F80\n3F\xff0\r\n", 2, "3F\\xff0"),
        (b"3F80\n-3F8", 2, "-3F8"),
    ],
)
def test_the_first_line_that_is_no_code_is_named(text: bytes, line: int, told: str) -> None:
    with pytest.raises(GarbledLine) as caught:
        parse_lines(text, 1, 16)
    assert (caught.value.line_number, caught.value.text) == (line, told)
    assert len(parse_lines(text[: caught.value.start], 1, 16)[0]) == line - 1


@pytest.mark.parametrize(
    ("text", "width"), [(b"3F\n", 5), (b"0x3F\n", 5), (b"10\n00\n", 4), (b"800\n", 11)]
)
def test_a_number_wider_than_the_format_is_garbled(text: bytes, width: int) -> None:
    with pytest.raises(GarbledLine, match="line 1"):
        parse_lines(text, 1, width)


def test_no_lines_are_no_codes() -> None:
    assert [codes.tolist() for codes in parse_lines(b"", 2, 8)] == [[], []]
    assert format_lines([np.zeros(0, np.uint8)], 8) == b""
