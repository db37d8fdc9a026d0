"""How does the error change from float32 down to four bits?

Claim   PAM adds no rounding error: in every format a normal product or quotient is exact on the lattice, so
        with uniform mantissas the relative error keeps its range, and its mean tends to the real function's
        as mantissas grow. In float4_e2m1fn the PAM product is the correctly rounded product.
Method  Every pair of mantissas of each format (float32: a seeded sample), PAM beside the correctly rounded
        operation on the same pairs; then every pair of codes of each format of 8 bits or fewer, with what
        falls out of range counted apart; then every normal operand of the one-argument functions.
Writes  reports/format_error/: study.json, mantissas, codes, unary (csv, json), width, histogram_pam,
        histogram_padiv (svg, png)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from pamcheck import plotting, truth
from pamcheck.formats import FORMATS, FloatFormat
from pamcheck.kernels.table import OPS
from pamcheck.measure import sampling
from pamcheck.measure.errors import (
    Errors,
    Summary,
    errors_of,
    round_pair,
    summarize,
)
from pamcheck.measure.errors import (
    measure as measure_errors,
)
from pamcheck.measure.expectation import expected_error
from pamcheck.measure.sampling import Sample
from pamcheck.measure.verdict import Verdict, Witness
from pamcheck.plotting.style import GREY, new_figure, style
from pamcheck.reporting.columns import statistics_table
from pamcheck.reporting.records import Plate, Settings, Table

LADDER = tuple(fmt for fmt in FORMATS.values() if fmt.name != "float64")
TRUE = {"pam": "mul", "padiv": "div"}
# A dividend one binade up keeps the quotient normal even where the exponent has two bits.
EXPONENTS = {"pam": (0, 0), "padiv": (1, 0)}


@dataclass(frozen=True)
class Row:
    """One operation in one format, beside the correctly rounded operation on the same operands."""

    name: str
    fmt: FloatFormat
    sample: Sample
    errors: Errors
    pam: Summary
    rounded: Summary
    equal: float  # share of operands on which the two agree
    lattice: bool  # whether every result is the plain sum or difference of the codes


@dataclass(frozen=True)
class Measured:
    """Everything measured, by table."""

    mantissas: list[Row]
    codes: pd.DataFrame
    unary: pd.DataFrame
    four_bits: Errors  # pam on every pair of float4_e2m1fn
    tried: str  # the operands of `unary`, in words


def measure(settings: Settings) -> Measured:
    """Measure both two-operand operations and the one-argument functions in every format."""
    n = settings.samples(1_000_000, 200_000)
    rows = [_row(name, fmt, n, settings.seed) for name in TRUE for fmt in LADDER]
    share = f", one in {settings.step} of them in 16-bit formats" if settings.quick else ""
    tried = f"all normal operands{share}; float32: a sample"
    four_bits = measure_errors("pam", sampling.exhaustive(FORMATS["float4_e2m1fn"], 2))
    return Measured(rows, _all_codes(), _unary(settings), four_bits, tried)


def judge(measured: Measured) -> Sequence[Verdict]:
    """Judge the range in every format, the limit of the bias, and the coincidence at four bits."""
    return [
        _judge_range(measured, "pam"),
        _judge_range(measured, "padiv"),
        _judge_bias(measured, "pam"),
        _judge_bias(measured, "padiv"),
        _judge_four_bits(measured),
    ]


def tabulate(measured: Measured) -> Sequence[Table]:
    """Return the three tables."""
    rows = [
        {
            "operation": row.name,
            "format": row.fmt.name,
            "mantissa bits": row.fmt.mant_bits,
            "pairs": row.sample.size,
            **{key: getattr(row.pam, key) for key in ("bias", "MRED", "WCRE", "mean_ulp", "max_ulp")},
            "rounded MRED": row.rounded.MRED,
            "rounded WCRE": row.rounded.WCRE,
            "equal to rounded": row.equal,
        }
        for row in measured.mantissas
    ]
    beside = {
        "rounded MRED": "of the exact result rounded once to the format: what the format itself costs",
        "equal to rounded": "share of pairs on which PAM gives the correctly rounded result",
    }
    printed = {
        **dict.fromkeys(("rounded MRED", "rounded WCRE"), ".4%"),
        "equal to rounded": ".2%",
        "pairs": ",d",
    }
    return [
        statistics_table(
            "mantissas",
            "One binade of each operand: PAM beside correct rounding",
            pd.DataFrame(rows),
            printed,
            beside,
        ),
        statistics_table("codes", "All pairs of codes, formats of 8 bits and fewer", measured.codes),
        statistics_table("unary", f"One-argument functions: {measured.tried}", measured.unary),
    ]


def draw(measured: Measured, verdicts: Sequence[Verdict]) -> Sequence[Plate]:  # noqa: ARG001
    """Return the histograms by format and the mean error against the mantissa's width."""
    plates = [
        Plate(
            "width",
            (
                "Mean relative error against mantissa bits: PAM's own error, and that of correct rounding. Where they "
                "meet, PAM costs no more than the format itself."
            ),
            _draw_width(measured),
        )
    ]
    for name in TRUE:
        relative = {
            row.fmt.name: row.errors.relative[row.errors.compared]
            for row in measured.mantissas
            if row.name == name
        }
        figure = plotting.histogram(
            relative, title=f"{name}: relative error by format", xlabel="relative error (%)"
        )
        plates.append(
            Plate(
                f"histogram_{name}",
                f"Distribution of the relative error of {name} in each format, all mantissas.",
                figure,
            )
        )
    return plates


def _row(name: str, fmt: FloatFormat, n: int, seed: int) -> Row:
    exponents = EXPONENTS[name]
    if fmt.mant_bits <= 10:
        sample = sampling.mantissa_grid(fmt, exponents)
    else:
        sample = sampling.uniform_mantissa(fmt, exponents, n, seed)
    errors = measure_errors(name, sample)
    best = round_pair(errors.head, errors.tail, fmt)
    rounded = summarize(errors_of(TRUE[name], sample, best))
    equal = float(np.mean(errors.results == best))
    return Row(name, fmt, sample, errors, summarize(errors), rounded, equal, _on_lattice(name, errors))


def _on_lattice(name: str, errors: Errors) -> bool:
    """Whether results of positive operands are |a| + |b| - one, or |a| - |b| + one: nothing was rounded."""
    a, b = (codes.astype(np.int64) for codes in errors.operands)
    one = errors.fmt.one
    return bool(np.array_equal(errors.results, a + b - one if name == "pam" else a - b + one))


def _all_codes() -> pd.DataFrame:
    """Return exclusions and statistics of every pair of codes of the narrow formats."""
    rows = []
    for name in TRUE:
        for fmt in LADDER:
            if fmt.width <= 8:
                record = summarize(measure_errors(name, sampling.exhaustive(fmt, 2))).record()
                keys = (
                    "n",
                    "compared",
                    "bias",
                    "MRED",
                    "WCRE",
                    "EP",
                    "max_ulp",
                    "zero",
                    "flushed",
                    "below",
                    "above",
                    "undefined",
                    "infinite",
                    "nonfinite",
                )
                rows.append({"operation": name, "format": fmt.name, **{key: record[key] for key in keys}})
    return pd.DataFrame(rows)


def _unary(settings: Settings) -> pd.DataFrame:
    rows = []
    for name in ("palog2", "paexp2", "pasqrt"):
        for fmt in LADDER:
            record = summarize(measure_errors(name, _unary_sample(name, fmt, settings))).record()
            keys = ("compared", "min_error", "max_error", "MRED", "mean_ulp", "max_ulp")
            rows.append({"operation": name, "format": fmt.name, **{key: record[key] for key in keys}})
    return pd.DataFrame(rows)


def _unary_sample(name: str, fmt: FloatFormat, settings: Settings) -> Sample:
    n, low, high = settings.samples(100_000, 10_000), 1.0 - fmt.bias, fmt.bias + 1.0
    if fmt.width <= 16:
        every = sampling.interval(fmt, low, high) if name == "paexp2" else sampling.positive(fmt)
        return sampling.thinned(every, settings.step if fmt.width == 16 else 1)
    if name == "paexp2":
        return sampling.uniform(fmt, n, [(low, high)], settings.seed)
    return sampling.log_uniform(fmt, 1, n, 2.0**low, 2.0 ** (high - 1), settings.seed)


def _judge_range(measured: Measured, name: str) -> Verdict:
    contract = OPS[name].contract
    assert contract is not None
    low, high = float(truth.closed_form(contract.lower)), float(truth.closed_form(contract.upper))
    rows = [row for row in measured.mantissas if row.name == name and row.sample.exhaustive]
    smallest, largest = min(row.pam.min_rel for row in rows), max(row.pam.max_rel for row in rows)
    worst = max(rows, key=lambda row: (row.pam.WCRE, -row.fmt.width))
    return Verdict(
        claim=(
            f"In every format of 16 bits and fewer a normal result of {name} is exact on the lattice and keeps the "
            "range of the real function"
        ),
        holds=all(
            row.lattice
            and row.pam.compared == row.pam.n
            and low <= row.pam.min_rel
            and row.pam.max_rel <= high
            for row in rows
        ),
        measured=f"[{smallest:+.4%}, {largest:+.4%}] over {len(rows)} formats",
        lower=smallest,
        upper=largest,
        evidence="exhaustive",
        reason=(
            "The sum of two codes is a code, so nothing is rounded. Every mantissa pair of each format. "
            "Only where a result leaves the normal range is more lost: see the table of all codes, where "
            "a truth just above the smallest normal number may be flushed, an error of 100%."
        ),
        worst=Witness.of(worst.fmt, worst.pam.worst, f"{max(smallest, largest, key=abs):+.5%} relative"),
    )


def _judge_bias(measured: Measured, name: str) -> Verdict:
    limit = expected_error(name)
    biases = {row.fmt.mant_bits: row.pam.bias for row in measured.mantissas if row.name == name}
    widths = sorted(biases)
    grids = [bits for bits in widths if bits <= 10]
    distance = [abs(biases[bits] - limit) for bits in grids]
    return Verdict(
        claim=f"The bias of {name} tends to the real function's; each mantissa bit quarters the distance",
        holds=all(
            later <= earlier * 0.27 ** (b - a)
            for a, b, earlier, later in zip(grids, grids[1:], distance, distance[1:], strict=False)
        ),
        measured=", ".join(
            f"{bits} bits {biases[bits]:+.3%}{'' if bits in grids else ' (sample)'}" for bits in widths
        ),
        lower=min(biases.values()),
        upper=max(biases.values()),
        evidence="exhaustive",
        reason=f"The limit is {limit:+.5%}. The mean over a grid is a trapezoidal rule, the error being zero at both "
        "ends of a binade, so its distance from the integral shrinks with the square of the step.",
    )


def _judge_four_bits(measured: Measured) -> Verdict:
    found = measured.four_bits
    same = found.results == round_pair(found.head, found.tail, found.fmt)
    equal, count = int(np.count_nonzero(same & found.compared)), int(np.count_nonzero(found.compared))
    summary = summarize(found)
    return Verdict(
        claim="In float4_e2m1fn a normal PAM product of normal numbers is the correctly rounded product",
        holds=equal == count > 0,
        measured=f"{equal} of {count} pairs equal",
        lower=equal / count,
        upper=equal / count,
        evidence="exhaustive",
        reason="1.5 · 1.5 = 2.25 rounds to 2, which is what PAM gives; every other pair has a power of two.",
        worst=Witness.of(found.fmt, summary.worst, f"{summary.min_rel:+.5%} relative"),
    )


def _draw_width(measured: Measured) -> Figure:
    with style():
        figure = new_figure(3.4)
        axes: Any = figure.subplots(1, 2, sharey=True)
        for ax, name in zip(axes, TRUE, strict=True):
            rows = {row.fmt.mant_bits: row for row in measured.mantissas if row.name == name}
            bits = sorted(rows)
            ax.plot(bits, [100 * rows[b].pam.MRED for b in bits], "o-", label=f"{name}")
            ax.plot(bits, [100 * rows[b].rounded.MRED for b in bits], "s--", label="correctly rounded")
            ax.axhline(
                100 * expected_error(name, absolute=True),
                color=GREY,
                lw=0.8,
                ls=":",
                label="real function",
            )
            ax.set_xscale("log", base=2)
            ax.set_yscale("log")
            ax.set_xticks(bits, [str(b) for b in bits])
            ax.minorticks_off()
            ax.set_xlabel("stored mantissa bits")
            ax.set_title(name)
            ax.legend(loc="lower left")
        axes[0].set_ylabel("mean relative error distance (%)")
    return figure
