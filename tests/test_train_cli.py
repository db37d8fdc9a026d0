"""pamcheck train as a user meets it: exit codes, files, the last line, interrupts."""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner, Result

from pamcheck.cli import app
from pamcheck.nn.data.encoded import Translation
from pamcheck.nn.data.subwords import Subwords
from pamcheck.nn.training import DivergedRun, Stepper
from pamcheck.nn.training.tasks import language, translation

SMALL = {
    "model.width": 16, "model.layers": 1, "train.batch": 4, "train.evaluate_every": 2, "train.evaluate_batches": 1,
    "optimizer.warmup": 1,
}  # fmt: skip
DIGITS = {**SMALL, "model.patch": 4}


def run(name: str, out: Path, settings: dict[str, Any], *more: str, steps: int = 3) -> Result:
    given = [part for key, value in settings.items() for part in ("--set", f"{key}={value}")]
    arguments = ["train", name, "--steps", str(steps), "--out", str(out), *given, *more]
    return CliRunner().invoke(app, arguments)


def test_a_run_ends_with_pass_and_leaves_weights_metrics_and_curves(tmp_path: Path) -> None:
    done = run("digits", tmp_path / "run", DIGITS)
    assert done.exit_code == 0, done.output
    last = done.stdout.splitlines()[-1]
    assert last.startswith("PASS  3 steps: validation loss 2.")
    assert "taken for" in done.stdout
    assert "step 2/3" in done.stderr
    assert {path.name for path in (tmp_path / "run").iterdir()} == {
        "last.safetensors", "best.safetensors", "metrics.csv", "metrics.parquet", "curves.png", "curves.svg",
    }  # fmt: skip


def test_several_seeds_give_a_mean_with_its_standard_error(tmp_path: Path) -> None:
    done = run("digits", tmp_path / "run", DIGITS, "--seeds", "2", "--json")
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout)
    assert [x["seed"] for x in found["runs"]] == [0, 1]
    assert found["runs"][0]["weights"] != found["runs"][1]["weights"]
    assert (tmp_path / "run" / "seed-1" / "last.safetensors").exists()
    again = run("digits", tmp_path / "run", DIGITS, "--seeds", "2", "--resume")
    assert "mean" in again.stdout
    assert "±" in again.stdout.splitlines()[-1]


def test_ctrl_c_leaves_a_checkpoint_and_says_how_to_go_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    step = Stepper.step

    def interrupted(self: Stepper, state: Any, batch: Any) -> Any:
        if state.step == 1:
            os.kill(os.getpid(), signal.SIGINT)
        return step(self, state, batch)

    whole = run("digits", tmp_path / "whole", DIGITS, "--json")
    with monkeypatch.context() as patched:
        patched.setattr(Stepper, "step", interrupted)
        done = run("digits", tmp_path / "run", DIGITS)
    assert done.exit_code == 130, done.output
    assert "stopped after step 2 of 3; the same command with --resume continues" in done.stderr
    refused = run("digits", tmp_path / "run", DIGITS)
    assert (refused.exit_code, "--resume continues it" in refused.stderr) == (2, True)
    resumed = run("digits", tmp_path / "run", DIGITS, "--resume", "--json")
    assert resumed.exit_code == 0
    assert (
        json.loads(resumed.stdout)["runs"][0]["weights"] == json.loads(whole.stdout)["runs"][0]["weights"]
    )


def test_a_diverged_run_ends_with_fail_and_exit_code_1(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(*_: Any) -> Any:
        raise DivergedRun("step 1: the loss is nan: exp2 of the group softmax")

    monkeypatch.setattr(Stepper, "step", failing)
    done = run("digits", tmp_path / "run", DIGITS)
    assert done.exit_code == 1
    assert done.stdout.splitlines()[-1] == (
        "FAIL  1 of 1 runs diverged: step 1: the loss is nan: exp2 of the group softmax"
    )


def test_a_language_model_ends_with_a_sample(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(language, "SAMPLE", 10)
    done = run("topics", tmp_path / "run", {**SMALL, "model.context": 8})
    assert done.exit_code == 0, done.output
    assert "a sample:" in done.stdout
    assert "PASS" in done.stdout.splitlines()[-1]


def test_a_translation_model_ends_with_translations_and_bleu(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pieces = ("<pad>", "<unk>", "<s>", "</s>", *(f"▁{letter}" for letter in "abcdefgh"))
    pairs = [(np.array([4 + at % 8, 5], np.int32), np.array([11 - at % 8], np.int32)) for at in range(8)]
    words = Subwords(pieces, b"")
    made = Translation(pairs, pairs, pairs, words, [words.decode(target) for _, target in pairs])
    monkeypatch.setattr(translation, "translation", lambda *_, **__: made)
    done = run("multi30k-small", tmp_path / "run", {**SMALL, "model.context": 4})
    assert done.exit_code == 0, done.output
    assert "  people  h" in done.stdout
    assert "BLEU" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["digit"], "did you mean 'digits'?"),
        (["digits", "--set", "model.widht=3"], "did you mean 'width'?"),
        (["digits", "--set", "model.width"], "KEY=VALUE"),
        (["digits", "--set", "model.patch=3"], "does not divide the 8 pixels"),
        (["digits", "--set", "train.batch=5000"], "has 1437 images"),
        (["digits", "--arithmetic", "floats"], "known: native, exact, mimic"),
        (["digits", "--device", "tpu"], "known: cpu, gpu"),
        (["topics", "--set", "model.vocabulary=10"], "give at least 96"),
        (["topics", "--set", "model.context=900000"], "give less"),
        (["nowhere.toml"], "cannot read nowhere.toml"),
    ],
)
def test_wrong_use_exits_2_and_says_what_would_do(
    arguments: list[str], message: str, tmp_path: Path
) -> None:
    done = CliRunner().invoke(app, ["train", *arguments, "--out", str(tmp_path / "run")])
    assert done.exit_code == 2, done.output
    assert message in done.stderr
    assert not (tmp_path / "run").exists()


@pytest.mark.skipif("cupy" in sys.modules, reason="there is a GPU library")
def test_a_gpu_without_its_library_is_refused_in_a_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "cupy", None)
    done = run("digits", tmp_path / "run", DIGITS, "--device", "gpu")
    assert done.exit_code == 2
    assert "the GPU needs CuPy" in done.stderr


def test_a_checkpoint_that_is_damaged_is_refused_in_a_line(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "last.safetensors").write_bytes(b"\xff" * 100)
    done = run("digits", tmp_path / "run", DIGITS, "--resume")
    assert done.exit_code == 2
    assert "is damaged" in done.stderr
