"""Arrays of affine forms, one row of forms for every cell of a sweep."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from pamcheck.measure.regions.forms import Form, constant
from pamcheck.measure.regions.sweep import Row, Sweep

Array = np.ndarray[Any, Any]


class Value:
    """An array of affine forms on the cells of a sweep, with the shape of an array.

    It has no dtype, as it has no rounding. A value made before cells were split is brought up to date when it is
    read. Constants have one row for all cells.
    """

    __slots__ = ("_generation", "_rows", "fixed", "shape", "sweep")

    def __init__(self, sweep: Sweep, shape: tuple[int, ...], rows: list[Row], fixed: bool = False) -> None:
        self.sweep, self.shape, self.fixed = sweep, shape, fixed
        self._rows, self._generation = rows, len(sweep.parents)

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return len(self.shape)

    @property
    def size(self) -> int:
        """The number of elements."""
        return math.prod(self.shape)

    @property
    def T(self) -> Value:
        """The value with its axes in the opposite order."""
        return self.moved(self.numbers().T)

    def __len__(self) -> int:
        """Return the length of the first axis."""
        if not self.shape:
            raise TypeError("a value of no axes has no length")
        return self.shape[0]

    def __getitem__(self, key: Any) -> Value:
        """Return what the index selects, as of an array."""
        return self.moved(self.numbers()[key])

    def __array__(self, *_: Any, **__: Any) -> Any:
        """Refuse to become an array: NumPy's functions would not see the breaks."""
        raise TypeError("values on cells are no arrays; compute with the methods of the Arithmetic")

    def row(self, cell: int) -> Row:
        """Return the forms on a cell, in C order."""
        if self.fixed:
            return self._rows[0]
        parents = self.sweep.parents
        if self._generation < len(parents):
            for generation in parents[self._generation :]:
                self._rows = [self._rows[parent] for parent in generation]
            self._generation = len(parents)
        return self._rows[cell]

    def numbers(self) -> Array:
        """Return the places of the elements in a row, in the value's shape."""
        return np.arange(self.size).reshape(self.shape)

    def moved(self, places: Any) -> Value:
        """Return the value whose elements are those at these places."""
        places = np.asarray(places)
        order = places.reshape(-1).tolist()
        count = 1 if self.fixed else len(self.sweep.outlines)
        rows = [[row[i] for i in order] for row in map(self.row, range(count))]
        return Value(self.sweep, places.shape, rows, self.fixed)


def constants(sweep: Sweep, x: Any) -> Value:
    """Return numbers or an array of numbers as a value; -inf stays, to be left out by a maximum.

    Raises ValueError for other numbers that are not finite or no binary fractions.
    """
    array = np.asarray(x)
    if array.dtype.kind == "V":  # as ml_dtypes has them
        array = array.astype(np.float64)
    row: Row = [None if y == -math.inf else constant(y) for y in array.reshape(-1).tolist()]
    return Value(sweep, array.shape, [row], fixed=True)


def moving(sweep: Sweep, parts: Sequence[Array]) -> Value:
    """Return origin + t u (+ s v) from exact arrays origin, u (and v) of one shape."""
    columns = [[constant(y) for y in part.reshape(-1).tolist()] for part in parts]
    zero: list[Form] = [(0, 0, 0, 0)] * len(columns[0])
    columns += [zero] * (3 - len(columns))
    row: Row = [_joined(*forms) for forms in zip(*columns, strict=True)]
    return Value(sweep, parts[0].shape, [row], fixed=True)


def axes_of(axis: Any, ndim: int) -> tuple[int, ...]:
    """Return axes as numbers from 0. Raises numpy.exceptions.AxisError for one that is not there."""
    if axis is None:
        return tuple(range(ndim))
    return tuple(np.lib.array_utils.normalize_axis_index(int(a), ndim) for a in np.atleast_1d(axis))


def grouped(x: Value, axes: tuple[int, ...], keepdims: bool) -> tuple[Any, tuple[int, ...]]:
    """Return places as (results, elements of each), and the shape of the results."""
    kept = tuple(axis for axis in range(x.ndim) if axis not in axes)
    shape = tuple(x.shape[axis] for axis in kept)
    groups = (
        x.numbers().transpose(kept + axes).reshape(int(np.prod(shape, dtype=np.int64)), -1)
        if x.size
        else (np.zeros((int(np.prod(shape, dtype=np.int64)), 0), np.int64))
    )
    full = tuple(1 if axis in axes else length for axis, length in enumerate(x.shape))
    return groups, full if keepdims else shape


def _joined(origin: Form, u: Form, v: Form) -> Form:
    most = max(origin[3], u[3], v[3])
    a, b, c = (form[2] << (most - form[3]) for form in (u, v, origin))
    return (a, b, c, most)
