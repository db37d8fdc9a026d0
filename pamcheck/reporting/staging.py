"""Replacing a report folder as a whole, or not at all.

The new folder is built beside the old one under a hidden name and the two change places in one rename.
Whatever interrupts the building, a full disk or a kill, the old folder has not been touched.
"""

from __future__ import annotations

import ctypes
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

MARKER = "report.json"

_AT_FDCWD, _RENAME_EXCHANGE = -100, 2


class ReportFolderError(Exception):
    """The output folder cannot be used. The message says why and what would do."""


@contextmanager
def staged(out: Path) -> Iterator[Path]:
    """Yield a copy of the report folder `out` to work in; put it in the place of `out` on success.

    Raises ReportFolderError, before anything is computed, where `out` is a file, holds something that is
    no report, or cannot be written beside.
    """
    out = out.resolve()
    check_folder(out)
    staging = out.parent / f".{out.name}.staging-{os.getpid()}"
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        _clear_abandoned(out)
        if out.exists():
            shutil.copytree(out, staging, symlinks=True)
        else:
            staging.mkdir()
    except OSError as error:
        shutil.rmtree(staging, ignore_errors=True)
        raise ReportFolderError(
            f"cannot write beside {out}: {error.strerror}; give another --out"
        ) from error
    try:
        yield staging
        if not (staging / MARKER).exists():
            (staging / MARKER).write_text("{}\n")
        try:
            _put_in_place(staging, out)
        except OSError as error:
            raise ReportFolderError(
                f"cannot replace {out}: {error.strerror}; give another --out"
            ) from error
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def check_folder(out: Path) -> None:
    """Raise ReportFolderError unless `out` is absent, empty, or an earlier report."""
    if not out.exists():
        return
    if not out.is_dir():
        raise ReportFolderError(f"{out} is a file; --out takes a folder")
    if out.is_mount():
        raise ReportFolderError(
            f"{out} is a mount point, which cannot be replaced; give a folder inside it"
        )
    if any(out.iterdir()) and not (out / MARKER).exists():
        raise ReportFolderError(
            f"{out} holds files and no {MARKER}, so it is no report of pamcheck; give an empty or a new folder"
        )


def _put_in_place(staging: Path, out: Path) -> None:
    if not out.exists():
        staging.rename(out)
    elif not _exchange(staging, out):
        # two renames: a kill between them leaves the old report whole, under its hidden name
        old = out.parent / f".{out.name}.old-{os.getpid()}"
        out.rename(old)
        try:
            staging.rename(out)
        except OSError:
            old.rename(out)
            raise
        shutil.rmtree(old, ignore_errors=True)


def _exchange(one: Path, other: Path) -> bool:
    """Let two paths change places in one step; False where the system has no such call."""
    renameat2 = getattr(ctypes.CDLL(None), "renameat2", None) if os.name == "posix" else None
    if renameat2 is None:
        return False
    done = renameat2(_AT_FDCWD, os.fsencode(one), _AT_FDCWD, os.fsencode(other), _RENAME_EXCHANGE)
    return bool(done == 0)


def _clear_abandoned(out: Path) -> None:
    """Remove what a killed run left behind: staging folders of processes that are gone."""
    for path in out.parent.glob(f".{out.name}.staging-*"):
        owner = path.name.rpartition("-")[2]
        if owner.isdigit() and not _alive(int(owner)):
            shutil.rmtree(path, ignore_errors=True)


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True
