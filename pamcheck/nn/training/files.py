"""Files that are there as a whole or not at all: a temporary one beside, synced, renamed over the old one."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path


class CheckpointError(RuntimeError):
    """A checkpoint or a file of metrics that cannot be written, read or continued from, and what would do."""


def put(path: Path, data: bytes) -> None:
    """Write a file, or leave what was there as it was. Raises CheckpointError for a full disk and the like."""
    part = path.with_name(f".{path.name}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with part.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
        _sync_folder(path.parent)
    except OSError as error:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)
        kept = "; the previous one is as it was" if path.exists() else ""
        raise CheckpointError(
            f"cannot write {path}: {error.strerror or error}{kept}; make room, then --resume"
        ) from error


def _sync_folder(folder: Path) -> None:
    """Make a rename outlast a power cut, where the system lets a folder be opened."""
    with contextlib.suppress(OSError):
        number = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(number)
        finally:
            os.close(number)
