"""The command line: exit codes, messages, files; each verb as a user meets it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from pamcheck.cli import app
from pamcheck.reporting.staging import MARKER


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


@pytest.mark.parametrize("verb", ["report", "plot", "info"])
def test_every_verb_has_help(verb: str) -> None:
    result = run(verb, "--help")
    assert result.exit_code == 0
    assert "Usage" in result.stdout


def test_help_lists_exactly_the_verbs_that_work() -> None:
    assert {command.callback.__name__ for command in app.registered_commands if command.callback} == {
        "report",
        "plot",
        "info",
    }


def test_importing_the_command_line_imports_nothing_heavy() -> None:
    heavy = ("numba", "pandas", "matplotlib", "mpmath", "rich")
    code = f"import sys, pamcheck.cli; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_info_names_operations_formats_policies_and_studies() -> None:
    facts = json.loads(run("info", "--json").stdout)
    assert facts["operations"]["pam"] == "[-1/9, 0] relative error against mul"
    assert "float4_e2m1fn" in facts["formats"]
    assert facts["policies"]["kosson2023"] == "reference only"
    assert "product_error" in facts["studies"]
    text = run("info").stdout
    assert "pasqrt" in text


def test_a_study_that_is_not_there_exits_2_and_says_what_was_meant_and_what_exists(tmp_path: Path) -> None:
    result = run("report", "product_eror", "--out", str(tmp_path / "r"))
    assert result.exit_code == 2
    assert "did you mean 'product_error'?" in result.stderr
    assert "quotient_error" in result.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["pan"], "did you mean 'pam'?"),
        (["pam", "--format", "float8_e4m3f"], "did you mean 'float8_e4m3"),
        (["pam", "--format", "e1m3"], "2 to 11"),
        (["pam", "--kind", "curve"], "known: error, value"),
        (["palog2", "--kind", "value"], "known: curve, histogram"),
        (["pam", "--domain", "1-2"], "write LOW:HIGH"),
        (["pam", "--domain", "2:1"], "domain"),
        (["pam", "--domain", "nan:1"], "domain"),
        (["pam", "--domain", "1:inf"], "domain"),
        (["palog2", "--domain=-1:1"], "domain"),
        (["palog2", "--domain", "1:2", "--domain", "1:2"], "2 domains"),
        (["pam", "--offset", "one"], "1/16"),
        (["pam", "--offset", "1/0"], "1/16"),
        (["pam", "--offset", "2"], "octaves"),
        (["pam", "--offset", "1e400"], "1/16"),
        (["pam", "--offset", "1e-999999999/3"], "1/16"),
        (["pam", "--offset", "nan"], "1/16"),
        (["pam", "--offset", "9" * 5000 + "/7"], "1/16"),
        (["pam", "--domain", "1:2:3"], "write LOW:HIGH"),
        (["palog2", "--offset", "1/16"], "only pam and padiv"),
        (["pam", "--kind", "histogram", "--domain", "2:2"], "domain"),
    ],
)
def test_wrong_use_of_plot_exits_2_and_says_what_would_do(
    arguments: list[str], expected: str, tmp_path: Path
) -> None:
    result = run("plot", *arguments, "--out", str(tmp_path / "figure"))
    assert result.exit_code == 2, result.output
    assert expected in result.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "arguments",
    [
        ["pam"],
        ["padiv", "--kind", "value-3d", "--offset", "1/16"],
        ["papow", "--kind", "value", "--domain", "1:4", "--domain=-2:2"],
        ["palog2"],
        ["paexp", "--domain=-2:2", "--format", "bfloat16"],
        ["pasqrt", "--kind", "histogram"],
        ["pam", "--kind", "histogram", "--format", "float8_e5m2", "--offset", "0.0625"],
        ["pam", "--format", "e4m3fn", "--domain", "0.5:4"],
    ],
)
def test_plot_writes_an_svg_and_a_png(arguments: list[str], tmp_path: Path) -> None:
    result = run("plot", *arguments, "--out", str(tmp_path / "figure"))
    assert result.exit_code == 0, result.output
    assert result.stdout.split() == [str(tmp_path / "figure.svg"), str(tmp_path / "figure.png")]
    assert (tmp_path / "figure.png").stat().st_size > 10_000


def test_plot_takes_a_path_with_an_ending_too(tmp_path: Path) -> None:
    run("plot", "palog2", "--out", str(tmp_path / "figure.png"))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["figure.png", "figure.svg"]


def test_a_folder_that_cannot_be_written_exits_2(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    result = run("plot", "palog2", "--out", str(tmp_path / "file" / "figure"))
    assert result.exit_code == 2
    assert "another --out" in result.stderr


def test_a_seed_below_zero_is_wrong_use(tmp_path: Path) -> None:
    result = run("report", "quotient_error", "--seed", "-1", "--out", str(tmp_path / "r"))
    assert result.exit_code == 2
    assert list(tmp_path.iterdir()) == []


def test_report_refuses_a_folder_that_is_no_report(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("")
    result = run("report", "quotient_error", "--quick", "--out", str(tmp_path))
    assert result.exit_code == 2
    assert "no report of pamcheck" in result.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


def test_report_runs_a_study_and_ends_with_pass_and_counts(tmp_path: Path) -> None:
    out = tmp_path / "r"
    result = run("report", "quotient_error", "--quick", "--out", str(out))
    assert result.exit_code == 0, result.output
    assert result.stdout.splitlines()[-1].startswith("PASS  2 of 2 claims hold; 1 studies")
    assert (out / MARKER).exists()
    assert {path.name for path in out.iterdir()} == {MARKER, "README.md", "index.html", "quotient_error"}


def test_report_speaks_json_on_stdout_alone(tmp_path: Path) -> None:
    result = run("report", "quotient_error", "--quick", "--json", "--out", str(tmp_path / "r"))
    data = json.loads(result.stdout)
    assert data["holds"] is True
    assert data["verdicts"][0]["worst"]["codes"] == ["0x3c00", "0x3e00"]


def test_an_interrupt_during_a_report_leaves_nothing_behind(tmp_path: Path) -> None:
    code = (
        "import os, signal, threading, sys; threading.Timer(1.5, os.kill, (os.getpid(), signal.SIGINT)).start()\n"
        "from pamcheck.cli import main\n"
        "sys.argv = ['pamcheck', 'report', 'product_error', '--out', 'r']; main()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, env=os.environ
    )
    assert done.returncode != 0
    assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []
