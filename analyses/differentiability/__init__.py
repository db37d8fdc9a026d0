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
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import pandas as pd

from analyses.differentiability.figures import draw_chain, draw_networks, draw_pieces
from pamcheck.formats import FORMATS, FloatFormat
from pamcheck.measure.differentiability import counts, exact
from pamcheck.measure.differentiability.chains import Chain, examine_line, examine_plane
from pamcheck.measure.differentiability.counts import Count
from pamcheck.measure.differentiability.networks import Bias, Outcome, enumerate_weights
from pamcheck.measure.differentiability.tally import Tally, tally_line, tally_pairs
from pamcheck.measure.verdict import Verdict, Witness
from pamcheck.reporting.records import Plate, Settings, Table

PAIRS, LINES = ("pam", "padiv"), ("palog2", "pasqrt", "paexp2")
POLICIES = ("ftz", "gradual")
BIASES: tuple[Bias, ...] = ("none", "frozen", "trained")
ACTIVATIONS = ("identity", "relu", "relu, 1 at 0", "paexp", "sigmoid")
INPUTS = {"float4_e2m1fn": (-1.5, -1.0, 1.0, 1.5), "float6_e2m3fn": (1.0, -1.25)}
SAMPLED = ("float32", "float64")


@dataclass(frozen=True)
class Checked:
    """One operation on all operands of a format: what was found, and the formula's count."""

    name: str
    fmt: FloatFormat
    policy: str
    found: Tally
    formula: Count


@dataclass(frozen=True)
class Network:
    """One network over all weights of a format."""

    fmt: FloatFormat
    activation: str
    bias: str
    outcome: Outcome


@dataclass(frozen=True)
class Measured:
    """Everything measured, by table."""

    checked: list[Checked]
    sampled: dict[str, tuple[int, int]]  # by format: operands tried, failures
    chains: list[tuple[str, FloatFormat, Chain]]
    networks: list[Network]


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


def judge(measured: Measured) -> Sequence[Verdict]:
    """Judge the counts, the returned slopes on breaks and elsewhere, the chain rule, and the networks."""
    return [
        _judge_counts(measured),
        _judge_member(measured),
        _judge_derivative(measured),
        _judge_sample(measured),
        _judge_lines(measured),
        _judge_plane(measured),
        _judge_trained(measured),
        _judge_others(measured),
    ]


def tabulate(measured: Measured) -> Sequence[Table]:
    """Return the shares by format, what was checked, the composites and the networks."""
    return [_pairs(), _operands(), _checked(measured), _chains(measured), _networks(measured)]


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


def _judge_counts(measured: Measured) -> Verdict:
    equal = [item.found.count == item.formula for item in measured.checked]
    tried = sum(item.formula.operands for item in measured.checked)
    return Verdict(
        claim="Closed forms count the operands on which each primitive has no derivative, partial or joint",
        holds=all(equal),
        measured=f"{sum(equal)} of {len(equal)} counts equal, over {tried:,} operands",
        lower=float(sum(equal)),
        upper=float(len(equal)),
        evidence="exhaustive",
        reason=(
            "Found from the values of the definition on 16 rays around every operand, without its slopes; under "
            "ftz and gradual underflow. float32 and float64 rest on the same formula."
        ),
    )


def _judge_member(measured: Measured) -> Verdict:
    strange = sum(item.found.strange for item in measured.checked)
    broken = sum(item.found.count.joint for item in measured.checked)
    return Verdict(
        claim="On every break the exact derivatives of a primitive are the gradient of one adjacent piece, as a pair",
        holds=strange == 0,
        measured=f"{strange} exceptions on {broken:,} operands without a derivative",
        lower=float(strange),
        upper=float(strange),
        evidence="exhaustive",
        reason=(
            "A gradient of an adjacent piece is an element of Clarke's subdifferential. Beside a zero operand pieces "
            "accumulate, and the returned pair is a limit of their gradients."
        ),
    )


def _judge_derivative(measured: Measured) -> Verdict:
    wrong = sum(item.found.wrong + item.found.astray for item in measured.checked)
    smooth = sum(item.formula.operands - item.formula.joint for item in measured.checked)
    return Verdict(
        claim="Where a primitive has a derivative, or a partial one, that is what the exact derivative returns",
        holds=wrong == 0,
        measured=f"{wrong} exceptions; {smooth:,} operands with a derivative",
        lower=float(wrong),
        upper=float(wrong),
        evidence="exhaustive",
        reason=(
            "Compared with difference quotients of the definition, exact because it is affine there. Where a partial "
            "derivative does not exist, the part returned lies between the one-sided ones."
        ),
    )


def _judge_sample(measured: Measured) -> Verdict:
    tried = sum(n for n, _ in measured.sampled.values())
    failures = sum(bad for _, bad in measured.sampled.values())
    return Verdict(
        claim="The same holds in float32 and float64",
        holds=failures == 0,
        measured=f"{failures} exceptions on {tried:,} operands",
        lower=float(failures),
        upper=float(failures),
        evidence="sample",
        reason="In fractions. A quarter of the pairs each: random mantissas, sum one, equal, a power of two.",
    )


def _judge_lines(measured: Measured) -> Verdict:
    lines = [(name, fmt, chain) for name, fmt, chain in measured.chains if name != "papow"]
    as_stated = [_missed(chain) == counts.removable(fmt) for _, fmt, chain in lines]
    smooth = all(bool(np.all(chain.smooth[~chain.member])) for _, _, chain in lines)
    float32 = FORMATS["float32"]
    return Verdict(
        claim=(
            "The chain rule gives an element of Clarke's subdifferential of palog and paexp but where "
            "x, or paexp(x), is 2^-n with n a power of two"
        ),
        holds=all(as_stated) and smooth,
        measured=", ".join(
            f"{fmt.name} {_missed(chain)}"
            for name, fmt, chain in lines
            if name == "palog" and fmt.width >= 8
        ),
        lower=float(min(_missed(chain) for _, _, chain in lines)),
        upper=float(max(_missed(chain) for _, _, chain in lines)),
        evidence="exhaustive",
        reason=(
            "Each of them is a break of both primitives that cancels: the composite is differentiable, and the chain "
            "rule is off by a factor of 2. Intermediate results exact; every operand with a normal result."
        ),
        worst=Witness.of(float32, [float32.encode(0.5)], "palog: returned 1, derivative 2"),
    )


def _judge_plane(measured: Measured) -> Verdict:
    planes = [(fmt, chain) for name, fmt, chain in measured.chains if name == "papow"]
    inside = 0
    for _, chain in planes:
        a, y = chain.operands
        inside += int(np.count_nonzero(~chain.member & (a > 1) & (y > 0)))
    share = {fmt.name: _missed(chain) / chain.member.size for fmt, chain in planes}
    return Verdict(
        claim="The chain rule misses papow's subdifferential only behind a negative intermediate result",
        holds=inside == 0 and max(share.values()) > 0,
        measured=", ".join(f"{name} {value:.2%} of pairs" for name, value in share.items()),
        lower=min(share.values()),
        upper=max(share.values()),
        evidence="exhaustive",
        reason="Where a > 1 and y > 0 everything grows with the operands, and all primitives take the same side.",
    )


def _judge_trained(measured: Measured) -> Verdict:
    rows = [item for item in measured.networks if item.bias == "trained" and item.activation != "sigmoid"]
    wrong, outside = (sum(getattr(item.outcome, kind) for item in rows) for kind in ("wrong", "outside"))
    points, broken = (sum(getattr(item.outcome, kind) for item in rows) for kind in ("points", "broken"))
    return Verdict(
        claim="With a trained bias the incorrect set is empty and every gradient Clarke's: identity, relu, paexp",
        holds=wrong == outside == 0,
        measured=f"{wrong} wrong, {outside} outside, of {points:,} weights, {broken / points:.1%} not differentiable",
        lower=float(wrong + outside),
        upper=float(wrong + outside),
        evidence="exhaustive",
        reason=(
            "The bias moves the sum to either side, whatever the weight does: no two breaks can cancel. So the "
            "theorem for products carries over to PAM's, whose breaks are far more."
        ),
        source="Lee, Park and Aiken, ICML 2023, arXiv 2301.13370",
    )


def _judge_others(measured: Measured) -> Verdict:
    def wrong(activation: str, bias: str) -> int:
        rows = [item for item in measured.networks if (item.activation, item.bias) == (activation, bias)]
        return sum(item.outcome.wrong for item in rows)

    found = {
        "sigmoid, trained": wrong("sigmoid", "trained"),
        "relu, frozen": wrong("relu", "frozen"),
        "identity, none": wrong("identity", "none"),
    }
    return Verdict(
        claim="The incorrect set is not empty for sigmoid even with a trained bias, for relu with a frozen one",
        holds=all(found.values()),
        measured=", ".join(f"{name}: {count} weights" for name, count in found.items()),
        lower=float(min(found.values())),
        upper=float(max(found.values())),
        evidence="exhaustive",
        reason=(
            "sigmoid has paexp's cancelled breaks inside, which no bias can part. A frozen bias, or a residual "
            "connection, adds a constant: the sum falls where its product grows, and their breaks coincide."
        ),
    )


def _missed(chain: Chain) -> int:
    return int(np.count_nonzero(~chain.member))


def _pairs() -> Table:
    rows = []
    for name in PAIRS:
        for fmt in FORMATS.values():
            n, gradual = counts.count(name, fmt), counts.count(name, fmt, "gradual")
            assert n.first is not None
            assert n.second is not None
            rows.append({
                "operation": name, "format": fmt.name, "mantissa bits": fmt.mant_bits, "pairs": float(n.operands),
                "no da": n.first / n.operands, "no db": n.second / n.operands, "no derivative": float(n.density),
                "gradual": float(gradual.density),
            })  # fmt: skip
    return Table(
        "pairs",
        "Share of pairs without a derivative",
        pd.DataFrame(rows),
        {"pairs": ".4g", **dict.fromkeys(("no da", "no db", "no derivative", "gradual"), ".3g")},
        {
            "pairs": "of numbers, normal or zero: b is not zero for padiv",
            "no da": "share of pairs on which the partial derivative in a does not exist; db likewise",
            "no derivative": "share on which the function is not (Fréchet) differentiable",
            "gradual": "no derivative, subnormal numbers among the operands",
        },
    )


def _operands() -> Table:
    rows = []
    for fmt in FORMATS.values():
        shares = {name: float(counts.count(name, fmt).density) for name in LINES}
        rows.append({
            "format": fmt.name, **shares, "paexp2, normal": float(counts.in_range(fmt).density),
            "palog": counts.removable(fmt), "paexp": counts.removable(fmt),
        })  # fmt: skip
    return Table(
        "operands",
        "One operand: share without a derivative, and where the chain rule is wrong",
        pd.DataFrame(rows),
        dict.fromkeys((*LINES, "paexp2, normal"), ".3g"),
        {
            "palog2": "share of positive normal numbers; pasqrt likewise",
            "paexp2": "share of all normal numbers and zero: large numbers are integers, most of them out of range",
            "paexp2, normal": "share of those whose result is normal",
            "palog": "operands on which the chain rule misses an existing derivative, by a factor of 2; paexp likewise",
        },
    )


def _checked(measured: Measured) -> Table:
    rows = [
        {
            "operation": item.name, "format": item.fmt.name, "policy": item.policy, "tried": item.found.tried,
            "operands": item.formula.operands, "no derivative": item.found.count.joint,
            "as by formula": "yes" if item.found.count == item.formula else "no",
            "no adjacent piece": item.found.strange, "not the derivative": item.found.wrong,
        }
        for item in measured.checked
    ]  # fmt: skip
    return Table(
        "checked",
        "What is returned, on every operand",
        pd.DataFrame(rows),
        {"operands": ",d", "no derivative": ",d"},
        {
            "tried": "signs and powers of two scale pam and padiv: pairs of mantissas stand for all pairs",
            "no adjacent piece": "operands on which what is returned is the gradient of no adjacent piece",
            "not the derivative": "operands on which a derivative, or a partial one, exists and is not returned",
        },
    )


def _chains(measured: Measured) -> Table:
    rows = []
    for name, fmt, chain in measured.chains:
        rounded = None if chain.rounded is None else int(np.count_nonzero(~chain.rounded))
        rows.append({
            "operation": name, "format": fmt.name, "operands": chain.member.size,
            "no derivative": int(np.count_nonzero(~chain.smooth)),
            "not the derivative": int(np.count_nonzero(~chain.right)), "not Clarke's": _missed(chain),
            "rounded": "–" if rounded is None else rounded,
        })  # fmt: skip
    return Table(
        "chains",
        "Composites by the chain rule",
        pd.DataFrame(rows),
        {"operands": ",d", "no derivative": ",d"},
        {
            "operands": "with a normal result; for papow a > 0, a not 1, y not 0",
            "not the derivative": "operands on which the derivative exists and the chain rule does not give it",
            "not Clarke's": "operands on which it gives no element of Clarke's subdifferential, those among them",
            "rounded": "the same with the intermediate result rounded to the format, as it is computed",
        },
    )


def _networks(measured: Measured) -> Table:
    rows = []
    for item in measured.networks:
        found = item.outcome
        rows.append({
            "format": item.fmt.name, "activation": item.activation, "bias": item.bias, "weights": found.points,
            "no derivative": found.broken / found.points, "incorrect": found.wrong / found.points,
            "not Clarke's": found.outside / found.points,
            "example (w, b, v, x)": ", ".join(f"{value:g}" for value in found.example) if found.example else "–",
        })  # fmt: skip
    return Table(
        "networks",
        "One unit, pam(v, s(pam(w, x) + b)), over all weights",
        pd.DataFrame(rows),
        {"weights": ",d", **dict.fromkeys(("no derivative", "incorrect", "not Clarke's"), ".2%")},
        {
            "bias": "trained: a variable like w and v; frozen: any constant; none: zero",
            "weights": "tuples of weights, for each of the inputs x: "
            + "; ".join(f"{name}: {', '.join(f'{x:g}' for x in xs)}" for name, xs in INPUTS.items()),
            "no derivative": "share of weights on which the network is not differentiable",
            "incorrect": "share on which it is, and the chain rule does not give the derivative",
            "not Clarke's": "share on which it gives no element of Clarke's subdifferential",
            "example (w, b, v, x)": "an incorrect weight, else one outside Clarke's subdifferential",
        },
    )
