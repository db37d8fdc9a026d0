"""A run: steps, looks at the validation data, checkpoints, until it is done, stopped or diverged."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pamcheck.nn.training import checkpoint, metrics
from pamcheck.nn.training.checkpoint import Checkpoint
from pamcheck.nn.training.config import Config
from pamcheck.nn.training.digest import digest
from pamcheck.nn.training.files import CheckpointError
from pamcheck.nn.training.memory import keep_memory
from pamcheck.nn.training.metrics import Row
from pamcheck.nn.training.place import Place, make_place
from pamcheck.nn.training.run import Hook, Run
from pamcheck.nn.training.steps import DivergedRun, State, Stepper
from pamcheck.nn.training.tasks import Look, Task, open_task

Progress = Callable[[Row], None]


def train(
    config: Config,
    out: str | Path,
    resume: bool = False,
    device: str = "cpu",
    progress: Progress | None = None,
    hooks: Sequence[Hook] = (),
    stop: Callable[[], bool] | None = None,
) -> Run:
    """Train, and leave checkpoints and metrics in the folder `out`.

    resume    continue from the last checkpoint in `out`; the weights at the end are those, bit for bit, of a
              run that was never stopped. Without a checkpoint there, from the start
    device    cpu or gpu
    progress  is called with a Row after each step
    stop      is asked after each step; where it says True, a checkpoint is written and the run returns

    Raises DivergedRun at the first loss, cotangent or weight that is not finite; CheckpointError for a folder
    that holds a run already or another one's, and for a full disk; DataError, ConfigError and DeviceError.
    """
    place = make_place(device)
    keep_memory()
    task = open_task(config)
    loop = _Loop(config, Path(out), place, task, Stepper(config, task.model))
    state = loop.start(resume)
    begun = time.perf_counter() - (loop.rows[-1].seconds if loop.rows else 0.0)
    stopped = False
    while state.step < config.train.steps and not stopped:
        try:
            state, row = loop.step(state, hooks)
        except DivergedRun:
            metrics.write(loop.out, loop.rows)
            raise
        row.seconds = time.perf_counter() - begun
        stopped = stop is not None and stop()
        loop.look(state, row)
        loop.rows.append(row)
        if stopped or state.step == config.train.steps or state.step % config.train.checkpoint_every == 0:
            loop.save(state)
        if progress is not None:
            progress(row)
    return loop.end(state)


@dataclass
class _Loop:
    config: Config
    out: Path
    place: Place
    task: Task
    stepper: Stepper

    def __post_init__(self) -> None:
        self.rows: list[Row] = []
        self.best: dict[str, Any] = {}
        self.hash = ""

    def start(self, resume: bool) -> State:
        """Return the state to go on from."""
        path = self.out / checkpoint.LAST
        if not path.exists():
            return self.stepper.initial(self.place.upload)
        if not resume:
            raise CheckpointError(
                f"{self.out} holds a run already; --resume continues it, another --out starts a new one"
            )
        found = checkpoint.read(path)
        checkpoint.check_same_run(found, self.config, self.task.digest, path)
        fresh = self.stepper.initial()
        checkpoint.check_fits(found, fresh.weights, path)
        self.rows, self.best, self.hash = metrics.read(self.out, found.step), dict(found.best), found.hash
        return self.stepper.state(found.step, found.weights, found.optimizer, self.place.upload)

    def step(self, state: State, hooks: Sequence[Hook]) -> tuple[State, Row]:
        """Take one step, and show it to the hooks that are due."""
        batch = self.place.batch(self.task.batch(state.step))
        due = [hook for hook in hooks if (state.step + 1) % hook.every == 0]
        before = {name: x.copy() for name, x in state.weights.items()} if due else {}
        new, outcome = self.stepper.step(state, batch)
        for hook in due:
            hook.call(new.step, before, new.weights, batch)
        return new, Row(new.step, outcome.loss, outcome.rate, outcome.norm, 0.0)

    def look(self, state: State, row: Row) -> None:
        """Look at the validation data where it is time to."""
        train = self.config.train
        if state.step % train.evaluate_every and state.step != train.steps:
            return
        found = self._looked(state.weights, train.evaluate_batches)
        row.validation_loss, row.validation_accuracy = found.loss, found.accuracy
        row.validation_own_loss = found.own_loss
        row.weights = digest(state.weights)
        if found.loss < self.best.get("loss", float("inf")):
            self.best = {"step": state.step, "loss": found.loss}
            self._write(checkpoint.BEST, state)

    def save(self, state: State) -> None:
        """Write metrics and then the checkpoint, so that the metrics never lack what the checkpoint has."""
        metrics.write(self.out, self.rows)
        self.hash = self._write(checkpoint.LAST, state)

    def end(self, state: State) -> Run:
        """Return what the run came to."""
        finished = state.step == self.config.train.steps
        best_step = self.best.get("step", state.step)
        parts: dict[str, Any] = {}
        if finished:
            parts["last"] = parts["best"] = self._looked(state.weights, 0)
            parts["measures"] = self.task.measures(state.weights, self.stepper.ars, self.place.batch)
            if best_step != state.step:
                weights = checkpoint.read(self.out / checkpoint.BEST).weights
                parts["best"] = self._looked({k: self.place.upload(x) for k, x in weights.items()}, 0)
        held = self.config, self.out, self.task, self.stepper, self.place, state.weights, self.rows
        return Run(*held, finished, self.hash, best_step=best_step, **parts)

    def _looked(self, weights: Mapping[str, Any], batches: int) -> Look:
        return self.task.look(weights, self.stepper.ars, batches, self.place.batch)

    def _write(self, name: str, state: State) -> str:
        config, data = self.config.record(), self.task.digest
        held = Checkpoint(state.step, state.weights, state.optimizer, config, data, self.best)
        return checkpoint.write(self.out / name, held)
