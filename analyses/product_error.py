"""How far is the PAM product from multiplication?

Claim   The relative error of pam(a, b) against a b lies in [-1/9, 0] and is -1/9 where both mantissas are
        one half. With uniform mantissas it is -3.849% on average; adding L-Mul's offset 2^-4 moves that to
        +0.41%, Mogami's constant 0x3f76d000 to +1.06%.
Method  The range: exact extrema of every affine piece, in fractions, and every pair of float16 mantissas.
        The averages: Gauss-Legendre quadrature over the affine pieces, confirmed by seeded samples of
        float32 operands, whose truth is carried to 106 bits.
Writes  reports/product_error/: study.json, ranges, statistics (csv, json), error, value, error_3d,
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

CHECKPOINTS = (
    Checkpoint("bias", "none", "-3.849"),
    Checkpoint("MRED", "none", "3.849"),
    Checkpoint("bias", "L-Mul 2^-4", "0.41"),
    Checkpoint("MRED", "L-Mul 2^-4", "2.65"),
    Checkpoint("bias", "Mogami 0x3f76d000", "1.06"),
    Checkpoint("MRED", "Mogami 0x3f76d000", "2.84"),
)


def measure(settings: Settings) -> Measured:
    """Measure pam with every compensation."""
    return measure_operation("pam", settings)


def judge(measured: Measured) -> Sequence[Verdict]:
    """Judge the range and every published average."""
    return [
        judge_contract(measured),
        *(judge_checkpoint(measured, point) for point in CHECKPOINTS),
    ]


def tabulate(measured: Measured) -> Sequence[Table]:
    """Return the tables."""
    return tabulate_operation(measured)


def draw(measured: Measured, verdicts: Sequence[Verdict]) -> Sequence[Plate]:  # noqa: ARG001
    """Return the figures."""
    return draw_operation(measured, "product")
