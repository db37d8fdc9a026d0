"""What is written down on the way: a row a step, as Parquet and CSV."""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from pamcheck.nn.training.files import CheckpointError, put

PARQUET, CSV = "metrics.parquet", "metrics.csv"


@dataclass
class Row:
    """One step. Seconds are those of the whole run up to its end; validation and hash are there where looked at.

    loss      mean cross entropy of the batch, before the step, by the run's own arithmetic
    norm      of the gradient, before clipping
    weights   hash of the weights after the step
    """

    step: int
    loss: float
    rate: float
    norm: float
    seconds: float
    validation_loss: float = math.nan
    validation_accuracy: float = math.nan
    validation_own_loss: float = math.nan
    weights: str = ""


def write(folder: Path, rows: Sequence[Row]) -> None:
    """Write the rows as metrics.parquet and metrics.csv, each as a whole or not at all."""
    table = frame(rows)
    held = io.BytesIO()
    table.to_parquet(held, index=False)
    put(folder / PARQUET, held.getvalue())
    put(folder / CSV, table.to_csv(index=False, lineterminator="\n").encode())


def read(folder: Path, upto: int) -> list[Row]:
    """Return the rows up to a step: what came after it is not part of the run that continues from there.

    Raises CheckpointError where the file cannot be read. No file is no rows.
    """
    import pandas as pd

    path = folder / PARQUET
    if not path.exists():
        return []
    try:
        table = pd.read_parquet(path)
        rows: list[dict[str, Any]] = table[table["step"] <= upto].to_dict("records")
        return [Row(**row) for row in rows]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise CheckpointError(
            f"{path} is damaged: {error}; remove it to continue without its rows"
        ) from error


def frame(rows: Sequence[Row]) -> Any:
    """Return rows as a DataFrame with a column for each field."""
    import pandas as pd

    return pd.DataFrame({x.name: [getattr(row, x.name) for row in rows] for x in fields(Row)})
