"""Where PAM has no derivative, is what we return there a subderivative?

Claim   On a share of operands that halves with every mantissa bit pam and padiv are not differentiable. There the
        exact derivative is the gradient of an adjacent piece, an element of Clarke's subdifferential; everywhere
        else it is the derivative. The chain rule keeps that in networks whose biases are trained, for activations
        that are affine in pieces and take the right piece; it breaks behind negative intermediate results, in
        palog, paexp, papow and what is built on them.
Method  Every pair of operands of 8 bits or fewer and every pair of mantissas of float16 and bfloat16: the gradient
        of each adjacent piece from values of the definition alone, without rounding, against what is returned and
        against closed forms for the counts; float32 and float64 by formula and a seeded sample in fractions. Every
        operand of palog and paexp up to 16 bits and of papow up to 8. Every weight of one-unit networks of 4 and 6
        bits. After Lee, Park and Aiken, ICML 2023, arXiv 2301.13370.
Writes  reports/differentiability/: study.json, pairs, operands, checked, chains, networks (csv, json), pieces, chain,
        incorrect (svg, png)
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import numpy as np

from analyses.differentiability.figures import draw_chain, draw_networks, draw_pieces
from analyses.differentiability.records import (
    ACTIVATIONS,
    BIASES,
    INPUTS,
    LINES,
    PAIRS,
    POLICIES,
    SAMPLED,
    Checked,
    Measured,
    Network,
)
from analyses.differentiability.tables import tabulate
from analyses.differentiability.verdicts import judge
from pamcheck.formats import FORMATS, FloatFormat
from pamcheck.measure.differentiability import counts, exact
from pamcheck.measure.differentiability.chains import examine_line, examine_plane
from pamcheck.measure.differentiability.networks import enumerate_weights
from pamcheck.measure.differentiability.tally import tally_line, tally_pairs
from pamcheck.measure.verdict import Verdict
from pamcheck.reporting.records import Plate, Settings

__all__ = ["draw", "judge", "measure", "tabulate"]


def measure(settings: Settings) -> Measured:
    """Try every operand of narrow formats, a sample of the wide ones, and every weight of small networks."""
    narrow = [fmt for fmt in FORMATS.values() if fmt.width <= (8 if settings.quick else 16)]
    checked = [
        _check(name, fmt, policy) for fmt in narrow for name in (*PAIRS, *LINES) for policy in POLICIES
    ]
    sample = settings.samples(160, 40)
    sampled = {name: _sample(FORMATS[name], sample, settings.seed) for name in SAMPLED}
    chains = [
        (name, fmt, examine_plane(fmt) if name == "papow" else examine_line(name, fmt))
        for fmt in narrow
        for name in ("palog", "paexp", "papow")
        if fmt.width <= 8 or name != "papow"
    ]
    formats = ["float4_e2m1fn"] if settings.quick else list(INPUTS)
    networks = [
        Network(FORMATS[name], kind, bias, enumerate_weights(kind, bias, FORMATS[name], INPUTS[name]))
        for name in formats
        for kind in ACTIVATIONS
        for bias in BIASES
    ]
    return Measured(checked, sampled, chains, networks)


def draw(measured: Measured, verdicts: Sequence[Verdict]) -> Sequence[Plate]:  # noqa: ARG001
    """Return the plane of mantissas, two failures of the chain rule, and the shares of weights that have them."""
    fmt = measured.networks[-1].fmt
    shares = {
        (item.activation, item.bias): (
            item.outcome.wrong / item.outcome.points,
            item.outcome.outside / item.outcome.points,
        )
        for item in measured.networks
        if item.fmt == fmt and item.activation in ("identity", "relu", "paexp", "sigmoid")
    }
    return [
        Plate(
            "pieces",
            "One binade of each operand: pieces of pam and padiv, with the slope of a on each. Dots are the pairs of "
            "float8_e4m3, coloured by the slope that is returned; rings are pairs without a derivative. On a line "
            "the slope is that of one of the pieces it separates; left and bottom edge border on other binades.",
            draw_pieces(),
        ),
        Plate(
            "chain",
            "The chain rule behind a negative intermediate result, in float16: palog at 1/2 and paexp near "
            "-0.779 are smooth, because the breaks of the two primitives cancel, but the slopes that the "
            "primitives return there are of pieces on opposite sides.",
            draw_chain(),
        ),
        Plate(
            "incorrect",
            f"One unit over all its weights in {fmt.name}: where the network is differentiable and the chain rule "
            "does not give its derivative (filled), and where it gives no element of Clarke's subdifferential "
            "(hatched, the former included).",
            draw_networks(shares),
        ),
    ]


def _check(name: str, fmt: FloatFormat, policy: str) -> Checked:
    tally = tally_pairs if name in PAIRS else tally_line
    return Checked(name, fmt, policy, tally(name, fmt, policy), counts.count(name, fmt, policy))


def _sample(fmt: FloatFormat, n: int, seed: int) -> tuple[int, int]:
    """Return how many operands of a wide format were tried in fractions, half of them on a break, and failures."""
    rng, failures = np.random.default_rng(seed), 0
    step = Fraction(1, fmt.tiny)
    for number in range(n):
        i, j = (int(k) for k in rng.integers(1, fmt.tiny, 2))
        i = (i, fmt.tiny - j, j, 0)[number % 4]
        signs, exponents = rng.choice([-1, 1], 2), rng.integers(-30, 30, 2)
        pair = [
            int(s) * (1 + k * step) * Fraction(2) ** int(e)
            for s, k, e in zip(signs, (i, j), exponents, strict=True)
        ]
        for op, operands in [(op, pair) for op in PAIRS] + [(op, [abs(pair[0])]) for op in LINES[:2]]:
            failures += exact.returned(op, operands) not in exact.adjacent(op, operands)
        failures += exact.returned("paexp2", [pair[0] % 64]) not in exact.adjacent("paexp2", [pair[0] % 64])
    return n * (len(PAIRS) + len(LINES)), failures
