"""Judging: outcomes, causes, expected failures, accepted deviations, and one command line for each failure."""

from __future__ import annotations

import dataclasses
import json
import shlex
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from typer.testing import CliRunner

import pamcheck as pc
from pamcheck.cli import app
from pamcheck.operands import Array
from pamcheck.testing.command import Report, Request, verify
from pamcheck.testing.record import junit, record
from pamcheck.testing.subject import make_subject
from pamcheck.testing.targets import CallableTarget, program_target
from pamcheck.testing.text import lines
from pamcheck.testing.verify import Settings, judge, judge_cases

UNIT = """
import numpy as np
import pamcheck as pc

def good(a, b):
    return pc.pam(a, b)

def signless(a, b):
    return pc.pam(abs(a), abs(b))

def gradual(a, b):
    return pc.pam(a, b, policy="gradual")

def only_float32(a, b):
    if a.dtype != np.float32:
        raise TypeError(f"no {a.dtype}")
    return pc.pam(a, b)

def raises_at_two(a, b):
    if (a == 2).any():
        raise RuntimeError("two!")
    return pc.pam(a, b)

def loses_carries(a, b):
    codes = pc.pam(a, b).view(np.uint16)
    i, j = (x.view(np.uint16) & 0x7F for x in (a, b))
    finite = (codes & 0x7FFF) < 0x7F80
    some = finite & ((codes & 0x7FFF) >= 0x100) & (i + j > 0x7F)
    return np.where(some, codes - np.uint16(0x80), codes).astype(np.uint16).view(a.dtype)

def crashes_in_two_bytes(a, b):
    if a.dtype.itemsize == 2:
        raise RuntimeError("index out of range")
    return pc.pam(a, b)

def always_raises(a, b):
    raise KeyError("table")

def leaves(a, b):
    raise KeyboardInterrupt

calls = 0

def unsteady(a, b):
    global calls
    calls += 1
    out = pc.pam(a, b)
    return -out if calls > 3 and a.size > 64 else out
"""


@pytest.fixture(scope="module")
def unit(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("unit") / "unit.py"
    path.write_text(UNIT, encoding="utf-8")
    return str(path)


def judged(unit: str, name: str, **changes: object) -> Report:
    request = Request(target=f"{unit}:{name}", op="pam", formats=("bfloat16",), seed=1)
    return verify(dataclasses.replace(request, **changes), lambda _: None)  # type: ignore[arg-type]


def test_a_right_unit_passes_every_check(unit: str) -> None:
    [result] = judged(unit, "good").results
    assert result.passed
    assert not result.groups
    assert {outcome.status for outcome in result.outcomes} <= {"passed", "skipped"}
    assert result.cases > 100_000


def test_a_lost_sign_is_named_and_shown_by_one_small_case(unit: str) -> None:
    [result] = judged(unit, "signless").results
    assert not result.passed
    [group] = result.groups
    assert group.kind == "bug"
    assert "sign" in group.words
    shown = group.shown
    assert shown is not None
    assert set(shown.inputs) <= {0x3F80, 0xBF80}, [hex(code) for code in shown.inputs]
    assert shown.got[0] ^ shown.expected[0] == 0x8000, [hex(code) for code in (*shown.got, *shown.expected)]


def test_a_lost_carry_shrinks_to_one_and_a_half_squared(unit: str) -> None:
    [result] = judged(unit, "loses_carries").results
    assert any(
        group.shown is not None and group.shown.inputs == (0x3FC0, 0x3FC0) for group in result.groups
    ), str(result)


def test_the_command_of_a_failure_repeats_it(unit: str) -> None:
    [result] = judged(unit, "signless").results
    command = shlex.split(result.failures[0].repro)
    assert command[:2] == ["pamcheck", "verify"]
    again = CliRunner().invoke(app, [*command[1:], "--json"])
    assert again.exit_code == 1, again.output
    [only] = json.loads(again.stdout)["results"][0]["failures"]
    fmt = result.subject.fmt
    assert only["got"] == [fmt.hex(code) for code in result.failures[0].got]
    assert only["expected"] == [fmt.hex(code) for code in result.failures[0].expected]


def test_no_more_failures_are_shown_than_asked_for_and_the_record_has_them_all(unit: str) -> None:
    [result] = judged(unit, "signless", errors=3).results
    assert len(result.failures) == 3
    data = json.loads(json.dumps(record(result)))
    assert (
        sum(len(found["inputs"]) for check in data["checks"] for found in check["found"]) == result.failed
    )
    assert result.failed > 1000


def test_another_policy_is_a_deviation_with_a_name_that_can_be_accepted(unit: str) -> None:
    [result] = judged(unit, "gradual").results
    assert not result.passed
    assert {group.kind for group in result.groups} == {"deviation"}, str(result)
    names = tuple(group.name for group in result.groups)
    [accepted] = judged(unit, "gradual", accept=names).results
    assert accepted.passed, str(accepted)
    [other] = judged(unit, "signless", accept=names).results
    assert not other.passed


def test_what_is_no_deviation_cannot_be_accepted(unit: str) -> None:
    with pytest.raises(ValueError, match="unknown deviation 'carry_lost_entirely'"):
        judged(unit, "good", accept=("carry_lost_entirely",))


def test_formats_that_a_function_lacks_are_skipped_by_name(unit: str) -> None:
    report = judged(unit, "only_float32", formats=("float32", "float16"))
    assert report.passed
    first, second = report.results
    assert first.passed
    assert "float16" in second.lacking
    assert "not there: float16" in report.last()
    alone = judged(unit, "only_float32", formats=("float16",))
    assert not alone.passed, "nothing was compared"


def test_an_exception_is_an_outcome_with_its_case_and_the_other_results_stand(unit: str) -> None:
    [result] = judged(unit, "raises_at_two").results
    faults = result.of("fault")
    assert faults
    assert all("two!" in outcome.reason for outcome in faults)
    shown = next(group.shown for group in result.groups if group.kind == "fault")
    assert shown is not None
    assert shown.inputs[0] == 0x4000, [hex(code) for code in shown.inputs]
    assert result.of("passed")


def test_a_program_that_hangs_is_not_waited_for_again_and_again() -> None:
    target = program_target("sleep 100", time_limit=0.05)
    result = judge(target, make_subject("pam", "float8_e4m3fn"))
    assert [outcome.fault.kind for outcome in result.of("fault") if outcome.fault] == ["hang"] * 3
    assert all("hung" in outcome.reason for outcome in result.of("skipped"))
    assert not result.passed


def test_expected_failures_pass_and_unexpected_passes_fail() -> None:
    def flipped(a: Array, b: Array) -> Array:
        return -pc.pam(a, b)

    subject = make_subject("pam", "float8_e4m3fn")
    target = CallableTarget(flipped)
    plain = judge(target, subject)
    failing = [outcome.check for outcome in plain.of("failed")]
    passing = [outcome.check for outcome in plain.of("passed")]
    assert failing
    assert passing
    expected = judge(target, subject, Settings(xfails=dict.fromkeys(failing, "known")))
    assert expected.passed, str(expected)
    assert not expected.groups
    surprised = judge(target, subject, Settings(xfails=[*failing, passing[0]]))
    assert not surprised.passed
    assert [outcome.check for outcome in surprised.of("xpassed")] == passing[:1]
    assert judge(target, subject, Settings(skips=["pam/*"])).cases == 0


def test_results_depend_on_the_seed_alone(unit: str) -> None:
    def told(seed: int) -> list[str]:
        [result] = judged(unit, "loses_carries", seed=seed).results
        return [line for line in lines(result) if not line.startswith(("FAIL", "notice"))]

    assert told(3) == told(3)


def test_wrong_cases_are_refused() -> None:
    subject = make_subject("pam", "bfloat16")
    target = CallableTarget(pc.pam)
    with pytest.raises(ValueError, match="takes 2"):
        judge_cases(target, subject, [(0x3F80,)])
    with pytest.raises(ValueError, match="16 bits"):
        judge_cases(target, subject, [(0x3F80, 0x10000)])


def test_junit_counts_what_the_result_counts(unit: str) -> None:
    [result] = judged(unit, "signless", checks=("zeros", "signs", "powers_of_two")).results
    [suite] = ElementTree.fromstring(junit([result]))
    assert int(suite.get("tests", "")) == 3
    assert int(suite.get("failures", "")) == len(result.of("failed")) > 0
    failure = suite.find("testcase/failure")
    assert failure is not None
    assert "expected" in (failure.text or "")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ([], "give one target"),
        (["x.py:f", "--exec", "true"], "give one target"),
        (["--exec", "true", "--op", "pam"], "format is not given"),
        (["math:sin"], "no operation"),
        (["pamcheck:pam", "--policy", "ftzz"], "did you mean 'ftz'"),
        (["pamcheck:pam", "--level", "3"], "unknown level"),
        (["pamcheck:pam", "--check", "zero"], "did you mean 'zeros'"),
        (["pamcheck:pam", "--format", "bfloat16", "--case", "zz"], "hexadecimal codes such as 3f80,3f80"),
        (["pamcheck:pam", "--mode", "mimik"], "unknown mode"),
        (["pamcheck:palog2", "--offset", "1/16"], "takes none"),
        (["pamcheck:pam", "--xfails-file", "/nowhere/x"], "nowhere"),
        (["no_such_module:pam"], "no_such_module"),
        (["--exec", "/nowhere/unit", "--op", "pam", "--format", "float32"], "nowhere"),
    ],
)
def test_wrong_use_exits_2_before_the_target_is_asked(arguments: list[str], told: str) -> None:
    result = CliRunner().invoke(app, ["verify", *arguments])
    assert result.exit_code == 2, result.output
    assert told in result.stderr


def test_a_unit_that_crashes_in_one_format_fails_there(unit: str) -> None:
    report = judged(unit, "crashes_in_two_bytes", formats=("float32", "bfloat16"))
    assert not report.passed
    assert [result.passed for result in report.results] == [True, False]
    assert not report.results[1].lacking


def test_a_unit_that_always_raises_has_one_cause_at_a_simple_case(unit: str) -> None:
    result = CliRunner().invoke(
        app, ["verify", f"{unit}:always_raises", "--op", "pam", "--format", "bfloat16"]
    )
    assert result.exit_code == 1
    assert result.stdout.count("KeyError") >= 1
    assert result.stdout.splitlines()[-1].startswith("FAIL")
    [only] = judged(unit, "always_raises").results
    [group] = only.groups
    assert group.kind == "fault"
    assert group.cases == len(only.of("fault")) > 10
    assert group.shown is not None
    assert group.shown.inputs == (0x3F80, 0x3F80), [hex(code) for code in group.shown.inputs]


def test_an_interrupt_keeps_what_was_found_and_exits_130(unit: str) -> None:
    result = CliRunner().invoke(app, ["verify", f"{unit}:leaves", "--op", "pam", "--format", "bfloat16"])
    assert result.exit_code == 130
    assert result.stdout.splitlines()[-1].startswith("STOP")
    [only] = judged(unit, "leaves").results
    assert only.interrupted
    assert not only.passed


def test_a_unit_with_a_state_is_called_unsteady(unit: str) -> None:
    [result] = judged(unit, "unsteady").results
    assert not result.passed
    assert "unsteady" in {group.name for group in result.groups}, str(result)


def test_an_unwritable_junit_file_loses_no_result(unit: str, tmp_path: Path) -> None:
    common = ["verify", f"{unit}:good", "--op", "pam", "--format", "float8_e4m3fn", "--junit"]
    absent = CliRunner().invoke(app, [*common, str(tmp_path / "no" / "x.xml")])
    assert absent.exit_code == 2
    assert "no folder" in absent.stderr
    folder = CliRunner().invoke(app, [*common, str(tmp_path)])
    assert folder.exit_code == 2
    assert folder.stdout.splitlines()[-1].startswith("PASS")


def test_names_in_files_that_name_no_check_are_said(unit: str, tmp_path: Path) -> None:
    path = tmp_path / "xfails.txt"
    path.write_text("zeross\n", encoding="utf-8")
    report = judged(unit, "good", xfails_file=path, checks=("zeros",))
    assert report.idle == ("zeross",)
    assert any("zeross" in line for line in report.lines())
    path.write_text("zeros\n", encoding="utf-8")
    surprised = judged(unit, "good", xfails_file=path, checks=("zeros",))
    assert surprised.last().startswith("FAIL")
    assert "expected to fail, and passed: zeros" in surprised.last()


def test_a_bug_is_not_to_be_accepted_and_a_dead_unit_has_no_fingerprint(unit: str) -> None:
    with pytest.raises(ValueError, match="is a bug"):
        judged(unit, "good", accept=("carry_dropped",))
    dead = ["verify", f"{unit}:always_raises", "--op", "pam", "--format", "bfloat16", "--fingerprint"]
    assert CliRunner().invoke(app, dead).exit_code == 1


def test_the_last_line_has_counts_and_the_worst_case_as_value_and_bits(unit: str, tmp_path: Path) -> None:
    out = tmp_path / "junit.xml"
    arguments = [f"{unit}:signless", "--op", "pam", "--format", "bfloat16", "--junit", str(out)]
    result = CliRunner().invoke(app, ["verify", *arguments])
    assert result.exit_code == 1
    last = result.stdout.splitlines()[-1]
    assert last.startswith("FAIL  pam in bfloat16")
    assert "codes off at (" in last
    assert "0x" in last
    assert out.stat().st_size > 1000


def test_public_functions_give_results_that_explain_themselves() -> None:
    result = pc.testing.check_implementation(pc.pam, op="pam", format="float8_e5m2")
    assert result.passed
    assert str(result).splitlines()[-1].startswith("PASS")

    def backward(x: Array, cotangent: Array) -> Array:
        return np.negative(pc.vjp("palog2", (x,), cotangent)[0])

    wrong = pc.testing.check_vjp(backward, op="palog2", format="float8_e4m3fn")
    assert not wrong.passed
    assert wrong.failures[0].diagnosis
    assert pc.testing.fingerprint(pc.pam, format="float8_e5m2").policy == "ftz"
