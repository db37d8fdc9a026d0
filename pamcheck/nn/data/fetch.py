"""Where a data set's files are: the folder PAMCHECK_DATA, then the user's cache, then the public original.

A file is taken only if its SHA-256 is that of originals.toml, wherever it comes from: a run that is repeatable
to the bit starts from the same bytes.
"""

from __future__ import annotations

import hashlib
import os
import tomllib
from functools import cache
from importlib import resources
from pathlib import Path
from typing import NamedTuple

from pamcheck.lookup import lookup

# For each address of a host, and between two pieces of an answer. Nothing is tried again: a user can.
CONNECT_SECONDS, SILENCE_SECONDS = 5, 30


class DataError(ValueError):
    """Data is missing or damaged. The message says what was looked for, where, and what would do."""


class Original(NamedTuple):
    """The checksum of a file, and where it is published."""

    sha256: str
    url: str


def find(name: str) -> Path:
    """Return the path of a file such as "shakespeare/input.txt", fetched where it is nowhere yet.

    Raises DataError for a file that is damaged or cannot be had, UnknownName for one that is not listed. Without
    a network it gives up within a minute.
    """
    original = lookup("data file", name, originals())
    folder = given_folder()
    if folder is not None and os.path.exists(
        folder / name
    ):  # not Path.exists, which raises where it may not look
        _check(folder / name, original)
        return folder / name
    kept = cache_folder() / name
    if os.path.isfile(kept) and sha256_of(kept) == original.sha256:
        return kept
    return _fetched(name, original, folder)


def text_of(path: str | Path) -> str:
    """Return a file's text, its line ends as they are. Raises DataError where it is unreadable, empty or not UTF-8."""
    path = Path(path)
    try:
        text = path.read_bytes().decode("utf-8")
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise DataError(
            f"{path} is not UTF-8: byte 0x{error.object[error.start]:02x} at {error.start}; convert it to UTF-8"
        ) from error
    if not text:
        raise DataError(f"{path} is empty; it must have text")
    return text


@cache
def originals() -> dict[str, Original]:
    """Return every file that is known, by its name."""
    table = tomllib.loads(resources.files(__package__).joinpath("originals.toml").read_text("utf-8"))
    return {
        f"{folder}/{name}": Original(sha256, entry["url"] + name)
        for folder, entry in table.items()
        for name, sha256 in entry["sha256"].items()
    }


def given_folder() -> Path | None:
    """Return the folder PAMCHECK_DATA, or None where it is not set. Raises DataError where it is no folder."""
    given = os.environ.get("PAMCHECK_DATA")
    if not given:
        return None
    folder = Path(given).expanduser()
    if not os.path.isdir(folder):
        what = "a file" if os.path.exists(folder) else "not there"
        raise DataError(f"PAMCHECK_DATA is {given!r}, which is {what}; it must be a folder, or not be set")
    return folder


def cache_folder() -> Path:
    """Return the folder where fetched data is kept: in PAMCHECK_CACHE where it is set, else the user's cache."""
    import platformdirs

    root = os.environ.get("PAMCHECK_CACHE") or platformdirs.user_cache_dir("pamcheck", appauthor=False)
    return Path(root).expanduser().resolve() / "data"


def sha256_of(path: Path) -> str:
    """Return a file's SHA-256 in hexadecimal. Raises DataError where it cannot be read."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror or error}") from error


def _check(path: Path, original: Original) -> None:
    found = sha256_of(path)
    if found != original.sha256:
        raise DataError(
            f"{path} is damaged or another version: its SHA-256 is {found}, that of the original "
            f"{original.sha256}; replace it by {original.url}, or remove it"
        )


def _fetched(name: str, original: Original, folder: Path | None) -> Path:
    import pooch

    store = pooch.create(
        cache_folder(),
        base_url="",
        registry={name: f"sha256:{original.sha256}"},
        urls={name: original.url},
    )
    download = pooch.HTTPDownloader(timeout=(CONNECT_SECONDS, SILENCE_SECONDS))
    try:
        return Path(store.fetch(name, downloader=download))
    except (OSError, ValueError) as error:  # of requests, of the file system; of a checksum
        where = f"{folder} (PAMCHECK_DATA)" if folder else "PAMCHECK_DATA (not set)"
        told = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise DataError(
            f"{name} is neither in {where} nor in {cache_folder()}, and could not be fetched from {original.url}: "
            f"{told}; set PAMCHECK_DATA to a folder that has {name}"
        ) from error
