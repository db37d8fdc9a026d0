"""Are the kernels right on every operand, and how large is the error on every one?

Claim   On every operand tuple that was swept each kernel gives the bits of an oracle that shares no code with it; the
        study fails on one bit, and where two sweeps of the same operands and version have different hashes.
Method  `pamcheck sweep`: every pair, or operand, of the formats of 8 bits and fewer under every policy; every operand
        of the one-argument functions in 16 bits; and what longer sweeps have left in reports/sweep-certificates.
        A quick run takes formats of 8 bits and more under policy ftz alone.
Writes  reports/sweeps/: study.json, short, long, policies (csv, json)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from pamcheck.formats import FORMATS
from pamcheck.kernels.table import OPS
from pamcheck.measure.sweep import certificate, state
from pamcheck.measure.sweep.certificate import Certificate
from pamcheck.measure.sweep.plan import make_plan
from pamcheck.measure.sweep.run import run
from pamcheck.measure.verdict import Verdict
from pamcheck.policy import POLICIES
from pamcheck.reporting.records import Plate, Settings, Table

LONG = Path(__file__).resolve().parent.parent / "reports" / "sweep-certificates"
_KEYS = ("compared", "bias", "MRED", "min_rel", "max_rel", "max_ulp", "max_ordinal", "EP")


@dataclass(frozen=True)
class Measured:
    """Certificates as data, of the sweeps run now and of those that were kept."""

    short: list[dict[str, Any]]
    long: list[dict[str, Any]]


def measure(settings: Settings) -> Measured:
    """Run the short sweeps, and read the certificates of the long ones."""
    policies = [name for name, policy in POLICIES.items() if not policy.reference_only]
    short = [
        _row(_swept(op.name, fmt.name, policy))
        for op in OPS.values()
        for fmt in FORMATS.values()
        if fmt.width <= 8 or (op.arity == 1 and fmt.width == 16)
        for policy in policies
        if policy == "ftz" or fmt.width < 8 or not settings.quick
    ]
    return Measured(short, [certificate.load(path) for path in sorted(LONG.glob("*.json"))])


def judge(measured: Measured) -> Sequence[Verdict]:
    """Judge that no result differs, in the sweeps of now and in the kept ones."""
    return [
        verdict
        for rows, which in ((measured.short, "short"), (measured.long, "long"))
        if rows
        for verdict in [_no_difference(rows, which)]
    ]


def tabulate(measured: Measured) -> Sequence[Table]:
    """Return a table of the short sweeps under ftz, of the other policies, and of the long ones."""
    printed = {
        "tuples": ",d",
        "compared": ",d",
        **dict.fromkeys(("bias", "MRED", "min_rel", "max_rel", "EP"), ".4%"),
        "max_ulp": ".5g",
        "seconds": ".1f",
        "cpu_seconds": ".1f",
    }
    short = [_cells(data) for data in measured.short if data["plan"]["policy"] == "ftz"]
    others = [_cells(data) for data in measured.short if data["plan"]["policy"] != "ftz"]
    tables = [
        Table("short", "Every operand of the narrow formats, policy ftz.", pd.DataFrame(short), printed)
    ]
    if others:
        tables.append(
            Table("policies", "The same under the other policies.", pd.DataFrame(others), printed)
        )
    if measured.long:
        rows = [
            {**_cells(data), **{key: data["run"][key] for key in ("seconds", "cpu_seconds")}}
            for data in measured.long
        ]
        caption = "Sweeps run once by `pamcheck sweep` and kept; seconds on the machine that each certificate names."
        tables.append(Table("long", caption, pd.DataFrame(rows), printed))
    return tables


def draw(measured: Measured, verdicts: Sequence[Verdict]) -> Sequence[Plate]:  # noqa: ARG001
    """Draw nothing: the tables say it."""
    return []


def _swept(op: str, fmt: str, policy: str) -> Certificate:
    return certificate.certify(run(state.fresh(make_plan(op, fmt, policy))), "this machine")


def _row(found: Certificate) -> dict[str, Any]:
    names = ("plan", "coverage", "hash", "differences", "statistics", "run")
    return {name: getattr(found, name) for name in names}


def _cells(data: dict[str, Any]) -> dict[str, Any]:
    plan, statistics = data["plan"], data["statistics"]
    return {
        "operation": plan["op"],
        "format": plan["format"],
        "policy": plan["policy"],
        "tuples": statistics["n"],
        "different": data["differences"]["count"],
        **{key: statistics[key] for key in _KEYS},
        "hash": data["hash"][:16],
    }


def _no_difference(rows: list[dict[str, Any]], which: str) -> Verdict:
    tuples = sum(data["statistics"]["n"] for data in rows)
    different = sum(data["differences"]["count"] for data in rows)
    hashes: dict[str, set[str]] = {}
    for data in rows:
        hashes.setdefault(str(data["plan"]), set()).add(data["hash"])
    complete = all(data["coverage"].startswith("all ") for data in rows)
    return Verdict(
        claim=f"Every result of the {which} sweeps is the oracle's",
        holds=different == 0 and all(len(found) == 1 for found in hashes.values()),
        measured=f"{different} of {tuples:,} results differ, in {len(rows)} sweeps",
        lower=different,
        upper=different,
        evidence="exhaustive" if complete else "sample",
        reason="The oracle is written from the definition of L and X in exact integers, and is held to the "
        "reference in fractions on every pair of the 8-bit formats.",
    )
