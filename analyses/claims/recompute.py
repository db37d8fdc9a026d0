"""How each quantity of the ledger is computed: one function a kind, each giving one or more readings.

A reading is the value under one way to take the conditions of a claim. Values are plain numbers; shares and
relative errors are in percent.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from fractions import Fraction

from analyses.claims import eight_bits, integer_rounding, operands
from analyses.claims.reading import Reading
from pamcheck.measure import bounds
from pamcheck.measure.compensation import BALANCED, Mantissas, design, get_mantissas, uniform_below
from pamcheck.measure.compensation.design import operand_pairs
from pamcheck.measure.verdict import Evidence
from pamcheck.reporting.records import Settings

DISTRIBUTIONS = ("uniform", "log-uniform", "normal")


def range_end(settings: Settings, op: str, end: str) -> Sequence[Reading]:  # noqa: ARG001
    """Exact extremum over all real operands, in fractions (pamcheck.measure.bounds)."""
    found = {"pam": bounds.product_range, "padiv": bounds.quotient_range}[op]()
    value = {"lower": found.lower, "upper": found.upper}[end]
    return [Reading.exact("all real operands", 100 * float(value))]


def extreme(settings: Settings, function: str) -> Sequence[Reading]:  # noqa: ARG001
    """Rigorous enclosure of the extreme error over all real operands, by interval bisection."""
    found = bounds.enclose_extreme(function)
    scale = 1 if function == "log2" else 100
    return [Reading("all real operands", scale * found.lower, scale * found.upper)]


def exceptions(settings: Settings, law: str) -> Sequence[Reading]:  # noqa: ARG001
    """Number of pairs of codes, over all formats of 8 bits and fewer, that break a law."""
    count = {"power of two": eight_bits.power_of_two_exceptions, "inverse": eight_bits.inverse_exceptions}[
        law
    ]()
    return [Reading.exact("every pair with normal operands and a normal result", count)]


def unfaithful(settings: Settings, fmt: str, op: str) -> Sequence[Reading]:  # noqa: ARG001
    """Number of pairs of normal codes whose integer sum or difference is not a neighbour of the true result."""
    found = eight_bits.rounding(fmt, op)
    return [Reading.exact(f"{found.pairs:,} pairs of {fmt} with a normal result", found.unfaithful)]


def integer_operations(settings: Settings, mant_bits: int, rounding: str, count: str) -> Sequence[Reading]:  # noqa: ARG001
    """How many of six integer operations are rounded so on all mantissas, with a constant each.

    rounding  "faithful", by a constant alone; "correct", to nearest, toward and away from zero, by a carry as well
    count     "good" or "bad"
    """
    modes = {"faithful": ("faithful",), "correct": ("nearest", "toward zero", "away from zero")}[rounding]
    names = tuple(integer_rounding.OPERATIONS)
    good = {mode: integer_rounding.achieved(mant_bits, mode) for mode in modes}
    named = "; ".join(f"{mode}: {', '.join(found)}" for mode, found in good.items())
    total, found = len(names) * len(modes), sum(map(len, good.values()))
    return [
        Reading.exact(
            f"{found} of {total}, every mantissa; {named}", {"good": found, "bad": total - found}[count]
        )
    ]


def mean(
    settings: Settings,
    statistic: str,
    offset: int = 0,
    within: float = 0.0,
) -> Sequence[Reading]:
    """Mean relative error of pam by quadrature; `offset` in float32 codes; operands uniform below `within`."""
    names: list[str | Mantissas] = [uniform_below(within)] if within else list(DISTRIBUTIONS)
    readings = []
    for name in names:
        _, pairs = operand_pairs(None, name)
        found = pairs.moments("pam", offset / 2**23)
        value = {"bias": found.bias, "MRED": found.mred}[statistic]
        readings.append(Reading.exact(get_mantissas(name).name, 100 * value))
    if within:
        readings.append(operands.ratio_of_sums(settings, within))
    return readings


def percentile(settings: Settings, share: float, within: float) -> Sequence[Reading]:  # noqa: ARG001
    """Percentile of the relative error distance of pam, by an integral over one mantissa."""
    return [operands.percentile(share, within)]


def largest_of_sample(settings: Settings, within: float) -> Sequence[Reading]:  # noqa: ARG001
    """Largest relative error distance of pam among n random pairs: 1% to 99% quantile of that maximum."""
    known = Reading.exact("all real operands", 100 / 9)
    return [known, *(operands.largest_of(n, within) for n in (10**4, 10**5, 10**6))]


def bfloat16_unit(settings: Settings, statistic: str) -> Sequence[Reading]:
    """Statistic of a bfloat16 unit against the float32 product, by how operands came to bfloat16."""
    return operands.bfloat16_unit(settings, statistic)


def l_mul_against(settings: Settings, mant_bits: int, fmt: str) -> Sequence[Reading]:
    """RMS error of L-Mul on operands of so many mantissa bits over that of multiplication in an FP8 format."""
    return operands.l_mul_against(settings, mant_bits, fmt)


def exp_constant(settings: Settings, minimises: str) -> Sequence[Reading]:  # noqa: ARG001
    """Constant, in units of 2^-20 octave, whose subtraction is best for X(y - c) against 2^y, y uniform."""
    units = 2**20 * operands.exp_offset(minimises)
    if minimises == "never above":
        return [Reading.exact("least integer", math.ceil(units))]
    return [Reading.exact("real constant", units)]


def optimal_offset(settings: Settings, objective: str) -> Sequence[Reading]:  # noqa: ARG001
    """Offset of pam, in float32 codes, that is best for an objective."""
    if objective == "balance":
        return [Reading.exact("all real operands", 2**23 * BALANCED)]
    return [
        Reading.exact(
            get_mantissas(name).name,
            2**23 * design("pam", None, name, objective).octaves,  # type: ignore[arg-type]
        )
        for name in DISTRIBUTIONS
    ]


Recompute = Callable[..., Sequence[Reading]]
KINDS: dict[str, tuple[Recompute, Evidence]] = {
    "range end": (range_end, "proof"),
    "extreme": (extreme, "proof"),
    "exceptions": (exceptions, "exhaustive"),
    "unfaithful": (unfaithful, "exhaustive"),
    "integer operations": (integer_operations, "exhaustive"),
    "mean": (mean, "quadrature"),
    "percentile": (percentile, "quadrature"),
    "largest of a sample": (largest_of_sample, "quadrature"),
    "bfloat16 unit": (bfloat16_unit, "sample"),
    "L-Mul against FP8": (l_mul_against, "sample"),
    "exp constant": (exp_constant, "quadrature"),
    "optimal offset": (optimal_offset, "quadrature"),
}


def as_number(text: str) -> float:
    """Return a printed number, which may be a fraction such as -1/9."""
    return float(Fraction(text))
