"""How far are the derivatives of PAM from the true ones, on average and at worst?

Claim   With a uniform mantissa of the operand that is differentiated the exact derivative of pam has no bias:
        given b, a carry has the chance Mb, so the mean slope is b. The mimic derivative pam(d, b) is off by
        -3.849%, with a ninth of the spread. With log-uniform operands both are off by 2/(3 ln 2) - 1. The
        exact derivative of any operation lies between half and twice the true one, the mimic one within
        -11.2% and +18.6%. Every mean has a closed form or a quadrature, and each sample agrees within four
        standard errors: with 52 comparisons chance alone would fail one such report in 300. A mean,
        an end of a range or an exact sum that came out otherwise would fail the study.
Method  Each cotangent over the true one depends on mantissas alone. Means: closed forms in mpmath, and
        Gauss-Legendre quadrature between the breaks. Ranges: every point where an extremum can lie. Then
        float32 operands, uniform, log-uniform and normal, through the kernels, against the true partials in
        float64, which are checked against mpmath on some operands; and the slopes of every pair of mantissas
        of the small formats, summed exactly.
Writes  reports/gradient_bias/: study.json, biases, ranges, compensated, composites, sums (csv, json), bias,
        carry, spread, offsets (svg, png)
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from analyses.compensated import OFFSETS, octaves
from analyses.gradient_bias.figures import draw_bias, draw_carry, draw_offsets, draw_spread
from analyses.gradient_bias.records import MODES, Compensated, Composite, Measured, Row
from analyses.gradient_bias.tables import (
    bias_table,
    compensated_table,
    composite_table,
    range_table,
    sum_table,
)
from analyses.gradient_bias.verdicts import judge
from pamcheck.formats import FORMATS, FloatFormat, get_format
from pamcheck.measure import gradients, sampling
from pamcheck.measure.gradients import DISTRIBUTIONS, FACTORS, FLOAT64, MPMATH, Drawn, get_factor
from pamcheck.measure.verdict import Verdict
from pamcheck.reporting.records import Plate, Settings, Table

FLOAT32 = get_format("float32")

__all__ = ["draw", "judge", "measure", "tabulate"]


def measure(settings: Settings) -> Measured:
    """Measure every factor on every distribution, with compensations, and the composites."""
    n = settings.samples(600_000, 60_000)
    rows, relative, carries, off = [], {}, {}, 0.0
    for distribution in DISTRIBUTIONS:
        for op in dict.fromkeys(op for op, _, _ in FACTORS):
            drawn = gradients.draw(op, distribution, n, FLOAT32, settings.seed)
            for key in (key for key in FACTORS if key[0] == op):
                found = gradients.sample_errors(*key, drawn)
                # three variables in mpmath would take as long as all the rest
                quickly = settings.quick or len(FACTORS[key].slopes) > 2
                numbers = FLOAT64 if quickly else MPMATH
                expected = gradients.moments(FACTORS[key], distribution, numbers=numbers)
                rows.append(Row.of(key, distribution, expected, found))
                off = max(off, _truth_error(op, key[1], drawn))
                if distribution == "uniform":
                    relative[key] = found.relative
                if key == ("pam", "a", "exact"):
                    carries[distribution] = (_mantissa(drawn), found.relative)
    return Measured(
        rows=rows,
        compensated=_compensations(n // 2, settings.seed),
        composites=_composites(n // 2, settings.seed),
        sums={fmt.name: _sums(fmt) for fmt in FORMATS.values() if fmt.mant_bits <= 10},
        truth_error=off,
        relative=relative,
        carries=carries,
    )


def tabulate(measured: Measured) -> Sequence[Table]:
    """Return the tables."""
    return [
        bias_table(measured.rows),
        range_table(measured.rows),
        compensated_table(measured.compensated),
        composite_table(measured.composites),
        sum_table(measured.sums),
    ]


def draw(measured: Measured, verdicts: Sequence[Verdict]) -> Sequence[Plate]:  # noqa: ARG001
    """Return the figures."""
    return [
        draw_bias(measured.rows),
        draw_carry(measured.carries),
        draw_spread(measured.relative),
        draw_offsets(measured.compensated),
    ]


def _compensations(n: int, seed: int) -> list[Compensated]:
    """Return pam and padiv with each compensation, mantissas uniform."""
    found = []
    for op, drawn in ((op, gradients.draw(op, "uniform", n, FLOAT32, seed)) for op in ("pam", "padiv")):
        for label, codes in OFFSETS.items():
            for mode in MODES:
                factor = get_factor(op, "a", mode)
                expected = gradients.moments(factor, "uniform", octaves(codes))
                sampled = gradients.sample_errors(op, "a", mode, drawn, codes)
                found.append(
                    Compensated(label, octaves(codes), Row.of(factor.key, "uniform", expected, sampled))
                )
    return found


def _composites(n: int, seed: int) -> list[Composite]:
    """Return palog, paexp and papow: their errors have no bound, so what counts is quantiles."""
    delta = sampling.uniform_mantissa(FLOAT32, (0,), n, seed).operands[0]
    base = sampling.log_uniform(FLOAT32, 1, n, 0.25, 4.0, seed + 1).operands
    power = sampling.uniform(FLOAT32, n, [(-2.0, 2.0)], seed + 2).operands
    cases = {
        "palog": (base, "x log-uniform on [1/4, 4)", "x"),
        "paexp": (power, "x uniform on [-2, 2)", "x"),
        "papow": ((*base, *power), "a log-uniform on [1/4, 4), y uniform on [-2, 2)", "ay"),
    }
    return [
        Composite(op, partial, mode, words, gradients.sample_errors(op, partial, mode, drawn))
        for op, (operands, words, partials) in cases.items()
        for drawn in [Drawn(FLOAT32, tuple(operands), delta, words)]
        for partial in partials
        for mode in MODES
    ]


def _sums(fmt: FloatFormat) -> dict[str, int]:
    """Return by how much the sums of slopes over every mantissa differ from what has no bias, at most.

    The slope 1/2 of padiv is below `tiny` in some formats, and then there is nothing to sum.
    """
    pairs = [("pam", "a"), ("padiv", "a"), ("padiv", "b")]
    found = {}
    for op, partial in pairs if fmt.to_float(fmt.tiny) <= 0.5 else pairs[:1]:
        total, ideal = gradients.slope_sums(fmt, op, partial)
        found[f"{op} d{partial}"] = int(np.max(np.abs(total - ideal)))
    return found


def _truth_error(op: str, partial: str, drawn: Drawn) -> float:
    """Return how far the float64 partials are from mpmath's on twenty of the operands."""
    few = [drawn.values[i][:20] for i in range(len(drawn.operands))]
    close = gradients.true_partial(op, partial, *few)
    exact = [gradients.true_factor(op, partial, *map(float, point)) for point in zip(*few, strict=True)]
    return max(abs(float((value - true) / true)) for value, true in zip(close, exact, strict=True))


def _mantissa(drawn: Drawn) -> Any:
    fraction, _ = np.frexp(np.abs(drawn.values[1]))
    return 2 * fraction - 1
