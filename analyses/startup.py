"""How long does pamcheck take to start?

Claim   Importing pamcheck takes at most 0.4 s and its help at most 0.6 s; the first call of an operation,
        compilation included, at most 5 s; a second process compiles nothing; a quick report of the four
        error studies takes at most 20 s.
Method  Whole processes; first calls with an empty cache folder, then again with the filled one.
Writes  reports/startup/: study.json, startup (csv, json)
"""

from __future__ import annotations

import statistics
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from analyses.timing import limit, python, seconds
from pamcheck.kernels.table import OPS
from pamcheck.measure.verdict import Verdict
from pamcheck.reporting.records import Plate, Settings, Table

ALONE = True  # what is timed shares the machine with nothing

ERROR_STUDIES = ("product_error", "quotient_error", "transcendental_error", "format_error")

_IMPORT = "import time; s = time.perf_counter(); import pamcheck; print(time.perf_counter() - s)"
_FIRST = """
import time, numpy as np, pamcheck as pc
operands = [np.ones(8, np.float32)] * {arity}
s = time.perf_counter(); pc.{name}(*operands); print(time.perf_counter() - s)
from pamcheck.kernels import cpu
print(cpu.loop("{name}", 32).compilations)
"""


@dataclass(frozen=True)
class Measured:
    """Seconds of start-up and of first calls by operation."""

    import_s: list[float]
    help_s: list[float]
    quick_report_s: float | None  # a quick run does not time a quick run
    first_calls: pd.DataFrame


def measure(settings: Settings) -> Measured:
    """Time start-up and first calls."""
    starts = 3 if settings.quick else 7
    names = ["pam"] if settings.quick else list(OPS)
    return Measured(
        import_s=[float(python("-c", _IMPORT).split()[0]) for _ in range(starts)],
        help_s=[seconds(lambda: python("-m", "pamcheck.cli", "--help")) for _ in range(starts)],
        quick_report_s=None if settings.quick else _quick_report(),
        first_calls=pd.DataFrame([_first_calls(name) for name in names]),
    )


def judge(measured: Measured) -> Sequence[Verdict]:
    """Judge each promise about time."""
    calls = measured.first_calls
    first = "an operation" if len(calls) == len(OPS) else " or ".join(calls["operation"])
    slowest = calls.loc[calls["first call (s)"].idxmax()]
    compiled = int(calls["compiled again"].sum())
    return [
        limit("Importing pamcheck takes at most 0.4 s", statistics.median(measured.import_s), 0.4),
        limit("Showing pamcheck --help takes at most 0.6 s", statistics.median(measured.help_s), 0.6),
        limit(
            f"The first call of {first} takes at most 5 s, compilation included",
            float(slowest["first call (s)"]),
            5.0,
            f"slowest: {slowest['operation']}; ",
        ),
        *_judge_report(measured.quick_report_s),
        Verdict(
            "A second process compiles nothing",
            compiled == 0 and bool(calls["compiled at first"].all()),
            f"{compiled} compilations in {len(calls)} second processes",
            compiled,
            compiled,
            "timing",
            f"A second first call takes {calls['second process (s)'].median():.2f} s, loading included.",
        ),
    ]


def tabulate(measured: Measured) -> Sequence[Table]:
    """Return the table of first calls."""
    formats = dict.fromkeys(("first call (s)", "second process (s)"), ".2f")
    return [
        Table("startup", "First call of each operation in a fresh process", measured.first_calls, formats)
    ]


def draw(measured: Measured, verdicts: Sequence[Verdict]) -> Sequence[Plate]:  # noqa: ARG001
    """Return no figure: six numbers are read sooner in the table."""
    return []


def _judge_report(measured: float | None) -> list[Verdict]:
    if measured is None:
        return []
    return [limit("A quick report of the four error studies takes at most 20 s", measured, 20.0)]


def _quick_report() -> float:
    with tempfile.TemporaryDirectory() as folder:
        return seconds(
            lambda: python(
                "-m", "pamcheck.cli", "report", *ERROR_STUDIES, "--quick", "--out", f"{folder}/r"
            )
        )


def _first_calls(name: str) -> dict[str, Any]:
    """Time an operation's first call in a process with an empty cache, and in the next process."""
    code = _FIRST.format(name=name, arity=OPS[name].arity)
    with tempfile.TemporaryDirectory() as cache:
        first, compiled = python("-c", code, cache=cache).split()
        second, misses = python("-c", code, cache=cache).split()
    return {
        "operation": name,
        "first call (s)": float(first),
        "second process (s)": float(second),
        "compiled at first": int(compiled),
        "compiled again": int(misses),
    }
