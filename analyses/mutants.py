"""Does the conformance suite find every known way to be wrong, and does it name it?

Claim   every mutant of the catalogue that differs from the definition fails a check at level 1, and the cause that is
        named is that mutant or one that answers every probe alike.
Method  each mutant, in every operation and derivative where it differs, is put to the checks, and its failures to the
        diagnosis: on 64 inputs of every check first, and on all of them where those do not decide. Derivatives are
        examined in float8_e4m3fn, values in bfloat16 too. A quick run takes three subjects.
Writes  reports/mutants/: study.json, subjects, catalogue (csv, json), families (svg, png)
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from pamcheck.kernels.table import OPS
from pamcheck.measure.verdict import Verdict
from pamcheck.plotting.style import new_figure, style
from pamcheck.reporting.records import Plate, Settings, Table
from pamcheck.testing.checks import CHECKS
from pamcheck.testing.mutants import CATALOGUE, FAMILIES, mutants_of
from pamcheck.testing.mutants.exam import examine
from pamcheck.testing.subject import make_subject

FORMATS = {"float8_e4m3fn": ("", "exact", "mimic"), "bfloat16": ("",)}
QUICK = (
    ("pam", "", "float8_e4m3fn"),
    ("pasqrt", "", "float8_e4m3fn"),
    ("palog2", "exact", "float8_e4m3fn"),
)


@dataclass(frozen=True)
class Measured:
    """One row a mutant and subject: op, derivatives, format, mutant, checks, named, killed."""

    rows: pd.DataFrame


def measure(settings: Settings) -> Measured:
    """Examine every mutant of every subject."""
    full = [(op, mode, fmt) for fmt, modes in FORMATS.items() for op in OPS for mode in modes]
    rows = []
    for op, mode, fmt in QUICK if settings.quick else full:
        subject = make_subject(op, fmt, mode=mode)
        for mutant in mutants_of(subject):
            result = examine(subject, mutant)
            rows.append(
                {
                    "operation": op,
                    "derivatives": mode or "values",
                    "format": fmt,
                    "mutant": mutant.name,
                    "checks": result.by,
                    "killed": bool(result.by),
                    "named": result.right and result.causes == 1,
                    "given": result.diagnosis.words if result.diagnosis else "",
                }
            )
    return Measured(pd.DataFrame(rows))


def judge(measured: Measured) -> Sequence[Verdict]:
    """Judge that every mutant is killed, and named."""
    rows = measured.rows
    return [
        _judged("Every mutant of the catalogue fails a check", rows, "killed"),
        _judged("Every mutant is diagnosed as itself", rows, "named"),
    ]


def tabulate(measured: Measured) -> Sequence[Table]:
    """Return kills by subject, and the catalogue."""
    grouped = measured.rows.groupby(["operation", "derivatives", "format"], sort=False)
    subjects = grouped.agg(mutants=("mutant", "size"), killed=("killed", "sum"), named=("named", "sum"))
    return [
        Table(
            "subjects",
            "Mutants of each operation and derivative",
            subjects.reset_index(),
            {},
            {
                "mutants": "how many of the catalogue differ from the definition there",
                "killed": "how many of them fail a check at level 1",
                "named": "how many of them are named as the only cause, or one that answers every probe alike",
            },
        ),
        Table(
            "catalogue",
            "The catalogue of mutants, and the checks that fail on each",
            _catalogue(measured.rows),
            {},
            {
                "kind": "a deviation may be meant, and can be accepted by its name",
                "subjects": "operations, derivatives and formats in which it differs, of those examined",
                "checks": "three that were seen to fail in most of those subjects; others may as well",
            },
        ),
    ]


def draw(measured: Measured, verdicts: Sequence[Verdict]) -> Sequence[Plate]:  # noqa: ARG001
    """Return which checks find which family of mutants."""
    caption = (
        "Which checks find what: the share of a family's mutants, over all subjects examined, that fail a check on at "
        "most 64 of its inputs. Relations between answers are asked only where those do not decide, and are not shown."
    )
    return [Plate("families", caption, _draw(measured.rows))]


def _judged(claim: str, rows: pd.DataFrame, column: str) -> Verdict:
    good, total = int(rows[column].sum()), len(rows)
    missed = rows.loc[~rows[column], ["mutant", "operation", "derivatives", "format"]]
    named = "; ".join(" ".join(row) for row in missed.head(5).itertuples(index=False))
    return Verdict(
        claim=claim,
        holds=good == total,
        measured=f"{good:,} of {total:,}",
        lower=good / total,
        upper=good / total,
        evidence="exhaustive",
        reason=named or f"{rows['mutant'].nunique()} mutants, in every subject where they differ.",
    )


def _catalogue(rows: pd.DataFrame) -> pd.DataFrame:
    found = []
    for name, part in rows.groupby("mutant", sort=False):
        mutant = CATALOGUE[str(name)]
        often = Counter(check for checks in part["checks"] for check in checks).most_common(3)
        found.append(
            {
                "mutant": mutant.name,
                "kind": mutant.kind,
                "what is the matter": mutant.words,
                "subjects": len(part),
                "checks": ", ".join(check for check, _ in often),
            }
        )
    return pd.DataFrame(found)


def _draw(rows: pd.DataFrame) -> Figure:
    """Draw families by checks, dark where a check finds all of a family."""
    of = {member.name: family.title for family in FAMILIES for member in family.members}
    families = [f.title for f in FAMILIES if any(of[m] == f.title for m in rows["mutant"].unique())]
    checks = [name for name in CHECKS if np.mean([name in found for found in rows["checks"]]) > 0.01]
    share = np.zeros((len(families), len(checks)))
    family = rows["mutant"].map(of)
    for i, name in enumerate(families):
        part = rows.loc[family == name, "checks"]
        for j, check in enumerate(checks):
            share[i, j] = np.mean([check in found for found in part])
    with style():
        figure = new_figure(height=0.24 * len(families) + 1.9)
        axes = figure.add_subplot()
        image = axes.imshow(share, cmap="Blues", vmin=0, vmax=1, aspect="auto")
        axes.set_xticks(range(len(checks)), [c.replace("_", " ") for c in checks], rotation=90)
        axes.set_yticks(range(len(families)), families)
        axes.grid(visible=False)
        axes.tick_params(length=0)
        figure.colorbar(image, ax=axes, label="share of mutants found", fraction=0.04, pad=0.02)
    return figure
