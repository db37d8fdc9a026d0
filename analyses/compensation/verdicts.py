"""Verdicts of the compensation study."""

from __future__ import annotations

from fractions import Fraction

from analyses.compensation.records import DISTRIBUTIONS, MIXED, OPS, Measured, find
from pamcheck.measure import bounds
from pamcheck.measure.compensation import BALANCED, MOGAMI, ratio_range
from pamcheck.measure.verdict import Verdict


def judge_minimax(measured: Measured, op: str, octaves: str, worst: str) -> Verdict:
    """Judge the offset with the least worst error, beside its neighbours, exactly."""
    found = find(measured.designs, op, None, "uniform", "worst")
    best = found.achieved["optimum"]
    exact = {"pam": bounds.product_range, "padiv": bounds.quotient_range}[op]
    step = Fraction(1, 10**9)
    here, less, more = (_worst(exact(Fraction(found.octaves) + k * step)) for k in (0, -1, 1))
    agrees = f"{found.octaves:.6f}" == octaves and f"{100 * best.worst:.3f}" == worst
    return Verdict(
        claim=f"The worst relative error of {op} is least at an offset of {octaves} octaves, where it is {worst}%",
        holds=agrees and here < min(less, more) and abs(float(here) - best.worst) < 1e-12,
        measured=f"{found.octaves:.9f} octaves, {best.worst:.6%}",
        lower=best.lower,
        upper=best.upper,
        evidence="proof",
        reason=(
            "Closed form; in exact fractions the worst error is larger 1e-9 octaves to either side. "
            f"Without an offset it is {found.achieved['none'].worst:.3%}."
        ),
        source="docs/explanation/compensation",
    )


def judge_balance() -> Verdict:
    """Judge the offset that serves both operations, and Mogami's constant."""
    factors = [end for op in OPS for end in ratio_range(op, BALANCED)]
    spread = max(max(end, 1 / end) for end in factors) - 1
    codes = round(MOGAMI * 2**23)
    # the constant has its last bit set at 2^12: it is the multiple nearest to the balanced offset
    nearest = round(BALANCED * 2**23 / 2**12) * 2**12
    return Verdict(
        claim="One offset for both does best at 7 - 4 sqrt 3 octaves, and Mogami's constant is that to 2^-11 octave",
        holds=codes == nearest and f"{100 * spread:.3f}" == "7.180",
        measured=f"{BALANCED:.6f} octaves, worst error {spread:.4%}; Mogami's is {MOGAMI:.6f}",
        lower=min(factors) - 1,
        upper=max(factors) - 1,
        evidence="proof",
        reason=(
            f"There both operations are within a factor {1 + spread:.6f} of the truth, up and down. In float32 it is "
            f"{BALANCED * 2**23:,.1f} codes; the multiple of 2^12 nearest to it is {nearest:#x}, and "
            f"0x3f800000 - 0x3f76d000 is {codes:#x}."
        ),
        source="constant: arXiv 2012.03458",
    )


def judge_bias(measured: Measured, op: str, octaves: str) -> Verdict:
    """Judge the offset without bias, by a sample."""
    found, sample = find(measured.designs, op, None, "uniform", "bias"), measured.sampled[op]
    others = {name: find(measured.designs, op, None, name, "bias").octaves for name in DISTRIBUTIONS[1:]}
    return Verdict(
        claim=f"With uniform mantissas {op} has no bias at an offset of {octaves} octaves",
        holds=f"{found.octaves:.6f}" == octaves and abs(sample.bias) <= 4 * sample.spread,
        measured=f"{found.octaves:.9f} octaves",
        lower=sample.bias - 4 * sample.spread,
        upper=sample.bias + 4 * sample.spread,
        evidence="quadrature",
        reason=(
            f"A sample has bias {sample.bias:+.4%} ± {sample.spread:.4%} there (standard error). Elsewhere: "
            + ", ".join(f"{name} {value:.6f}" for name, value in others.items())
            + f". The worst error grows to {found.achieved['optimum'].worst:.3%}."
        ),
    )


def judge_mixed(measured: Measured) -> Verdict:
    """Judge the finite sums of the mixed pair by the kernel."""
    found, seen = find(measured.designs, "pam", MIXED, "uniform", "bias"), measured.mixed
    rounded = found.achieved["rounded"]
    gap = max(abs(seen.bias - rounded.bias), abs(seen.MRED - rounded.mred), abs(seen.WCRE - rounded.worst))
    return Verdict(
        claim="For bfloat16 x float4 the finite sums are what the bfloat16 kernel does",
        holds=gap < 1e-12 and seen.compared == seen.n,
        measured=f"{found.codes} codes; bias {seen.bias:+.4%}, worst {seen.WCRE:.4%}",
        lower=seen.min_rel,
        upper=seen.max_rel,
        evidence="exhaustive",
        reason=(
            f"All {seen.n} pairs of mantissas. The bias vanishes at {found.octaves:.6f} octaves, well below the "
            "0.0566 of two uniform mantissas: half of the products are with a power of two, exact without an offset."
        ),
    )


def judge_few_bits(measured: Measured) -> Verdict:
    """Judge that on grids of three bits and fewer pam is best left alone."""
    narrow = [d for d in measured.designs if d.op == "pam" and d.formats and "bfloat16" not in d.formats]
    ours = [d.achieved["none"].rms for d in narrow]
    theirs = [d.achieved["L-Mul"].rms for d in narrow]
    times = [a / b for a, b in zip(theirs, ours, strict=True)]
    return Verdict(
        claim="Where a format has three mantissa bits or fewer, pam in it is best without an offset, for every aim",
        holds=all(d.codes == 0 for d in narrow) and min(times) > 1,
        measured=f"0 codes in all of {len(narrow)} designs; L-Mul's offset makes the RMS error {min(times):.2f} to "
        f"{max(times):.2f} times as large",
        lower=min(times),
        upper=max(times),
        evidence="exhaustive",
        reason=(
            "The best real offset is less than half a step of the grid, and 2^-l(m), one whole step for m up to 3, "
            "overshoots. It can pay only where operands were truncated, and so are too small on average."
        ),
        source="constant: arXiv 2410.00907",
    )


def _worst(found: bounds.Range) -> Fraction:
    return max(-found.lower, found.upper)
