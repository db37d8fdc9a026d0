"""One short name for data, so that a run can tell whether it resumes on the same."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np


def digest_of(*parts: np.ndarray[Any, Any] | str) -> str:
    """Return the SHA-256 of arrays and texts in their order, in hexadecimal: equal where all of them are.

    Arrays count with dtype, shape and values, on machines of either byte order.
    """
    state = hashlib.sha256()
    for part in parts:
        array = np.frombuffer(part.encode("utf-8"), np.uint8) if isinstance(part, str) else part
        little = np.ascontiguousarray(array, array.dtype.newbyteorder("<"))
        state.update(f"{little.dtype.str} {little.shape};".encode())
        state.update(little.tobytes())
    return state.hexdigest()
