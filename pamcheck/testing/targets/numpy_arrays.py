"""NumPy arrays of ml_dtypes' and NumPy's own dtypes, or of codes."""

from __future__ import annotations

from typing import Any

import numpy as np

from pamcheck.formats import FORMATS, FloatFormat
from pamcheck.operands import dtype_of
from pamcheck.testing.subject import Codes
from pamcheck.testing.target import TargetFault, Unsupported
from pamcheck.testing.targets.arrays import hold_codes, hold_dtype, hold_shape


class NumPyArrays:
    """See Arrays."""

    def __init__(self, codes: bool = False) -> None:
        self._codes = codes

    def given(self, codes: Codes, fmt: FloatFormat) -> Any:  # noqa: D102
        return codes.copy() if self._codes else codes.copy().view(named_dtype(fmt))

    def codes(self, result: Any, fmt: FloatFormat, count: int) -> Codes:  # noqa: D102
        if not isinstance(result, np.ndarray | np.generic):
            raise not_an_array(result, "a NumPy array")
        if isinstance(result, np.ma.MaskedArray):
            raise TargetFault("dtype", "returned a masked array; fill it, as a masked value is no answer")
        hold_shape(result.shape, count)
        if not self._codes:
            hold_dtype(result.dtype, named_dtype(fmt))
        flat = np.ascontiguousarray(result)
        return hold_codes(flat if self._codes else flat.view(f"u{fmt.storage_bits // 8}"), fmt)

    def overwritten(self, given: Any, codes: Codes) -> bool:  # noqa: D102
        return given.shape != codes.shape or not np.array_equal(given.view(codes.dtype), codes)

    def shared(self, result: Any, given: Any) -> bool:  # noqa: D102
        return isinstance(result, np.ndarray) and np.may_share_memory(result, given)


def named_dtype(fmt: FloatFormat) -> np.dtype[Any]:
    """Return a format's NumPy dtype. Raises Unsupported for one that has none."""
    if fmt.name not in FORMATS:
        raise Unsupported(
            f"no array has the dtype {fmt.name}; take a function of codes (codes=True, --codes)"
        )
    return dtype_of(fmt)


def not_an_array(result: Any, wanted: str) -> TargetFault:
    """Return the fault of a result that is of another library, or of none."""
    kind = type(result)
    if hasattr(result, "shape") and hasattr(result, "dtype"):
        library = kind.__module__.partition(".")[0]
        return TargetFault(
            "device", f"returned an array of {library}; it must be {wanted}, as the operands"
        )
    return TargetFault("dtype", f"returned a {kind.__name__}; it must be {wanted}, as the operands")
