"""Which offset makes PAM's error smallest, and what does each published one buy?

Claim   The worst relative error of pam is least, 6.886%, at an offset of 0.068858 octaves; that of padiv, 6.960%, at
        0.074803; one offset for both does best at 7 - 4 sqrt 3 = 0.071797 with 7.180%, which is Mogami's constant to
        2^-11 octave. The bias vanishes elsewhere: with uniform mantissas at 0.056623 for pam, 0.057995 for padiv.
        Between operands of three mantissa bits and fewer no offset of their own grid helps pam, L-Mul's least of all.
        The study fails when an offset beside one of these does better, or a sample sees another bias.
Method  The range of the error is a closed form of the offset, proven in docs/explanation/compensation.md, and
        checked here in exact fractions. Bias and mean square: quadrature for real operands, and a finite sum over
        every pair of mantissas for formats, with probabilities as rounding to nearest gives them. The mixed
        pair bfloat16 x float4 is run through the kernel, every pair of mantissas.
Writes  reports/compensation/: study.json, designs, constants (csv, json), offsets, trade_off (svg, png)
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from analyses.compensation.figures import draw_offsets, draw_trade_off
from analyses.compensation.records import (
    DISTRIBUTIONS,
    END,
    MIXED,
    OBJECTIVES,
    OPS,
    PAIRS,
    Measured,
    Sampled,
    find,
)
from analyses.compensation.verdicts import (
    judge_balance,
    judge_bias,
    judge_few_bits,
    judge_minimax,
    judge_mixed,
)
from pamcheck.formats import get_format
from pamcheck.measure import sampling
from pamcheck.measure.compensation import Achieved, Design, design, get_mantissas
from pamcheck.measure.compensation.moments import Continuous, relative_error
from pamcheck.measure.errors import Summary, summarize
from pamcheck.measure.errors import measure as measure_errors
from pamcheck.measure.verdict import Verdict
from pamcheck.reporting.records import Plate, Settings, Table

STATISTICS = {"worst": "+.3%", "bias": "+.3%", "RMS": ".3%", "MRED": ".3%"}


def measure(settings: Settings) -> Measured:
    """Design for every pair of formats and distribution, and follow the error along the offset."""
    designs = [
        design(op, pair, name, objective)  # type: ignore[arg-type]
        for op in OPS
        for pair in PAIRS
        for name in DISTRIBUTIONS
        for objective in OBJECTIVES
    ]
    offsets = np.linspace(0.0, END, 23 if settings.quick else 56).tolist()
    uniform = get_mantissas("uniform")
    pairs = Continuous(uniform, uniform)
    courses = {op: [pairs.moments(op, c) for c in offsets] for op in OPS}
    n = settings.samples(2_000_000, 400_000)
    sampled = {
        op: _sample(op, find(designs, op, None, "uniform", "bias").octaves, n, settings.seed) for op in OPS
    }
    return Measured(
        designs, offsets, courses, sampled, _run_mixed(find(designs, "pam", MIXED, "uniform", "bias"))
    )


def judge(measured: Measured) -> Sequence[Verdict]:
    """Judge the closed forms, Mogami's constant, the offsets without bias, and the mixed pair."""
    return [
        judge_minimax(measured, "pam", "0.068858", "6.886"),
        judge_minimax(measured, "padiv", "0.074803", "6.960"),
        judge_balance(),
        judge_bias(measured, "pam", "0.056623"),
        judge_bias(measured, "padiv", "0.057995"),
        judge_mixed(measured),
        judge_few_bits(measured),
    ]


def tabulate(measured: Measured) -> Sequence[Table]:
    """Return the designs, and what the published constants achieve beside them."""
    designs = [
        {
            "operation": found.op,
            "operands": _operands(found),
            "distribution": found.distribution,
            "for": OBJECTIVES[found.objective],
            "octaves": found.octaves,
            "codes": found.codes,
            **_statistics(found.achieved["optimum" if found.formats is None else "rounded"]),
            "how": found.how,
        }
        for found in measured.designs
    ]
    constants = [
        {
            "operation": found.op,
            "operands": _operands(found),
            "offset": name,
            "octaves": achieved.octaves,
            "codes": achieved.codes,
            **_statistics(achieved),
        }
        for found in measured.designs
        if found.distribution == get_mantissas("uniform").name and found.objective == "worst"
        for name, achieved in found.achieved.items()
        if name in ("none", "L-Mul", "Mogami")
    ]
    meanings = {
        "octaves": "the offset that is best among all real ones",
        "codes": "the best offset in codes of the result's format; – for real operands. The errors are those of it",
        "worst": "the end of the range of the relative error that is larger in size, with its sign",
        "bias": "mean relative error",
        "RMS": "root of the mean square of the relative error",
        "MRED": "mean size of the relative error",
    }
    printed = {"octaves": ".6f", "codes": ".0f", **STATISTICS}
    return [
        Table(
            "designs",
            "Offsets by format pair, distribution and aim",
            pd.DataFrame(designs),
            printed,
            meanings,
        ),
        Table(
            "constants",
            "Published offsets, rounded to the format, with uniform mantissas",
            pd.DataFrame(constants),
            printed,
            {**meanings, "octaves": "the offset as rounded to the format", "codes": "the same in codes"},
        ),
    ]


def draw(measured: Measured, verdicts: Sequence[Verdict]) -> Sequence[Plate]:  # noqa: ARG001
    """Return the errors along the offset, and worst error against bias."""
    return [
        Plate(
            "offsets",
            "Worst error, RMS error and size of the bias along the offset, uniform mantissas. The worst error has "
            "its least value where both ends of the range are equally far from 0. Dashed: published constants.",
            draw_offsets(measured),
        ),
        Plate(
            "trade_off",
            "What is bought with what: worst error against bias as the offset grows along the curve, coloured by RMS "
            "error. Towards the dotted line the bias vanishes; at the corner the worst error is least.",
            draw_trade_off(measured),
        ),
    ]


def _sample(op: str, offset: float, n: int, seed: int) -> Sampled:
    f, g = np.random.default_rng(seed).random((2, n))
    error, _ = relative_error(op, f, g, offset)
    return Sampled(float(error.mean()), float(error.std() / n**0.5))


def _run_mixed(found: Design) -> Summary:
    """Run every mantissa of bfloat16 against every one of float4 through the bfloat16 kernel."""
    fmt, narrow = (get_format(name) for name in MIXED)
    assert found.codes is not None
    wide = np.arange(fmt.tiny)
    coarse = np.arange(narrow.tiny) << (fmt.mant_bits - narrow.mant_bits)
    a, b = (fmt.one + axis.ravel() for axis in np.meshgrid(wide, coarse, indexing="ij"))
    codes = (a.astype(np.uint16), b.astype(np.uint16))
    sample = sampling.Sample(fmt, codes, "every mantissa of bfloat16 and of float4", exhaustive=True)
    return summarize(measure_errors("pam", sample, offset=found.codes))


def _operands(found: Design) -> str:
    if found.formats is None:
        return "real"
    first, second = found.formats
    return f"{first} × {second}" if first != second else first


def _statistics(achieved: Achieved) -> dict[str, float]:
    worst = achieved.upper if achieved.upper >= -achieved.lower else achieved.lower
    return {"worst": worst, "bias": achieved.bias, "RMS": achieved.rms, "MRED": achieved.mred}
