"""What a callable is given and gives: arrays of one library, made from codes and turned back into codes."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np

from pamcheck.formats import FloatFormat
from pamcheck.testing.subject import Codes
from pamcheck.testing.target import TargetFault
from pamcheck.testing.targets.errors import TargetError


class Arrays(Protocol):
    """A library of arrays. Arrays are 1-d; they hold values of the format's dtype, or codes."""

    def given(self, codes: Codes, fmt: FloatFormat) -> Any:
        """Return a new array, which shares memory with nothing. Raises Unsupported for a format without a dtype."""

    def codes(self, result: Any, fmt: FloatFormat, count: int) -> Codes:
        """Return the codes of a result, copied. Raises TargetFault for one of another dtype, shape or library."""

    def overwritten(self, given: Any, codes: Codes) -> bool:
        """Whether what was made of these codes no longer holds them."""

    def shared(self, result: Any, given: Any) -> bool:
        """Whether a result lies in the memory of what was given."""


def get_arrays(name: str, codes: bool = False) -> Arrays:
    """Return a library by name: "numpy", "cupy", "torch", or "torch:DEVICE" as in "torch:cuda".

    codes  whether arrays hold codes in place of values

    Raises TargetError for an unknown name, and for a library or device that cannot be used.
    """
    library, _, device = name.partition(":")
    if library == "torch":
        from pamcheck.testing.targets.torch_arrays import TorchArrays

        return TorchArrays(device or "cpu", codes)
    if name == "cupy":
        from pamcheck.testing.targets.cupy_arrays import CuPyArrays

        return CuPyArrays(codes)
    if name == "numpy":
        from pamcheck.testing.targets.numpy_arrays import NumPyArrays

        return NumPyArrays(codes)
    raise TargetError(f"arrays is {name!r}; it must be numpy, cupy, torch or torch:DEVICE")


def hold_shape(shape: tuple[int, ...], count: int) -> None:
    """Raise TargetFault for a result of another shape than that of the operands."""
    if tuple(shape) != (count,):
        raise TargetFault(
            "shape",
            f"returned an array of shape {tuple(shape)} for operands of shape ({count},); the shapes must be equal",
        )


def hold_dtype(dtype: Any, wanted: Any) -> None:
    """Raise TargetFault for a result of another dtype than that of the operands."""
    if dtype != wanted:
        raise TargetFault(
            "dtype", f"returned an array of {dtype} for operands of {wanted}; cast the result"
        )


def hold_codes(integers: np.ndarray[Any, Any], fmt: FloatFormat) -> Codes:
    """Return integers as codes: those of the storage's size bit for bit, others by value.

    Raises TargetFault for an array that is not of integers, and for an integer that is no code of the format.
    """
    if integers.dtype.kind not in "iu":
        raise TargetFault("dtype", f"returned an array of {integers.dtype}; codes are integers")
    storage = np.dtype(f"u{fmt.storage_bits // 8}")
    bits = integers.view(storage) if integers.itemsize == storage.itemsize else integers
    wrong = (bits < 0) | (bits > 2 * fmt.sign - 1)
    if wrong.any():
        code = int(bits[wrong.argmax()])
        raise TargetFault(
            "garbled", f"answered {code:#x}, which is no code of {fmt.name}: it has {fmt.width} bits"
        )
    return bits.astype(storage)
