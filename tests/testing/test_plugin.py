"""The pytest plug-in, as somebody else's test suite meets it: in a process of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

SUITE = """
import pamcheck as pc
from pamcheck.testing import parametrize_with_checks

def pam(a, b):
    return pc.pam(a, b)

def padiv(a, b):
    return -pc.padiv(a, b)

@parametrize_with_checks({"pam": pam, "padiv": padiv}, formats=["float8_e4m3fn", "e3m2"])
def test_conformance(check):
    check()

def test_of_another_kind():
    assert True
"""


def run(folder: Path, *arguments: str) -> tuple[str, dict[str, int]]:
    (folder / "test_unit.py").write_text(SUITE, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-q", "-rA", *arguments, "test_unit.py"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    words = ("PASSED", "FAILED", "SKIPPED", "XFAIL", "XPASS")
    lines = done.stdout.splitlines()
    return done.stdout + done.stderr, {w: sum(line.startswith(f"{w} ") for line in lines) for w in words}


def test_every_check_is_a_test_and_failures_say_what_is_wrong(tmp_path: Path) -> None:
    text, counts = run(tmp_path, "-k", "not random")
    assert counts["PASSED"] > 15, text
    assert counts["FAILED"] > 10, text
    assert "PASSED test_unit.py::test_conformance[pam/float8_e4m3fn/ftz/overflow_edge]" in text
    assert "FAILED test_unit.py::test_conformance[padiv/float8_e4m3fn/ftz/overflow_edge]" in text
    assert "FAILED test_unit.py::test_conformance[pam/" not in text
    assert "expected" in text
    assert "sign" in text
    # a format without a dtype, and a function that takes no codes
    assert "e3m2" in text
    assert "SKIPPED" in text


def test_files_name_what_is_expected_to_fail_and_what_is_left_out(tmp_path: Path) -> None:
    (tmp_path / "xfails.txt").write_text("padiv/float8*/zeros  # its sign is known to be wrong\n")
    (tmp_path / "skips.txt").write_text("pam/*\n")
    text, counts = run(
        tmp_path, "-k", "zeros and not signed", "--xfails-file", "xfails.txt", "--skips-file", "skips.txt"
    )
    assert counts["XFAIL"] == 1, text
    assert "its sign is known to be wrong" in text
    assert counts["FAILED"] == counts["PASSED"] == 0, text


def test_a_unit_that_raises_fails_and_is_not_skipped(tmp_path: Path) -> None:
    suite = SUITE.replace("return pc.pam(a, b)", "raise RuntimeError('broken')")
    (tmp_path / "test_broken.py").write_text(suite, encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-q", "-rA", "test_broken.py"]
    done = subprocess.run(
        [*command, "-k", "pam/float8_e4m3fn/ftz/zeros"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "1 failed" in done.stdout, done.stdout
    assert "RuntimeError: broken" in done.stdout


def test_an_expected_failure_that_passes_is_a_failure(tmp_path: Path) -> None:
    (tmp_path / "xfails.txt").write_text("pam/float8*/zeros\n")
    text, counts = run(tmp_path, "-k", "pam and zeros and not signed", "--xfails-file", "xfails.txt")
    assert counts["FAILED"] == 1, text
    assert "strict" in text.lower()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--xfails-file", "nowhere.txt"], "nowhere.txt"),
        (["--pamcheck-level", "3"], "invalid choice"),
    ],
)
def test_wrong_options_are_refused(arguments: list[str], told: str, tmp_path: Path) -> None:
    text, counts = run(tmp_path, *arguments)
    assert told in text
    assert sum(counts.values()) == 0


def test_a_run_without_checks_imports_nothing(tmp_path: Path) -> None:
    (tmp_path / "test_plain.py").write_text(
        "import sys\ndef test_plain():\n    assert 'numba' not in sys.modules\n", encoding="utf-8"
    )
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:hypothesispytest"]
    done = subprocess.run(
        [*command, "test_plain.py"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout
