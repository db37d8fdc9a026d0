"""Counts as tables: by operation, by group, and beside the float baseline."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pamcheck.measure.cost.energy import HOROWITZ_FLOAT32, Energies
from pamcheck.measure.cost.ledger import Ledger

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = ("group", "phase", "operation", "count", "energy (pJ)")
SPECIALS = (0.0, 10.0)
"""What a division, root, exponential or logarithm may cost beside a multiplication, for the sensitivity."""


def energy(ledger: Ledger, energies: Energies = HOROWITZ_FLOAT32) -> float:
    """Return the picojoules of everything in a ledger."""
    return sum(count * energies.of(operation) for (_, _, operation), count in ledger.counts.items())


def frame(ledger: Ledger, energies: Energies = HOROWITZ_FLOAT32) -> pd.DataFrame:
    """Return counts and energies, a row for each group, phase and operation."""
    import pandas as pd

    rows = [(*key, count, count * energies.of(key[2])) for key, count in sorted(ledger.counts.items())]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def summary(ledger: Ledger, energies: Energies = HOROWITZ_FLOAT32) -> pd.DataFrame:
    """Return counts by operation in each phase, and the energy of all of them."""
    import pandas as pd

    found = frame(ledger, energies)
    table = found.pivot_table(
        index="operation", columns="phase", values="count", aggfunc="sum", fill_value=0
    )
    table = table.reindex(columns=[x for x in ("forward", "backward", "optimizer") if x in table])
    table["energy (pJ)"] = found.groupby("operation")["energy (pJ)"].sum()
    return pd.DataFrame(table)


def compared(ledger: Ledger, baseline: Ledger, energies: Energies = HOROWITZ_FLOAT32) -> dict[str, float]:
    """Return energies of a step in microjoules, their ratio, and what the ratio is under other assumptions.

    The ratio is how many times less than the baseline. Beside it: where a division, root, exponential or
    logarithm costs nothing or ten multiplications, and where only the integer additions that make a product cost
    anything, as if zeros, overflow and signs came for free.
    """
    found = {
        "energy (uJ)": energy(ledger, energies) / 1e6,
        "baseline (uJ)": energy(baseline, energies) / 1e6,
        "ratio": _ratio(ledger, baseline, energies),
    }
    for special in SPECIALS:
        name = f"ratio, a division costing {special:g} multiplications"
        found[name] = _ratio(ledger, baseline, replace(energies, special=special))
    bare = replace(energies, bits=0.0, compare=0.0)
    found["ratio, comparisons and bit operations free"] = _ratio(ledger, baseline, bare)
    return found


def _ratio(ledger: Ledger, baseline: Ledger, energies: Energies) -> float:
    spent = energy(ledger, energies)
    return energy(baseline, energies) / spent if spent else float("nan")
