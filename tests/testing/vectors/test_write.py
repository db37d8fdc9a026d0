"""Vectors hold what was asked for, right to the bit, and say what they are in every style."""

from __future__ import annotations

import hashlib
import io
import itertools
import re
import time
import tracemalloc
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import pamcheck
from pamcheck import spec
from pamcheck.testing.checks import select
from pamcheck.testing.session import Session
from pamcheck.testing.subject import Codes, Subject, make_subject
from pamcheck.testing.vectors import Request, Summary, write
from pamcheck.testing.vectors.recorded import Recorder

SUBJECTS = [
    ("pam", "float32", "", "ftz"),
    ("padiv", "float4_e2m1fn", "mimic", "gradual"),
    ("paexp2", "bfloat16", "exact", "ftz"),
    ("pasqrt", "e5m3fn", "", "saturate"),
    ("pam", "float64", "", "ftz"),
]


def text(request: Request) -> tuple[str, Summary]:
    out = io.BytesIO()
    summary = write(request, out)
    return out.getvalue().decode(), summary


def cases(request: Request) -> list[tuple[int, ...]]:
    """Return the cases of a file in TestFloat's style, as codes."""
    lines = text(request)[0].splitlines()
    return [tuple(int(word, 16) for word in line.split()) for line in lines if line[0] != "#"]


@pytest.mark.parametrize(("op", "fmt", "mode", "policy"), SUBJECTS)
def test_every_line_holds_what_the_definition_says(op: str, fmt: str, mode: str, policy: str) -> None:
    request = Request(op, fmt, n=150, mode=mode, policy=policy)
    arity = request.subject.operation.arity
    found = cases(request)
    assert len(found) == 150
    for case in found:
        inputs, got = case[: len(request.subject.inputs)], case[len(request.subject.inputs) :]
        if mode:
            right = _derivatives(request, inputs[:arity], inputs[-1])
        else:
            right = (spec.evaluate(op, inputs, request.subject.fmt, policy, 0),)
        assert got == right, [hex(code) for code in (*case, *right)]


def _derivatives(request: Request, operands: tuple[int, ...], delta: int) -> tuple[int, ...]:
    subject = request.subject
    bodies = subject.operation.slopes if subject.mode == "exact" else subject.operation.mimics
    return tuple(body(delta, *operands, subject.words) for body in bodies)


def test_lines_are_bare_upper_case_hex_of_the_width_of_the_format() -> None:
    for fmt, digits in (("float4_e2m1fn", 1), ("float6_e3m2fn", 2), ("e5m3", 3), ("float64", 16)):
        body = text(Request("pam", fmt, n=20, header=False))[0]
        assert re.fullmatch(
            rf"([0-9A-F]{{{digits}}} [0-9A-F]{{{digits}}} [0-9A-F]{{{digits}}}\n){{20}}", body
        )


def test_the_header_says_everything_that_decided_the_file() -> None:
    request = Request("pam", "bfloat16", n=50, seed=7, prefix="3f", policy="gradual", offset=0.0439)
    found, summary = text(request)
    head = [line[2:] for line in found.splitlines() if line.startswith("# ")]
    lines = "".join(line + "\n" for line in found.splitlines() if line[0] != "#")
    assert head == [
        f"pamcheck {pamcheck.__version__} vectors",
        "operation: pam",
        "format: bfloat16",
        "policy: gradual",
        "offset: 6 codes",
        "mode: values",
        "level: 1",
        "n: 50",
        "seed: 7",
        "prefix: 3F",
        "columns: a b result",
        "cases: 50",
        f"sha256: {hashlib.sha256(lines.encode()).hexdigest()}",
    ]
    assert summary.sha256 == head[-1].split()[1]
    assert summary.cases == 50
    assert all(line.startswith("3F") for line in lines.splitlines())


def test_a_word_of_readmemh_is_the_columns_end_to_end() -> None:
    plain, _ = text(Request("padiv", "float6_e2m3fn", n=30, mode="exact", header=False))
    words, _ = text(Request("padiv", "float6_e2m3fn", n=30, mode="exact", style="readmemh"))
    head = [line for line in words.splitlines() if line.startswith("//")]
    assert head[-1] == ("// word: 40 bits, a [37:32], b [29:24], cotangent [21:16], da [13:8], db [5:0]")
    assert words.splitlines()[len(head) :] == [line.replace(" ", "_") for line in plain.splitlines()]


def test_csv_has_the_codes_and_values_that_read_back_exactly() -> None:
    pandas = pytest.importorskip("pandas")
    request = Request("pam", "float32", n=3000, style="csv")
    table = pandas.read_csv(io.StringIO(text(request)[0]), comment="#", dtype={0: str, 1: str, 2: str})
    assert list(table) == ["a", "b", "result", "a_value", "b_value", "result_value"]
    for name in ("a", "b", "result"):
        codes = np.array([int(code, 16) for code in table[name]], np.uint32)
        with np.errstate(invalid="ignore"):
            value = codes.view(np.float32).astype(np.float64)
        back = np.array([float(x) for x in table[f"{name}_value"]])
        assert np.array_equal(value, back, equal_nan=True), name
        assert np.array_equal(np.signbit(value[value == 0]), np.signbit(back[value == 0])), name


def test_parquet_has_the_codes_as_integers_and_the_header_in_its_schema() -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    request = Request("paexp2", "bfloat16", n=200_000, mode="exact", style="parquet")
    out = io.BytesIO()
    summary = write(request, out)
    table = parquet.read_table(io.BytesIO(out.getvalue()))
    said = {key.decode(): value.decode() for key, value in table.schema.metadata.items()}
    assert [str(kind) for kind in table.schema.types] == ["uint16"] * 3
    assert table.num_rows == 200_000
    assert (said["operation"], said["cases"], said["sha256"]) == ("paexp2", "200000", summary.sha256)
    x, delta, got = (table[name].to_numpy() for name in ("x", "cotangent", "dx"))
    assert np.array_equal(request.subject.expected([x, delta])[0], got)


def test_the_hash_is_the_same_in_every_style() -> None:
    styles: list[Any] = ["testfloat", "readmemh", "csv", "parquet"]
    found = {write(Request("pam", n=500, style=style), io.BytesIO()).sha256 for style in styles}
    assert len(found) == 1


def test_exhaustive_is_every_operand_in_order() -> None:
    found = cases(Request("pam", "float4_e2m1fn", level="exhaustive"))
    assert [case[:2] for case in found] == list(itertools.product(range(16), repeat=2))
    found = cases(Request("pam", "float4_e2m1fn", level="exhaustive", mode="exact", n=300))
    assert [case[:3] for case in found] == list(itertools.product(range(16), repeat=3))[:300]
    summary = write(Request("pasqrt", "float16", level="exhaustive"), io.BytesIO())
    assert summary.cases == 1 << 16


def test_a_prefix_leaves_the_first_operands_that_begin_so() -> None:
    found = cases(Request("padiv", "float8_e5m2", level="exhaustive", prefix="a"))
    assert [case[:2] for case in found] == list(itertools.product(range(0xA0, 0xB0), range(256)))
    listed = cases(Request("pam", "float32", prefix="3FC"))
    assert listed
    assert {case[0] >> 20 for case in listed} == {0x3FC}
    random = cases(Request("pam", "float32", prefix="3FC", n=len(listed) + 1000))
    assert random[: len(listed)] == listed
    assert {case[0] >> 20 for case in random} == {0x3FC}


def test_a_whole_operand_as_prefix_makes_a_wide_format_exhaustible() -> None:
    found = cases(Request("pam", "float32", level="exhaustive", prefix="3FC00000", n=3))
    assert [case[:2] for case in found] == [(0x3FC00000, 0), (0x3FC00000, 1), (0x3FC00000, 2)]


def test_the_listed_cases_are_all_different_and_more_are_random() -> None:
    listed = cases(Request("pasqrt", "bfloat16", mode="exact"))
    assert len(set(listed)) == len(listed) > 10_000
    more = cases(Request("pasqrt", "bfloat16", mode="exact", n=len(listed) + 500))
    assert more[: len(listed)] == listed
    other = cases(Request("pasqrt", "bfloat16", mode="exact", n=len(listed) + 400))
    assert other == more[:-100]


@pytest.mark.parametrize(
    ("op", "fmt", "mode"), [("pam", "float8_e5m2", "exact"), ("palog2", "bfloat16", "")]
)
def test_the_listed_cases_are_what_the_checks_ask(op: str, fmt: str, mode: str) -> None:
    request = Request(op, fmt, mode=mode, seed=5)
    arity = len(request.subject.inputs)
    asked: dict[tuple[int, ...], None] = {}

    class Asked(Recorder):
        def answer(self, subject: Subject, inputs: Sequence[Codes]) -> tuple[Codes, ...]:
            asked.update(dict.fromkeys(zip(*(codes.tolist() for codes in inputs), strict=True)))
            return subject.expected(inputs)

    for each in select(request.subject):
        each.run(Session(Asked(), request.subject, "1", each.name, 5))
    assert [case[:arity] for case in cases(request)] == list(asked)


def test_fewer_cases_are_spread_over_the_list() -> None:
    listed = cases(Request("pam", "float8_e4m3"))
    few = cases(Request("pam", "float8_e4m3", n=100))
    places = [listed.index(case) for case in few]
    assert len(few) == 100
    assert places == sorted(places)
    assert places[-1] > 0.95 * len(listed)


def test_the_seed_decides_the_random_cases_and_nothing_else_does() -> None:
    def lines(seed: int) -> str:
        return text(Request("pam", "float4_e2m1fn", n=2000, seed=seed, header=False))[0]

    assert lines(3) == lines(3)
    assert lines(3) != lines(4)


def test_policies_that_only_the_reference_has_can_be_written() -> None:
    request = Request("pam", "float32", policy="kosson2023", n=40)
    for a, b, got in cases(request):
        assert got == spec.evaluate("pam", (a, b), request.subject.fmt, "kosson2023", 0), (hex(a), hex(b))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"op": "pan"}, "unknown operation 'pan'; did you mean 'pam'"),
        ({"level": "3"}, "unknown level '3'"),
        ({"style": "hex"}, "unknown style 'hex'"),
        ({"n": 0}, "n is 0; it must be an integer of at least 1"),
        ({"n": 2.5}, "n is 2.5"),
        ({"seed": -1}, "seed is -1"),
        ({"seed": None}, "seed is None"),
        ({"prefix": "0x3"}, "prefix is '0x3'; it must be hexadecimal digits, without 0x"),
        ({"prefix": "3F8000000"}, "prefix is '3F8000000'; codes of float32 have 8 digits"),
        (
            {"format": "float6_e3m2fn", "prefix": "4"},
            "prefix is '4'; the highest code of float6_e3m2fn is 3F",
        ),
        ({"level": "exhaustive"}, "level is 'exhaustive', which for pam in float32"),
        ({"style": "parquet", "header": False}, "header is False"),
        ({"offset": 2}, "offset is 2"),
        ({"op": "pasqrt", "offset": 0.1}, "offset is 0.1; pasqrt takes none"),
        ({"policy": "kosson2023", "mode": "exact"}, "policy 'kosson2023' has no derivatives"),
    ],
)
def test_what_does_not_fit_is_named(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(message)}"):
        Request(**{"op": "pam", **arguments})


def test_a_prefix_that_leaves_nothing_is_told() -> None:
    with pytest.raises(ValueError, match=r"^prefix is '12345678', and at level 1 no case begins so"):
        write(Request("pam", prefix="12345678"), io.BytesIO())


def test_nothing_is_written_twice_so_that_a_pipe_will_do() -> None:
    class Pipe(io.RawIOBase):
        def __init__(self) -> None:
            self.data = bytearray()

        def writable(self) -> bool:
            return True

        def write(self, data: Any) -> int:
            self.data += data
            return len(data)

    styles: list[Any] = ["testfloat", "readmemh", "csv", "parquet"]
    for style in styles:
        request, pipe, plain = Request("pam", "bfloat16", n=100, style=style), Pipe(), io.BytesIO()
        write(request, pipe)  # type: ignore[arg-type]
        write(request, plain)
        assert bytes(pipe.data) == plain.getvalue(), style


def test_a_million_lines_take_less_than_a_second(tmp_path: Path) -> None:
    seconds = []
    while len(seconds) < 3 and (not seconds or seconds[-1] > 1):
        began = time.process_time()  # others may keep the machine busy
        with (tmp_path / "vectors").open("wb") as out:
            write(Request("pam", n=1_000_000), out)
        seconds.append(time.process_time() - began)
    assert min(seconds) < 1, seconds


def test_memory_does_not_grow_with_the_number_of_cases() -> None:
    class Null(io.RawIOBase):
        def write(self, data: Any) -> int:
            return len(data)

    tracemalloc.start()
    try:
        write(Request("pam", level="exhaustive", prefix="3FC00000", n=1_000_000), Null())  # type: ignore[arg-type]
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 12e6, f"{peak / 1e6:.0f} MB"  # in one piece they are 27 MB of text


def test_make_subject_is_what_a_request_is_of() -> None:
    assert Request("pam", "float16", mode="exact").subject == make_subject("pam", "float16", mode="exact")
