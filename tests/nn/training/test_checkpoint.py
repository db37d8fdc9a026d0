"""Checkpoints and metrics: whole or not at all, and refused where they do not belong."""

from __future__ import annotations

import errno
import hashlib
import os
import struct
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from pamcheck.nn.training import CheckpointError, checkpoint, load, metrics
from pamcheck.nn.training.checkpoint import Checkpoint
from pamcheck.nn.training.digest import digest
from pamcheck.nn.training.metrics import Row

CONFIG = load("digits")
HELD = Checkpoint(
    step=3,
    weights={"b": np.arange(6, dtype=np.float32).reshape(2, 3), "a": np.array([-0.0], np.float32)},
    optimizer={"first": np.ones(7, np.float32), "first_left": np.array(0.5, np.float32)},
    config=CONFIG.record(),
    data="abc",
    best={"step": 2, "loss": 0.25},
)


def test_a_checkpoint_comes_back_to_the_bit(tmp_path: Path) -> None:
    hashed = checkpoint.write(tmp_path / "c", HELD)
    found = checkpoint.read(tmp_path / "c")
    assert (found.step, found.best, found.data, found.config) == (3, HELD.best, "abc", HELD.config)
    assert found.hash == hashed == digest(HELD.weights)
    for part in ("weights", "optimizer"):
        ours, theirs = getattr(HELD, part), getattr(found, part)
        assert set(ours) == set(theirs)
        for name, x in ours.items():
            assert (theirs[name].shape, theirs[name].tobytes()) == (x.shape, x.tobytes())


def test_the_hash_is_that_of_little_endian_bytes_in_the_order_of_names() -> None:
    arrays = {"b": np.array([[1.5, 2.0]], np.float32), "a": np.array(1.0, np.float32)}
    big = {name: x.astype(">f4") for name, x in reversed(arrays.items())}
    assert digest(arrays) == digest(big)
    text = b"a <f4 ()\n" + struct.pack("<f", 1.0) + b"b <f4 (1, 2)\n" + struct.pack("<2f", 1.5, 2.0)
    assert digest(arrays) == hashlib.sha256(text).hexdigest()
    assert digest({**arrays, "a": np.array([1.0], np.float32)}) != digest(arrays)


def test_a_flipped_bit_anywhere_among_the_tensors_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "c"
    checkpoint.write(path, HELD)
    data = bytearray(path.read_bytes())
    for at in (len(data) - 1, len(data) - 40):
        data[at] ^= 1
        path.write_bytes(data)
        with pytest.raises(CheckpointError, match="damaged"):
            checkpoint.read(path)
        data[at] ^= 1


@pytest.mark.parametrize("data", [b"", b"no safetensors", b"\xff" * 64])
def test_a_file_that_is_no_checkpoint_is_refused(data: bytes, tmp_path: Path) -> None:
    (tmp_path / "c").write_bytes(data)
    with pytest.raises(CheckpointError, match="c"):
        checkpoint.read(tmp_path / "c")


def test_a_truncated_checkpoint_is_refused(tmp_path: Path) -> None:
    checkpoint.write(tmp_path / "c", HELD)
    data = (tmp_path / "c").read_bytes()
    (tmp_path / "c").write_bytes(data[: len(data) // 2])
    with pytest.raises(CheckpointError, match="damaged"):
        checkpoint.read(tmp_path / "c")


def test_another_configuration_is_refused_naming_what_differs(tmp_path: Path) -> None:
    other = replace(CONFIG, model=replace(CONFIG.model, width=64, heads=2))
    with pytest.raises(CheckpointError) as caught:
        checkpoint.check_same_run(HELD, other, "abc", tmp_path)
    assert "model.heads is 4 there and 2 here; model.width is 48 there and 64 here" in str(caught.value)


def test_other_data_of_the_same_name_are_refused(tmp_path: Path) -> None:
    checkpoint.check_same_run(HELD, CONFIG, "abc", tmp_path)
    with pytest.raises(CheckpointError, match="other data"):
        checkpoint.check_same_run(HELD, CONFIG, "abd", tmp_path)


def test_weights_of_another_model_are_refused_naming_the_first(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match=r"b is \(2, 3\) there and \(3, 2\) here"):
        checkpoint.check_fits(HELD, {**HELD.weights, "b": np.zeros((3, 2))}, tmp_path)
    with pytest.raises(CheckpointError, match="c is missing there"):
        checkpoint.check_fits(HELD, {**HELD.weights, "c": np.zeros(3)}, tmp_path)


def test_a_full_disk_leaves_the_previous_checkpoint_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "c"
    checkpoint.write(path, HELD)
    before = path.read_bytes()

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(CheckpointError, match=r"No space left on device; the previous one is as it was"):
        checkpoint.write(path, replace(HELD, step=4))
    assert path.read_bytes() == before
    assert [x.name for x in tmp_path.iterdir()] == ["c"]


def rows(count: int) -> list[Row]:
    return [Row(step, 1.0 / step, 1e-3, 0.5, float(step)) for step in range(1, count + 1)]


def test_metrics_come_back_up_to_the_step_of_the_checkpoint(tmp_path: Path) -> None:
    written = rows(5)
    written[2].validation_loss, written[2].weights = 0.25, "abc"
    metrics.write(tmp_path, written)
    found = metrics.read(tmp_path, 3)
    assert [row.step for row in found] == [1, 2, 3]
    assert (found[2].validation_loss, found[2].weights, found[1].loss) == (0.25, "abc", 0.5)
    assert (tmp_path / "metrics.csv").read_text().splitlines()[0].startswith("step,loss,rate,norm,seconds")


def test_no_metrics_are_no_rows_and_damaged_ones_are_refused(tmp_path: Path) -> None:
    assert metrics.read(tmp_path, 3) == []
    (tmp_path / "metrics.parquet").write_bytes(b"PAR1")
    with pytest.raises(CheckpointError, match="damaged"):
        metrics.read(tmp_path, 3)


def test_a_folder_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(CheckpointError, match="cannot write"):
        metrics.write(tmp_path / "file" / "run", rows(1))
