"""What a finished sweep leaves: a JSON file to read and compare, a Parquet file with every class and binade."""

from __future__ import annotations

import io
import json
import os
import platform
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from pamcheck.measure.sweep import summary
from pamcheck.measure.sweep.digest import shown
from pamcheck.measure.sweep.plan import SweepError
from pamcheck.measure.sweep.state import State, write_whole

SCHEMA = "pamcheck sweep 1"


@dataclass(frozen=True)
class Certificate:
    """A sweep's results. All but `run` is the same wherever the sweep ran, if NumPy's functions are.

    plan         what was swept, and by which version
    coverage     which operands, in words
    hash         of operands and results: see sweep.digest
    differences  results that are not the oracle's: count, and the first few
    statistics   as measure.errors defines them, percentiles as the ends of a bin
    worst        each extreme with its operands
    classes      counts by class of operand
    histogram    of the relative error
    strata       counts and errors by class and binade of each operand; in the Parquet file only
    run          seconds, processor seconds, where
    """

    plan: Mapping[str, Any]
    coverage: str
    hash: str
    differences: Mapping[str, Any]
    statistics: Mapping[str, Any]
    worst: Mapping[str, Any]
    classes: list[dict[str, Any]]
    histogram: list[list[float]]
    strata: list[dict[str, Any]]
    run: Mapping[str, Any]

    @property
    def holds(self) -> bool:
        """Whether every result is the oracle's."""
        return bool(self.differences["count"] == 0)


def certify(state: State, where: str) -> Certificate:
    """Return the certificate of a complete state."""
    plan, tally = state.plan, state.tally
    exhaustive = plan.exhaustive
    statistics = summary.summarize(tally, exhaustive)
    names = ("a", "b", "got", "expected")[2 - plan.operation.arity :]
    rows = [row[2 - plan.operation.arity :] for row in tally.differences]
    listed = [dict(zip(names, map(plan.fmt.hex, row), strict=True)) for row in rows]
    return Certificate(
        plan=plan.record(),
        coverage=coverage(state),
        hash=shown(tally.digest),
        differences={"count": statistics.pop("different"), "first": listed},
        statistics=statistics,
        worst=summary.worst(tally, plan),
        classes=summary.by_class(tally, plan.operation.arity),
        histogram=summary.histogram(tally),
        strata=summary.by_stratum(tally, plan),
        run={
            "seconds": state.seconds,
            "cpu_seconds": tally.cpu_seconds,
            "runs": state.runs,
            "where": where,
            "python": platform.python_version(),
            "numpy": np.__version__,
            "machine": f"{platform.machine()}, {os.cpu_count()} processors",
        },
    )


def coverage(state: State) -> str:
    """Return in words which operands were tried."""
    plan = state.plan
    what = "pairs" if plan.operation.arity == 2 else "operands"
    if plan.exhaustive:
        return f"all {plan.tuples:,} {what} of codes of {plan.format}"
    return (
        f"{plan.tuples:,} of 2^{plan.fmt.width * plan.operation.arity} {what} of codes of {plan.format}, half "
        f"stratified over the exponent fields, half random codes; seed {plan.seed}"
    )


def write(certificate: Certificate, path: Path) -> list[Path]:
    """Write PATH and, beside it, PATH with the ending .parquet, each whole or not at all. Returns both."""
    table = path.with_suffix(".parquet")
    write_whole(table, _parquet(certificate))
    write_whole(path, as_json(certificate).encode())
    return [path, table]


def as_json(certificate: Certificate) -> str:
    """Return the certificate as JSON without its strata: a line an entry, and a line a row of a table."""
    lines = [f' "schema": {json.dumps(SCHEMA)}']
    for name in (
        "plan",
        "coverage",
        "hash",
        "differences",
        "statistics",
        "worst",
        "classes",
        "histogram",
        "run",
    ):
        value = getattr(certificate, name)
        if isinstance(value, list):
            rows = ",\n".join(f"  {_dumps(row)}" for row in value)
            shown = f"[\n{rows}\n ]" if rows else "[]"
        elif isinstance(value, Mapping):
            rows = ",\n".join(f"  {json.dumps(key)}: {_dumps(entry)}" for key, entry in value.items())
            shown = f"{{\n{rows}\n }}"
        else:
            shown = _dumps(value)
        lines.append(f" {json.dumps(name)}: {shown}")
    return "{\n" + ",\n".join(lines) + "\n}\n"


def load(path: Path) -> dict[str, Any]:
    """Return a certificate's JSON as data. Raises SweepError for a file that is none, or is truncated."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SweepError(f"cannot read {path}: {error.strerror}") from None
    except ValueError:
        raise SweepError(f"{path} is truncated, or no certificate of a sweep") from None
    if not isinstance(data, dict) or data.get("schema") != SCHEMA:
        raise SweepError(f"{path} is no certificate of a sweep, or of another version: it lacks {SCHEMA!r}")
    return data


def _dumps(value: Any) -> str:
    """Return JSON; a float that JSON cannot say becomes a string, such as "inf"."""
    return json.dumps(_sayable(value), ensure_ascii=False)


def _sayable(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _sayable(entry) for key, entry in value.items()}
    if isinstance(value, (list, tuple)):
        return [_sayable(entry) for entry in value]
    return str(value) if isinstance(value, float) and not np.isfinite(value) else value


def _parquet(certificate: Certificate) -> bytes:
    """Return the strata as a Parquet table, with what they are of among its metadata."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pa.Table.from_pylist(certificate.strata)
    facts = {"schema": SCHEMA, "plan": _dumps(certificate.plan), "hash": certificate.hash}
    buffer = io.BytesIO()
    pq.write_table(table.replace_schema_metadata(facts), buffer, compression="zstd")
    return buffer.getvalue()
