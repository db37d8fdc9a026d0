"""How fast is the reference, and how long does it take to start?

Claim   Importing pamcheck takes at most 0.4 s and its help at most 0.6 s; the first call of an operation,
        compilation included, at most 5 s; a second process compiles nothing; a quick report of the error
        studies at most 20 s; pam on ten million float32
        runs at half the speed of numpy.multiply or more.
Method  Start-up and first calls: whole processes, the first calls with an empty cache folder. Throughput:
        PAM and the NumPy function in turn on the same operands, the ratio taken pair by pair; medians.
        Shared machines are noisy: the ratios carry over, the seconds do not.
Writes  reports/speed/: study.json, startup, throughput (csv, json), throughput (svg, png)
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

import pamcheck as pc
from analyses import STUDIES
from pamcheck.kernels.table import OPS
from pamcheck.measure.verdict import Verdict
from pamcheck.plotting.style import BLACK, BLUE, new_figure, style
from pamcheck.reporting.records import Plate, Settings, Table

ALONE = True  # what is timed shares the machine with nothing
ROUNDS = 11  # pairs of timed calls; an odd number has a median

PAIRS: dict[str, np.ufunc] = {
    "pam": np.multiply,
    "padiv": np.divide,
    "palog2": np.log2,
    "paexp2": np.exp2,
    "pasqrt": np.sqrt,
    "palog": np.log,
    "paexp": np.exp,
    "papow": np.power,
}

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
    """Seconds of start-up, first calls by operation, and throughput by operation."""

    import_s: list[float]
    help_s: list[float]
    quick_report_s: float | None  # a quick run does not time a quick run
    first_calls: pd.DataFrame
    throughput: pd.DataFrame
    size: int


def measure(settings: Settings) -> Measured:
    """Time start-up, first calls and throughput."""
    starts = 3 if settings.quick else 7
    size = 10_000_000
    names = ["pam"] if settings.quick else list(OPS)
    compared = ["pam", "padiv"] if settings.quick else list(PAIRS)
    return Measured(
        import_s=[float(_python("-c", _IMPORT).split()[0]) for _ in range(starts)],
        help_s=[_seconds(lambda: _python("-m", "pamcheck.cli", "--help")) for _ in range(starts)],
        quick_report_s=None if settings.quick else _quick_report(),
        first_calls=pd.DataFrame([_first_calls(name) for name in names]),
        throughput=pd.DataFrame([_throughput(name, size, settings.seed) for name in compared]),
        size=size,
    )


def judge(measured: Measured) -> Sequence[Verdict]:
    """Judge each promise about time."""
    first = (
        "an operation"
        if len(measured.first_calls) == len(OPS)
        else " or ".join(measured.first_calls["operation"])
    )
    slowest = measured.first_calls.loc[measured.first_calls["first call (s)"].idxmax()]
    ratio = measured.throughput.set_index("operation").loc["pam"]
    compiled = int(measured.first_calls["compiled again"].sum())
    return [
        _limit("Importing pamcheck takes at most 0.4 s", statistics.median(measured.import_s), 0.4),
        _limit("Showing pamcheck --help takes at most 0.6 s", statistics.median(measured.help_s), 0.6),
        _limit(
            f"The first call of {first} takes at most 5 s, compilation included",
            float(slowest["first call (s)"]),
            5.0,
            f"slowest: {slowest['operation']}; ",
        ),
        *_judge_report(measured.quick_report_s),
        Verdict(
            "A second process compiles nothing",
            compiled == 0 and bool(measured.first_calls["compiled at first"].all()),
            f"{compiled} compilations in {len(measured.first_calls)} second processes",
            compiled,
            compiled,
            "timing",
            f"A second first call takes {measured.first_calls['second process (s)'].median():.2f} s, loading included.",
        ),
        Verdict(
            f"On {measured.size:,} float32 pam runs at 0.5 of numpy.multiply's speed or more",
            bool(ratio["speed ratio"] >= 0.5),
            f"{ratio['speed ratio']:.2f} of its speed",
            float(ratio["ratio, low"]),
            float(ratio["ratio, high"]),
            "timing",
            "Both allocate their result; NumPy runs on one thread, pam on all.",
        ),
    ]


def tabulate(measured: Measured) -> Sequence[Table]:
    """Return the start-up and throughput tables."""
    seconds = dict.fromkeys(("first call (s)", "second process (s)"), ".2f")
    columns = {
        "speed ratio": "median over pairs of NumPy's time by PAM's; above 1, PAM is faster",
        "ratio, low": "smallest ratio of a pair",
        "ratio, high": "largest ratio of a pair",
    }
    throughput = {"PAM (ms)": ".1f", "NumPy (ms)": ".1f", **dict.fromkeys(columns, ".2f")}
    return [
        Table(
            "throughput",
            f"Throughput on {measured.size:,} float32 elements",
            measured.throughput,
            throughput,
            columns,
        ),
        Table("startup", "First call of each operation in a fresh process", measured.first_calls, seconds),
    ]


def draw(measured: Measured, verdicts: Sequence[Verdict]) -> Sequence[Plate]:  # noqa: ARG001
    """Return the bar chart of speed ratios."""
    caption = "Speed of each operation as a multiple of the NumPy function it approximates, same run, same operands."
    return [Plate("throughput", caption, _draw(measured.throughput))]


def _limit(claim: str, seconds: float, most: float, note: str = "") -> Verdict:
    return Verdict(
        claim=claim,
        holds=seconds <= most,
        measured=f"{seconds:.2f} s",
        lower=seconds,
        upper=seconds,
        evidence="timing",
        reason=f"{note}median of whole processes, or the process named.",
    )


def _judge_report(seconds: float | None) -> list[Verdict]:
    if seconds is None:
        return []
    return [_limit("A quick report of the four error studies takes at most 20 s", seconds, 20.0)]


def _quick_report() -> float:
    names = [name for name in STUDIES if name != "speed"]
    with tempfile.TemporaryDirectory() as folder:
        return _seconds(
            lambda: _python("-m", "pamcheck.cli", "report", *names, "--quick", "--out", f"{folder}/r")
        )


def _python(*arguments: str, cache: str | None = None) -> str:
    environment = {**os.environ, **({"PAMCHECK_CACHE": cache} if cache else {})}
    done = subprocess.run(
        [sys.executable, *arguments], capture_output=True, text=True, env=environment, check=True
    )
    return done.stdout


def _seconds(action: Callable[[], Any]) -> float:
    began = time.perf_counter()
    action()
    return time.perf_counter() - began


def _first_calls(name: str) -> dict[str, Any]:
    """Time an operation's first call in a process with an empty cache, and in the next process."""
    code = _FIRST.format(name=name, arity=OPS[name].arity)
    with tempfile.TemporaryDirectory() as cache:
        first, compiled = _python("-c", code, cache=cache).split()
        second, misses = _python("-c", code, cache=cache).split()
    return {
        "operation": name,
        "first call (s)": float(first),
        "second process (s)": float(second),
        "compiled at first": int(compiled),
        "compiled again": int(misses),
    }


def _throughput(name: str, size: int, seed: int) -> dict[str, Any]:
    """Time an operation and its NumPy function in turn on positive operands near one."""
    rng = np.random.default_rng(seed)
    operands = [np.exp2(rng.uniform(-4, 4, size)).astype(np.float32) for _ in range(OPS[name].arity)]
    ours, theirs = getattr(pc, name), PAIRS[name]
    ours(*operands), theirs(*operands)
    pairs = [
        (_seconds(lambda: ours(*operands)), _seconds(lambda: theirs(*operands))) for _ in range(ROUNDS)
    ]
    ratios = [numpy / pam for pam, numpy in pairs]
    return {
        "operation": name,
        "NumPy function": theirs.__name__,
        "PAM (ms)": 1e3 * statistics.median(pam for pam, _ in pairs),
        "NumPy (ms)": 1e3 * statistics.median(numpy for _, numpy in pairs),
        "speed ratio": statistics.median(ratios),
        "ratio, low": min(ratios),
        "ratio, high": max(ratios),
    }


def _draw(frame: pd.DataFrame) -> Figure:
    with style():
        figure = new_figure(3.0)
        ax = figure.subplots()
        places = np.arange(len(frame))[::-1]
        ratio = frame["speed ratio"]
        spread = [ratio - frame["ratio, low"], frame["ratio, high"] - ratio]
        ax.barh(places, ratio, height=0.6, xerr=spread, color=BLUE, ecolor=BLACK, capsize=2)
        ax.axvline(1.0, color=BLACK, lw=0.8)
        ax.set_yticks(
            places, [f"{a} / {b}" for a, b in zip(frame["operation"], frame["NumPy function"], strict=True)]
        )
        ax.set_xlabel("speed relative to NumPy (1 = as fast; bar: median, whisker: range)")
        ax.set_title("Throughput, ten million float32")
    return figure
