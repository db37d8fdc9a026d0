"""Which published numbers about piecewise affine arithmetic can be recomputed, and are they right?

Claim   Every entry of analyses/claims.toml gets the verdict on record there: confirmed, refuted, or cannot tell.
        The study fails when a recomputation no longer gives that verdict.
Method  Each number is recomputed by the method of its quantity: exact extrema, enclosures, every pair of codes
        of the narrow formats, quadrature, or seeded samples. It is confirmed within half a unit of its last
        printed digit. Where a source does not state all that its number depends on, the plausible readings
        are computed: confirmed if all agree, refuted if none does, else cannot tell.
Writes  reports/claims/: study.json, ledger, readings, eight_bits (csv, json), glance (svg, png)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd
from matplotlib.figure import Figure

from analyses.claims import eight_bits
from analyses.claims.ledger import WORDS, Finding, examine, load
from analyses.claims.recompute import KINDS
from pamcheck.measure.verdict import Verdict
from pamcheck.plotting.style import BLACK, BLUE, GREY, ORANGE, PALE, VERMILION, new_figure, style
from pamcheck.reporting.records import Plate, Settings, Table

COLOURS = {"confirmed": BLUE, "refuted": VERMILION, "cannot tell": ORANGE}


@dataclass(frozen=True)
class Measured:
    """The findings, in the order of the ledger, and how FP8 integer arithmetic rounds."""

    findings: list[Finding]
    rounding: list[eight_bits.Rounding]


def measure(settings: Settings) -> Measured:
    """Recompute every claim of the ledger."""
    findings = [examine(claim, settings) for claim in load()]
    names = ("float8_e5m2", "float8_e4m3", "float8_e4m3fn")
    return Measured(findings, [eight_bits.rounding(name, op) for op in eight_bits.TRUE for name in names])


def judge(measured: Measured) -> Sequence[Verdict]:
    """Judge, for each word, that the claims on record under it are those that get it."""
    verdicts = []
    for word in WORDS:
        record = [found for found in measured.findings if found.claim.expect == word]
        now = [found for found in measured.findings if found.verdict == word]
        moved = [found for found in measured.findings if (found in record) != (found in now)]
        changes = "; ".join(f"{found.claim.id} is now {found.verdict}: {found.reason}" for found in moved)
        verdicts.append(
            Verdict(
                claim=f"Of the published numbers in the ledger, {len(record)} get the verdict: {word}",
                holds=not moved,
                measured=f"{len(now)} of {len(measured.findings)}",
                lower=float(len(now)),
                upper=float(len(now)),
                evidence="sample",
                reason=changes
                or f"{', '.join(found.claim.id for found in now)}. How each is known: see the table.",
                source="analyses/claims.toml",
            )
        )
    return verdicts


def tabulate(measured: Measured) -> Sequence[Table]:
    """Return the ledger, every reading, and the rounding of FP8 integer arithmetic."""
    ledger = [
        {
            "claim": found.claim.statement,
            "conditions": found.claim.conditions,
            "published": f"{found.claim.published or '(no number)'} {found.claim.unit}".strip(),
            "recomputed": _spread(found),
            "verdict": found.verdict,
            "why": " ".join(filter(None, (found.reason, found.claim.note))),
            "evidence": KINDS[found.claim.quantity][1],
            "source": found.claim.source,
            "id": found.claim.id,
        }
        for found in measured.findings
    ]
    readings = [
        {
            "id": found.claim.id,
            "conditions": reading.conditions,
            "lower": reading.lower,
            "upper": reading.upper,
            "published": found.claim.published,
            "unit": found.claim.unit,
            "agrees": "–" if found.claim.compare == "none" else str(found.claim.agrees(reading)).lower(),
        }
        for found in measured.findings
        for reading in found.readings
    ]
    rounding = [
        {
            "operation": row.op,
            "format": row.fmt,
            "pairs": row.pairs,
            "not faithful": row.unfaithful,
            "correctly rounded": row.nearest / row.pairs,
        }
        for row in measured.rounding
    ]
    return [
        Table(
            "ledger",
            "The ledger of published numbers",
            pd.DataFrame(ledger),
            {},
            {
                "published": "as printed by the source",
                "recomputed": "the reading that decides, or the range over all readings",
                "evidence": "how the recomputed value is known",
            },
        ),
        Table(
            "readings",
            "Every reading of every claim",
            pd.DataFrame(readings),
            {"lower": ".6g", "upper": ".6g"},
            {"lower": "ends of the interval in which the value lies; equal where it is exact"},
        ),
        Table(
            "eight_bits",
            "FP8: a plain integer sum or difference of codes against the true product or quotient",
            pd.DataFrame(rounding),
            {"pairs": ",d", "not faithful": ",d", "correctly rounded": ".2%"},
            {
                "pairs": "pairs of normal codes whose result and whose correctly rounded result are normal",
                "not faithful": "results with another float, or the true result itself, between them and the truth",
                "correctly rounded": "share of results equal to the true result rounded to nearest, ties to even",
            },
        ),
    ]


def draw(measured: Measured, verdicts: Sequence[Verdict]) -> Sequence[Plate]:  # noqa: ARG001
    """Return the ledger at a glance."""
    text = (
        "Recomputed over published value, one row a claim with a number other than 0. A dot is a reading, its bar the "
        "interval in which the value lies; filled: it agrees with the printed digits. Where the source states all "
        "conditions only the first reading is filled, and it decides."
    )
    return [Plate("glance", text, _glance(measured))]


def _glance(measured: Measured) -> Figure:
    rows = [
        found for found in measured.findings if found.claim.compare == "equal" and found.claim.value != 0
    ][::-1]
    with style():
        figure = new_figure(0.8 + 0.21 * len(rows))
        ax = figure.add_subplot()
        ax.axvline(1.0, color=BLACK, lw=0.7, zorder=1)
        for y, found in enumerate(rows):
            colour = COLOURS[found.verdict]
            ax.axhline(y, color=PALE, lw=0.5, zorder=0)
            for place, reading in enumerate(found.readings):
                low, high = sorted(end / found.claim.value for end in (reading.lower, reading.upper))
                decides = place == 0 or not found.claim.stated
                ax.plot([low, high], [y, y], color=colour, lw=5, alpha=0.45 if decides else 0.2, zorder=2)
                fill = colour if decides and found.claim.agrees(reading) else "white"
                ax.plot((low + high) / 2, y, "o", mfc=fill, mec=colour, mew=0.9, ms=4.5, zorder=3)
        ax.set_yticks(range(len(rows)), [found.claim.id for found in rows])
        for word, colour in COLOURS.items():
            ax.plot([], [], "o", color=colour, label=word)
        ax.legend(loc="lower center", bbox_to_anchor=(0.4, 1.0), ncols=3)
        ax.tick_params(axis="y", length=0)
        ax.spines["left"].set_visible(False)
        ax.set_ylim(-0.7, len(rows) - 0.3)
        ax.set_xlabel("recomputed / published", color=GREY)
    return figure


def _spread(found: Finding) -> str:
    readings = found.readings[:1] if found.claim.stated else found.readings
    low, high = min(r.lower for r in readings), max(r.upper for r in readings)
    return f"{low:.6g}" if f"{low:.6g}" == f"{high:.6g}" else f"{low:.6g} to {high:.6g}"
