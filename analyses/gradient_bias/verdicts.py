"""The claims of the gradient study: theorems, means, ranges, compensations."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from analyses.gradient_bias.records import MODES, Measured, Row, name_of
from pamcheck import truth
from pamcheck.formats import get_format
from pamcheck.measure import gradients
from pamcheck.measure.gradients import FACTORS, RANGES
from pamcheck.measure.verdict import Verdict, Witness

WIDE = get_format("float64")
SIGMAS = 4.0  # a mean fails beyond: two-sided, 6.3e-5 a comparison


def judge(measured: Measured) -> Sequence[Verdict]:
    """Judge the theorems, the means, the ranges and the compensations."""
    rational = [key for key in FACTORS if key[0] in ("pam", "padiv")]
    smooth = [key for key in FACTORS if key not in rational]
    return [
        _judge_carry(measured),
        _judge_mimic(measured),
        _judge_exchange(measured),
        _judge_sums(measured),
        *(_judge_means(measured, mode) for mode in MODES),
        *(_judge_ranges(measured, mode, [k for k in rational if k[2] == mode]) for mode in MODES),
        *(_judge_ranges(measured, mode, [k for k in smooth if k[2] == mode]) for mode in MODES),
        _judge_compensation(measured),
    ]


def _find(rows: Sequence[Row], op: str, partial: str, mode: str, distribution: str = "uniform") -> Row:
    return next(row for row in rows if (*row.key, row.distribution) == (op, partial, mode, distribution))


def _judge_carry(measured: Measured) -> Verdict:
    # given Mb, the slope is 1 on [0, 1 - Mb) and 2 on [1 - Mb, 1): affine in Mb, so two values decide
    means = [(1 - mb) * 1 + mb * 2 - (1 + mb) for mb in (Fraction(0), Fraction(1))]
    worst = max(sums["pam da"] for sums in measured.sums.values())
    row = _find(measured.rows, "pam", "a", "exact")
    pairs = sum(get_format(name).tiny ** 2 for name in measured.sums)
    return Verdict(
        claim="With a uniform mantissa of a, the exact derivative of pam has no bias: given b, its mean is b",
        holds=not any(means) and worst == 0 and abs(row.sigmas) <= SIGMAS,
        measured=f"bias 0; {row.shown}",
        lower=row.low,
        upper=row.high,
        evidence="proof",
        reason=(
            "Given b, a carry has the chance Mb, and (1 − Mb) + 2 Mb = 1 + Mb. On a grid of 2^m mantissas it is "
            f"an exact sum: it was taken over all {pairs:,} pairs of {len(measured.sums)} formats, and no sum differs."
        ),
        source="spec section 3",
    )


def _judge_mimic(measured: Measured) -> Verdict:
    row, exact = (_find(measured.rows, "pam", "a", mode) for mode in ("mimic", "exact"))
    return Verdict(
        claim="With uniform mantissas the mimic derivative of pam has the bias of pam itself, -3.849%",
        holds=f"{100 * row.bias:.3f}" == "-3.849" and row.agrees and abs(row.sigmas) <= SIGMAS,
        measured=f"{row.closed} = {row.bias:+.6%}",
        lower=row.low,
        upper=row.high,
        evidence="quadrature",
        reason=(
            f"Sampled {row.shown}. Its standard deviation is {row.deviation:.2%}; that of the exact derivative, "
            f"which has no bias, is {exact.deviation:.2%}."
        ),
        source="docs/explanation/gradients.md",
    )


def _judge_exchange(measured: Measured) -> Verdict:
    pairs = [
        [_find(measured.rows, op, "a", mode, "log-uniform") for mode in MODES] for op in ("pam", "padiv")
    ]
    apart = max(abs(exact.bias - mimic.bias) for exact, mimic in pairs)
    inside = all(row.agrees and abs(row.sigmas) <= SIGMAS for pair in pairs for row in pair)
    product, quotient = pairs[0][0], pairs[1][0]
    return Verdict(
        claim="With log-uniform operands exact and mimic da have one and the same bias, in pam and in padiv",
        holds=apart < 1e-13 and inside,
        measured=f"pam {product.closed} = {product.bias:+.4%}; padiv {quotient.closed} = {quotient.bias:+.4%}",
        lower=product.bias,
        upper=quotient.bias,
        evidence="quadrature",
        reason="Integration by parts turns the mean of F'(a) into that of F(a)/a, for every b; "
        f"sampled {product.shown} and {pairs[0][1].shown}, {quotient.shown} and {pairs[1][1].shown}.",
        source="docs/explanation/gradients.md",
    )


def _judge_sums(measured: Measured) -> Verdict:
    chosen = [("pam", "a"), ("padiv", "b"), ("palog2", "x"), ("paexp2", "x")]
    rows = [_find(measured.rows, op, partial, "exact") for op, partial in chosen]
    worst = max(rows, key=lambda row: abs(row.total_sigmas))
    biased = _find(measured.rows, "palog2", "x", "exact")
    return Verdict(
        claim="Summed over operands uniform in a binade, exact derivatives of pam, palog2, paexp2 and padiv's b "
        "have no bias",
        holds=all(abs(row.total) < 1e-13 and abs(row.total_sigmas) <= SIGMAS for row in rows),
        measured="total bias "
        + ", ".join(f"{row.sampled_total:+.3%}" for row in rows)
        + " sampled, 0 expected",
        lower=min(row.sampled_total for row in rows),
        upper=max(row.sampled_total for row in rows),
        evidence="quadrature",
        reason=(
            "The mean slope over a binade is the rise across it, and PAM is right at powers of two. Sampled sums lie "
            f"within {abs(worst.total_sigmas):.1f} standard errors. The mean of the relative errors is another thing: "
            f"{biased.bias:+.3%} for palog2."
        ),
        source="docs/explanation/gradients.md",
    )


def _judge_means(measured: Measured, mode: str) -> Verdict:
    rows = [row for row in measured.rows if row.key[2] == mode]
    worst = max(rows, key=lambda row: abs(row.sigmas))
    low, high = min(rows, key=lambda row: row.bias), max(rows, key=lambda row: row.bias)
    return Verdict(
        claim=f"Every mean relative error of the {mode} derivatives is its closed form or quadrature",
        holds=all(row.agrees and abs(row.sigmas) <= SIGMAS for row in rows)
        and measured.truth_error < 1e-13,
        measured=f"from {low.bias:+.3%} ({low.words}) to {high.bias:+.3%} ({high.words})",
        lower=low.bias,
        upper=high.bias,
        evidence="quadrature",
        reason=(
            f"{len(rows)} means against samples of {worst.n:,}; the farthest is {abs(worst.sigmas):.2f} standard "
            f"errors off ({worst.words}), of {SIGMAS:g} allowed. Closed forms and quadratures agree to 1e-13. True "
            f"partials in float64 are within {measured.truth_error:.0e} of mpmath's."
        ),
        source="docs/explanation/gradients.md",
    )


def _judge_ranges(measured: Measured, mode: str, keys: Sequence[Any]) -> Verdict:
    bounds = {key: _bounds(key) for key in keys}
    low, high = min(keys, key=lambda k: bounds[k][0]), max(keys, key=lambda k: bounds[k][1])
    lower, upper = bounds[low][0], bounds[high][1]
    slack = 2.0**-21  # four roundings of a float32 result, of which the longest rule has three
    inside = all(
        bounds[row.key][0] - slack <= row.smallest and row.largest <= bounds[row.key][1] + slack
        for row in measured.rows
        if row.key in bounds
    )
    far = RANGES[high].upper if upper > -lower else RANGES[low].lower
    names = ", ".join(name_of(key) for key in keys)
    each = "; ".join(f"{name_of(key)} {bounds[key][0]:+.3%} to {bounds[key][1]:+.3%}" for key in keys)
    return Verdict(
        claim=f"The relative error of the {mode} derivatives {names} lies from {lower:+.2%} to {upper:+.2%}",
        holds=inside and all(_proven(key) and _shown(key) for key in keys),
        measured=each,
        lower=lower,
        upper=upper,
        evidence="proof",
        reason=(
            "An extremum can lie at finitely many points of each piece only; the closed forms are the extremes over "
            "them. The witnesses come within 1e-14 of every end, and no sampled error lies outside."
        ),
        source="docs/explanation/gradients.md",
        worst=Witness.of(
            WIDE,
            [WIDE.encode(value) for value in (far.cotangent, *far.operands)],
            f"{float(truth.closed_form(far.bound)):+.5%} relative, the incoming cotangent first",
        ),
    )


def _bounds(key: Any) -> tuple[float, float]:
    ends = RANGES[key]
    return float(truth.closed_form(ends.lower.bound)), float(truth.closed_form(ends.upper.bound))


def _proven(key: Any) -> bool:
    """Whether the closed forms are the extremes over the points where an extremum can lie."""
    ends = (RANGES[key].lower, RANGES[key].upper)
    found = gradients.extremes(FACTORS[key])
    return all(
        abs(value - truth.closed_form(end.bound)) < 1e-30 for value, end in zip(found, ends, strict=True)
    )


def _shown(key: Any) -> bool:
    """Whether the float64 kernels come as close to the ends as float64 can."""
    return all(
        abs(gradients.witness_error(key, end) - float(truth.closed_form(end.bound))) < 1e-14
        for end in (RANGES[key].lower, RANGES[key].upper)
    )


def _judge_compensation(measured: Measured) -> Verdict:
    rows = {(case.row.key[0], case.row.key[2], case.label): case for case in measured.compensated}
    closed = {"pam": gradients.product_slope_bias, "padiv": gradients.quotient_slope_bias}
    exact = all(
        abs(closed[op](float(case.octaves)) - case.row.bias) < 1e-13
        for (op, mode, _), case in rows.items()
        if mode == "exact"
    )
    worst = max((case.row for case in measured.compensated), key=lambda row: abs(row.sigmas))
    slope, mimic = rows["pam", "exact", "L-Mul 2^-4"].row, rows["pam", "mimic", "L-Mul 2^-4"].row
    return Verdict(
        claim="L-Mul's offset 2^-4, which takes the bias of pam to +0.41%, gives its exact derivative one of +4.43%",
        holds=exact
        and abs(worst.sigmas) <= SIGMAS
        and (f"{100 * slope.bias:.2f}", f"{100 * mimic.bias:.2f}") == ("4.43", "0.41"),
        measured=f"exact {slope.bias:+.4%}, mimic {mimic.bias:+.4%}",
        lower=mimic.bias,
        upper=slope.bias,
        evidence="quadrature",
        reason=(
            f"Given b, the mean slope is pam_c(1, b). Sampled {slope.shown} and {mimic.shown}; "
            f"of all {len(rows)} means the farthest is {abs(worst.sigmas):.2f} standard errors off."
        ),
        source="docs/explanation/gradients.md",
    )
