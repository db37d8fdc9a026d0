from __future__ import annotations

import gzip
import struct
from pathlib import Path

import numpy as np
import pytest

from pamcheck.lookup import UnknownName
from pamcheck.nn.data import DataError, digits, idx, images


def packed(shape: tuple[int, ...], data: bytes, head: bytes | None = None) -> bytes:
    start = bytes((0, 0, 8, len(shape))) if head is None else head
    return gzip.compress(start + struct.pack(f">{len(shape)}I", *shape) + data, mtime=0)


WHOLE = packed((2, 3), bytes(range(6)))


def test_the_digits_are_those_of_the_studies() -> None:
    found, before = images("digits"), digits()
    assert found.digest == before.digest
    assert (found.square.shape, found.square_test.shape, found.classes) == ((1437, 8, 8), (360, 8, 8), 10)
    assert (found.square[5].ravel() == found.x[5]).all()


def test_mnist_is_parted_in_the_order_of_its_files(real_data: Path) -> None:
    found = images("mnist")
    assert (found.square.shape, found.square_test.shape, found.classes) == (
        (8000, 28, 28),
        (2000, 28, 28),
        10,
    )
    assert found.y[:5].tolist() == [7, 2, 1, 0, 4]
    assert found.x.dtype == np.float32
    assert (found.x.min(), found.x.max()) == (0, 1)
    pixels = idx.read(real_data / "mnist" / "t10k-images-idx3-ubyte.gz", axes=3)
    assert (found.square_test[-1] == (pixels[-1] / 255).astype(np.float32)).all()


def test_an_idx_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "whole.gz"
    path.write_bytes(WHOLE)
    assert idx.read(path, axes=2).tolist() == [[0, 1, 2], [3, 4, 5]]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "begins with nothing"),
        (b"no gzip", "not a complete gzip file"),
        (WHOLE[:-9], "not a complete gzip file"),
        (WHOLE[:-8] + b"\0" * 8, "not a complete gzip file"),  # its checksum
        (WHOLE[:12] + b"\xff\xff" + WHOLE[14:], "not a complete gzip file"),
        (packed((2, 3), bytes(6), head=b"\0\0\x0d\x02"), "begins with 00000d02"),  # floats
        (packed((6,), bytes(6)), "begins with 00000801"),
        (packed((2, 3), bytes(5)), r"5 bytes for shape \(2, 3\); 6 were due"),
        (packed((2, 3), bytes(7)), "7 bytes"),
        (packed((1 << 31, 1 << 31), bytes(6)), "were due"),
        (gzip.compress(b"\0\0\x08\x02\0\0"), "begins with 00000802"),
    ],
)
def test_a_damaged_idx_file_is_refused(content: bytes, told: str, tmp_path: Path) -> None:
    path = tmp_path / "damaged.gz"
    path.write_bytes(content)
    with pytest.raises(DataError, match=told):
        idx.read(path, axes=2)


def test_an_unknown_set_of_images_is_refused() -> None:
    with pytest.raises(UnknownName, match="did you mean 'mnist'"):
        images("mnist1")
