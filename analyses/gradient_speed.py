"""What do the derivatives cost?

Claim   On ten million float32 a cotangent of an operation is made at half the operation's speed or more,
        exact and mimic. A cotangent of a matrix product is made at half the product's speed, if mimic; if exact, a
        term takes four instructions where the product's takes two, and 0.4 of the speed is promised.
Method  The derivative and the forward operation in turn on the same machine and the same operands, the ratio
        taken pair by pair; medians, after a warm-up. A vjp of two operands gives two cotangents: the tables
        have the time of both, and the claims are for one, half of that. The matrix product's two cotangents
        are two products of as many terms; the aim was half for the exact one
        too, which is what four instructions against two allow at most. A tape's own cost is a step on one
        element, forward and backward.
        Shared machines are noisy: the ratios carry over, the milliseconds do not.
Writes  reports/gradient_speed/: study.json, elementwise (csv, json), products (csv, json), tape (csv, json),
        speed (svg, png)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

import pamcheck as pc
from analyses.timing import at_least, in_turn, seconds
from pamcheck.arithmetic import Native, Pam
from pamcheck.kernels.table import OPS
from pamcheck.measure.verdict import Verdict
from pamcheck.nn.autograd import Tape
from pamcheck.plotting.style import BLACK, BLUE, ORANGE, new_figure, style
from pamcheck.reporting.records import Plate, Settings, Table

ALONE = True  # what is timed shares the machine with nothing
ROUNDS = 11  # pairs of timed calls; an odd number has a median
SIZE = 10_000_000
SIDES = (256, 512, 1024, 2048)
MODES = ("exact", "mimic")
LEAST = 0.5  # of the forward speed
PRODUCT = {"exact": 0.4, "mimic": 0.5}  # of the product's; four instructions a term against two allow 0.5
STEPS = 200  # on the tape whose own cost is measured

COLUMNS = {
    "speed ratio": "median over pairs of the forward operation's time by the derivative's; above 1, it is faster",
    "ratio, low": "smallest ratio of a pair",
    "ratio, high": "largest ratio of a pair",
}


@dataclass(frozen=True)
class Measured:
    """Ratios by operation and mode, ratios by side, factor and mode, microseconds a step of a tape."""

    elementwise: pd.DataFrame
    products: pd.DataFrame
    tape: pd.DataFrame


def measure(settings: Settings) -> Measured:
    """Time derivatives and forward operations in turn."""
    names = ["pam", "padiv"] if settings.quick else list(OPS)
    sides = SIDES[2:3] if settings.quick else SIDES
    return Measured(
        pd.DataFrame([elementwise(name, mode, settings.seed) for name in names for mode in MODES]),
        pd.DataFrame([product(side, mode, settings.seed) for side in sides for mode in MODES]),
        pd.DataFrame([tape(base) for base in (Native(), Pam(), Pam("mimic"))]),
    )


def judge(measured: Measured) -> Sequence[Verdict]:
    """Judge each promise about speed by its slowest case."""
    claims = {
        mode: f"On {SIZE:,} float32 every {mode} cotangent is made at {LEAST} of its operation's speed or more"
        for mode in MODES
    }
    verdicts = [
        _slowest(
            measured.elementwise,
            mode,
            claim,
            "operation",
            "the time of all of its cotangents over their number",
        )
        for mode, claim in claims.items()
    ]
    claims = {
        mode: f"Each {mode} cotangent of a matrix product is made at {least} of the product's speed or more"
        for mode, least in PRODUCT.items()
    }
    return verdicts + [
        _slowest(measured.products, mode, claim, "side", "half the time of both cotangents", PRODUCT[mode])
        for mode, claim in claims.items()
    ]


def _slowest(
    frame: pd.DataFrame, mode: str, claim: str, key: str, note: str, least: float = LEAST
) -> Verdict:
    rows = frame[frame["mode"] == mode]
    row = rows.loc[rows["speed ratio"].idxmin()]
    ratio, low, high = (float(row[name]) for name in COLUMNS)
    return at_least(claim, ratio, low, high, least, f"The slowest: {key} {row[key]}; {note}.")


def tabulate(measured: Measured) -> Sequence[Table]:
    """Return the tables of ratios and of the tape's own cost."""
    times = {"vjp (ms)": ".4g", "forward (ms)": ".4g", **dict.fromkeys(COLUMNS, ".2f")}
    return [
        Table(
            "elementwise",
            f"A cotangent of an operation beside the operation, {SIZE:,} float32",
            measured.elementwise,
            times,
            {**COLUMNS, "vjp (ms)": "all cotangents; the ratio is for one"},
        ),
        Table(
            "products",
            "A cotangent of a float32 matrix product beside the product, standard normal square operands",
            measured.products,
            times,
            {**COLUMNS, "vjp (ms)": "both cotangents; the ratio is for one, half of that"},
        ),
        Table(
            "tape",
            f"What a tape itself costs: {STEPS} products of one element, written down and read back",
            measured.tape,
            {"forward (µs)": ".1f", "backward (µs)": ".1f", "without a tape (µs)": ".1f"},
            {
                "forward (µs)": "a step with its entry on the tape",
                "backward (µs)": "a step read back, its check for finite values included",
                "without a tape (µs)": "the same product alone",
            },
        ),
    ]


def draw(measured: Measured, verdicts: Sequence[Verdict]) -> Sequence[Plate]:  # noqa: ARG001
    """Return the bars of ratios."""
    caption = (
        f"Speed at which a cotangent is made as a multiple of the forward operation's, {SIZE:,} float32 elements, "
        "same run; whiskers: all pairs, cut off at the axis. Line: the promised half."
    )
    return [Plate("speed", caption, _draw(measured.elementwise))]


def elementwise(name: str, mode: Any, seed: int) -> dict[str, Any]:
    """Time the vjp of an operation and the operation in turn on positive operands near one."""
    rng = np.random.default_rng(seed)
    *operands, delta = (
        np.exp2(rng.uniform(-4, 4, SIZE)).astype(np.float32) for _ in range(OPS[name].arity + 1)
    )
    forward = getattr(pc, name)
    timing = in_turn(lambda: pc.vjp(name, operands, delta, mode=mode), lambda: forward(*operands), ROUNDS)
    for column in COLUMNS:
        timing[column] *= OPS[name].arity  # cotangents
    return {"operation": name, "mode": mode, **_renamed(timing)}


def product(side: int, mode: Any, seed: int) -> dict[str, Any]:
    """Time both cotangents of a square matrix product and the product in turn."""
    rng = np.random.default_rng(seed)
    a, b, delta = (rng.standard_normal((side, side)).astype(np.float32) for _ in range(3))
    repeats = max(1, round(3e8 / side**3))

    def back() -> None:
        for _ in range(repeats):
            pc.vjp("matmul", (a, b), delta, mode=mode)

    def forward() -> None:
        for _ in range(repeats):
            pc.matmul(a, b)

    timing = in_turn(back, forward, ROUNDS)
    for column in COLUMNS:
        timing[column] *= 2  # two cotangents
    for column in ("PAM (ms)", "NumPy (ms)"):
        timing[column] /= repeats
    return {"side": side, "mode": mode, **_renamed(timing)}


def tape(base: Any) -> dict[str, Any]:
    """Return microseconds a step of a tape over an arithmetic, on one element, and of the operation alone."""
    rounds = [_tape_round(base) for _ in range(ROUNDS)]
    return {"arithmetic": base.name, **{name: min(times[name] for times in rounds) for name in rounds[0]}}


def _tape_round(base: Any) -> dict[str, float]:
    one = np.ones(1, np.float32)
    tape = Tape()
    ar, leaf = tape.over(base), tape.variable(one)
    last = leaf

    def written() -> None:
        nonlocal last
        for _ in range(STEPS):
            last = ar.mul(last, one)

    def alone() -> None:
        value = one
        for _ in range(STEPS):
            value = base.mul(value, one)

    times = {
        "forward (µs)": seconds(written),
        "backward (µs)": seconds(lambda: tape.backward(last)),
        "without a tape (µs)": seconds(alone),
    }
    return {name: 1e6 * time / STEPS for name, time in times.items()}


def _renamed(timing: dict[str, float]) -> dict[str, float]:
    names = {"PAM (ms)": "vjp (ms)", "NumPy (ms)": "forward (ms)"}
    return {names.get(name, name): value for name, value in timing.items()}


def _draw(frame: pd.DataFrame) -> Figure:
    with style():
        figure = new_figure(3.4)
        ax = figure.subplots()
        operations = list(dict.fromkeys(frame["operation"]))
        places = np.arange(len(operations))[::-1]
        for mode, colour, shift in zip(MODES, (BLUE, ORANGE), (0.19, -0.19), strict=True):
            rows = frame[frame["mode"] == mode]
            ratio = rows["speed ratio"]
            spread = [ratio - rows["ratio, low"], rows["ratio, high"] - ratio]
            ax.barh(
                places + shift,
                ratio,
                height=0.36,
                xerr=spread,
                color=colour,
                ecolor=BLACK,
                capsize=2,
                label=mode,
            )
        ax.axvline(LEAST, color=BLACK, lw=0.8)
        ax.set_xlim(0, 1.3 * frame["speed ratio"].max())  # a pair that something else disturbed is cut off
        ax.set_yticks(places, operations)
        ax.set_xlabel("speed relative to the forward operation (bar: median, whisker: range)")
        ax.set_title("Derivatives, ten million float32")
        ax.legend(title="mode", frameon=False, loc="lower right")
    return figure
