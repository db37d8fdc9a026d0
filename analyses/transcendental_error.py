"""How far are the PAM log2, exp2, sqrt, exp and log from the true functions?

Claim   palog2 lies below log2 by at most 0.0860713…; paexp2 lies above 2^x by at most 6.1475…%, pasqrt above
        sqrt x by at most 6.0660…%. The composites have no constant bound. The relative error of palog lies
        between ln 2 - 1 and 2 ln 2 (1 + d) - 1, both approached at 1; that of paexp grows with |x|: its
        ratio to e^x lies between 2^-(e z) and 1.0615 2^(e z), z = |x| log2 e. Here d = 12.34% and e = 10.98%
        are the extreme errors of dividing and of multiplying by log2 e. All of this holds for the real
        functions; a result that is rounded may lie half a ULP outside.
Method  The three bounds: bisection in interval arithmetic, and the closed form of the kernel's CONTRACT must
        lie in the enclosure. Their sign needs no computing: a chord lies below a concave function and above
        a convex one, and (1 + t/2)^2 is at least 1 + t and at least 2 t. Then every normal float16 and
        bfloat16 operand, and seeded float32 operands, against mpmath.
Writes  reports/transcendental_error/: study.json, errors, bounds (csv, json), palog2, paexp2, pasqrt, palog,
        paexp (svg, png)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
import pandas as pd

from pamcheck import plotting, spec, truth
from pamcheck.formats import FloatFormat, get_format
from pamcheck.kernels.table import OPS
from pamcheck.measure import bounds, sampling
from pamcheck.measure.errors import Errors, Summary, summarize
from pamcheck.measure.errors import measure as measure_errors
from pamcheck.measure.sampling import Sample
from pamcheck.measure.verdict import Evidence, Verdict, Witness
from pamcheck.reporting.columns import statistics_table
from pamcheck.reporting.records import Plate, Settings, Table

PRIMITIVES = ("palog2", "paexp2", "pasqrt")
OPERATIONS = (*PRIMITIVES, "palog", "paexp")
SMALL = ("float16", "bfloat16")
NEAR_ONE = "float32 next to 1"
FLOAT64 = get_format("float64")

# The bounds as printed, cut off: of the absolute error, then in percent of relative ones.
PRINTED = {"palog2": "0.0860713", "paexp2": "6.1475", "pasqrt": "6.0660"}

LN2 = float(np.log(2.0))
G = 1 / LN2 - 1  # the mantissa of log2 e = 2^0 (1 + G)
DIVIDING = (2 - G) * (1 + G) / 2 - 1  # largest relative error of padiv(x, log2 e), over x
MULTIPLYING = 1 - 2 / ((2 - G) * (1 + G))  # largest relative error of pam(x, log2 e), over x


@dataclass(frozen=True)
class Measured:
    """Errors by operation and format, and the proven enclosures."""

    errors: dict[tuple[str, str], tuple[Sample, Errors, Summary]]
    enclosures: dict[str, bounds.Enclosure]


def measure(settings: Settings) -> Measured:
    """Measure every operation in float16, bfloat16 (all operands) and float32 (a sample)."""
    n = settings.samples(100_000, 10_000)
    errors = {}
    for name in OPERATIONS:
        for fmt in map(get_format, (*SMALL, "float32")):
            sample = _operands(name, fmt, n, settings)
            found = measure_errors(name, sample)
            errors[name, fmt.name] = (sample, found, summarize(found))
    sample = sampling.uniform(get_format("float32"), n, [(1 - 2.0**-10, 1 + 2.0**-10)], settings.seed)
    found = measure_errors("palog", sample)
    errors["palog", NEAR_ONE] = (sample, found, summarize(found))
    enclosures = {name: bounds.enclose_extreme(OPS[name].approximates) for name in PRIMITIVES}
    return Measured(errors, enclosures)


def judge(measured: Measured) -> Sequence[Verdict]:
    """Judge the three proven bounds and the two composite ones."""
    return [
        *(_judge_primitive(measured, name) for name in PRIMITIVES),
        _judge_log(measured),
        _judge_exp(measured),
    ]


def tabulate(measured: Measured) -> Sequence[Table]:
    """Return the error statistics and the proofs."""
    columns = [
        "min_error", "max_error", "min_rel", "max_rel", "bias", "MRED", "p99", "mean_ulp", "max_ulp", "compared",
    ]  # fmt: skip
    rows = [
        {"operation": name, "format": fmt, "operands": sample.distribution, **summary.record()}
        for (name, fmt), (sample, _, summary) in measured.errors.items()
    ]
    errors = pd.DataFrame(rows)[["operation", "format", "operands", *columns]]
    proofs = pd.DataFrame(
        [
            {
                "operation": name,
                "error": OPS[name].contract.kind,  # type: ignore[union-attr]
                "closed form": str(OPS[name].contract.extreme),  # type: ignore[union-attr]
                "value": _closed_form(name),
                "enclosure, low": found.lower,
                "enclosure, high": found.upper,
                "at operand": found.at if name == "paexp2" else float(spec.X(Fraction(found.at))),
                "boxes": found.boxes,
            }
            for name, found in measured.enclosures.items()
        ]
    )
    digits = dict.fromkeys(("value", "enclosure, low", "enclosure, high"), ".12f")
    return [
        Table(
            "bounds",
            "Proven extreme errors of the three primitives",
            proofs,
            {**digits, "at operand": ".6f"},
        ),
        statistics_table("errors", "Errors by operation and format", errors),
    ]


def draw(measured: Measured, verdicts: Sequence[Verdict]) -> Sequence[Plate]:  # noqa: ARG001
    """Return a curve with its error for each operation."""
    return [
        Plate(
            name,
            f"{name} and the function it approximates, with the error below; worst point marked.",
            plotting.curve(name),
        )
        for name in OPERATIONS
    ]


def _operands(name: str, fmt: FloatFormat, n: int, settings: Settings) -> Sample:
    """Return every normal operand with a normal result for a small format, a sample for float32."""
    low, high = 1.0 - fmt.bias, fmt.bias + 1.0
    if name == "paexp":
        low, high = low * LN2, high * LN2
    if name in ("paexp2", "paexp"):
        if fmt.name in SMALL:
            return sampling.thinned(sampling.interval(fmt, low, high), settings.step)
        return sampling.uniform(fmt, n, [(low, high)], settings.seed)
    if fmt.name in SMALL:
        return sampling.thinned(sampling.positive(fmt), settings.step)
    return sampling.log_uniform(fmt, 1, n, 2.0**low, 2.0 ** (high - 1), settings.seed)


def _judge_primitive(measured: Measured, name: str) -> Verdict:
    contract, found = OPS[name].contract, measured.enclosures[name]
    assert contract is not None
    exact, relative = _closed_form(name), contract.kind == "relative"
    printed = f"{100 * abs(exact):.10f}" if relative else f"{abs(exact):.10f}"
    proven = found.lower <= abs(exact) <= found.upper and printed.startswith(PRINTED[name])
    kept = [_keeps_bound(measured.errors[name, fmt], exact, relative) for fmt in (*SMALL, "float32")]
    shown = f"{exact:+.7%}" if relative else f"{exact:+.10f}"
    return Verdict(
        claim=(
            f"{name} lies {'above' if exact > 0 else 'below'} {contract.approximates} "
            f"by at most {PRINTED[name]}…{'%' if relative else ''}"
        ),
        holds=proven and all(kept),
        measured=f"{contract.extreme} = {shown}",
        lower=found.lower,
        upper=found.upper,
        evidence="proof",
        reason=(
            f"Enclosed in [{found.lower:.12f}, {found.upper:.12f}] with {found.boxes} boxes; every operand that was "
            "tried lies inside, but for half a ULP where its result was rounded."
        ),
        source="spec section 1",
        worst=Witness.of(
            FLOAT64, [FLOAT64.encode(x) for x in contract.operands], f"{shown} {contract.kind}"
        ),
    )


def _keeps_bound(case: tuple[Sample, Errors, Summary], exact: float, relative: bool) -> bool:
    """Whether every error lies between 0 and the bound, give or take half a ULP of the rounded result."""
    _, found, summary = case
    keep = found.compared
    unit = 0.5 / found.fmt.tiny  # half a ULP, relative to a result of mantissa zero
    slack: Any
    low, high = sorted((0.0, exact))
    if relative:
        error, slack = found.relative[keep], unit * (1 + high)
    else:
        error, slack = found.absolute[keep], unit * np.abs(found.head[keep] + found.absolute[keep])
    return _tried(summary) and bool(np.all((error >= low - slack) & (error <= high + slack)))


def _tried(summary: Summary) -> bool:
    """Whether the statistics rest on the operands that were meant: all but a zero truth and a few at the ends."""
    return summary.compared >= 0.99 * summary.n > 0


def _judge_log(measured: Measured) -> Verdict:
    low, high = LN2 - 1, 2 * LN2 * (1 + DIVIDING) - 1
    results = [measured.errors["palog", fmt] for fmt in (*SMALL, "float32", NEAR_ONE)]
    smallest, largest = min(s.min_rel for *_, s in results), max(s.max_rel for *_, s in results)
    near = max(smallest - low, high - largest)
    return Verdict(
        claim=f"The relative error of palog lies in ({low:.4%}, {high:.4%}), that is (ln 2 − 1, 2 ln 2 (1 + d) − 1)",
        holds=low < smallest and largest < high and near < 1e-3 and all(_tried(s) for *_, s in results),
        measured=f"[{smallest:+.4%}, {largest:+.4%}]",
        lower=smallest,
        upper=largest,
        evidence=_evidence(measured),
        reason=(
            f"{_coverage(measured)}; float32 samples, one of them next to 1, where both ends are approached: there "
            "the slope of palog2 is 1 above and 2 below, that of log2 is 1/ln 2, and dividing by log2 e adds up to d."
        ),
        worst=_worst_relative(measured.errors["palog", "float16"][2]),
    )


def _judge_exp(measured: Measured) -> Verdict:
    top = float(truth.closed_form(OPS["paexp2"].contract.upper))  # type: ignore[union-attr]
    holds, near = True, []
    for fmt in (*SMALL, "float32"):
        sample, found, summary = measured.errors["paexp", fmt]
        x, ratio = sample.values[0][found.compared], 1 + found.relative[found.compared]
        z, unit = np.abs(x) / LN2, 0.5 / found.fmt.tiny
        # half a ULP of log2 e, in the exponent, and half a ULP of the result; the product is exact
        slack = np.exp2(unit * z) * (1 + unit)
        low = np.where(x > 0, np.exp2(-MULTIPLYING * z), 1.0) / slack
        high = np.where(x > 0, 1 + top, (1 + top) * np.exp2(MULTIPLYING * z)) * slack
        holds = holds and _tried(summary) and bool(np.all((ratio >= low) & (ratio <= high)))
        near.append((ratio - 1)[np.abs(x) <= 1])
    inner = np.concatenate(near)
    summary = measured.errors["paexp", "float16"][2]
    return Verdict(
        claim=(
            f"paexp(x)/e^x lies between 2^(−{MULTIPLYING:.4f} z) and {1 + top:.4f} · 2^({MULTIPLYING:.4f} z), "
            "z = |x| log2 e, but for rounding"
        ),
        holds=holds,
        measured=f"[{inner.min():+.3%}, {inner.max():+.3%}] for |x| ≤ 1; {summary.WCRE:.1%} over all of float16",
        lower=float(inner.min()),
        upper=float(inner.max()),
        evidence=_evidence(measured),
        reason=(
            f"{_coverage(measured)}, and a float32 sample. Multiplying by log2 e errs by up to {MULTIPLYING:.2%}, "
            "and an error in an exponent is raised with it. "
            "Rounding: half a ULP of log2 e, times z in the exponent, and half a ULP of the result."
        ),
        worst=_worst_relative(summary),
    )


def _evidence(measured: Measured) -> Evidence:
    """Return how the small formats were tried: a quick run takes some of their operands only."""
    return "exhaustive" if measured.errors["palog", "float16"][0].exhaustive else "sample"


def _coverage(measured: Measured) -> str:
    tried = "All" if _evidence(measured) == "exhaustive" else "Some"
    return f"{tried} normal float16 and bfloat16 operands"


def _worst_relative(summary: Summary) -> Witness:
    """Return the float16 operand with the largest relative error."""
    worst = max(summary.min_rel, summary.max_rel, key=abs)
    return Witness.of(get_format("float16"), summary.worst, f"{worst:+.5%} relative")


def _closed_form(name: str) -> float:
    contract = OPS[name].contract
    assert contract is not None
    return float(truth.closed_form(contract.extreme))
