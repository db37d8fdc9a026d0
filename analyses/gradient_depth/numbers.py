"""The numbers of the depth study: what single products predict, means over seeds, and the tables."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from analyses.gradient_operands import OPERANDS
from pamcheck.derivatives import Mode
from pamcheck.measure.agreement import Interval, interval
from pamcheck.reporting.records import Table

MODES: tuple[Mode, ...] = ("exact", "mimic")
STATISTICS = ("gain", "residual", "cosine", "flipped")
DEFINITIONS = {
    "gain": "<g, g'> / <g, g>: g the native gradient, g' the other one",
    "residual": "|g' - gain g| / |g|",
    "cosine": "between g and g'",
    "flipped": "share of the elements of g other than zero where g' has the other sign",
    "variant": "exact, mimic: PAM forward and these rules, with an offset where one is named. rules: on native "
    "values. forward: PAM values, native rules",
    "±": "half a 95% confidence interval over seeds, Student t",
}


@dataclass(frozen=True)
class Predicted:
    """Gain and residual of a layer of products that err independently, and their cosine."""

    gain: float
    residual: float

    @property
    def cosine(self) -> float:
        """Cosine between the layer's cotangent and the native one."""
        return self.gain / math.hypot(self.gain, self.residual)


@dataclass(frozen=True)
class Measured:
    """One row a network, size, variant, parameter and seed; and what single products predict."""

    rows: pd.DataFrame
    predicted: dict[tuple[str, str], Predicted]  # (mode, operands) -> one layer, signs random
    seeds: int

    def over(
        self, network: str, variant: str, parameter: str, statistic: str, size: int | None = None
    ) -> dict[int, Interval]:
        """Return the mean over seeds of one statistic, by size, or of one size only."""
        r = self.rows
        some = r[(r.network == network) & (r.variant == variant) & (r.parameter == parameter)]
        if size is not None:
            some = some[some["size"] == size]
        return {int(n): interval(part[statistic].to_numpy()) for n, part in some.groupby("size")}

    def at(self, network: str, variant: str, parameter: str, statistic: str, size: int) -> Interval:
        """Return the mean over seeds of one statistic at one size."""
        return self.over(network, variant, parameter, statistic, size)[size]


def predict() -> dict[tuple[str, str], Predicted]:
    """Return a layer's gain and residual from one product, for terms of random sign, by quadrature.

    The cotangent of a is d b' for the true d b, where b' is the slope (exact), or d b' is pam(d, b) (mimic).
    Cross terms have mean zero, so gain = E[d^2 b b'] / E[d^2 b^2], and so on for the residual.
    """
    found = {}
    for operands, (values, weights) in _nodes().items():
        a, b = values[:, None], values[None, :]
        share = weights[:, None] * weights[None, :]
        (ma, ea), (mb, eb) = (_apart(x) for x in (a, b))
        slope = np.ldexp(1.0, eb + (ma + mb >= 1))
        found["exact", operands] = _moments(b + 0 * a, slope, share)
        total = ma + mb
        product = np.ldexp(np.where(total < 1, 1 + total, 2 * total), ea + eb)
        found["mimic", operands] = _moments(a * b, product, share)
    return found


def one_sign(n: int) -> float:
    """Return the residual of the exact rules for n terms of one sign, mantissas uniform in one binade.

    sqrt((7 + 27 (n - 1) / 8) / (98 + 729 (n - 1) / 8)): from 1/sqrt 14 for one term to 1/sqrt 27 for many.
    """
    return math.sqrt((7 / 18 + (n - 1) * 3 / 16) / (49 / 9 + (n - 1) * 81 / 16))


def scalar_chain(mode: str, factors: int) -> Predicted:
    """Return gain and residual of the gradient by x of x w1 … wL, mantissas uniform in one binade, L large.

    The true gradient is the product of 1 + M. With S the sum of the M and of that of x, and f its fraction,
    uniform and by then independent, the mimic one is 2^S (1 + f) 2^-f, without x; the exact one 2^S 2^-f, with x.
    """
    log = math.log(2)
    cross, square, true = (3 * log - 1) / log**2, 1.5 / log, 7 / 3  # means of 2^M (1 + M), 4^M, (1 + M)^2
    of_x = 1.5 / log * (3 / (8 * log))  # means of 4^M and 4^-f
    of_f = _fraction_square() if mode == "mimic" else of_x
    gain = (cross / true) ** factors / (2 * log**2)
    total = (square / true) ** factors * of_f
    return Predicted(gain, math.sqrt(max(total - gain**2, 0.0)))


def _fraction_square() -> float:
    """Return the mean of ((1 + f) 2^-f)^2 over f uniform on [0, 1), by midpoints."""
    f = (np.arange(100_000) + 0.5) / 100_000
    return float(np.mean(((1 + f) * 2**-f) ** 2))


def _nodes(n: int = 1200) -> dict[str, tuple[Any, Any]]:
    """Return positive magnitudes with weights: midpoints, of one binade and of half a normal distribution."""
    middle = (np.arange(n) + 0.5) / n
    spread = 6 * middle
    return {
        "binade": (1 + middle, np.full(n, 1 / n)),
        "normal": (spread, np.exp(-(spread**2) / 2) / np.exp(-(spread**2) / 2).sum()),
    }


def _apart(x: Any) -> tuple[Any, Any]:
    fraction, exponent = np.frexp(x)
    return 2 * fraction - 1, exponent - 1


def _moments(true: Any, got: Any, share: Any) -> Predicted:
    square = float((share * true * true).sum())
    gain = float((share * true * got).sum()) / square
    return Predicted(gain, math.sqrt(float((share * (got - gain * true) ** 2).sum()) / square))


def layer_table(measured: Measured) -> Table:
    """Return one layer by the distribution of its operands."""
    rows = []
    for name in OPERANDS:
        for mode in MODES:
            of = measured.rows[(measured.rows.network == name) & (measured.rows.variant == mode)]
            for n in sorted(of["size"].unique()):
                rows.append({"operands": name, "terms": int(n), "mode": mode} | _means(of, int(n), "x"))
    note = {name: text for name, text in DEFINITIONS.items() if name != "variant"}
    note["operands"] = "; ".join(f"{name}: {text}" for name, text in OPERANDS.items())
    note["terms"] = "products that one element of the gradient is the sum of"
    return _table("layer", "One layer: the input's gradient by operands and number of terms", rows, note)


def depth_table(measured: Measured) -> Table:
    """Return chains, perceptrons and blocks by depth."""
    return _sweep_table(
        measured,
        "depth",
        "By depth, all weights and the input",
        ("scalars", "chain", "perceptron", "blocks"),
    )


def size_table(measured: Measured) -> Table:
    """Return perceptrons by width and by fan-in."""
    return _sweep_table(
        measured,
        "sizes",
        "Perceptrons of four layers by width, and of two by the first one's fan-in",
        ("width", "fan-in"),
    )


def part_table(measured: Measured) -> Table:
    """Return every weight of one perceptron and one stack of blocks."""
    rows = []
    for network in ("perceptron", "blocks"):
        size = parted(measured, network)
        of = measured.rows[(measured.rows.network == network) & (measured.rows["size"] == size)]
        for name in of.parameter.unique():
            if name not in ("x", "weights"):
                for variant in ("forward", "exact", "mimic"):
                    some = of[of.variant == variant]
                    rows.append(
                        {"network": f"{network}, depth {size}", "parameter": name, "variant": variant}
                        | _means(some, size, name)
                    )
    return _table("parts", "By layer and parameter", rows, DEFINITIONS)


def parted(measured: Measured, network: str) -> int:
    """Return the depth at which a network is shown by layer and parameter."""
    sizes = measured.rows[measured.rows.network == network]["size"]
    wanted = 16 if network == "perceptron" else 4
    return max(int(n) for n in sizes.unique() if n <= wanted)


def _sweep_table(measured: Measured, name: str, caption: str, networks: Sequence[str]) -> Table:
    rows = []
    for network in networks:
        of = measured.rows[measured.rows.network == network]
        for n in sorted(of["size"].unique()):
            for variant in of.variant.unique():
                for parameter in ("weights", "x"):
                    some = of[of.variant == variant]
                    rows.append(
                        {"network": network, "size": int(n), "variant": variant, "gradient by": parameter}
                        | _means(some, int(n), parameter)
                    )
    return _table(name, caption, rows, DEFINITIONS)


def _means(of: pd.DataFrame, size: int, parameter: str) -> dict[str, float]:
    some = of[(of["size"] == size) & (of.parameter == parameter)]
    found: dict[str, float] = {}
    for statistic in STATISTICS:
        mean = interval(some[statistic].to_numpy())
        found |= {statistic: mean.mean, f"± {statistic}": mean.half}
    return found


def _table(name: str, caption: str, rows: list[dict[str, Any]], definitions: dict[str, str]) -> Table:
    formats = dict.fromkeys(STATISTICS, ".4f") | {f"± {key}": ".4f" for key in STATISTICS}
    return Table(name, f"{caption}: means over seeds", pd.DataFrame(rows), formats, definitions)
