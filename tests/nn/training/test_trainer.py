"""Runs: what they leave, that they can be stopped anywhere, that they say why they cannot go on."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pamcheck.nn.training import (
    CheckpointError,
    Config,
    DivergedRun,
    Hook,
    Stepper,
    checkpoint,
    load,
    train,
)
from pamcheck.nn.training.tasks import open_task

# all that digits.toml says is said again, so that recorded hashes stay when it changes
TINY = {
    "model.width": 16, "model.layers": 1, "model.heads": 4, "model.patch": 4, "model.dropout": 0.1,
    "model.deviation": 0.1, "task.shift": 1, "train.batch": 8, "train.steps": 6, "train.evaluate_every": 3,
    "train.evaluate_batches": 1, "train.evaluate_batch": 120, "train.checkpoint_every": 2, "optimizer.warmup": 2,
    "optimizer.rate": 3e-3, "optimizer.minimum": 1e-4, "optimizer.weight_decay": 0.05,
}  # fmt: skip


@pytest.fixture(scope="module")
def tiny() -> Config:
    return load("digits", TINY)


@pytest.fixture(scope="module")
def whole(tiny: Config, tmp_path_factory: pytest.TempPathFactory) -> Any:
    return train(tiny, tmp_path_factory.mktemp("runs") / "whole")


def arithmetic(name: str) -> dict[str, str]:
    groups = ("matmul", "softmax", "layer_norm", "activation", "loss", "optimizer")
    return {f"arithmetic.{group}": name for group in groups}


# equal on every machine: nothing but integer additions and IEEE additions in a stated order
HASHES = {
    "exact": "fc07ef4d2c73b1f1c37f01a4dc4198e8651090f7d280c85a2f19cb436a2c63f0",
    "mimic": "444108a73bcd1264099bf1f40d969125f695bda0d02a145b2939c475cef41f20",
}


@pytest.mark.parametrize("threads", ["1", "2"])
@pytest.mark.parametrize("name", ["exact", "mimic"])
def test_the_weights_after_five_steps_are_the_recorded_ones(
    name: str, threads: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PAMCHECK_THREADS", threads)
    config = load("digits", {**TINY, **arithmetic(name), "train.steps": 5})
    assert train(config, tmp_path / "run").hash == HASHES[name]


def test_a_run_leaves_a_row_a_step_and_looks_where_it_should(whole: Any) -> None:
    assert [row.step for row in whole.rows] == [1, 2, 3, 4, 5, 6]
    assert [row.step for row in whole.rows if row.weights] == [3, 6]
    assert whole.rows[-1].weights == whole.hash == checkpoint.read(whole.out / checkpoint.LAST).hash
    assert whole.finished
    assert 0 < whole.last.accuracy < 1
    assert whole.best.loss <= whole.last.loss + 0.1
    assert {path.name for path in whole.out.iterdir()} == {
        "last.safetensors", "best.safetensors", "metrics.parquet", "metrics.csv",
    }  # fmt: skip


def test_a_run_stopped_after_any_step_and_continued_ends_with_the_same_weights(
    tiny: Config, whole: Any, tmp_path: Path
) -> None:
    out, steps = tmp_path / "run", []
    for _ in range(tiny.train.steps + 1):
        run = train(tiny, out, resume=True, stop=lambda: True)
        steps.append(len(run.rows))
    assert steps == [1, 2, 3, 4, 5, 6, 6]
    assert run.hash == whole.hash
    assert [(x.step, x.loss, x.norm, x.weights) for x in run.rows] == [
        (x.step, x.loss, x.norm, x.weights) for x in whole.rows
    ]


# Each child is a copy of a process that has everything loaded; the parent kills it at random moments, until one
# comes to the end. The process has no threads of its own, which a fork would lose.
KILLED = """
import os, random, signal, sys, time
import pandas, pyarrow.parquet
from pamcheck.nn.training import Stepper, load, train
from pamcheck.nn.training.tasks import open_task
config, draw, kills = load(sys.argv[1]), random.Random(7), 0
task = open_task(config)
stepper = Stepper(config, task.model)
state, _ = stepper.step(stepper.initial(), task.batch(0))
task.look(state.weights, stepper.ars, 1, lambda batch: batch)
while True:
    child = os.fork()
    if not child:
        train(config, sys.argv[2], resume=True)
        os._exit(0)
    deadline = time.monotonic() + (0.05 + 0.3 * draw.random()) * (1 + kills / 4)
    while (done := os.waitpid(child, os.WNOHANG)) == (0, 0) and time.monotonic() < deadline:
        time.sleep(0.001)
    if done != (0, 0):
        break
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    kills += 1
print(kills, done[1])
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs a system that can fork")
def test_a_run_killed_at_random_moments_and_continued_ends_with_the_same_weights(tmp_path: Path) -> None:
    file = tmp_path / "tiny.toml"
    sections: dict[str, list[str]] = {}
    for key, value in {**TINY, "train.steps": 60, "train.checkpoint_every": 1}.items():
        section, _, name = key.partition(".")
        sections.setdefault(section, []).append(f"{name} = {value}")
    file.write_text("\n".join(line for name, rows in sections.items() for line in (f"[{name}]", *rows)))
    command = [sys.executable, "-c", KILLED, str(file), str(tmp_path / "killed")]
    uninterrupted = train(load(file), tmp_path / "whole")  # first, so that everything is compiled
    alone = {**os.environ, "PAMCHECK_THREADS": "1"}
    done = subprocess.run(command, env=alone, capture_output=True, text=True, check=True, timeout=120)
    kills, status = map(int, done.stdout.split())
    assert status == 0, done.stderr
    assert kills > 0
    assert checkpoint.read(tmp_path / "killed" / checkpoint.LAST).hash == uninterrupted.hash


def test_a_folder_with_a_run_is_not_written_over(tiny: Config, whole: Any) -> None:
    before = (whole.out / checkpoint.LAST).read_bytes()
    with pytest.raises(CheckpointError, match="--resume continues it"):
        train(tiny, whole.out)
    with pytest.raises(CheckpointError, match=r"model.width is 16 there and 32 here"):
        train(replace(tiny, model=replace(tiny.model, width=32)), whole.out, resume=True)
    assert (whole.out / checkpoint.LAST).read_bytes() == before


def test_a_full_disk_on_the_way_leaves_the_last_checkpoint(
    tiny: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write, out = checkpoint.put, tmp_path / "run"

    def full(path: Path, data: bytes) -> None:
        if path.name == checkpoint.LAST and path.exists():
            raise CheckpointError("no room")
        write(path, data)

    monkeypatch.setattr(checkpoint, "put", full)
    with pytest.raises(CheckpointError, match="no room"):
        train(tiny, out)
    assert checkpoint.read(out / checkpoint.LAST).step == 2


def test_hooks_see_every_kth_step_with_weights_before_and_after(tiny: Config, tmp_path: Path) -> None:
    seen: list[tuple[int, bool, int]] = []

    def hook(step: int, before: Any, after: Any, batch: Any) -> None:
        assert set(before) == set(after)
        moved = any(not np.array_equal(before[name], after[name]) for name in before)
        seen.append((step, moved, len(batch.labels)))

    train(tiny, tmp_path / "run", hooks=(Hook(2, hook),))
    assert seen == [(2, True, 8), (4, True, 8), (6, True, 8)]


def stepper(**settings: Any) -> tuple[Stepper, Any]:
    config = load("digits", {**TINY, **settings})
    task = open_task(config)
    return Stepper(config, task.model), task.batch(0)


def test_a_weight_that_is_not_finite_is_named_with_the_step() -> None:
    made, batch = stepper()
    state = made.initial()
    state.weights["head.weight"][0, 0] = np.nan
    with pytest.raises(DivergedRun, match=r"step 1: the loss is nan: weight head.weight is not finite"):
        made.step(state, batch)


@pytest.mark.parametrize("name", ["native", "mimic"])
def test_the_first_operation_that_overflows_is_named(name: str) -> None:
    made, batch = stepper(**arithmetic(name))
    state = made.initial()
    state.weights["blocks.0.up.weight"][:] = 3e38
    with pytest.raises(DivergedRun, match=r"step 1: the loss is .*: matmul of the group matmul"):
        made.step(state, batch)


def test_a_gradient_that_overflows_is_named_by_its_operation() -> None:
    made, batch = stepper(**arithmetic("mimic"))
    state = made.initial()
    state.weights["norm.gain"][:] = 1e-30
    state.weights["head.weight"][:] = 1e30
    with pytest.raises(DivergedRun, match=r"step 1: "):
        made.step(state, batch)


def test_a_weight_that_overflows_in_the_update_is_named() -> None:
    made, batch = stepper(**{"optimizer.rate": 1000, "optimizer.minimum": 1000, "optimizer.warmup": 0})
    state = made.initial()
    poisoned = {**state.optimizer, "second": np.full_like(state.optimizer["second"], -1.0)}
    with pytest.raises(DivergedRun, match=r"step 1: the weight .* is infinite or NaN after the optimizer"):
        made.step(replace(state, optimizer=poisoned), batch)


def test_a_diverged_run_keeps_the_metrics_of_its_steps(
    tiny: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    step = Stepper.step

    def failing(self: Stepper, state: Any, batch: Any) -> Any:
        if state.step == 3:
            raise DivergedRun("step 4: the loss is nan")
        return step(self, state, batch)

    monkeypatch.setattr(Stepper, "step", failing)
    with pytest.raises(DivergedRun, match="step 4"):
        train(tiny, tmp_path / "run")
    assert len((tmp_path / "run" / "metrics.csv").read_text().splitlines()) == 4
    assert checkpoint.read(tmp_path / "run" / checkpoint.LAST).step == 2


@pytest.mark.parametrize("name", ["adamw", "lion", "sgd"])
def test_every_optimizer_learns_and_comes_back_from_its_checkpoint(name: str, tmp_path: Path) -> None:
    config = load("digits", {**TINY, "optimizer.name": name, "train.steps": 4})
    whole = train(config, tmp_path / "whole")
    train(config, tmp_path / "parted", stop=lambda: True)
    assert train(config, tmp_path / "parted", resume=True).hash == whole.hash
