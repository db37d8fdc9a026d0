"""How files of vectors look: Berkeley TestFloat's lines, Verilog's $readmemh, CSV, Parquet."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, BinaryIO

import numpy as np

from pamcheck.kernels.values import values
from pamcheck.testing.targets.lines import format_lines
from pamcheck.testing.vectors.cases import Batch
from pamcheck.testing.vectors.header import as_lines
from pamcheck.testing.vectors.request import Request

MARKS = {"testfloat": "#", "readmemh": "//", "csv": "#"}
GROUP = 16  # batches in a row group of a Parquet file

Writer = Callable[[BinaryIO, Request, dict[str, str], Iterable[Batch]], None]


def write_testfloat(
    out: BinaryIO, request: Request, said: dict[str, str], batches: Iterable[Batch]
) -> None:
    """Write a case a line: bare upper-case hex, inputs then results, one space between."""
    _begin(out, request, said)
    for columns in batches:
        out.write(format_lines(columns, request.subject.fmt.width))


def write_readmemh(out: BinaryIO, request: Request, said: dict[str, str], batches: Iterable[Batch]) -> None:
    """Write a case a word: the columns one after another, underscores between, whole digits each."""
    _begin(out, request, said | {"word": _layout(request)})
    for columns in batches:
        out.write(format_lines(columns, request.subject.fmt.width).replace(b" ", b"_"))


def write_csv(out: BinaryIO, request: Request, said: dict[str, str], batches: Iterable[Batch]) -> None:
    """Write the columns in hex and then their values, each the shortest decimal that float64 reads back."""
    import pyarrow as pa
    from pyarrow import csv

    _begin(out, request, said)
    names = said["columns"].split()
    out.write((",".join([*names, *(f"{name}_value" for name in names)]) + "\n").encode())
    options = csv.WriteOptions(include_header=False, quoting_style="none")
    for columns in batches:
        hexes = [_texts(format_lines([codes], request.subject.fmt.width), codes.size) for codes in columns]
        with np.errstate(invalid="ignore"):  # a signalling NaN is a code like any other
            numbers = [pa.array(values(codes, request.subject.fmt).astype(np.float64)) for codes in columns]
        table = pa.table([*hexes, *numbers], names=[str(place) for place in range(2 * len(names))])
        csv.write_csv(table, out, options)


def write_parquet(out: BinaryIO, request: Request, said: dict[str, str], batches: Iterable[Batch]) -> None:
    """Write the codes as unsigned integers; the header is the metadata of the schema."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    kind = pa.from_numpy_dtype(request.subject.dtype)
    schema = pa.schema([(name, kind) for name in said["columns"].split()], metadata=said)
    with pq.ParquetWriter(out, schema, compression="zstd") as writer:
        for group in _grouped(batches, GROUP):
            writer.write_table(pa.table([pa.array(codes) for codes in group], schema=schema))


WRITERS: dict[str, Writer] = {
    "testfloat": write_testfloat,
    "readmemh": write_readmemh,
    "csv": write_csv,
    "parquet": write_parquet,
}


def _begin(out: BinaryIO, request: Request, said: dict[str, str]) -> None:
    if request.header:
        out.write(as_lines(said, MARKS[request.style]))


def _layout(request: Request) -> str:
    """Return where each column is in a word of $readmemh."""
    subject = request.subject
    names = (*subject.inputs, *subject.outputs)
    size = 4 * ((subject.fmt.width + 3) // 4)
    places = range(len(names) - 1, -1, -1)
    fields = (
        f"{name} [{size * place + subject.fmt.width - 1}:{size * place}]"
        for name, place in zip(names, places, strict=True)
    )
    return f"{size * len(names)} bits, {', '.join(fields)}"


def _texts(lines: bytes, count: int) -> Any:
    """Return lines of one length as an Arrow array of strings."""
    import pyarrow as pa

    cells = np.frombuffer(lines, np.uint8).reshape(count, -1)[:, :-1]
    ends = np.arange(count + 1, dtype=np.int32) * np.int32(cells.shape[1])
    return pa.StringArray.from_buffers(count, pa.py_buffer(ends), pa.py_buffer(cells.tobytes()))


def _grouped(batches: Iterable[Batch], size: int) -> Iterator[Batch]:
    """Yield batches, `size` of them joined at a time."""
    held: list[Batch] = []
    for batch in batches:
        held.append(batch)
        if len(held) == size:
            yield tuple(np.concatenate(columns) for columns in zip(*held, strict=True))
            held = []
    if held:
        yield tuple(np.concatenate(columns) for columns in zip(*held, strict=True))
