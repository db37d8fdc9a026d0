"""Random words on the GPU (device/threefry.cu)."""

from __future__ import annotations

from typing import Any

import numpy as np

from pamcheck.kernels import device
from pamcheck.kernels.gpu import Runtime

THREADS = 256


def words(key: tuple[int, int], blocks: int, *, runtime: Runtime) -> Any:
    """Return the words of Threefry-2x32 of the counters 0 to blocks - 1: uint32 (blocks, 2), on the device."""
    out = runtime.empty((blocks, 2), np.dtype(np.uint32))
    if blocks:
        arguments = (out, np.int64(blocks), np.uint32(key[0]), np.uint32(key[1]))
        runtime.kernel(device.threefry(), "threefry")((-(-blocks // THREADS),), (THREADS,), arguments)
    return out
