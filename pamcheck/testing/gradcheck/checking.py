"""The public check: which partial derivatives are looked at."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from pamcheck.lookup import lookup
from pamcheck.measure.sampling import SEED
from pamcheck.operands import format_of
from pamcheck.testing.gradcheck.deciding import SIDES, Side, Tally
from pamcheck.testing.gradcheck.findings import Case, GradResult
from pamcheck.testing.gradcheck.slopes import Function


def gradcheck(
    fn: Callable[..., Any],
    vjp: Callable[..., Any],
    points: Sequence[Any],
    *,
    side: Side = "outward",
    elementwise: bool = False,
    roundings: int = 0,
    outputs: int = 8,
    directions: int = 64,
    seed: int = SEED,
) -> GradResult:
    """Compare a vector-Jacobian product with exact one-sided differences of its function.

    fn           fn(*operands) -> array, made of PAM operations, additions and choices; any dtype that pamcheck
                 supports, float64 by choice: the more bits, the more slopes can be told
    vjp          vjp(*operands, cotangent) -> tuple of cotangents, one an operand, or the array itself of one
    points       tuples of operands; an array stands for a tuple of one
    side         which slope is right at a break, see SIDES
    elementwise  element i of the result depends on element i of each operand alone, and all have one shape:
                 every element is a case, and fn is called on all of them together
    roundings    how many times the vjp may round on the way: its answer may be off by so many units roundoff of
                 the largest slope in the same row of the Jacobian. 0 demands equality
    outputs      at most so many elements of the result, and of each operand `directions`, are looked at, drawn
                 with `seed`

    Cotangents are 1, -1.5 and 3 in turn, for one output each. Raises ValueError for an unknown side, no points
    and operands or results of unfit shapes, TypeError for a dtype without a format.
    """
    lookup("side", side, SIDES)
    points = [point if isinstance(point, tuple) else (point,) for point in points]
    if not points:
        raise ValueError("points is empty; give at least one tuple of operands")
    rng = np.random.default_rng(seed)
    tally = Tally(side, roundings)
    for point in points:
        operands = tuple(np.asarray(x) for x in point)
        function = Function(fn, vjp, operands, elementwise, format_of(operands[0].dtype, "point"))
        for number in range(len(operands)):
            for rows in _cases(function, number, rng, outputs, directions):
                tally.add(function, rows)
    return tally.result()


def _cases(
    function: Function, operand: int, rng: np.random.Generator, outputs: int, directions: int
) -> list[list[Case]]:
    """Return the cases of one operand, those of one output together."""
    shape, size = function.operands[operand].shape, function.operands[operand].size
    results = function.value.size
    if function.elementwise:
        flat = _some(size, outputs * directions, rng)
        return [[_case(function, operand, shape, i, i)] for i in flat]
    chosen = _some(size, directions, rng)
    return [[_case(function, operand, shape, i, j) for i in chosen] for j in _some(results, outputs, rng)]


def _case(function: Function, operand: int, shape: tuple[int, ...], i: int, j: int) -> Case:
    index = tuple(int(x) for x in np.unravel_index(i, shape))
    output = tuple(int(x) for x in np.unravel_index(j, function.value.shape))
    return Case(function.operands, operand, index, output, _COTANGENTS[j % len(_COTANGENTS)])


_COTANGENTS = (Fraction(1), Fraction(-3, 2), Fraction(3))


def _some(size: int, most: int, rng: np.random.Generator) -> list[int]:
    return list(range(size)) if size <= most else sorted(rng.choice(size, most, replace=False).tolist())
