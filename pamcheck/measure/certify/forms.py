"""An interpretation on error forms: a value is what is known of the ratio of a result to the truth.

A row stands for n entries that may each lie in any of its cells; a cell is a part of the inputs' range with the
range of the ratio there. Operations multiply ratios, and know more where more is known: of mantissas, of which
entries are summed, of a quotient by a root. What is not needed by the composites here is refused.
"""

# ruff: noqa: D102, as what the methods do is said in the protocol of an Arithmetic

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import lru_cache
from typing import Any, Literal

from pamcheck import spec
from pamcheck.formats import FloatFormat
from pamcheck.functional import LOG2_E
from pamcheck.measure.certify import jets
from pamcheck.measure.certify.certificate import Box
from pamcheck.measure.certify.functions import SMALL
from pamcheck.measure.certify.pieces import OnPiece, pieces
from pamcheck.measure.certify.search import TRUTHS, extremes
from pamcheck.measure.certify.subjects import SUBJECTS
from pamcheck.spec.real import floor_log2, power_of_two

Ratio = tuple[Fraction, Fraction]
EXACT: Ratio = (Fraction(1), Fraction(1))
PRODUCT: Ratio = (Fraction(8, 9), Fraction(1))
QUOTIENT: Ratio = (Fraction(1), Fraction(9, 8))
# quotient by a root: 2 sqrt 2 / 3, rounded down, and 4/3 sqrt(2/3), rounded up
BY_ROOT: Ratio = (Fraction(9428090415820633, 10**16), Fraction(10886621079036348, 10**16))
WIDEST = Fraction(1, 16)  # of a cell of an exponential's argument


@dataclass(frozen=True)
class Cell:
    """One part of the inputs' range: result over truth, mantissas of the result, and the truth's own range."""

    ratio: Ratio
    mantissas: Ratio = (Fraction(0), Fraction(1))
    weight: Ratio = EXACT
    box: Box | None = None


@dataclass(frozen=True)
class Form:
    """n entries, or one number that is common to them (`role` says what it is)."""

    count: int
    cells: tuple[Cell, ...]
    role: Literal["entries", "argument", "shift", "total", "mean", "root"] = "entries"
    domain: tuple[Fraction, Fraction] | None = None

    @property
    def shape(self) -> tuple[int]:
        """As arrays have it."""
        return (self.count,)

    @property
    def ratio(self) -> Ratio:
        """The range of the ratio over all cells."""
        return min(cell.ratio[0] for cell in self.cells), max(cell.ratio[1] for cell in self.cells)


@dataclass(frozen=True)
class ErrorForms:
    """The interval interpretation. `fmt` adds the rounding of sums; without it everything is real."""

    fmt: FloatFormat | None = None
    name: str = "error forms"

    def mul(self, a: Any, b: Any) -> Any:
        if b == LOG2_E and isinstance(a, Form) and a.domain:
            return replace(a, role="argument")
        if isinstance(b, (int, float)) and _is_power(b):
            return a
        factor = b.ratio if isinstance(b, Form) else EXACT
        return _scaled(a, (factor[0] * PRODUCT[0], factor[1]))

    def div(self, a: Any, b: Any) -> Any:
        if not isinstance(b, Form):
            return a if _is_power(b) else _scaled(a, QUOTIENT)
        if b.role == "root":  # the quotient and the root err together; what is under the root was apart
            low, high = b.ratio
            return _scaled(a, (BY_ROOT[0] / root_above(high), BY_ROOT[1] / root_below(low)))
        if b.role == "total" and a.cells == b.cells:
            return Form(a.count, tuple(share_of(cell, a) for cell in a.cells))
        return _scaled(a, (1 / b.ratio[1], QUOTIENT[1] / b.ratio[0]))

    def exp2(self, x: Any) -> Any:
        if not isinstance(x, Form) or x.role != "argument" or x.domain is None:
            raise ValueError("an error form takes exp2 of inputs times log2 e only")
        return Form(x.count, exponential_cells(*x.domain))

    def sqrt(self, x: Any) -> Any:
        return replace(x, role="root")

    def sum(self, x: Any, axis: Any = None, keepdims: bool = False) -> Any:  # noqa: ARG002
        if self.fmt is None:
            return replace(x, role="total")
        slack = rounding_of_sum(x.count, self.fmt)
        return replace(_scaled(x, (1 - slack, 1 + slack)), role="total")

    def add(self, a: Any, b: Any) -> Any:
        if b == 0:
            return a
        low, high = a.ratio  # a positive constant brings the ratio nearer to 1
        return replace(a, cells=(Cell((min(low, Fraction(1)), max(high, Fraction(1)))),))

    def sub(self, a: Any, b: Any) -> Any:
        if b.role == "shift" or (b.role == "total" and b.ratio == EXACT):
            return a  # whole octaves shift X without error; an exact mean leaves exact differences
        raise ValueError("the difference of two inexact values has no bounded ratio to the truth")

    def max(self, x: Any, axis: Any = None, keepdims: bool = False) -> Any:  # noqa: ARG002
        return replace(x, role="shift")

    def value(self, x: Any) -> Any:
        """Return x: there is nothing around it."""
        return x

    def floor(self, x: Any) -> Any:
        return x


def inputs(count: int, domain: tuple[Fraction, Fraction] | None = None) -> Form:
    """Return exact inputs, each anywhere in the domain."""
    return Form(count, (Cell(EXACT),), domain=domain)


@lru_cache(maxsize=4)
def exponential_cells(low: Fraction, high: Fraction) -> tuple[Cell, ...]:
    """Return a cell for each part of paexp's affine pieces on [low, high], which holds 0, in order."""
    return tuple(_exponential_cells(low, high))


def _exponential_cells(low: Fraction, high: Fraction) -> Iterator[Cell]:
    """Yield a cell for each part of paexp's affine pieces: the ratio to e^x enclosed by the search."""
    subject = SUBJECTS["paexp"]
    for start, end in ((low, min(high, -SMALL)), (max(low, SMALL), high)):
        if start < end:
            for where, values in pieces(subject.function, start, end, OnPiece()):
                parts = max(1, -((where.low - where.high) // WIDEST))
                for k in range(parts):
                    a, b = (where.low + (where.high - where.low) * Fraction(j, parts) for j in (k, k + 1))
                    rise = (values.high - values.low) / (where.high - where.low)
                    ends = type(values)(*(values.low + rise * (end_ - where.low) for end_ in (a, b)))
                    found = extremes(TRUTHS["exp"], "relative", type(where)(a, b), ends)
                    yield cell_of(Box("piece", ((a,), (b,)), found.lower, found.upper), ends)
        if end == -SMALL and high > 0:
            reach = 32 * SMALL
            for a, b in ((-SMALL, Fraction(0)), (Fraction(0), SMALL)):
                yield cell_of(Box("small", ((a,), (b,)), -reach, reach), None)


def cell_of(box: Box, values: Any) -> Cell:
    """Return the cell of a proven box: e^x over it, and the mantissas of its results, if they are given."""
    (low,), (high,) = box.corners
    assert low is not None
    assert high is not None
    weight = (
        Fraction(jets.exp(jets.exact(low)).low, jets.UNIT),
        Fraction(jets.exp(jets.exact(high)).high, jets.UNIT),
    )
    mantissas = (Fraction(0), Fraction(1))
    if values is not None:
        scale = power_of_two(floor_log2((values.low + values.high) / 2))
        mantissas = (values.low / scale - 1, values.high / scale - 1)
    return Cell((1 + box.lower, 1 + box.upper), mantissas, weight, box)


def share_of(cell: Cell, form: Form) -> Cell:
    """Return an entry over the sum of n of its kind, of which it is one with a least share of its own.

    The ratio is q r / (w r + (1 - w) s): q of the quotient, r of the entry, s of the mean of the others, w the true
    share. It grows with r and falls with s; with w it moves toward q, so the least w is the worst.
    """
    low, high = form.ratio
    heaviest = max(c.weight[1] for c in form.cells)
    w = cell.weight[0] / (cell.weight[0] + (form.count - 1) * heaviest)
    least = cell.ratio[0] / (w * cell.ratio[0] + (1 - w) * high)
    most = cell.ratio[1] / (w * cell.ratio[1] + (1 - w) * low)
    return Cell((min(least, Fraction(1)), max(most, Fraction(1)) * worst_quotient(*cell.mantissas)))


def worst_quotient(low: Fraction, high: Fraction) -> Fraction:
    """Return the greatest ratio of a quotient whose dividend has a mantissa in [low, high]."""
    first = (3 + low) ** 2 / (8 * (1 + low))  # divisors of a larger mantissa: falls with the dividend's
    second = (2 + high) ** 2 / (4 * (1 + high))  # of a smaller one: grows
    return max(first, second)


def rounding_of_sum(count: int, fmt: FloatFormat) -> Fraction:
    """Return a bound on the relative error of a canonical sum of entries of one sign, rounded to the format."""
    accumulator = spec.accumulator(fmt)
    depth = min(count - 1, -(-count // 32) + 4)
    growth = (1 + Fraction(1, 2 * accumulator.tiny)) ** depth
    last = Fraction(1, 2 * fmt.tiny) if accumulator != fmt else Fraction(0)
    return growth * (1 + last) - 1


def root_above(x: Fraction) -> Fraction:
    """Return a fraction at or a little above the square root."""
    return Fraction(jets.sqrt(jets.exact(x)).high, jets.UNIT)


def root_below(x: Fraction) -> Fraction:
    """Return a fraction at or a little below the square root."""
    return Fraction(jets.sqrt(jets.exact(x)).low, jets.UNIT)


def _scaled(form: Form, factor: Ratio) -> Any:
    cells = tuple(
        replace(cell, ratio=(cell.ratio[0] * factor[0], cell.ratio[1] * factor[1])) for cell in form.cells
    )
    return replace(form, cells=cells)


def _is_power(x: float) -> bool:
    size = abs(Fraction(x))
    return size > 0 and size == power_of_two(floor_log2(size))
