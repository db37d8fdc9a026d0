"""Studies become folders and pages; what they say survives the trip."""

from __future__ import annotations

import csv
import json
import math
import types
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from pamcheck.formats import get_format
from pamcheck.measure.verdict import Verdict, Witness
from pamcheck.plotting.style import new_figure, style
from pamcheck.reporting.records import Plate, Settings, Study, Table, as_study, dump_json, plain
from pamcheck.reporting.run import run_report
from pamcheck.reporting.staging import ReportFolderError

DOC = """Is <one> less than | two?

Claim   One is less
        than two.
Method  Looking.
Writes  reports/fake/
"""


def fake(name: str = "fake", *, holds: bool = True, raises: BaseException | None = None) -> Study:
    def measure(settings: Settings) -> int:
        return settings.samples(100)

    def judge(n: int) -> list[Verdict]:
        worst = Witness.of(get_format("float8_e4m3fn"), [0x3C, 0xBC], "-1/9")
        return [
            Verdict(
                "1 < 2 & 3 | 4", holds, f"{n}", 1.0, math.nan, "proof", "See <there>.", "own | work", worst
            )
        ]

    def tabulate(n: int) -> list[Table]:
        frame = pd.DataFrame({"what": ["a|b", "<c>"], "share": [0.125, math.nan], "n": [n, 1]})
        return [Table("numbers", "Two rows", frame, {"share": ".1%", "n": ",d"}, {"share": "of <all>"})]

    def draw(n: int, _: list[Verdict]) -> list[Plate]:
        if raises is not None:
            raise raises
        with style():
            figure = new_figure(2.0)
            figure.subplots().plot([0, n])
        return [Plate("line", "A line [of two].", figure)]

    module = types.ModuleType(f"analyses.{name}", DOC)
    for function in (measure, judge, tabulate, draw):
        setattr(module, function.__name__, function)
    return as_study(module)


@pytest.fixture
def out(tmp_path: Path) -> Path:
    out = tmp_path / "reports"
    run_report([fake()], out, Settings())
    return out


def test_every_table_has_a_csv_and_a_json_twin_with_raw_values(out: Path) -> None:
    rows = list(csv.reader((out / "fake" / "numbers.csv").read_text().splitlines()))
    assert rows == [["what", "share", "n"], ["a|b", "0.125", "100"], ["<c>", "", "1"]]
    record = json.loads((out / "fake" / "numbers.json").read_text())
    assert record["rows"] == [
        {"what": "a|b", "share": 0.125, "n": 100},
        {"what": "<c>", "share": None, "n": 1},
    ]
    assert record["definitions"] == {"share": "of <all>"}


def test_every_figure_is_an_svg_and_a_png(out: Path) -> None:
    assert (out / "fake" / "line.svg").read_text().startswith("<?xml")
    assert (out / "fake" / "line.png").read_bytes().startswith(b"\x89PNG")


def test_the_page_is_one_file_that_fetches_nothing(out: Path) -> None:
    html = (out / "index.html").read_text()
    assert "http://" not in html
    assert "https://" not in html
    assert 'src="data:image/svg+xml;base64,' in html


def test_hostile_text_is_escaped_in_the_page(out: Path) -> None:
    html = (out / "index.html").read_text()
    assert "1 &lt; 2 &amp; 3 | 4" in html
    assert "<c>" not in html
    assert "<there>" not in html


def test_the_markdown_tables_have_as_many_cells_as_headings(out: Path) -> None:
    lines = (out / "README.md").read_text().splitlines()
    tables = [line.replace("\\|", "") for line in lines if line.startswith("|")]
    assert len(tables) == 7
    assert {line.count("|") for line in tables[:3]} == {6}
    assert {line.count("|") for line in tables[3:]} == {4}


def test_the_pages_open_with_the_verdict_and_its_worst_case_as_value_and_bits(out: Path) -> None:
    for name in ("index.html", "README.md"):
        text = (out / name).read_text()
        assert "(1.5, -1.5) = (0x3c, 0xbc) in float8_e4m3fn: -1/9" in text
        assert text.index("0x3c") < text.index("A line")


def test_the_command_and_versions_and_seed_stand_with_each_study(out: Path) -> None:
    text = (out / "README.md").read_text()
    assert "`pamcheck report fake`, seed 230517190" in text
    assert "numpy" in text


def test_a_quick_run_uses_fewer_samples_and_says_so(tmp_path: Path) -> None:
    outcome = run_report([fake()], tmp_path / "r", Settings(quick=True))
    assert outcome.verdicts[0].measured == "10"
    assert "quick run" in (tmp_path / "r" / "index.html").read_text()
    assert "pamcheck report fake --quick" in (tmp_path / "r" / "README.md").read_text()


def test_studies_that_are_not_run_again_stay_on_the_page(out: Path) -> None:
    run_report([fake("other", holds=False)], out, Settings())
    text = (out / "README.md").read_text()
    assert "`pamcheck report fake`" in text
    assert "`pamcheck report other`" in text
    assert "✗ **fails**" in text


def test_files_a_study_no_longer_writes_are_gone(out: Path) -> None:
    (out / "fake" / "stale.csv").write_text("")
    run_report([fake()], out, Settings())
    assert not (out / "fake" / "stale.csv").exists()


@pytest.mark.parametrize("error", [KeyboardInterrupt(), RuntimeError("broken")])
def test_a_study_that_breaks_leaves_the_previous_report_whole(out: Path, error: BaseException) -> None:
    before = {path: path.read_bytes() for path in sorted(out.rglob("*")) if path.is_file()}
    with pytest.raises(type(error)):
        run_report([fake(), fake("bad", raises=error)], out, Settings())
    assert {path: path.read_bytes() for path in sorted(out.rglob("*")) if path.is_file()} == before


def test_the_outcome_holds_only_where_every_verdict_does(tmp_path: Path) -> None:
    assert run_report([fake()], tmp_path / "a", Settings()).holds
    assert not run_report([fake(), fake("b", holds=False)], tmp_path / "b", Settings()).holds


def test_progress_hears_of_every_step(tmp_path: Path) -> None:
    heard: list[tuple[str, str]] = []
    run_report([fake()], tmp_path / "r", Settings(), lambda study, step: heard.append((study, step)))
    assert heard == [
        ("fake", "measure"),
        ("fake", "judge"),
        ("fake", "draw"),
        ("fake", "save line"),
        ("page", "render"),
    ]


def test_a_module_that_is_no_study_is_named_with_what_it_lacks() -> None:
    with pytest.raises(TypeError, match="math is not a study: it lacks measure, judge, tabulate, draw"):
        as_study(math)


def test_json_says_null_for_what_it_cannot_say(tmp_path: Path) -> None:
    dump_json({"a": math.inf, "b": [math.nan, 1.5], 3: (True, None)}, tmp_path / "x.json")
    assert json.loads((tmp_path / "x.json").read_text()) == {"a": None, "b": [None, 1.5], "3": [True, None]}


def test_numpy_numbers_become_plain_ones() -> None:
    values: Any = pd.DataFrame({"a": [1, 2]})["a"].to_numpy()
    assert plain([values[0]]) == [1]
    assert type(plain([values[0]])[0]) is int


@pytest.mark.parametrize("record", ["{", "[]", '{"name": "fake"}', "null"])
def test_a_damaged_record_of_another_study_is_refused_before_anything_is_computed(
    out: Path, record: str
) -> None:
    (out / "fake" / "study.json").write_text(record)
    with pytest.raises(ReportFolderError, match=r"fake/study.json in the report is damaged"):
        run_report([fake("other", raises=AssertionError())], out, Settings())
    run_report([fake()], out, Settings())


def test_the_command_that_is_printed_has_the_seed_that_was_given(tmp_path: Path) -> None:
    run_report([fake()], tmp_path / "r", Settings(quick=True, seed=7))
    assert "`pamcheck report fake --quick --seed 7`, seed 7" in (tmp_path / "r" / "README.md").read_text()


def test_both_pages_say_what_the_columns_mean(out: Path) -> None:
    assert "- *share*: of <all>" in (out / "README.md").read_text()
    assert "of &lt;all&gt;" in (out / "index.html").read_text()
