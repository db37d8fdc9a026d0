"""The tables of the study."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from analyses.differentiability.records import (
    INPUTS,
    LINES,
    PAIRS,
    Measured,
)
from analyses.differentiability.verdicts import missed
from pamcheck.formats import FORMATS
from pamcheck.measure.differentiability import counts
from pamcheck.reporting.records import Table


def tabulate(measured: Measured) -> Sequence[Table]:
    """Return the shares by format, what was checked, the composites and the networks."""
    return [_pairs(), _operands(), _checked(measured), _chains(measured), _networks(measured)]


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
            "not the derivative": int(np.count_nonzero(~chain.right)), "not Clarke's": missed(chain),
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
