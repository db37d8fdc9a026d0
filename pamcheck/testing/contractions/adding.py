"""Numbers that are added up in a stated accumulator, and rounded to a format once."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from pamcheck.formats import FloatFormat
from pamcheck.kernels.values import rounded, same_codes, values
from pamcheck.operands import dtype_of
from pamcheck.testing.subject import Codes

Numbers = npt.NDArray[Any]


def numbers_of(codes: Codes, fmt: FloatFormat, wide: FloatFormat) -> Numbers:
    """Return the values of codes of a format as an array in the accumulator's dtype."""
    if wide == fmt:
        return np.ascontiguousarray(codes).view(dtype_of(fmt))
    with np.errstate(all="ignore"):
        return values(np.ascontiguousarray(codes), fmt).astype(dtype_of(wide), copy=False)


def codes_of(numbers: Numbers, fmt: FloatFormat, wide: FloatFormat) -> Codes:
    """Return numbers of the accumulator's dtype as codes of a format, rounded once; NaN is the format's own."""
    code = np.dtype(f"u{fmt.storage_bits // 8}")
    if wide != fmt and not same_codes(fmt):
        return rounded(np.array(numbers), fmt)  # a copy: it may be written into
    with np.errstate(all="ignore"):
        codes = np.ascontiguousarray(numbers.astype(dtype_of(fmt), copy=False)).view(code)
    sizes = codes & code.type(fmt.magnitude)
    above = fmt.largest + (fmt.inf is not None)
    return codes if fmt.nan is None else np.where(sizes > above, code.type(fmt.nan), codes)
