"""A step of training under a guard: free of multiplications it passes, native in any group it is caught."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from pamcheck import arrays
from pamcheck.cli import app
from pamcheck.cli.audit_train import audit_training
from pamcheck.measure.audit.guard import compiled, record
from pamcheck.measure.audit.kernels import elementwise
from pamcheck.measure.audit.record import Audit
from pamcheck.nn.groups import GROUPS
from pamcheck.nn.training import load

TINY = {"model.width": 16, "model.layers": 1, "train.batch": 4}


def audited(**groups: str) -> record.StepAudit:
    chosen = {f"arithmetic.{name}": groups.get(name, "mimic") for name in GROUPS}
    return audit_training(load("digits", TINY | chosen), steps=1, instructions=False)


def test_a_step_free_of_multiplications_passes_and_says_what_it_saw() -> None:
    found = audited()
    assert found.holds, (found.guard.offences, found.guard.unwatched, found.same)
    assert found.guard.functions.count > 100
    assert {"data", "initial weights"} <= set(found.guard.outside_of)
    names = {ran.name for ran in found.guard.loops.values()}
    assert any(name.startswith("matmul_") for name in names)
    constants = [item for item in found.guard.allowances if not item.reason.startswith("integers")]
    assert {item.reason.split(":")[0].split(",")[0] for item in constants} <= {
        "the scale of attention",
        "reads a number written in a text as a code of the format",
        "reads the limits of a format",
    }
    told = list(record.lines(found))
    assert told[-1].startswith("PASS  0 offences")
    assert found.record()["same bits as unwatched"]


def test_a_native_configuration_is_caught_in_every_group() -> None:
    found = audited(**dict.fromkeys(GROUPS, "native"))
    assert not found.holds
    assert {item.group for item in found.guard.offences} == set(GROUPS)
    operations = {item.operation.split("(")[0] for item in found.guard.offences}
    assert {"np.multiply", "np.divide", "np.matmul", "np.sqrt", "np.exp2", "np.log2"} <= operations
    assert any(item.text.startswith("backward of matmul") for item in found.guard.offences)
    assert list(record.lines(found))[-1].startswith("FAIL")


def test_one_native_group_is_named() -> None:
    found = audited(softmax="native")
    assert {item.group for item in found.guard.offences} == {"softmax"}
    assert all(item.line > 0 and item.file.endswith(".py") for item in found.guard.offences)


def test_a_loop_that_ran_is_audited_as_it_ran() -> None:
    loops: dict[Any, compiled.Ran] = {}
    with compiled.recorded(loops):
        arrays.pasqrt(np.ones(3, np.float32))
    [ran] = loops.values()
    assert ran.calls == 1
    assert ran.signature == elementwise("pasqrt", 1, 32, 32).signature
    found = compiled.audit_loops(loops)
    assert found.holds
    assert {item.kernel for item in found.records} == {"pasqrt_32 uint32"}


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> Any:
    monkeypatch.setattr(compiled, "audit_loops", lambda *_, **__: Audit(()))
    tiny = [part for key, value in TINY.items() for part in ("--set", f"{key}={value}")]
    return CliRunner().invoke(app, ["audit", "train", *arguments, *tiny])


def test_the_command_leaves_with_1_for_what_multiplies(monkeypatch: pytest.MonkeyPatch) -> None:
    result = run(monkeypatch, "digits", "--arithmetic", "native", "--steps", "1")
    assert result.exit_code == 1, result.output
    assert "matmul: np.matmul" in result.output
    assert "pamcheck/arithmetic/native.py:" in result.output
    assert result.output.splitlines()[-1].startswith("FAIL")


def test_the_command_counts_operations_without_running_them(monkeypatch: pytest.MonkeyPatch) -> None:
    result = run(monkeypatch, "digits", "--cost")
    assert result.exit_code == 0, result.output
    assert "a model, not a measurement" in result.output
    assert "ratio" in result.output


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["train", "digit"], "did you mean 'digits'"),
        (["train", "digits", "--set", "model.widht=3"], "did you mean 'width'"),
        (["train"], "takes one configuration"),
        (["train", "digits", "--target", "cpu"], "no --target"),
        (["pam", "--steps", "2"], "are for `audit train CONFIG`"),
    ],
)
def test_wrong_use_is_refused_with_what_would_do(arguments: list[str], told: str) -> None:
    result = CliRunner().invoke(app, ["audit", *arguments])
    assert result.exit_code == 2
    assert told in result.output
