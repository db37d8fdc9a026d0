"""What `pamcheck regions` does with a request: counts, partial results, rechecks, and wrong words."""

from __future__ import annotations

import dataclasses
import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner, Result

from pamcheck.cli.regions import regions as verb
from pamcheck.measure.regions import from_json
from pamcheck.measure.regions_request import command, told
from pamcheck.measure.regions_request.command import Request, parse_domain, regions
from pamcheck.measure.regions_request.slopes import quantiles


def run(*arguments: str) -> Result:
    app = typer.Typer()
    app.command()(verb)
    return CliRunner().invoke(app, list(arguments))


def text(found: command.Found) -> str:
    return "\n".join(told.lines(found))


def test_the_product_on_two_binades_has_eight_pieces_and_says_so() -> None:
    found = regions(Request("pam(x, y)", ("1:4",), recheck=True))
    lines = text(found).splitlines()
    assert lines[0] == "pam(x, y), x in [1, 4], y in [1, 4]"
    assert lines[1] == "pieces     8 of the function, 8 of the program"
    assert lines[-1].startswith("PASS  8 cells")
    assert "by 2.828427 = sqrt(8), at x = 3, y = 3: carry in mul, step 1" in text(found)
    assert found.good


def test_breaks_that_cancel_are_counted_apart() -> None:
    printed = text(regions(Request("pam(x, x)", ("1:8",))))
    assert "4 of the function, 6 of the program" in printed
    assert "binade     0 of 2 breaks change the function" in printed


def test_slopes_are_weighed_by_size() -> None:
    found = regions(Request("paexp2(x)", ("0:4",)))
    assert quantiles(found.partition) == (1, 1, 2, 4, 8)


@pytest.mark.parametrize(
    ("domain", "expected"),
    [("1:4", (1, 4)), ("-1/2:0.75", (Fraction(-1, 2), Fraction(3, 4))), ("0.1:1", (Fraction(1, 10), 1))],
)
def test_a_domain_is_read_exactly(domain: str, expected: Any) -> None:
    assert parse_domain(domain) == expected


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        (Request("pam(x, y)", ("1-4",)), "write LOW:HIGH"),
        (Request("pam(x, y)", ("1:1",)), "of no size"),
        (Request("pam(x, y)", ("2:1",)), "of no size"),
        (Request("pam(x, y)", ("1:2:3",)), "write LOW:HIGH"),
        (Request("pam(x, y)", ("1:1e999999999",)), "write LOW:HIGH"),
        (Request("pam(x, y)", ("0:1/0",)), "write LOW:HIGH"),
        (Request("pam(x, y)", ("nan:1",)), "write LOW:HIGH"),
        (Request("pam(x, y)", ()), "0 domains given"),
        (Request("gelu(x)", ("0:1", "0:1")), "2 domains given; give --domain LOW:HIGH once$"),
        (Request("pam(x, y)", ("0:1",) * 3), "once, or 2 times"),
        (Request("pam(x, y)", ("1:2",), max_cells=0), "max-cells is 0"),
        (Request("pam(x, y)", ("1:2",), output=0), "one result, a number"),
        (Request("softmax(x, y)", ("1:2",), output=2), "results 0 to 1"),
        (Request("softmax(x, y)", ("1:2",), output=-1), "results 0 to 1"),
        (Request("gelu(x)", ("1:2",), rows=(1,)), "go with mlp:FILE"),
    ],
)
def test_wrong_words_say_what_would_do(request_: Request, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        regions(request_)


def test_one_result_of_several_can_be_chosen() -> None:
    both = regions(Request("softmax(x, 0)", ("1:2",)))
    one = regions(Request("softmax(x, 0)", ("1:2",), output=1, recheck=True))
    assert one.partition.cells[0].maps == both.partition.cells[0].maps[1:]
    assert one.shown == "softmax(x, 0), result 1"
    assert one.good


def test_a_division_by_zero_keeps_what_was_found_and_says_where() -> None:
    found = regions(Request("padiv(1, x)", ("-1:1",), recheck=True))
    assert found.partition.program_pieces == 32
    assert not found.good
    assert "PARTIAL    div (step 1) is undefined in the domain: a divisor is 0 at x = 0" in text(found)
    assert told.last(found).startswith("PASS  32 cells")
    assert told.last(found).endswith("PARTIAL: part of the domain only")


def test_more_cells_than_allowed_keep_what_was_found() -> None:
    found = regions(Request("softmax(x, y)", ("1:4",), max_cells=20))
    assert 0 < found.partition.program_pieces <= 20
    assert not found.good
    assert "PARTIAL    more than --max-cells 20 cells" in text(found)


def test_a_partition_that_is_wrong_fails_the_recheck(monkeypatch: pytest.MonkeyPatch) -> None:
    honest = command.partition

    def dishonest(*args: Any, **options: Any) -> Any:
        found = honest(*args, **options)
        return dataclasses.replace(found, cells=found.cells[1:])

    monkeypatch.setattr(command, "partition", dishonest)
    found = regions(Request("pam(x, y)", ("1:4",), recheck=True))
    assert told.last(found).startswith("FAIL  the parts ")
    assert not found.good


def test_a_function_that_jumps_has_no_lipschitz_constant() -> None:
    assert "Lipschitz  none" in text(regions(Request("floor(x) + x", ("0:3",))))


def test_the_command_writes_a_figure_and_cells_that_can_be_verified_again(tmp_path: Path) -> None:
    result = run("pam(x, y)", "--domain", "1:4", "--out", str(tmp_path / "new" / "pam"), "--json")
    assert result.exit_code == 0, result.output
    printed = json.loads(result.stdout)
    assert printed["counts"]["function_pieces"] == 8
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == ["pam.json", "pam.png", "pam.svg"]
    again = from_json((tmp_path / "new" / "pam.json").read_text())
    assert again.function_pieces == 8


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("pam(x, y)", "--domain", "1:2", "--recheck"), 0, "PASS"),
        (("gelu(x)", "--domain", "1:2"), 0, "--recheck verifies them"),
        (("padiv(1, x)", "--domain=-1:1"), 1, "PARTIAL"),
        (("sofmax(x)", "--domain", "1:2"), 2, "did you mean 'softmax'?"),
        (("gelu(x)", "--domain", "2:1"), 2, "of no size"),
        (("mlp:no-such-file", "--domain", "0:1"), 2, "no-such-file"),
    ],
)
def test_exit_codes_are_0_for_all_1_for_part_and_2_for_wrong_use(
    arguments: tuple[str, ...], code: int, message: str
) -> None:
    result = run(*arguments)
    assert result.exit_code == code, result.output
    assert message in result.output


def test_a_function_that_is_nowhere_defined_leaves_its_cells_and_no_figure(tmp_path: Path) -> None:
    result = run("palog2(x)", "--domain=-2:-1", "--out", str(tmp_path / "none"))
    assert result.exit_code == 1
    assert "log2 (step 1) is undefined in the domain" in result.stdout
    assert [path.name for path in tmp_path.iterdir()] == ["none.json"]
