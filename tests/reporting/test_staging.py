"""A report folder is replaced as a whole or not at all."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pamcheck.reporting import staging
from pamcheck.reporting.staging import MARKER, ReportFolderError, staged


@pytest.fixture
def old_report(tmp_path: Path) -> Path:
    out = tmp_path / "reports"
    with staged(out) as folder:
        (folder / MARKER).write_text("{}")
        (folder / "page").write_text("old")
        (folder / "gpu").mkdir()
        (folder / "gpu" / "kept").write_text("kept")
    return out


def hidden(out: Path) -> list[str]:
    return [path.name for path in out.parent.iterdir() if path.name.startswith(".")]


def test_a_new_folder_appears_with_its_parents(tmp_path: Path) -> None:
    out = tmp_path / "a" / "b"
    with staged(out) as folder:
        (folder / "page").write_text("new")
        assert not out.exists()
    assert (out / "page").read_text() == "new"
    assert hidden(out) == []


def test_what_is_not_rewritten_is_kept(old_report: Path) -> None:
    with staged(old_report) as folder:
        (folder / "page").write_text("new")
        assert (old_report / "page").read_text() == "old"
    assert (old_report / "page").read_text() == "new"
    assert (old_report / "gpu" / "kept").read_text() == "kept"
    assert hidden(old_report) == []


@pytest.mark.parametrize("error", [KeyboardInterrupt, ValueError, SystemExit])
def test_an_interrupted_run_leaves_the_old_report_whole(
    old_report: Path, error: type[BaseException]
) -> None:
    def interrupted() -> None:
        with staged(old_report) as folder:
            (folder / "page").write_text("half")
            raise error

    with pytest.raises(error):
        interrupted()
    assert (old_report / "page").read_text() == "old"
    assert hidden(old_report) == []


def test_a_killed_run_leaves_the_old_report_whole_and_the_next_run_cleans_up(old_report: Path) -> None:
    code = (
        "import sys, time, pathlib; from pamcheck.reporting.staging import staged\n"
        f"with staged(pathlib.Path({str(old_report)!r})) as folder:\n"
        "    (folder / 'page').write_text('half'); print('ready', flush=True); time.sleep(60)\n"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert (old_report / "page").read_text() == "old"
    assert len(hidden(old_report)) == 1
    with staged(old_report) as folder:
        (folder / "page").write_text("new")
    assert (old_report / "page").read_text() == "new"
    assert hidden(old_report) == []


def test_without_the_exchange_call_two_renames_do_the_same(
    old_report: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(staging, "_exchange", lambda *_: False)
    with staged(old_report) as folder:
        (folder / "page").write_text("new")
    assert (old_report / "page").read_text() == "new"
    assert hidden(old_report) == []


def test_a_folder_that_is_no_report_is_refused_and_untouched(tmp_path: Path) -> None:
    out = tmp_path / "thesis"
    out.mkdir()
    (out / "chapter").write_text("mine")
    with pytest.raises(ReportFolderError, match="no report of pamcheck"), staged(out):
        pytest.fail("the body must not run")
    assert [path.name for path in out.iterdir()] == ["chapter"]


def test_a_file_is_refused(tmp_path: Path) -> None:
    out = tmp_path / "file"
    out.write_text("mine")
    with pytest.raises(ReportFolderError, match="is a file"), staged(out):
        pytest.fail("the body must not run")
    assert out.read_text() == "mine"


def test_a_parent_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ReportFolderError, match="another --out"), staged(tmp_path / "file" / "reports"):
        pytest.fail("the body must not run")


def test_a_link_to_a_report_is_followed_and_stays_a_link(old_report: Path, tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(old_report, target_is_directory=True)
    with staged(link) as folder:
        (folder / "page").write_text("new")
    assert link.is_symlink()
    assert (old_report / "page").read_text() == "new"


def test_the_staging_folder_of_a_living_process_is_left_alone(old_report: Path) -> None:
    other = old_report.parent / f".reports.staging-{os.getppid()}"
    other.mkdir()
    with staged(old_report):
        pass
    assert other.exists()


def test_a_reader_finds_a_whole_report_at_every_moment(old_report: Path) -> None:
    deadline = time.monotonic() + 1.0
    code = (
        "import pathlib; from pamcheck.reporting.staging import staged\n"
        f"out = pathlib.Path({str(old_report)!r})\n"
        "for _ in range(200):\n"
        "    with staged(out) as folder: (folder / 'page').write_text('new')\n"
    )
    with subprocess.Popen([sys.executable, "-c", code]) as process:
        while process.poll() is None or time.monotonic() < deadline:
            assert (old_report / "page").read_text() in ("old", "new")
    assert process.returncode == 0


def test_a_mount_point_is_refused_before_anything_is_computed(
    old_report: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Path, "is_mount", lambda path: path == old_report)
    with pytest.raises(ReportFolderError, match="mount point"), staged(old_report):
        pytest.fail("the body must not run")


def test_where_the_new_folder_cannot_take_its_place_the_old_one_is_back(
    old_report: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rename = Path.rename

    def stubborn(path: Path, target: Path) -> Path:
        if ".staging-" in path.name:
            raise OSError(16, "Device or resource busy")
        return rename(path, target)

    monkeypatch.setattr(staging, "_exchange", lambda *_: False)
    monkeypatch.setattr(Path, "rename", stubborn)
    with pytest.raises(ReportFolderError, match="busy; give another --out"), staged(old_report) as folder:
        (folder / "page").write_text("new")
    assert (old_report / "page").read_text() == "old"
    assert hidden(old_report) == []
