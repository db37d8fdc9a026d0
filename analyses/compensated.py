"""What the product and the quotient study share: one operation, three compensations, three distributions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
import pandas as pd

from pamcheck import plotting
from pamcheck.formats import get_format
from pamcheck.kernels.table import OPS
from pamcheck.measure import bounds, sampling
from pamcheck.measure.errors import Errors, Summary, measure, summarize
from pamcheck.measure.expectation import expected_error
from pamcheck.measure.verdict import Verdict, Witness
from pamcheck.reporting.columns import statistics_table
from pamcheck.reporting.records import Plate, Settings, Table

FLOAT32 = get_format("float32")

# Published compensations, in float32 codes.
OFFSETS: dict[str, int] = {
    "none": 0,
    "L-Mul 2^-4": FLOAT32.tiny >> 4,
    "Mogami 0x3f76d000": 0x3F800000 - 0x3F76D000,
}
SOURCES = {
    "none": "spec section 1",
    "L-Mul 2^-4": "constant: arXiv 2410.00907, l(m) = 4 for m > 4",
    "Mogami 0x3f76d000": "constant: arXiv 2012.03458",
}
WORDS = {
    "none": "without compensation",
    "L-Mul 2^-4": "with L-Mul's 2^-4",
    "Mogami 0x3f76d000": "with Mogami's 0x3f76d000",
}
STATISTICS = (
    "bias", "bias_se", "MRED", "WCRE", "min_rel", "max_rel", "p50", "p90", "p99", "MED", "NMED", "RMSE", "EP",
    "mean_ulp", "compared",
)  # fmt: skip
RANGES = {"pam": bounds.product_range, "padiv": bounds.quotient_range}


@dataclass(frozen=True)
class Measured:
    """The numbers of one operation: exact ranges, expectations and samples by compensation."""

    name: str
    ranges: dict[str, bounds.Range]
    expected: dict[str, tuple[float, float]]  # bias, MRED with uniform mantissas
    sampled: dict[str, Summary]  # by compensation, uniform mantissas
    errors: dict[str, Errors]
    statistics: pd.DataFrame
    grid: Summary  # every float16 mantissa pair, no compensation


@dataclass(frozen=True)
class Checkpoint:
    """A figure to reproduce: which quantity of which compensation, and its value as printed."""

    quantity: str
    compensation: str
    printed: str  # in percent, to the digits that were printed


def measure_operation(name: str, settings: Settings) -> Measured:
    """Measure an operation with every compensation on every distribution."""
    n = settings.samples(1_000_000, 200_000)
    samples = [
        sampling.uniform_mantissa(FLOAT32, (0, 0), n, settings.seed),
        sampling.log_uniform(FLOAT32, 2, n, 2.0**-8, 2.0**8, settings.seed, signed=True),
        sampling.normal(FLOAT32, 2, n, seed=settings.seed),
    ]
    rows, sampled, errors = [], {}, {}
    for label, codes in OFFSETS.items():
        for sample in samples:
            found = measure(name, sample, offset=codes)
            summary = summarize(found)
            rows.append({"compensation": label, "operands": sample.distribution, **summary.record()})
            if name == "padiv" and sample is samples[2]:
                # a quotient of normal variables has no mean, and neither has the size of its error
                rows[-1].update(dict.fromkeys(("MED", "NMED", "RMSE"), float("nan")))
            if sample is samples[0]:
                sampled[label], errors[label] = summary, found
    return Measured(
        name=name,
        ranges={label: RANGES[name](octaves(codes)) for label, codes in OFFSETS.items()},
        expected={label: _expectations(name, codes) for label, codes in OFFSETS.items()},
        sampled=sampled,
        errors=errors,
        statistics=pd.DataFrame(rows),
        grid=summarize(measure(name, sampling.mantissa_grid(get_format("float16"), (0, 0)))),
    )


def octaves(codes: int) -> Fraction:
    """Return a float32 offset as a fraction of an octave."""
    return Fraction(codes, FLOAT32.tiny)


def judge_range(measured: Measured, claim: str, lower: Fraction, upper: Fraction) -> Verdict:
    """Judge the claimed range of the uncompensated operation, by proof and by every float16 pair."""
    found, grid = measured.ranges["none"], measured.grid
    inside = float(lower) <= grid.min_rel and grid.max_rel <= float(upper)
    # an attained end is measured to the rounding of one division
    attained = abs(grid.min_rel - found.lower) < 2.0**-52 and abs(grid.max_rel - found.upper) < 2.0**-52
    worst = found.upper if found.lower == 0 else found.lower
    half = get_format("float16")
    return Verdict(
        claim=claim,
        holds=(found.lower, found.upper) == (lower, upper)
        and inside
        and attained
        and grid.compared == grid.n,
        measured=f"[{found.lower}, {found.upper}] = [{float(found.lower):.6%}, {float(found.upper):.6%}]",
        lower=float(found.lower),
        upper=float(found.upper),
        evidence="proof",
        reason=(
            "Extrema of every affine piece, in exact fractions; all "
            f"{grid.compared:,} float16 mantissa pairs lie inside and attain both ends."
        ),
        source="spec section 1",
        worst=Witness.of(half, grid.worst, f"{worst} relative"),
    )


def judge_contract(measured: Measured) -> Verdict:
    """Judge the range that the kernel's CONTRACT promises."""
    contract = OPS[measured.name].contract
    assert contract is not None
    lower, upper = contract.lower, contract.upper
    assert isinstance(lower, Fraction)
    assert isinstance(upper, Fraction)
    return judge_range(
        measured, f"The relative error of {measured.name} lies in [{lower}, {upper}]", lower, upper
    )


def judge_checkpoint(measured: Measured, point: Checkpoint) -> Verdict:
    """Judge a printed bias or MRED by the integral, and the integral by the sample."""
    place = {"bias": 0, "MRED": 1}[point.quantity]
    exact = 100 * measured.expected[point.compensation][place]
    sample = measured.sampled[point.compensation]
    seen = 100 * (sample.bias if place == 0 else sample.MRED)
    spread = 100 * _standard_error(measured.errors[point.compensation], place)
    digits = len(point.printed.partition(".")[2])
    agrees = round(exact, digits) == float(point.printed)
    return Verdict(
        claim=(
            f"The {point.quantity} of {measured.name} {WORDS[point.compensation]} is {point.printed}% "
            "where mantissas are uniform"
        ),
        holds=agrees and abs(seen - exact) <= 4 * spread,
        measured=f"{exact:+.5f}%" if place == 0 else f"{exact:.5f}%",
        lower=(seen - 4 * spread) / 100,
        upper=(seen + 4 * spread) / 100,
        evidence="quadrature",
        reason=f"A sample of {sample.compared:,} pairs gives {seen:.4f} ± {spread:.4f} % (standard error).",
        source=SOURCES[point.compensation],
        worst=Witness.of(
            FLOAT32, sample.worst, f"{max(sample.min_rel, sample.max_rel, key=abs):+.5%} relative"
        ),
    )


def tabulate_operation(measured: Measured) -> list[Table]:
    """Return the tables of exact ranges and of sampled statistics."""
    rows = [
        {
            "compensation": label,
            "offset (octaves)": float(octaves(OFFSETS[label])),
            "lower": float(found.lower),
            "at (Ma, Mb)": f"({found.at_lower[0]}, {found.at_lower[1]})",
            "upper": float(found.upper),
            "at (Ma, Mb) ": f"({found.at_upper[0]}, {found.at_upper[1]})",
            "bias": measured.expected[label][0],
            "MRED": measured.expected[label][1],
        }
        for label, found in measured.ranges.items()
    ]
    return [
        statistics_table(
            "ranges",
            f"{measured.name}: exact range of the relative error, and its mean with uniform mantissas",
            pd.DataFrame(rows),
            {"offset (octaves)": ".7f", **dict.fromkeys(("lower", "upper", "bias"), "+.5%"), "MRED": ".5%"},
            {"lower": "exact minimum over all real operands", "upper": "exact maximum"},
        ),
        statistics_table(
            "statistics",
            f"{measured.name} in float32: error statistics by compensation and distribution",
            measured.statistics[["compensation", "operands", *STATISTICS]],
        ),
    ]


def draw_operation(measured: Measured, words: str) -> Sequence[Plate]:
    """Return the surfaces and the histogram of an operation; `words` names what it approximates."""
    name = measured.name
    drawn: list[tuple[str, str, Any]] = [
        (
            "error",
            f"Signed relative error of {name} against the true {words}. Lines: where the affine piece changes.",
            plotting.surface(name, quantity="error"),
        ),
        (
            "value",
            f"Value of {name}: planes that meet at the kink lines.",
            plotting.surface(name, quantity="value"),
        ),
        (
            "error_3d",
            "The same error as a surface, worst point marked.",
            plotting.surface(name, quantity="error", three_d=True),
        ),
        (
            "value_3d",
            "The same value as a surface.",
            plotting.surface(name, quantity="value", three_d=True),
        ),
    ]
    relative = {label: found.relative[found.compared] for label, found in measured.errors.items()}
    caption = f"Distribution of the relative error of {name} in float32, mantissas uniform, for each compensation."
    figure = plotting.histogram(
        relative, title=f"{name}: relative error by compensation", xlabel="relative error (%)"
    )
    return [
        *(Plate(stem, text, figure) for stem, text, figure in drawn),
        Plate("histogram", caption, figure),
    ]


def _expectations(name: str, codes: int) -> tuple[float, float]:
    offset = float(octaves(codes))
    return expected_error(name, offset), expected_error(name, offset, absolute=True)


def _standard_error(found: Errors, place: int) -> float:
    relative = found.relative[found.compared]
    return float(np.std(np.abs(relative) if place else relative, ddof=1) / relative.size**0.5)
