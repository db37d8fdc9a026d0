"""How far is the PAM quotient from division?

Claim   The relative error of padiv(a, b) against a / b lies in [0, 1/8] and is 1/8 where Ma = 0 and
        Mb = 1/2. With uniform mantissas it is +4.102% on average.
Method  The range: exact extrema of every affine piece, in fractions, and every pair of float16 mantissas.
        The averages: Gauss-Legendre quadrature over the affine pieces, confirmed by seeded samples of
        float32 operands, whose truth is carried to 106 bits. A compensation made for the product is
        subtracted here, so that the two stay inverse.
Writes  reports/quotient_error/: study.json, ranges, statistics (csv, json), error, value, error_3d,
        value_3d, histogram (svg, png)
"""

from __future__ import annotations

from collections.abc import Sequence

from analyses.compensated import (
    Checkpoint,
    Measured,
    draw_operation,
    judge_checkpoint,
    judge_contract,
    measure_operation,
    tabulate_operation,
)
from pamcheck.measure.verdict import Verdict
from pamcheck.reporting.records import Plate, Settings, Table


def measure(settings: Settings) -> Measured:
    """Measure padiv with every compensation."""
    return measure_operation("padiv", settings)


def judge(measured: Measured) -> Sequence[Verdict]:
    """Judge the range and the published average."""
    return [
        judge_contract(measured),
        judge_checkpoint(measured, Checkpoint("bias", "none", "4.102")),
    ]


def tabulate(measured: Measured) -> Sequence[Table]:
    """Return the tables."""
    return tabulate_operation(measured)


def draw(measured: Measured, verdicts: Sequence[Verdict]) -> Sequence[Plate]:  # noqa: ARG001
    """Return the figures."""
    return draw_operation(measured, "quotient")
