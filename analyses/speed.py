"""How fast is the reference?

Claim   On ten million float32 pam runs at half the speed of numpy.multiply or more. The matrix product of
        operands whose products stay in range runs, at a side of 1024 and 2048, at half or more of what this
        machine could do at all: an integer and a float addition for each term, on registers, all threads.
Method  PAM and the NumPy function in turn on the same machine, the ratio taken pair by pair; medians, after a
        warm-up, with a pause after each product of NumPy's, whose threads spin on. Standard normal operands
        for NumPy; for PAM the kinds named in the table. Instructions for a multiply-accumulate are counted in
        the machine code of the innermost loop. The ceiling: analyses/ceiling.py, in the same run.
        Shared machines are noisy: the ratios carry over, the milliseconds do not.
Writes  reports/speed/: study.json, throughput (csv, json), matmul (csv, json), inner_loops (csv, json),
        throughput (svg, png), matmul (svg, png)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

import pamcheck as pc
from analyses.ceiling import macs_per_second
from analyses.timing import RATIO_COLUMNS, at_least, in_turn
from pamcheck.kernels.table import OPS
from pamcheck.measure.verdict import Verdict
from pamcheck.plotting.style import BLACK, BLUE, GREEN, ORANGE, new_figure, style
from pamcheck.reporting.records import Plate, Settings, Table

ALONE = True  # what is timed shares the machine with nothing
ROUNDS = 11  # pairs of timed calls; an odd number has a median
SIZE = 10_000_000
SIDES = (64, 128, 256, 512, 1024, 2048, 4096)
JUDGED = (1024, 2048)  # sides that the claim is about
AIMED = (512, 1024, 2048)  # sides that the speed ratio is aimed at
SHARE = 0.5  # of the ceiling, that is promised there

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


@dataclass(frozen=True)
class Kind:
    """Operands of a matrix product: what they hold, the loop they call for, the share of NumPy aimed at."""

    what: str
    loop: str
    aim: float
    colour: str


KINDS = {
    "in range": Kind("standard normal", "lean", 1.0, BLUE),
    "zeros, underflow": Kind("normal times 2^-70 to 1, a tenth zeros", "flush", 0.5, GREEN),
    "specials": Kind("one in a hundred infinite, one NaN, five zeros", "full", 0.25, ORANGE),
}


@dataclass(frozen=True)
class Measured:
    """Ratios by operation, ratios by kind and size of a product, terms a second at most, inner loops."""

    throughput: pd.DataFrame
    matmul: pd.DataFrame
    ceiling: float
    loops: pd.DataFrame


def measure(settings: Settings) -> Measured:
    """Time elementwise operations and products; count the inner loops' instructions."""
    names = ["pam", "padiv"] if settings.quick else list(PAIRS)
    sides = (1024,) if settings.quick else SIDES
    ceiling = macs_per_second()
    matmul = pd.DataFrame([product(kind, side, settings.seed) for side in sides for kind in KINDS])
    ceiling = max(ceiling, macs_per_second())  # neither before nor after a neighbour may have been at work
    matmul["of ceiling"] = matmul["PAM (GMAC/s)"] * 1e9 / ceiling
    return Measured(
        throughput=pd.DataFrame([throughput(name, settings.seed) for name in names]),
        matmul=matmul,
        ceiling=ceiling,
        loops=inner_loops(),
    )


def judge(measured: Measured) -> Sequence[Verdict]:
    """Judge each promise about speed."""
    ratio = measured.throughput.set_index("operation").loc["pam"]
    elementwise = at_least(
        f"On {SIZE:,} float32 pam runs at 0.5 of numpy.multiply's speed or more",
        float(ratio["speed ratio"]),
        float(ratio["ratio, low"]),
        float(ratio["ratio, high"]),
        0.5,
        "Both allocate their result; NumPy runs on one thread, pam on all.",
    )
    return [elementwise, _judge_product(measured)]


def tabulate(measured: Measured) -> Sequence[Table]:
    """Return the tables of ratios and of inner loops."""
    times = {"PAM (ms)": ".4g", "NumPy (ms)": ".4g", **dict.fromkeys(RATIO_COLUMNS, ".2f")}
    kinds = "; ".join(f"{name}: {kind.what}" for name, kind in KINDS.items())
    ceiling = (
        f"PAM's speed by that of additions on registers, {measured.ceiling / 1e9:.0f} GMAC/s on all threads: "
        "two instructions a term, where NumPy's fused one is half of that"
    )
    aim = "the speed ratio aimed at for sides 512 to 2048"
    return [
        Table(
            "throughput",
            f"Throughput on {SIZE:,} float32 elements",
            measured.throughput,
            times,
            RATIO_COLUMNS,
        ),
        Table(
            "matmul",
            "float32 matrix products beside numpy.matmul, square operands",
            measured.matmul,
            {**times, "PAM (GMAC/s)": ".1f", "NumPy (GMAC/s)": ".1f", "aim": "g", "of ceiling": ".0%"},
            {**RATIO_COLUMNS, "operands": kinds, "aim": aim, "of ceiling": ceiling},
        ),
        Table(
            "inner_loops",
            "Innermost loops of the products, as this machine's code has them",
            measured.loops,
            {"instructions per MAC": ".3f"},
            {
                "MACs": "multiply-accumulates in one pass: float additions, each times its lanes",
                "instructions per MAC": "instructions in one pass by MACs, loads and the branch included",
            },
        ),
    ]


def draw(measured: Measured, verdicts: Sequence[Verdict]) -> Sequence[Plate]:  # noqa: ARG001
    """Return the bars of elementwise ratios and the lines of product ratios."""
    bars = "Speed of each operation as a multiple of the NumPy function it approximates, same run, same operands."
    lines = (
        "Speed of the matrix product as a multiple of numpy.matmul in float32, same run; whiskers: all pairs. "
        "Dashed: what is aimed at for sides 512 to 2048."
    )
    plates = [Plate("throughput", bars, _draw_throughput(measured.throughput))]
    return [*plates, Plate("matmul", lines, _draw_matmul(measured.matmul))]


def throughput(name: str, seed: int) -> dict[str, Any]:
    """Time an operation and its NumPy function in turn on positive operands near one."""
    rng = np.random.default_rng(seed)
    operands = [np.exp2(rng.uniform(-4, 4, SIZE)).astype(np.float32) for _ in range(OPS[name].arity)]
    ours, theirs = getattr(pc, name), PAIRS[name]
    timing = in_turn(lambda: ours(*operands), lambda: theirs(*operands), ROUNDS)
    return {"operation": name, "NumPy function": theirs.__name__, **timing}


def product(kind: str, side: int, seed: int) -> dict[str, Any]:
    """Time a square matrix product and NumPy's in turn; small ones many times in one measurement."""
    a, b = operands_of(kind, side, seed)
    left, right = operands_of("in range", side, seed)
    repeats = max(1, min(1000, round(3e9 / side**3)))  # long enough for clocks and caches to settle

    def ours() -> None:
        for _ in range(repeats):
            pc.matmul(a, b)

    def theirs() -> None:
        for _ in range(repeats):
            np.matmul(left, right)

    timing = in_turn(ours, theirs, ROUNDS if side <= 2048 else 3, settle_s=0.15)
    for name in ("PAM (ms)", "NumPy (ms)"):
        timing[name] /= repeats
    rates = {f"{who} (GMAC/s)": side**3 / timing[f"{who} (ms)"] / 1e6 for who in ("PAM", "NumPy")}
    return {"operands": kind, "side": side, **timing, "aim": KINDS[kind].aim, **rates}


def operands_of(kind: str, side: int, seed: int) -> tuple[Any, Any]:
    """Draw the operands of a square product of a kind of KINDS."""
    rng = np.random.default_rng(seed)
    a, b = (rng.standard_normal((side, side), dtype=np.float32) for _ in range(2))
    if kind == "zeros, underflow":
        for x in (a, b):
            x *= np.exp2(rng.uniform(-70, 0, x.shape).astype(np.float32))
        a[rng.random(a.shape) < 0.1] = 0
    if kind == "specials":
        for x in (a, b):
            where = rng.random(x.shape)
            x[where < 0.07] = 0
            x[where < 0.02] = np.inf
            x[where < 0.01] = np.nan
    return a, b


def inner_loops() -> pd.DataFrame:
    """Disassemble the float32 products and count their innermost loops."""
    from pamcheck.measure.audit.loops import inner_loop
    from pamcheck.measure.audit.matmul_kernels import fast
    from pamcheck.measure.audit.run import PARSERS, cpu_listings, machine

    rows = []
    for name, kind in KINDS.items():
        if machine() not in PARSERS:
            break
        listing, _, _ = cpu_listings(fast(kind.loop, 32))
        loop = inner_loop(PARSERS[machine()](listing))
        if loop is not None:
            rows.append(
                {
                    "operands": name,
                    "loop": kind.loop,
                    "instructions": loop.instructions,
                    "MACs": loop.adds,
                    "instructions per MAC": loop.instructions_per_add,
                }
            )
    return pd.DataFrame(rows, columns=["operands", "loop", "instructions", "MACs", "instructions per MAC"])


def _judge_product(measured: Measured) -> Verdict:
    matmul = measured.matmul
    judged = matmul[(matmul["operands"] == "in range") & matmul["side"].isin(JUDGED)]
    slowest = judged.loc[judged["of ceiling"].idxmin()]
    sides = " to ".join(str(side) for side in sorted({judged["side"].min(), judged["side"].max()}))
    share = judged["of ceiling"]
    return Verdict(
        f"matmul of operands in range runs at {SHARE:.0%} or more of this machine's ceiling, sides {sides}",
        bool(share.min() >= SHARE),
        f"{share.min():.0%} of it",
        float(share.min()),
        float(share.max()),
        "timing",
        f"The slowest, at side {slowest['side']}: {slowest['PAM (GMAC/s)']:.0f} of "
        f"{measured.ceiling / 1e9:.0f} GMAC/s; NumPy, with one fused instruction a term, "
        f"{slowest['NumPy (GMAC/s)']:.0f} GMAC/s.",
    )


def _draw_throughput(frame: pd.DataFrame) -> Figure:
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


def _draw_matmul(frame: pd.DataFrame) -> Figure:
    with style():
        figure = new_figure(3.2)
        ax = figure.subplots()
        for name, kind in KINDS.items():
            rows = frame[frame["operands"] == name]
            ratio = rows["speed ratio"]
            spread = [ratio - rows["ratio, low"], rows["ratio, high"] - ratio]
            ax.errorbar(
                rows["side"], ratio, yerr=spread, color=kind.colour, marker="o", capsize=2, label=name
            )
            ax.plot(AIMED, [kind.aim] * len(AIMED), color=kind.colour, ls="--", lw=1)
        ax.set_xscale("log", base=2)
        ax.set_xticks(sorted(set(frame["side"])), [str(side) for side in sorted(set(frame["side"]))])
        ax.minorticks_off()
        ax.set_ylim(bottom=0)
        ax.set_xlabel("side of the operands")
        ax.set_ylabel("speed relative to numpy.matmul")
        ax.set_title("Matrix product, float32")
        ax.legend(title="operands", frameon=False)
    return figure
