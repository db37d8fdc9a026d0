"""Answers in a file or from a pipe are held to the definition, and a file that is not whole is told."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from pamcheck.testing.vectors import Problem, Request, Verdict, check, write

N = 60_000  # more than one piece that is read at a time
REQUEST = Request("pam", "float32", n=N)
STYLES: list[Any] = ["testfloat", "readmemh", "csv", "parquet"]
HEAD = 13  # lines of a header


@pytest.fixture(scope="module")
def written() -> bytes:
    return vectors(REQUEST)


@pytest.fixture(scope="module")
def lines(written: bytes) -> list[bytes]:
    return written.splitlines(keepends=True)


def vectors(request: Request) -> bytes:
    out = io.BytesIO()
    write(request, out)
    return out.getvalue()


def checked(data: bytes, request: Request = REQUEST, **options: Any) -> Verdict:
    return check(request, io.BytesIO(data), **options)


def problem(verdict: Verdict) -> Problem:
    assert not verdict.passed
    assert verdict.problem is not None
    return verdict.problem


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize(
    ("op", "fmt", "mode"),
    [
        ("pam", "float32", ""),
        ("paexp2", "bfloat16", "exact"),
        ("padiv", "float4_e2m1fn", "mimic"),
        ("pam", "e5m3", ""),
    ],
)
def test_what_was_written_is_right(style: Any, op: str, fmt: str, mode: str) -> None:
    request = Request(op, fmt, mode=mode, style=style, n=3000)
    assert checked(vectors(request), request) == Verdict(3000, 0)


@pytest.mark.parametrize("style", STYLES)
def test_a_wrong_answer_is_told_with_its_line(style: Any) -> None:
    request = Request("pam", "bfloat16", style=style, n=500)
    if style == "parquet":
        pa, pq = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
        table = pq.read_table(io.BytesIO(vectors(request)))
        column = table["result"].to_numpy().copy()
        column[[6, 400]] ^= 1
        out = io.BytesIO()
        pq.write_table(table.set_column(2, table.schema.field(2), pa.array(column)), out)
        data, first = out.getvalue(), 7
    else:
        text = vectors(request).splitlines(keepends=True)
        first = len(text) - 500 + 7
        for place in (first - 1, first + 393):
            head, mark, rest = text[place].replace(b"_", b" ").replace(b",", b" ").split(b" ", 2)[0:3]
            code, after = rest[:4], rest[4:]
            sep = b"_" if style == "readmemh" else b"," if style == "csv" else b" "
            changed = b"%04X" % (int(code, 16) ^ 1)
            text[place] = sep.join(
                (head, mark, changed + (after.replace(b" ", b",") if style == "csv" else after))
            )
        data = b"".join(text)
    found = checked(data, request)
    assert (found.cases, found.failed, found.problem, found.passed) == (500, 2, None, False)
    assert [mismatch.line for mismatch in found.mismatches] == [first, first + 394]
    failure = found.mismatches[0].failure
    assert failure.got[0] ^ failure.expected[0] == 1
    right = request.subject.expected([np.array([code], np.uint16) for code in failure.inputs])
    assert failure.expected == (int(right[0][0]),)


def test_only_the_first_failures_are_kept(lines: list[bytes]) -> None:
    wrong = [line[:18] + b"12345678\n" for line in lines[HEAD:]]
    found = checked(b"".join(wrong), errors=3)
    assert found.failed > N - 10
    assert [mismatch.line for mismatch in found.mismatches] == [1, 2, 3]


def test_a_wrong_answer_in_any_column_counts() -> None:
    request = Request("pam", "bfloat16", mode="exact", n=100, header=False)
    for column in (3, 4):
        rows = [line.split() for line in vectors(request).splitlines()]
        rows[41][column] = b"1234"
        found = checked(b"".join(b" ".join(row) + b"\n" for row in rows), request)
        assert (found.failed, [mismatch.line for mismatch in found.mismatches]) == (1, [42])


def test_results_alone_are_answers_to_the_cases_in_order() -> None:
    count = 150_000  # more than one piece
    request = replace(REQUEST, n=count)
    lines = vectors(request).splitlines(keepends=True)
    alone = [line[18:] for line in lines[HEAD:]]
    assert checked(b"".join(alone), request) == Verdict(count, 0)
    assert checked(b"".join(lines[:HEAD] + alone), request) == Verdict(count, 0)
    alone[140_000] = b"12345678\n"
    found = checked(b"".join(alone), request)
    assert (found.failed, [mismatch.line for mismatch in found.mismatches]) == (1, [140_001])
    short = checked(b"".join(alone[:-1]), request)
    assert problem(short) == Problem(
        "truncated", f"the file ends after {count - 1} cases; there are {count}"
    )
    for more in (1, count):
        long = checked(b"".join(alone + alone[:more]), request)
        words = f"line {count + 1} is one more than there are cases: {count}"
        assert problem(long) == Problem("surplus", words, count + 1)
        assert long.cases == count


def test_results_alone_with_a_header_of_other_cases_are_refused(lines: list[bytes]) -> None:
    data = b"".join(lines[:HEAD] + [line[18:] for line in lines[HEAD:]])
    found = problem(checked(data, replace(REQUEST, seed=3)))
    assert found == Problem("header", "the header says seed: 230517190; asked for is 3", 9)


@pytest.mark.parametrize(
    ("other", "words", "line"),
    [
        ({"op": "padiv"}, "operation: pam; asked for is padiv", 2),
        ({"format": "bfloat16"}, "format: float32; asked for is bfloat16", 3),
        ({"policy": "gradual"}, "policy: ftz; asked for is gradual", 4),
        ({"offset": 2.0**-22}, "offset: 0 codes; asked for is 2 codes", 5),
        ({"mode": "exact"}, "mode: values; asked for is exact", 6),
    ],
)
def test_a_file_of_another_subject_is_refused(written: bytes, other: Any, words: str, line: int) -> None:
    found = checked(written, replace(REQUEST, **other))
    assert problem(found) == Problem("header", f"the header says {words}", line)
    assert found.failed == 0


@pytest.mark.parametrize(
    ("cut", "words", "line"),
    [
        (27, "the file ends after 59999 cases; its header says 60000", 0),
        (2, "the file ends within line 60013, at '", 60_013),  # a digit is missing, which leaves a number
        (9, "the file ends within line 60013, at '", 60_013),
        (20, "the file ends within line 60013, at '", 60_013),
    ],
)
def test_a_truncated_file_is_told(written: bytes, cut: int, words: str, line: int) -> None:
    found = checked(written[:-cut])
    assert problem(found).kind == "truncated"
    assert problem(found).words.startswith(words)
    assert problem(found).line == line
    assert (found.cases, found.failed) == (N - 1, 0)


def test_the_last_line_needs_no_end(written: bytes) -> None:
    assert checked(written[:-1]).passed


def test_a_header_that_breaks_off_is_told(lines: list[bytes]) -> None:
    assert problem(checked(b"".join(lines[:5]))) == Problem(
        "header", "the header has no line 'mode', so it is not whole"
    )
    without = b"".join(lines[: HEAD - 1] + lines[HEAD:])
    assert problem(checked(without)) == Problem(
        "header", "the header has no line 'sha256', so it is not whole"
    )
    odd = b"".join([*lines[: HEAD - 2], b"# cases: many\n", *lines[HEAD - 1 :]])
    assert problem(checked(odd)) == Problem(
        "header", "the header says cases: many, which is no number", HEAD - 1
    )


def test_cases_that_are_not_those_written_are_told(lines: list[bytes]) -> None:
    exchanged = [*lines[:HEAD], lines[HEAD + 1], lines[HEAD], *lines[HEAD + 2 :]]
    assert problem(checked(b"".join(exchanged))).kind == "changed"
    twice = [*lines, lines[-1]]
    assert problem(checked(b"".join(twice))) == Problem(
        "surplus", f"the file has {N + 1} cases; its header says {N}"
    )
    older = b"".join(exchanged).replace(b"pamcheck 0", b"pamcheck 9", 1)
    assert "or pamcheck 9" in problem(checked(older)).words


@pytest.mark.parametrize(
    ("place", "content"),
    [
        (0, b"hello\n"),
        (0, b"3F800000 3F800000\n"),
        (5, b"3F800000 3F80000Z 3F800000\n"),
        (5, b"3F800000 3F800000\n"),
        (5, b"3F800000 3F800000 3F800000 00\n"),
        (5, b"3F800000 3F800000 13F800000\n"),
        (50_000, b"\xff\x00\n"),
    ],
)
def test_a_garbled_line_is_told_with_its_number(lines: list[bytes], place: int, content: bytes) -> None:
    data = [*lines]
    data[HEAD + place] = content
    found = checked(b"".join(data))
    assert problem(found).kind == "garbled"
    assert problem(found).line == HEAD + place + 1
    assert f"line {HEAD + place + 1} is " in problem(found).words
    assert "has a, b, result, or result alone, in 8 hexadecimal digits each" in problem(found).words
    assert (found.cases, found.failed) == (place, 0)


def test_a_stream_without_lines_is_not_read_for_ever() -> None:
    class Endless(io.RawIOBase):
        def readable(self) -> bool:
            return True

        def readinto(self, buffer: Any) -> int:
            buffer[:] = b"3" * len(buffer)
            return len(buffer)

    found = check(REQUEST, io.BufferedReader(Endless()))
    assert problem(found).kind == "garbled"
    assert problem(found).line == 1


def test_an_empty_file_does_not_pass(lines: list[bytes]) -> None:
    assert problem(checked(b"")) == Problem("empty", "there are no cases in it")
    assert problem(checked(b"# nothing\n\n")) == Problem("empty", "there are no cases in it")
    assert problem(checked(b"".join(lines[:HEAD]))).kind == "truncated"


def test_comments_blank_lines_case_and_line_ends_do_not_matter(lines: list[bytes]) -> None:
    alone = [line.lower().replace(b"\n", b"\r\n") for line in lines[HEAD:]]
    assert checked(b"".join(alone)) == Verdict(N, 0)
    assert checked(b"".join(line.replace(b"\n", b"\r\n") for line in lines)) == Verdict(N, 0)
    alone[10:10] = [b"# a comment\n", b"\n"]
    alone[20] = alone[20].replace(b"\r\n", b"  # and another\r\n")
    alone[50_000] = b"\r\n" + alone[50_000]  # in a piece without comments
    alone[55_000] = b"3F800000 3F800000 12345678\n"
    found = checked(b"".join(alone))
    assert found.problem is None
    assert [mismatch.line for mismatch in found.mismatches] == [55_002]


def test_a_damaged_parquet_file_is_told() -> None:
    request = Request("pam", "bfloat16", style="parquet", n=500)
    data = vectors(request)
    for damaged in (data[:-1], data[: len(data) // 2], b"", b"hello"):
        assert problem(checked(damaged, request)).kind == "garbled"
    assert problem(checked(data, replace(request, op="padiv"))).kind == "header"


def test_a_parquet_column_that_holds_no_codes_is_told() -> None:
    pa, pq = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    request = Request("pasqrt", "float6_e3m2fn", style="parquet")

    def table(results: Any, name: str = "result") -> Verdict:
        out = io.BytesIO()
        pq.write_table(pa.table({"x": pa.array([8, 9, 10], pa.uint8()), name: results}), out)
        return checked(out.getvalue(), request)

    assert problem(table(pa.array([1, 64, 2]))) == Problem(
        "garbled", "row 2 has 0x40 in result, no code of float6_e3m2fn", 2
    )
    assert problem(table(pa.array([1, -1, 2]))).kind == "garbled"
    assert problem(table(pa.array([1, None, 2]))).words == "column result has empty cells"
    assert problem(table(pa.array([1.5, 2.0, 2.0]))).kind == "garbled"
    assert problem(table(pa.array([1, 2, 3]), "y")).words.startswith(
        "the columns are x, y; those of pasqrt in"
    )
    alone = request.subject.expected([np.array([8, 9, 10], np.uint8)])[0]
    assert table(pa.array(alone)).passed


def test_comments_of_others_are_no_header(lines: list[bytes]) -> None:
    cases = lines[HEAD : HEAD + 100]
    assert checked(b"".join([b"# made by: a simulator\n", *cases])) == Verdict(100, 0)
    assert checked(
        b"".join([*cases, b"# pamcheck 0.1.0 vectors\n", b"# operation: padiv\n", *cases])
    ) == Verdict(200, 0)


def test_rows_of_a_long_parquet_file_are_counted_on() -> None:
    pa, pq = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    request = Request("pasqrt", "bfloat16", style="parquet")
    codes = np.arange(150_000, dtype=np.uint64).astype(np.uint16)
    results = request.subject.expected([codes])[0]
    results[140_000] ^= 1
    out = io.BytesIO()
    pq.write_table(pa.table({"x": codes, "result": results}), out)
    assert [mismatch.line for mismatch in checked(out.getvalue(), request).mismatches] == [140_001]


def test_a_whole_level_checks_too() -> None:
    request = Request("pam", "float4_e2m1fn", level="exhaustive")
    assert checked(vectors(request), request) == Verdict(256, 0)
    assert checked(vectors(replace(request, n=1000)), request) == Verdict(256, 0)
