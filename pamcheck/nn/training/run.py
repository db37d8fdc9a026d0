"""What a run is given to look with, and what it came to."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pamcheck.nn.training.config import Config
from pamcheck.nn.training.metrics import Row
from pamcheck.nn.training.place import Place
from pamcheck.nn.training.steps import Stepper
from pamcheck.nn.training.tasks import Look, Task


@dataclass(frozen=True)
class Hook:
    """Something that looks at steps: call(step, weights before, weights after, batch) every so many."""

    every: int
    call: Callable[[int, Mapping[str, Any], Mapping[str, Any], Any], None]


@dataclass(frozen=True)
class Run:
    """What a run came to. `last` and `best` are looks at all of the validation data, None before the end.

    finished   whether all steps were taken; otherwise it was stopped, and can be resumed
    weights    by name, after the last step taken
    best_step  where the looks on the way found the lowest loss
    measures   what else the task has to say at the end, such as BLEU
    hash       of the weights, as in the checkpoint
    """

    config: Config
    out: Path
    task: Task
    stepper: Stepper
    place: Place
    weights: Mapping[str, Any]
    rows: Sequence[Row]
    finished: bool
    hash: str
    last: Look | None = None
    best: Look | None = None
    best_step: int = 0
    measures: Mapping[str, float] = field(default_factory=dict)

    def examples(self) -> list[str]:
        """Return lines that show what the model does."""
        return self.task.examples(self.weights, self.stepper.ars, self.place.batch)
