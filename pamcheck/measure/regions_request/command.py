"""The body of `pamcheck regions`: from the words of a command line to a partition, and what is said of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from pamcheck.arithmetic import Arithmetic
from pamcheck.measure.regions import (
    Counts,
    Partition,
    Recheck,
    Restriction,
    UndefinedInDomain,
    counts,
    partition,
    polygon,
    recheck,
    segment,
)
from pamcheck.measure.regions_request import perceptron
from pamcheck.measure.regions_request.expression import parse
from pamcheck.measure.sampling import SEED

MLP = "mlp:"

Interval = tuple[Fraction, Fraction]


@dataclass(frozen=True)
class Request:
    """What the command line said; see `pamcheck regions --help`."""

    expression: str
    domains: tuple[str, ...]
    smallest: int = -16
    max_cells: int = 100_000
    output: int | None = None
    at: Path | None = None
    rows: tuple[int, ...] = ()
    line: bool = False
    seed: int = SEED
    recheck: bool = False


@dataclass(frozen=True)
class Found:
    """A partition, and what goes with it.

    axes    what the parameters are called
    shown   the expression, with the component that was asked for
    recheck None where none was asked for
    """

    shown: str
    axes: tuple[str, ...]
    restriction: Restriction
    partition: Partition
    counts: Counts
    recheck: Recheck | None = None

    @property
    def good(self) -> bool:
        """Whether the whole domain was partitioned, and nothing was found wrong."""
        return not self.partition.partial and (self.recheck is None or self.recheck.holds)


def regions(request: Request) -> Found:
    """Partition what a request asks for. A result that is partial says so in its partition.

    Raises ValueError for wrong words, and OSError for files that cannot be read.
    """
    if request.max_cells < 1:
        raise ValueError(f"max-cells is {request.max_cells}; it must be 1 or more")
    restriction, axes, length = restrict(request)
    shown = request.expression
    if request.output is not None:
        restriction = _component(restriction, request.output, length)
        shown = f"{shown}, result {request.output}"
    try:
        found = partition(restriction, smallest=request.smallest, max_cells=request.max_cells)
    except UndefinedInDomain as error:
        found = error.partition
    checked = recheck(found, restriction) if request.recheck else None
    return Found(shown, axes, restriction, found, counts(found), checked)


def restrict(request: Request) -> tuple[Restriction, tuple[str, ...], int | None]:
    """Return the restriction, the names of its parameters, and the number of results of a function with several."""
    if request.expression.startswith(MLP):
        return _restrict_perceptron(request)
    if request.at is not None or request.rows or request.line:
        raise ValueError(
            f"--at, --row and --line go with {MLP}FILE; {request.expression!r} is an expression"
        )
    expression = parse(request.expression)
    names = expression.variables
    domains = _domains(request.domains, len(names))
    origin = {name: np.zeros(()) for name in names}
    directions = [{name: np.ones(())} for name in names]
    made = _restriction(expression.function, origin, directions, domains)
    return made, names, expression.length


def parse_domain(text: str) -> Interval:
    """Read LOW:HIGH, decimal numbers or fractions, exactly. Raises ValueError, showing the form, for anything else."""
    low, _, high = text.partition(":")
    try:
        if len(text) > 100 or "e" in text.lower():
            raise ValueError
        ends = Fraction(low), Fraction(high)
    except (ValueError, ZeroDivisionError):
        raise ValueError(f"domain is {text!r}; write LOW:HIGH, for example 1:4 or -1/2:0.75") from None
    if ends[0] >= ends[1]:
        raise ValueError(f"domain is {text!r}, of no size; its low end must be below its high end")
    return ends


def _restrict_perceptron(request: Request) -> tuple[Restriction, tuple[str, ...], int | None]:
    network = perceptron.load(Path(request.expression.removeprefix(MLP)))
    dimensions = 1 if request.line else 2
    point, directions = perceptron.plane(network.inputs, request.at, request.rows, request.seed, dimensions)
    domains = _domains(request.domains, dimensions)
    moving = [{"x": direction} for direction in directions]
    made = _restriction(network.function(), {"x": point}, moving, domains)
    return made, ("t", "s")[:dimensions], network.outputs


def _domains(texts: Sequence[str], wanted: int) -> list[Interval]:
    """Return one interval a parameter: one text is for all of them."""
    if len(texts) not in (1, wanted):
        raise ValueError(
            f"{len(texts)} domains given; give --domain LOW:HIGH once"
            + (f", or {wanted} times, one for each variable" if wanted > 1 else "")
        )
    found = [parse_domain(text) for text in texts]
    return found * (wanted // len(found))


def _restriction(
    function: Any,
    origin: Mapping[str, Any],
    directions: Sequence[Mapping[str, Any]],
    domains: list[Interval],
) -> Restriction:
    if len(directions) == 1:
        return segment(function, origin, directions[0], *domains[0])
    (left, right), (bottom, top) = domains
    box = ((left, bottom), (right, bottom), (right, top), (left, top))
    return polygon(function, origin, directions[0], directions[1], box)


def _component(restriction: Restriction, number: int, length: int | None) -> Restriction:
    if length is None:
        raise ValueError(f"output is {number}; there is one result, a number, so leave it out")
    if not 0 <= number < length:
        raise ValueError(f"output is {number}; there are results 0 to {length - 1}")

    def function(v: Mapping[str, Any], ar: Arithmetic) -> Any:
        return ar.take(restriction.function(v, ar), number)

    return Restriction(function, restriction.origin, restriction.directions, restriction.domain)
