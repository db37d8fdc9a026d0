"""The cache of compiled loops, seen from fresh processes: reused, never stale, never in the way."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import pamcheck

PACKAGE = Path(pamcheck.__file__).parent

# Prints how many functions numba compiled, then the results as hexadecimal codes.
PROGRAM = """
from numba.core import event
compiled = event.RecordingListener()
event.register("numba:compile", compiled)
import numpy as np, pamcheck as pc
x = np.float32([1.5, 2.5, 0.75])
results = [pc.pam(x, x), pc.paexp(x)]
print(sum(record[1].is_start for record in compiled.buffer), *(result.tobytes().hex() for result in results))
"""


def start(cache: Path, root: Path = PACKAGE.parent) -> subprocess.Popen[str]:
    """Start the program in a fresh interpreter, with this cache and the package under this root."""
    environment = {
        **os.environ,
        "PAMCHECK_CACHE": str(cache),
        "PYTHONPATH": str(root),
        "PYTHONSAFEPATH": "1",
    }
    return subprocess.Popen(
        [sys.executable, "-W", "error", "-c", PROGRAM],
        env=environment,
        cwd=root,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def outcome(process: subprocess.Popen[str]) -> tuple[int, list[str]]:
    """Return how many functions a process compiled, and its results."""
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    count, *results = out.split()
    return int(count), results


def copy_of_the_package(tmp_path: Path) -> Path:
    shutil.copytree(PACKAGE, tmp_path / "copy" / "pamcheck", ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path / "copy"


def test_a_second_start_compiles_nothing_and_gives_the_same_codes(tmp_path: Path) -> None:
    first, results = outcome(start(tmp_path))
    assert first > 0
    assert list(tmp_path.rglob("*.nbi")), "nothing was written to PAMCHECK_CACHE"
    assert outcome(start(tmp_path)) == (0, results)


@pytest.mark.parametrize(
    ("module", "old", "new", "place"),
    [
        ("edges.py", "        return sign | total\n", "        return sign | (total + 1)\n", 0),  # a helper
        ("exp2.py", "w.one + n\n", "w.one + n + 1\n", 1),  # a body that another operation's calls
    ],
)
def test_an_edit_is_compiled_anew_and_undoing_it_finds_the_first_cache_again(
    tmp_path: Path, module: str, old: str, new: str, place: int
) -> None:
    root = copy_of_the_package(tmp_path)
    _, before = outcome(start(tmp_path, root))
    source = root / "pamcheck" / "kernels" / module
    text = source.read_text()
    assert text.count(old) == 1, f"{module} no longer has {old!r}: name another edit here"
    rewrite(source, text.replace(old, new))
    compiled, after = outcome(start(tmp_path, root))
    assert compiled > 0
    assert after[place] != before[place], f"both give {before[place]}"
    rewrite(source, text)
    assert outcome(start(tmp_path, root)) == (0, before)


def rewrite(source: Path, text: str) -> None:
    """Replace a file under its old time of change: the cache must go by the contents."""
    stamp = source.stat()
    source.write_text(text)
    os.utime(source, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
    shutil.rmtree(source.parent / "__pycache__", ignore_errors=True)  # Python's own does go by time


def test_a_cache_that_cannot_be_written_is_done_without(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("not a folder")
    compiled, results = outcome(start(file / "cache"))
    assert compiled > 0
    assert results == outcome(start(tmp_path / "cache"))[1]
    assert file.read_text() == "not a folder"


def test_two_processes_that_start_on_an_empty_cache_both_succeed(tmp_path: Path) -> None:
    processes = [start(tmp_path / "cache") for _ in range(2)]
    (_, first), (_, second) = map(outcome, processes)
    assert first == second
    assert outcome(start(tmp_path / "cache")) == (0, first)


DAMAGED = """
import pathlib, sys, numpy as np, pamcheck as pc
from pamcheck.kernels import cpu
x = np.full(4, 1.5, np.float32)
expected = pc.pam(x, x).tolist()
print(expected)
"""


@pytest.mark.parametrize("ending", ["*.nbi", "*.nbc"])
@pytest.mark.parametrize("keep", [0, 10])
def test_a_damaged_cache_costs_time_and_nothing_else(tmp_path: Path, ending: str, keep: int) -> None:
    environment = {**os.environ, "PAMCHECK_CACHE": str(tmp_path)}

    def start() -> str:
        command = [sys.executable, "-c", DAMAGED]
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout

    assert start() == "[2.0, 2.0, 2.0, 2.0]\n"
    files = list(tmp_path.rglob(ending))
    assert files
    for path in files:
        path.write_bytes(path.read_bytes()[:keep])
    assert start() == "[2.0, 2.0, 2.0, 2.0]\n"


def test_a_disk_that_takes_no_file_costs_time_and_nothing_else(tmp_path: Path) -> None:
    limited = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (8192, 8192))\n" + DAMAGED
    environment = {**os.environ, "PAMCHECK_CACHE": str(tmp_path)}
    command = [sys.executable, "-c", limited]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert done.stdout == "[2.0, 2.0, 2.0, 2.0]\n"
