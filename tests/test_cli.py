"""The command line: exit codes, messages, files; each verb as a user meets it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from pamcheck.cli import app
from pamcheck.reporting.staging import MARKER


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


@pytest.mark.parametrize(
    "verb",
    [
        "verify",
        "vectors",
        "sweep",
        "certify",
        "regions",
        "plot",
        "audit",
        "train",
        "report",
        "bench",
        "info",
    ],
)
def test_every_verb_has_help(verb: str) -> None:
    result = run(verb, "--help")
    assert result.exit_code == 0
    assert "Usage" in result.stdout


def test_help_lists_exactly_the_verbs_that_work() -> None:
    assert {command.callback.__name__ for command in app.registered_commands if command.callback} == {
        "verify",
        "vectors",
        "report",
        "plot",
        "sweep",
        "certify",
        "regions",
        "audit",
        "train",
        "bench",
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
        (["pam", "--format", "float16", "--format", "bfloat16"], "only a histogram compares several"),
        (["pam", "--domain", "1e307:1e308"], "a figure reaches to"),
        (["paexp2", "--domain=-1e308:1"], "a figure reaches to"),
        (["pam", "--kind", "histogram", "--domain", "1e30:1e38"], "no truth there is a normal number"),
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
        [
            "padiv",
            "--kind",
            "histogram",
            "--format",
            "float32",
            "--format",
            "float8_e4m3fn",
            "--format",
            "e3m2",
        ],
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
    last = result.stdout.splitlines()[-1]
    assert last.startswith(
        "PASS  2 of 2 claims hold; worst case (1, 1.5) = (0x3c00, 0x3e00) in float16: 1/8 relative; "
    )
    assert (out / MARKER).exists()
    assert {path.name for path in out.iterdir()} == {MARKER, "README.md", "index.html", "quotient_error"}


def test_report_speaks_json_on_stdout_alone(tmp_path: Path) -> None:
    result = run("report", "quotient_error", "--quick", "--json", "--out", str(tmp_path / "r"))
    data = json.loads(result.stdout)
    assert data["holds"] is True
    assert data["verdicts"][0]["worst"]["codes"] == ["0x3c00", "0x3e00"]


@pytest.mark.parametrize("out", ["", ".", "..", "sub/.."])
def test_a_figure_needs_a_name(out: str) -> None:
    result = run("plot", "palog2", "--out", out)
    assert result.exit_code == 2
    assert "path of a figure" in result.stderr


def test_a_terminal_without_our_signs_gets_question_marks(tmp_path: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "pamcheck.cli",
        "report",
        "quotient_error",
        "--quick",
        "--out",
        str(tmp_path / "r"),
    ]
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_a_report_that_is_ended_leaves_no_process_and_no_half_report(
    tmp_path: Path, number: signal.Signals
) -> None:
    command = [
        sys.executable,
        "-m",
        "pamcheck.cli",
        "report",
        "product_error",
        "quotient_error",
        "--out",
        "r",
    ]
    environment = {**os.environ, "PAMCHECK_THREADS": "2"}
    with subprocess.Popen(
        command, cwd=tmp_path, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
    ) as process:
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
        if not children.exists():
            pytest.skip("this system does not list the children of a process")
        deadline = time.monotonic() + 30
        while len(found := children.read_text().split()) < 3 and time.monotonic() < deadline:
            time.sleep(0.05)
        assert len(found) >= 3  # the two studies and the tracker of their queue
        assert [path.name for path in tmp_path.iterdir()] == [f".r.staging-{process.pid}"]
        time.sleep(1)  # the second study has only just been started
        process.send_signal(number)
        _, errors = process.communicate(timeout=30)
    assert process.returncode != 0
    if number != signal.SIGKILL:  # then a process that is just starting may complain of its lost parent
        assert "Traceback" not in errors
    while any(Path(f"/proc/{child}").exists() for child in found) and time.monotonic() < deadline + 30:
        time.sleep(0.05)
    assert [child for child in found if Path(f"/proc/{child}").exists()] == []
    if number != signal.SIGKILL:
        assert list(tmp_path.iterdir()) == []


def test_an_audit_prints_a_table_and_passes() -> None:
    done = run("audit", "pam", "--target", "cpu")
    assert done.exit_code == 0, done.output
    assert "pam 32-bit words" in done.stdout
    assert done.stdout.splitlines()[-1].startswith("PASS  0 offenders in ")


def test_an_audit_of_something_unknown_is_wrong_use() -> None:
    for arguments in (["pma"], ["pam", "--target", "sm90x"], ["pam", "--listing"]):
        done = run("audit", *arguments)
        assert done.exit_code == 2, arguments
        assert done.stderr.startswith("pamcheck: ")


def test_a_bench_times_the_products_asked_for() -> None:
    done = run("bench", "--side", "8", "--json")
    assert done.exit_code == 0, done.output
    rows = json.loads(done.stdout)["matmul"]
    assert {row["side"] for row in rows} == {8}
    assert all(row["PAM (ms)"] > 0 for row in rows)


def test_a_bench_on_a_gpu_that_is_not_there_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cupy", None)
    done = run("bench", "--device", "gpu")
    assert done.exit_code == 2
    assert "needs CuPy" in done.stderr
    assert run("bench", "--device", "tpu").exit_code == 2


def test_a_certificate_is_printed_with_its_range_its_witness_and_a_last_line() -> None:
    done = run("certify", "pam")
    assert done.exit_code == 0, done.output
    assert "least    -0.111111111111 = -1/9; attained at (1.5, 1.5)" in done.stdout
    last = done.stdout.splitlines()[-1]
    assert last.startswith(
        "PASS  relative error of pam in [-0.1111111111, +0]; worst case (1.5, 1.5) = (0x1.8"
    )


def test_a_certificate_in_a_format_names_codes() -> None:
    done = run("certify", "padiv", "--format", "float8_e4m3fn", "--kind", "ulp", "--again")
    assert done.exit_code == 0, done.output
    assert "proven again" in done.stdout
    assert "(0x38, 0x3b)" in done.stdout.splitlines()[-1]


def test_a_certificate_is_written_read_and_checked_anew(tmp_path: Path) -> None:
    file = tmp_path / "c.json"
    done = run("certify", "palog2", "--out", str(file), "--json")
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout) == json.loads(file.read_text())
    assert run("certify", str(file)).exit_code == 0
    data = json.loads(file.read_text())
    data["boxes"][0]["lower"] = data["lower"] = "-86070/1000000"
    file.write_text(json.dumps(data))
    tampered = run("certify", str(file))
    assert tampered.exit_code == 1
    assert tampered.stdout.splitlines()[-1].startswith("FAIL  ")
    file.write_text("{}")
    assert run("certify", str(file)).exit_code == 2


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["pan"], "did you mean 'pam'?"),
        (["pam", "--format", "float33"], "unknown format"),
        (["pam", "--kind", "ulps"], "did you mean 'ulp'?"),
        (["pam", "--offset", "one"], "1/16"),
        (["pam", "--offset", "9" * 5000], "1/16"),
        (["pam", "--offset", "2"], "octaves"),
        (["palog", "--domain", "1-2"], "write LOW:HIGH"),
        (["palog", "--domain", "a:2"], "write a number"),
        (["palog", "--domain=-1:2"], "0 < LOW < HIGH"),
        (["palog2", "--offset", "1/16"], "only pam and padiv"),
        (["layer_norm", "--format", "float32"], "absolute"),
        (["missing.json"], "cannot use missing.json"),
        (["pam", "--out", "/dev/null/c.json"], "cannot use"),
    ],
)
def test_wrong_use_of_certify_exits_2_and_says_what_would_do(arguments: list[str], expected: str) -> None:
    done = run("certify", *arguments)
    assert done.exit_code == 2, done.output
    assert expected in done.stderr


def test_a_sweep_writes_a_certificate_and_ends_with_pass_and_the_worst_case(tmp_path: Path) -> None:
    out = tmp_path / "pam.json"
    done = run("sweep", "pam", "float6_e2m3fn", "--out", str(out))
    assert done.exit_code == 0
    assert done.stdout.splitlines()[-1].startswith("PASS  4,096 of 4,096 results are the oracle's")
    assert json.loads(out.read_text())["differences"] == {"count": 0, "first": []}
    assert out.with_suffix(".parquet").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("pem", "float16"), "did you mean 'pam'"),
        (("pam", "float15"), "float15"),
        (("palog2", "float16", "--offset", "1/16"), "takes none"),
        (("pam", "float16", "--backend", "tpu"), "unknown backend 'tpu'"),
        (("pam", "bfloat16", "--limit", "0.1"), "limit"),
        (("pam", "float8_e5m2", "--dask", "127.0.0.1:9"), "127.0.0.1:9"),
    ],
)
def test_a_sweep_that_cannot_be_is_refused_in_a_line(
    arguments: tuple[str, ...], message: str, tmp_path: Path
) -> None:
    done = run("sweep", *arguments, "--out", str(tmp_path / "s.json"))
    assert done.exit_code == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_a_report_without_names_leaves_the_long_studies_out_unless_it_is_asked_for_them() -> None:
    from analyses import STUDIES
    from pamcheck.cli.report import _studies

    def names(given: list[str], every: bool) -> list[str]:
        return [study.__name__.rpartition(".")[2] for study in _studies(given, every)]

    long = {"training_language", "training_ablation", "exact_vs_mimic", "mantissa_width"}
    assert set(STUDIES) - set(names([], False)) == long
    assert names([], True) == list(STUDIES)
    assert names(["mantissa_width"], False) == ["mantissa_width"]
