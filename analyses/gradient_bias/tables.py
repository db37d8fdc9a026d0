"""The tables of the gradient study."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from analyses.gradient_bias.records import NORMAL95, Compensated, Composite, Key, Row, name_of
from pamcheck import truth
from pamcheck.measure.gradients import RANGES, End
from pamcheck.reporting.records import Table

_BIAS_COLUMNS = {
    "operands": "distribution of every operand and, in mimic mode, of the incoming cotangent: uniform in "
    "a binade (pasqrt: in an even and an odd one, in turn), log-uniform, or standard normal. The argument "
    "of paexp2 has a uniform fraction with the first two",
    "bias": "mean of cotangent / true cotangent - 1",
    "closed form": "of the bias; D = ln 2 ln 3 + Li2(1/3) - Li2(2/3)",
    "sampled": "the same over float32 operands, with its 95% confidence interval",
    "off": "sampled minus bias, in standard errors",
    "deviation": "standard deviation of cotangent / true cotangent",
    "in sum": "sum of the cotangents' sizes over the sum of the true ones, minus 1",
}


def bias_table(rows: Sequence[Row]) -> Table:
    """Return means and deviations by factor and distribution."""
    ordered = sorted(rows, key=lambda row: list(RANGES).index(row.key))
    frame = pd.DataFrame(
        [
            {
                "cotangent": name_of(row.key),
                "mode": row.key[2],
                "operands": row.distribution,
                "bias": row.bias,
                "closed form": row.closed or "quadrature",
                "sampled": row.sampled,
                "95% low": row.low,
                "95% high": row.high,
                "off": row.sigmas,
                "deviation": row.deviation,
                "sampled deviation": row.sampled_deviation,
                "in sum": row.total,
                "in sum, sampled": row.sampled_total,
            }
            for row in ordered
        ]
    )
    percent = dict.fromkeys(("bias", "sampled", "95% low", "95% high", "in sum", "in sum, sampled"), "+.3%")
    return Table(
        "biases",
        "Relative error of cotangents against the true partial: mean and standard deviation, expected and sampled",
        frame,
        {**percent, "off": "+.2f", "deviation": ".2%", "sampled deviation": ".2%"},
        _BIAS_COLUMNS,
    )


def range_table(rows: Sequence[Row]) -> Table:
    """Return the range of each factor, its witnesses, and what the samples reached."""
    records = []
    for key, ends in RANGES.items():
        sampled = [row for row in rows if row.key == key]
        records.append(
            {
                "cotangent": name_of(key),
                "mode": key[2],
                "lower": float(truth.closed_form(ends.lower.bound)),
                "lower, closed": str(ends.lower.bound),
                "lower at": _place(key, ends.lower),
                "upper": float(truth.closed_form(ends.upper.bound)),
                "upper, closed": str(ends.upper.bound),
                "upper at": _place(key, ends.upper),
                "sampled low": min(row.smallest for row in sampled),
                "sampled high": max(row.largest for row in sampled),
            }
        )
    return Table(
        "ranges",
        "Range of the relative error of each cotangent over all real operands",
        pd.DataFrame(records),
        dict.fromkeys(("lower", "upper", "sampled low", "sampled high"), "+.4%"),
        {
            "lower": "greatest lower bound of cotangent / true cotangent - 1",
            "lower at": "operands, and in mimic mode the incoming cotangent d, that attain it; an arrow: approached",
            "sampled low": "smallest of all samples",
        },
    )


def _place(key: Key, end: End) -> str:
    """Return the witness as text: an operand next to a power of two is an arrow towards it."""
    letters = "ab" if len(end.operands) == 2 else "y" if key[0] == "paexp2" else "x"
    pairs = [*zip(letters, end.operands, strict=True)]
    if key[2] == "mimic":
        pairs = [p for p in (("d", end.cotangent), *pairs) if key != ("pam", "a", "mimic") or p[0] != "a"]
    shown = []
    for letter, value in pairs:
        near = round(value)
        beside = value != near and abs(value - near) < 1e-12
        shown.append(
            f"{letter} → {near}{'+' if value > near else '−'}" if beside else f"{letter} = {value:.6g}"
        )
    return ", ".join(shown)


def compensated_table(cases: Sequence[Compensated]) -> Table:
    """Return the bias of pam's and padiv's derivatives by compensation."""
    frame = pd.DataFrame(
        [
            {
                "cotangent": name_of(case.row.key),
                "mode": case.row.key[2],
                "compensation": case.label,
                "offset (octaves)": float(case.octaves),
                "bias": case.row.bias,
                "sampled": case.row.sampled,
                "95% low": case.row.low,
                "95% high": case.row.high,
                "deviation": case.row.deviation,
                "in sum": case.row.total,
            }
            for case in cases
        ]
    )
    percent = dict.fromkeys(("bias", "sampled", "95% low", "95% high", "in sum"), "+.3%")
    return Table(
        "compensated",
        "What a compensation does to derivatives, every mantissa uniform",
        frame,
        {"offset (octaves)": ".7f", "deviation": ".2%", **percent},
    )


def composite_table(cases: Sequence[Composite]) -> Table:
    """Return quantiles of the composites' relative errors."""
    shares = {"p1": 1, "p25": 25, "p50": 50, "p75": 75, "p99": 99}
    frame = pd.DataFrame(
        [
            {
                "cotangent": f"{case.op} d{case.partial}",
                "mode": case.mode,
                "operands": case.words,
                "bias": case.sampled.bias,
                "95% ±": NORMAL95 * case.sampled.error,
                "deviation": case.sampled.deviation,
                "in sum": case.sampled.total,
                **{name: float(np.percentile(case.sampled.relative, at)) for name, at in shares.items()},
            }
            for case in cases
        ]
    )
    return Table(
        "composites",
        "Composites: relative error of cotangents over a sample, mantissas of the incoming one uniform",
        frame,
        {**dict.fromkeys(("bias", "in sum", *shares), "+.2%"), "95% ±": ".2%", "deviation": ".1%"},
        {"p1": "one in a hundred signed relative errors is smaller; p50 is the median"},
    )


def sum_table(sums: Mapping[str, Mapping[str, int]]) -> Table:
    """Return by how much sums of slopes over every mantissa differ from what has no bias."""
    columns = ("pam da", "padiv da", "padiv db")
    rows = [
        {"format": name, **{column: found[column] / 2 if column in found else None for column in columns}}
        for name, found in sums.items()
    ]
    return Table(
        "sums",
        "Exact slopes summed over every mantissa of the operand that is differentiated, against what has no "
        "bias: the largest difference, in units of the slope 1",
        pd.DataFrame(rows).astype(dict.fromkeys(columns, object)),
        dict.fromkeys(columns, "g"),
        {
            "pam da": "against 2^m b, for every b in [1, 2)",
            "padiv da": "against 2^m padiv(1, b)",
            "padiv db": "against 2^m a/2, for every a in [1, 2); the tie Ma = Mb takes the first piece",
        },
    )
