"""How steep the cells of a partition are, and how much of the domain is how steep."""

from __future__ import annotations

import math

from pamcheck.measure.regions import Cell, Partition
from pamcheck.measure.regions.forms import fractions

SHARES = (0.0, 0.25, 0.5, 0.75, 1.0)


def steepness(cell: Cell) -> float:
    """Return the Euclidean length of a cell's gradient, of several results the greatest; 0 without results."""
    return max((math.hypot(*map(float, fractions(form)[:2])) for form in cell.forms), default=0.0)


def quantiles(partition: Partition) -> tuple[float, ...]:
    """Return the least slopes that SHARES of the explored domain, by size, do not exceed; () without cells."""
    pairs = sorted((steepness(cell), float(cell.size)) for cell in partition.cells)
    if not pairs:
        return ()
    total = math.fsum(size for _, size in pairs)
    found: list[float] = []
    passed = 0.0
    for slope, size in pairs:
        passed += size
        while len(found) < len(SHARES) - 1 and passed >= SHARES[len(found)] * total:
            found.append(slope)
    return (*found, *[pairs[-1][0]] * (len(SHARES) - len(found)))
