"""CuPy arrays on the current GPU."""

from __future__ import annotations

from typing import Any

import numpy as np

from pamcheck.formats import FloatFormat
from pamcheck.kernels.gpu import DeviceError, load_cupy, runtime
from pamcheck.testing.subject import Codes
from pamcheck.testing.target import TargetFault, Unsupported
from pamcheck.testing.targets.arrays import hold_codes, hold_dtype, hold_shape
from pamcheck.testing.targets.errors import TargetError
from pamcheck.testing.targets.numpy_arrays import named_dtype, not_an_array


class CuPyArrays:
    """See Arrays."""

    def __init__(self, codes: bool = False) -> None:
        try:
            self._cupy: Any = load_cupy()
            self._runtime = runtime()
        except DeviceError as error:
            raise TargetError(str(error)) from error
        self._codes = codes

    def given(self, codes: Codes, fmt: FloatFormat) -> Any:  # noqa: D102
        array = self._runtime.upload(codes.copy())
        if self._codes:
            return array
        dtype = named_dtype(fmt)
        try:
            return array.view(dtype)
        except (TypeError, ValueError, KeyError) as error:
            raise Unsupported(
                f"CuPy has no dtype {fmt.name}; take a function of codes (codes=True, --codes)"
            ) from error

    def codes(self, result: Any, fmt: FloatFormat, count: int) -> Codes:  # noqa: D102
        if not isinstance(result, self._cupy.ndarray):
            raise not_an_array(result, "an array of CuPy")
        here = self._cupy.cuda.Device()
        if result.device != here:
            raise TargetFault(
                "device", f"returned an array on GPU {result.device.id} for operands on GPU {here.id}"
            )
        hold_shape(tuple(result.shape), count)
        if not self._codes:
            hold_dtype(result.dtype, named_dtype(fmt))
        host = self._bits(result)
        return hold_codes(host if self._codes else host.view(f"u{fmt.storage_bits // 8}"), fmt)

    def overwritten(self, given: Any, codes: Codes) -> bool:  # noqa: D102
        return given.shape != codes.shape or not np.array_equal(self._bits(given).view(codes.dtype), codes)

    def shared(self, result: Any, given: Any) -> bool:  # noqa: D102
        return isinstance(result, self._cupy.ndarray) and bool(self._cupy.may_share_memory(result, given))

    def _bits(self, array: Any) -> np.ndarray[Any, Any]:
        """Return an array as unsigned integers on the host, or as it is where it holds integers."""
        array = self._cupy.ascontiguousarray(array)
        integers = array if array.dtype.kind in "iu" else array.view(f"u{array.dtype.itemsize}")
        return self._runtime.download(integers)
