"""Read the idx format: a count of axes, their lengths, then bytes in row-major order; gzipped  [lecun, MNIST]."""

from __future__ import annotations

import gzip
import math
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np

from pamcheck.nn.data.fetch import DataError

UNSIGNED_BYTES = 0x08


def read(path: Path, axes: int) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """Return the array of bytes in a gzipped idx file, with the given number of axes.

    Raises DataError where the file cannot be read, its compression is damaged, or its header is not that of
    so many axes of bytes, or does not match what follows.
    """
    try:
        with gzip.open(path) as file:
            data = file.read()
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(
            f"{path} is not a complete gzip file: {error}; replace it by the original"
        ) from error
    head = 4 + 4 * axes
    if len(data) < head or data[:4] != bytes((0, 0, UNSIGNED_BYTES, axes)):
        raise DataError(
            f"{path} begins with {data[:4].hex() or 'nothing'}; an idx file of bytes with {axes} axes begins with "
            f"0000{UNSIGNED_BYTES:02x}{axes:02x} and {axes} lengths"
        )
    shape = struct.unpack_from(f">{axes}I", data, 4)
    if math.prod(shape) != len(data) - head:
        raise DataError(
            f"{path} has {len(data) - head} bytes for shape {shape}; {math.prod(shape)} were due"
        )
    return np.frombuffer(data, np.uint8, offset=head).reshape(shape)
