"""Pieces of a function as figures: cells in a plane, profiles along a line, and the linear interpreter as images."""

from __future__ import annotations

from matplotlib.figure import Figure

from pamcheck.measure.regions import Partition
from pamcheck.plotting.regions.cells import cells
from pamcheck.plotting.regions.images import interpreter
from pamcheck.plotting.regions.pair import pair
from pamcheck.plotting.regions.profile import profile

__all__ = ["cells", "draw", "interpreter", "pair", "profile"]


def draw(partition: Partition, axes: tuple[str, ...], title: str) -> Figure:
    """Draw a partition: cells coloured by slope, or the profile of a segment.

    axes  what the parameters are called

    Raises ValueError for a partition without cells.
    """
    if not partition.cells:
        raise ValueError("the partition has no cells, so there is nothing to draw; see its reason")
    if partition.dimensions == 1:
        return profile(partition, axes[0], title)
    return cells(partition, (axes[0], axes[1]), title)
