"""Reading vectors from Parquet."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, BinaryIO

import numpy as np

from pamcheck.testing.subject import Codes, Subject
from pamcheck.testing.vectors.problem import Unreadable
from pamcheck.testing.vectors.reading import Block


@dataclass
class TableReader:
    """A Parquet file, with the columns of a subject's inputs and results, or of results alone.

    said  what the metadata of the schema say, with 0 for a line
    """

    source: BinaryIO
    subject: Subject
    said: dict[str, tuple[str, int]] = field(default_factory=dict)

    def blocks(self) -> Iterator[Block]:
        """Yield the cases. Raises Unreadable for what is no such file."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        source = self.source if self.source.seekable() else io.BytesIO(self.source.read())
        try:
            table = pq.ParquetFile(source)
            names = self._names(table.schema_arrow)
            row = 1
            for batch in table.iter_batches(columns=names):
                columns = tuple(self._codes(batch.column(name), name, row) for name in names)
                yield Block(columns, range(row, row + batch.num_rows))
                row += batch.num_rows
        except (pa.ArrowException, OSError) as error:
            reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
            raise Unreadable("garbled", f"not a Parquet file, or a damaged one: {reason}") from None

    def _names(self, schema: Any) -> list[str]:
        metadata = {key.decode(): value.decode() for key, value in (schema.metadata or {}).items()}
        if "pamcheck" in metadata:
            self.said.update({key: (value, 0) for key, value in metadata.items()})
        results = [*self.subject.outputs]
        names = [*self.subject.inputs, *results]
        for wanted in (names, results):
            if set(wanted) <= set(schema.names):
                return wanted
        raise Unreadable(
            "garbled",
            f"the columns are {', '.join(schema.names)}; those of {self.subject} are {', '.join(names)}",
        )

    def _codes(self, column: Any, name: str, row: int) -> Codes:
        import pyarrow as pa

        subject = self.subject
        try:
            wide = column.cast(pa.uint64()).to_numpy(zero_copy_only=False)
        except (pa.ArrowException, ValueError) as error:
            raise Unreadable("garbled", f"column {name} holds no codes: {error}", row) from None
        if column.null_count:
            raise Unreadable("garbled", f"column {name} has empty cells", row)
        far = np.flatnonzero(wide > 2 * subject.fmt.sign - 1)
        if far.size:
            at = row + int(far[0])
            raise Unreadable(
                "garbled",
                f"row {at} has {int(wide[far[0]]):#x} in {name}, no code of {subject.fmt.name}",
                at,
            )
        return wide.astype(subject.dtype)  # type: ignore[no-any-return]
