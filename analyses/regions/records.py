"""What the study of regions measures, and hands from step to step."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from pamcheck.measure.regions import Counts, Partition, Recheck, Restriction
from pamcheck.measure.regions.tracer import LinearPiece, Symmetry

Array = np.ndarray[Any, Any]
STATES = ("untrained", "trained")


@dataclass(frozen=True)
class Known:
    """A count that can be derived by hand, and what was found."""

    expression: str
    domain: str
    formula: str
    expected: tuple[int, int]  # of the program, of the function
    found: tuple[int, int]
    recheck: Recheck


@dataclass(frozen=True)
class Slice:
    """A network on a triangle: the whole of it, and a part of it that was verified again."""

    restriction: Restriction
    partition: Partition
    counts: Counts
    inner: Partition
    recheck: Recheck
    points: int  # inside seeded cells of the whole, at which the maps were held against the definition
    wrong: int


@dataclass(frozen=True)
class Compared:
    """Pieces of the program and of the function along a line.

    small  pieces of the tracer, and parts left out by the partition, where an operand is below the smallest binade
    """

    traced: tuple[int, int]
    exact: tuple[int, int]
    small: int


@dataclass(frozen=True)
class Interpreted:
    """The linear interpreter of a network at an image.

    tried   displacements inside the piece, at which f(x + d) and J d + f(x) were compared, f in Fractions
    error   their largest difference, over the largest magnitude of f(x)
    """

    piece: LinearPiece
    tried: int
    error: float


@dataclass(frozen=True)
class Measured:
    """Everything measured.

    widths    of the classifier's layers, inputs first
    accuracy  on the test images, by epoch: the first is before training
    slices    by state
    lines     one row for a line between two test images and a network: the classifier by epoch, and untrained
              perceptrons by width and depth
    compared  lines of both states
    image     that the interpreters are at, by its pixels
    shown     classes of the three images of the slice
    """

    known: list[Known]
    widths: tuple[int, ...]
    accuracy: list[float]
    shrink: int
    slices: dict[str, Slice]
    lines: pd.DataFrame
    compared: list[Compared]
    interpreted: dict[str, Interpreted]
    symmetries: list[Symmetry]
    profiles: dict[str, Partition]
    image: Array
    shown: tuple[int, ...]
