"""The claims of the study, each judged."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from analyses.differentiability.records import (
    Measured,
)
from pamcheck.formats import FORMATS
from pamcheck.measure.differentiability import counts
from pamcheck.measure.differentiability.chains import Chain
from pamcheck.measure.verdict import Verdict, Witness


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
    as_stated = [missed(chain) == counts.removable(fmt) for _, fmt, chain in lines]
    smooth = all(bool(np.all(chain.smooth[~chain.member])) for _, _, chain in lines)
    float32 = FORMATS["float32"]
    return Verdict(
        claim=(
            "The chain rule gives an element of Clarke's subdifferential of palog and paexp but where "
            "x, or paexp(x), is 2^-n with n a power of two"
        ),
        holds=all(as_stated) and smooth,
        measured=", ".join(
            f"{fmt.name} {missed(chain)}"
            for name, fmt, chain in lines
            if name == "palog" and fmt.width >= 8
        ),
        lower=float(min(missed(chain) for _, _, chain in lines)),
        upper=float(max(missed(chain) for _, _, chain in lines)),
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
    share = {fmt.name: missed(chain) / chain.member.size for fmt, chain in planes}
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


def missed(chain: Chain) -> int:
    """Return how many operands get no element of Clarke's subdifferential."""
    return int(np.count_nonzero(~chain.member))
