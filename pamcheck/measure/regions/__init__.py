"""The affine pieces of operations and networks: found exactly, counted, and checked again.

    found = partition(operation("pam", (1, 4), (1, 4)))
    found.program_pieces, counts(found).record(), recheck(found, restriction)

Names: see docs/explanation/regions.md. The tracer along lines is pamcheck.measure.regions.tracer.
"""

from pamcheck.measure.regions.causes import CAUSES, MEANINGS, Break
from pamcheck.measure.regions.cells import Cell
from pamcheck.measure.regions.counts import Counts, counts
from pamcheck.measure.regions.partitions import Partition, UndefinedInDomain
from pamcheck.measure.regions.recheck import Recheck, recheck
from pamcheck.measure.regions.restriction import Restriction, operation, polygon, segment
from pamcheck.measure.regions.run import partition
from pamcheck.measure.regions.text import DamagedPartition, from_json, to_json

__all__ = [
    "CAUSES",
    "MEANINGS",
    "Break",
    "Cell",
    "Counts",
    "DamagedPartition",
    "Partition",
    "Recheck",
    "Restriction",
    "UndefinedInDomain",
    "counts",
    "from_json",
    "operation",
    "partition",
    "polygon",
    "recheck",
    "segment",
    "to_json",
]
