"""What the array functions are given: dtypes to formats, operands to arrays, offsets to codes, `out`."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from functools import lru_cache
from itertools import zip_longest
from typing import Any

import ml_dtypes
import numpy as np
import numpy.typing as npt

from pamcheck.formats import FORMATS, FloatFormat

Array = npt.NDArray[Any]
Number = float | Fraction


def dtype_of(fmt: FloatFormat) -> np.dtype[Any]:
    """Return the NumPy or ml_dtypes dtype of a named format. Raises TypeError for a custom one."""
    if fmt.name not in FORMATS:
        raise TypeError(
            f"format {fmt.name} has no NumPy dtype; work on its codes with pamcheck.kernels.launch"
        )
    found: np.dtype[Any] = np.dtype(getattr(np, fmt.name, None) or getattr(ml_dtypes, fmt.name))
    return found


_FORMAT_OF: dict[np.dtype[Any], FloatFormat] = {dtype_of(fmt): fmt for fmt in FORMATS.values()}


def format_of(dtype: npt.DTypeLike, argument: str = "dtype") -> FloatFormat:
    """Return the format of a dtype. Raises TypeError, naming the argument, for one that has none."""
    found = _FORMAT_OF.get(np.dtype(dtype).newbyteorder("="))
    if found is None:
        raise TypeError(
            f"{argument} has dtype {np.dtype(dtype)}, which is not supported; convert it with .astype to one of: "
            + ", ".join(FORMATS)
        )
    return found


def offset_codes(offset: Number, fmt: FloatFormat) -> int:
    """Return a compensation offset, given in octaves (units of log2), as a whole number of codes.

    An offset is a constant that is added to bit patterns, so it is rounded to a multiple of
    2^-mant_bits, ties to even. Raises ValueError for one that is not finite or not below an octave.
    """
    if not isinstance(offset, (int, float, Fraction, np.integer, np.floating)):
        raise TypeError(f"offset is a {type(offset).__name__}; it must be a number of octaves")
    if not -1 < offset < 1:
        raise ValueError(f"offset is {offset}; it must be a number of octaves between -1 and 1")
    exact = offset if isinstance(offset, (int, Fraction)) else Fraction(float(offset))
    codes = round(exact * fmt.tiny)
    if abs(codes) >= fmt.tiny:
        raise ValueError(
            f"offset is {offset}, which {fmt.name} rounds to a whole octave; take a smaller one"
        )
    return codes


def parse_offset(text: str) -> Fraction:
    """Read an offset in octaves: a decimal, or a fraction such as 1/16. Raises ValueError for others."""
    try:
        # only a fraction is read exactly: 1e-999999999 would be one with a billion digits
        return Fraction(text) if "/" in text else Fraction(float(text))
    except (ValueError, ZeroDivisionError, OverflowError):
        raise ValueError(
            f"offset is {text!r}; write octaves as a number or a fraction, 0.0625 or 1/16"
        ) from None


_NAMES = {1: ("x",), 2: ("a", "b")}


def labels_of(name: str, count: int) -> list[str]:
    """Return what error messages call the operands of an operation."""
    return [f"{name}: operand {letter}" for letter in _NAMES[count]]


def as_arrays(
    name: str, operands: tuple[Any, ...], labels: Sequence[str] | None = None
) -> tuple[list[Array], FloatFormat]:
    """Return the operands as arrays of one native dtype, and its format. Errors call them by their labels."""
    first = operands[0]
    if (
        all(type(x) is np.ndarray and x.dtype == first.dtype for x in operands)
        and first.dtype in _FORMAT_OF
    ):
        return list(operands), _FORMAT_OF[first.dtype]  # as it should be, and quickly so
    labels = labels or labels_of(name, len(operands))
    typed = [None if is_weak(x) else _typed(x, label) for x, label in zip(operands, labels, strict=True)]
    dtypes = {array.dtype.newbyteorder("=") for array in typed if array is not None}
    if len(dtypes) > 1:
        found = " and ".join(
            f"{label.removeprefix(f'{name}: ')} has dtype {array.dtype}"
            for label, array in zip(labels, typed, strict=True)
            if array is not None
        )
        raise TypeError(f"{name}: {found}; convert one of them with .astype, none is promoted")
    dtype = dtypes.pop() if dtypes else np.dtype(np.float64)
    arrays = [
        rounded(x, label, format_of(dtype)).view(dtype)
        if array is None
        else array.astype(dtype, copy=False)
        for x, label, array in zip(operands, labels, typed, strict=True)
    ]
    return arrays, format_of(dtype)


def broadcast_shape(name: str, arrays: list[Array]) -> tuple[int, ...]:
    """Return the common shape, in as many dimensions as an array can have; numpy.broadcast stops at 32."""
    if all(array.shape == arrays[0].shape for array in arrays):
        return tuple(arrays[0].shape)
    shape = []
    for lengths in zip_longest(*(array.shape[::-1] for array in arrays), fillvalue=1):
        wanted = set(lengths) - {1}
        if len(wanted) > 1:
            shapes = " and ".join(str(array.shape) for array in arrays)
            raise ValueError(f"{name}: operands of shapes {shapes} do not broadcast against each other")
        shape.append(wanted.pop() if wanted else 1)
    return tuple(shape[::-1])


def matmul_shape(name: str, arrays: list[Any]) -> tuple[int, ...]:
    """Return the shape of a matrix product, by numpy.matmul's rules for operands of one axis and for batches."""
    a, b = (tuple(array.shape) for array in arrays)
    for letter, shape in (("a", a), ("b", b)):
        if not shape:
            raise ValueError(f"{name}: operand {letter} is 0-d; it must have at least one axis")
    columns, rows = a[-1], b[max(len(b) - 2, 0)]
    if columns != rows:
        raise ValueError(
            f"{name}: operands of shapes {a} and {b} do not fit: a has {columns} columns and b has {rows} rows"
        )
    batch = []
    for lengths in zip_longest(a[:-2][::-1], b[:-2][::-1], fillvalue=1):
        wanted = set(lengths) - {1}
        if len(wanted) > 1:
            raise ValueError(
                f"{name}: leading axes of shapes {a} and {b} do not broadcast against each other"
            )
        batch.append(wanted.pop() if wanted else 1)
    return (*batch[::-1], *a[-2:-1], *(b[-1:] if len(b) > 1 else ()))


def is_weak(operand: Any) -> bool:
    """Whether an operand is a Python number, which takes the dtype of the others."""
    return isinstance(operand, (int, float)) and not isinstance(operand, (bool, np.generic))


def _typed(operand: Any, label: str) -> Array:
    if isinstance(operand, np.ma.MaskedArray):
        raise TypeError(f"{label} is a masked array, whose mask would be lost; fill it first")
    array = np.asarray(operand)
    format_of(array.dtype, label)
    return array


def rounded(number: float, label: str, fmt: FloatFormat) -> Array:
    """Return a Python number as a code, rounded once; a cast may round by way of float32."""
    try:
        value = float(number)
    except OverflowError:
        raise ValueError(f"{label} is an integer too large for a float64; write it as a float") from None
    return np.array(_code(value, math.copysign(1.0, value), fmt), dtype=f"u{fmt.storage_bits // 8}")


@lru_cache(maxsize=512)
def _code(value: float, sign: float, fmt: FloatFormat) -> int:  # noqa: ARG001
    """Return a number's code; composites ask for the same few constants. The sign tells -0.0 from 0.0."""
    return fmt.encode(value)


def check_out(name: str, out: Any, shape: tuple[int, ...], dtype: np.dtype[Any]) -> None:
    """Raise where `out` cannot take the result as it is."""
    if not isinstance(out, np.ndarray) or isinstance(out, np.ma.MaskedArray):
        raise TypeError(f"{name}: out is a {type(out).__name__}; it must be a plain NumPy array")
    if out.dtype != dtype:
        raise TypeError(f"{name}: out has dtype {out.dtype}; it must be {dtype}, as the operands")
    if out.shape != shape:
        raise ValueError(f"{name}: out has shape {out.shape}; it must be {shape}, the shape of the result")
    if not out.flags.writeable:
        raise ValueError(f"{name}: out is read-only; it must be writeable")
