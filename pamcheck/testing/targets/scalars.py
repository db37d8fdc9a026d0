"""Functions of single numbers, called once a case."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from numbers import Integral, Real
from typing import Any

import numpy as np
import numpy.typing as npt

from pamcheck.formats import FORMATS, FloatFormat
from pamcheck.operands import dtype_of
from pamcheck.testing.subject import Codes
from pamcheck.testing.target import TargetFault
from pamcheck.testing.targets.arrays import hold_shape


class Scalars:
    """See Arrays: lists of Python floats, or of ints where they are codes.

    A float that is returned is rounded to the format once, to nearest even. Every format will do, those
    without a dtype too.
    """

    def __init__(self, codes: bool = False) -> None:
        self._codes = codes

    def given(self, codes: Codes, fmt: FloatFormat) -> Any:  # noqa: D102
        if self._codes:
            return codes.tolist()
        if fmt.name in FORMATS:
            with np.errstate(all="ignore"):
                return codes.view(dtype_of(fmt)).astype(np.float64).tolist()
        return [fmt.to_float(code) for code in codes.tolist()]

    def codes(self, result: Any, fmt: FloatFormat, count: int) -> Codes:  # noqa: D102
        hold_shape((len(result),), count)
        kind, told = (Integral, "an int, a code") if self._codes else (Real, "a float")
        for value in result:
            if not isinstance(value, kind):
                raise TargetFault("dtype", f"returned a {type(value).__name__}; it must be {told}")
        storage = np.dtype(f"u{fmt.storage_bits // 8}")
        if not self._codes:
            return _encoded(result, fmt, storage)
        for value in result:
            if not 0 <= value < 2 * fmt.sign:
                raise TargetFault("garbled", f"answered {int(value):#x}, which is no code of {fmt.name}")
        return np.array(result, storage)

    def overwritten(self, given: Any, codes: Codes) -> bool:  # noqa: ARG002, D102
        return False

    def shared(self, result: Any, given: Any) -> bool:  # noqa: ARG002, D102
        return False


def one_by_one(fn: Callable[..., Any], outputs: int) -> Callable[..., Any]:
    """Return a function of lists that calls a function of numbers. Raises TargetFault as it answers otherwise."""

    def run(*columns: Sequence[Any]) -> Any:
        rows = [fn(*row) for row in zip(*columns, strict=True)]
        if outputs == 1:
            return [row[0] if isinstance(row, tuple) and len(row) == 1 else row for row in rows]
        for row in rows:
            if not (isinstance(row, tuple | list) and len(row) == outputs):
                raise TargetFault("arity", f"returned {row!r:.80}; it must be a tuple of {outputs} numbers")
        return tuple(list(column) for column in zip(*rows, strict=True))

    return run


def _encoded(values: list[Any], fmt: FloatFormat, storage: np.dtype[Any]) -> Codes:
    """Return the codes nearest to floats, ties to even, as FloatFormat.encode does one by one."""
    exact = np.array(values, np.float64)
    if fmt.name not in FORMATS:
        return np.array([fmt.encode(value) for value in exact.tolist()], storage)
    dtype = dtype_of(fmt)
    with np.errstate(all="ignore"):
        # ml_dtypes casts by way of float32, which must not round to a tie
        cast = (exact if dtype.kind == "f" else _to_odd(exact)).astype(dtype)
    codes = cast.view(storage).copy()
    codes[np.isnan(exact) | (cast != cast)] = fmt.encode(float("nan"))
    return codes


def _to_odd(exact: npt.NDArray[np.float64]) -> npt.NDArray[np.float32]:
    """Return float32 values rounded to odd: a second rounding, to fewer bits, then comes out as a single one."""
    nearest = exact.astype(np.float32)
    codes = nearest.view(np.uint32).copy()
    codes -= np.abs(nearest) > np.abs(exact)  # towards zero
    codes |= nearest != exact
    return codes.view(np.float32)
