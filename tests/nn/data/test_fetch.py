from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from pamcheck.lookup import UnknownName
from pamcheck.nn.data import DataError, fetch, find
from pamcheck.nn.data.fetch import Original

NAME = "shakespeare/input.txt"
TEXT = b"To be, or not to be\n"
SHA256 = hashlib.sha256(TEXT).hexdigest()
FETCHED = fetch._fetched  # the fixture of all these tests replaces it


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(autouse=True)
def small_original(monkeypatch: pytest.MonkeyPatch) -> None:
    table = {NAME: Original(SHA256, "http://127.0.0.1:9/input.txt")}
    monkeypatch.setattr(fetch, "originals", lambda: table)


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder that this machine publishes to itself; what is looked for is fetched from there."""
    folder = tmp_path / "published"
    folder.mkdir()
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder))) as running:
        threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        table = {NAME: Original(SHA256, f"http://127.0.0.1:{running.server_port}/input.txt")}
        monkeypatch.setattr(fetch, "originals", lambda: table)
        monkeypatch.setattr(fetch, "_fetched", FETCHED)
        yield folder
        running.shutdown()


def put(folder: Path, content: bytes = TEXT) -> Path:
    path = folder / NAME
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def test_the_given_folder_comes_before_the_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept, given = put(tmp_path / "cache" / "data"), put(tmp_path / "given")
    assert find(NAME) == kept.resolve()
    monkeypatch.setenv("PAMCHECK_DATA", str(tmp_path / "given"))
    assert find(NAME) == given
    given.unlink()
    assert find(NAME) == kept.resolve(), "a folder that has some of the files is no error"


def test_another_checksum_in_the_given_folder_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(tmp_path / "given", TEXT + b"\n")
    put(tmp_path / "cache" / "data")
    monkeypatch.setenv("PAMCHECK_DATA", str(tmp_path / "given"))
    with pytest.raises(DataError, match=f"damaged or another version.*{SHA256}; replace it by http"):
        find(NAME)


def test_a_folder_in_the_place_of_a_file_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / NAME).mkdir(parents=True)
    monkeypatch.setenv("PAMCHECK_DATA", str(tmp_path))
    with pytest.raises(DataError, match="cannot be read"):
        find(NAME)


@pytest.mark.parametrize("exists", [True, False])
def test_a_given_folder_that_is_none_is_an_error(
    exists: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "no folder"
    if exists:
        path.touch()
    monkeypatch.setenv("PAMCHECK_DATA", str(path))
    with pytest.raises(DataError, match=r"which is (a file|not there); it must be a folder, or not be set"):
        find(NAME)


def test_a_name_that_is_not_listed_is_refused() -> None:
    with pytest.raises(UnknownName, match=r"did you mean 'shakespeare/input\.txt'"):
        find("shakespeare/inputs.txt")


def test_what_is_fetched_is_kept(server: Path, tmp_path: Path) -> None:
    (server / "input.txt").write_bytes(TEXT)
    path = find(NAME)
    assert path.read_bytes() == TEXT
    assert path.is_relative_to(tmp_path / "cache")
    (server / "input.txt").unlink()
    assert find(NAME) == path


def test_a_damaged_file_in_the_cache_is_fetched_again(server: Path, tmp_path: Path) -> None:
    put(tmp_path / "cache" / "data", b"")
    (server / "input.txt").write_bytes(TEXT)
    assert find(NAME).read_bytes() == TEXT


@pytest.mark.parametrize("published", [None, TEXT[:-1]])
def test_what_cannot_be_fetched_whole_is_an_error_that_says_what_would_do(
    published: bytes | None, server: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if published is None:
        table = {NAME: Original(SHA256, "http://127.0.0.1:9/input.txt")}  # where nothing answers
        monkeypatch.setattr(fetch, "originals", lambda: table)
    else:
        (server / "input.txt").write_bytes(published)
    with pytest.raises(DataError) as raised:
        find(NAME)
    for told in (
        "PAMCHECK_DATA (not set)",
        str(tmp_path / "cache"),
        "http://127.0.0.1",
        "set PAMCHECK_DATA to a folder",
    ):
        assert told in str(raised.value)
    assert not (tmp_path / "cache" / "data" / NAME).exists()


def test_a_cache_that_cannot_be_written_is_an_error(server: Path, tmp_path: Path) -> None:
    (server / "input.txt").write_bytes(TEXT)
    (tmp_path / "cache").touch()
    with pytest.raises(DataError, match="could not be fetched"):
        find(NAME)


def test_every_original_has_a_checksum_and_an_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    assert len(fetch.originals()) == 9
    for name, original in fetch.originals().items():
        assert len(bytes.fromhex(original.sha256)) == 32, name
        assert original.url.startswith("https://")
        assert original.url.endswith(name.partition("/")[2])


def test_the_given_files_are_the_originals(real_data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given = str(real_data)
    monkeypatch.undo()
    monkeypatch.setenv("PAMCHECK_DATA", given)
    for name in fetch.originals():
        assert find(name) == real_data / name
