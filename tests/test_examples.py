"""The commands of examples/README.md do what it says: what is right passes, and each twin's bug is found."""

from __future__ import annotations

import argparse
import io
import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from pamcheck.testing.subject import make_subject
from pamcheck.testing.target import Target
from pamcheck.testing.targets.making import program_target, python_target
from pamcheck.testing.vectors import Request, check, write
from pamcheck.testing.verify import Settings, judge

ROOT = Path(__file__).parent.parent
README = (ROOT / "examples" / "README.md").read_text(encoding="utf-8")
SECTIONS = dict(re.findall(r"^## (.+?)\n(.*?)(?=^## |\Z)", README, flags=re.MULTILINE | re.DOTALL))
FEW = ["lattice", "overflow_edge", "random"]  # checks, enough to tell what is wrong with a twin

pytestmark = pytest.mark.usefixtures("in_a_copy_of_the_examples")


@pytest.fixture
def in_a_copy_of_the_examples(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    monkeypatch.chdir(tmp_path / "examples")


def commands(section: str) -> Iterator[list[str]]:
    for line in re.findall(r"^    (.+)$", SECTIONS[section], flags=re.MULTILINE):
        yield shlex.split(line)


def verify(words: list[str], checks: list[str] | None = None) -> list[str]:
    """Do what a `pamcheck verify` command says; return the diagnoses."""
    parser = argparse.ArgumentParser()
    parser.add_argument("spec", nargs="?")
    for name, default in (("exec", ""), ("op", ""), ("format", "float32"), ("mode", "")):
        parser.add_argument(f"--{name}", default=default)
    for name, default in (("arrays", "numpy"), ("gradient", "function")):
        parser.add_argument(f"--{name}", default=default)
    said = parser.parse_args(words)
    target: Target = (
        python_target(said.spec, said.arrays, said.gradient) if said.spec else program_target(said.exec)
    )
    result = judge(target, make_subject(said.op, said.format, mode=said.mode), Settings(checks=checks))
    assert result.cases > (100_000 if checks is None else 10_000)
    assert result.notices == ()
    assert result.passed == (not result.groups)
    return [group.name for group in result.groups]


def walk(section: str) -> list[list[str]]:
    """Do a section of the README; return the diagnoses of each `verify` in it."""
    found, build = [], [""]
    for words in commands(section):
        if words[:2] == ["pamcheck", "verify"]:
            twin = any("BUG" in word or "broken" in word for word in (*build, *words))
            found.append(verify(words[2:], FEW if twin else None))
        else:
            build = words
            subprocess.run(words, check=True, capture_output=True)
    return found


@pytest.mark.skipif(shutil.which("iverilog") is None, reason="iverilog is not installed")
def test_the_verilog_unit_is_verified_and_its_twin_is_found_out() -> None:
    assert walk("Verilog, behind a pipe") == [[], ["carry_dropped"]]


@pytest.mark.skipif(shutil.which("cc") is None, reason="no C compiler is installed")
def test_the_c_program_is_verified_and_its_twin_is_found_out() -> None:
    assert walk("C") == [[], [], ["overflow_wraps_sign"], ["rounds_to_zero"]]


def test_the_pytorch_module_is_verified_and_its_twin_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("torch")
    monkeypatch.chdir("..")
    assert walk("PyTorch") == [[], [], ["slope_sign_dropped"]]


@pytest.mark.skipif(shutil.which("iverilog") is None, reason="iverilog is not installed")
def test_the_testbench_reads_vectors_and_finds_the_twin_out() -> None:
    vectors, build, run = list(commands("Verilog, in a testbench"))[:3]
    assert vectors == shlex.split("pamcheck vectors pam bfloat16 --style readmemh -n 20000 --out pam.mem")
    with Path("pam.mem").open("wb") as out:
        write(Request("pam", "bfloat16", style="readmemh", n=20_000), out)
    subprocess.run(build, check=True)
    told = subprocess.run(run, check=True, capture_output=True, text=True).stdout
    assert told == "PASS: 0 of 20000 cases are wrong\n"
    short = subprocess.run([*run[:-1], "+cases=20001"], check=True, capture_output=True, text=True).stdout
    assert "FAIL: 1 of 20001 cases are wrong\n" in short
    subprocess.run([build[0], "-DBUG_CARRY", *build[1:]], check=True)
    told = subprocess.run(run, check=True, capture_output=True, text=True).stdout
    assert re.search(r"FAIL: [1-9][0-9]{3} of 20000 cases are wrong\n$", told), told


@pytest.mark.skipif(shutil.which("iverilog") is None, reason="iverilog is not installed")
def test_answers_that_the_simulator_gave_elsewhere_are_checked() -> None:
    request = Request("pam", "bfloat16", n=20_000, header=False)
    out = io.BytesIO()
    write(request, out)
    operands = b"".join(line[:9] + b"\n" for line in out.getvalue().splitlines())
    for build in [words for words in commands("Verilog, behind a pipe") if words[0] == "iverilog"]:
        subprocess.run(build, check=True)
        answers = subprocess.run(
            ["vvp", "-n", "pipe"], input=operands, capture_output=True, check=True
        ).stdout
        found = check(request, io.BytesIO(answers))
        assert (found.cases, found.problem) == (20_000, None)
        assert found.passed == ("-DBUG_CARRY" not in build)
