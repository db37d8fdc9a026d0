"""pamcheck audit train: real steps of a configuration, under a guard."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from pamcheck.measure.audit.guard.record import StepAudit
    from pamcheck.nn.groups import Groups
    from pamcheck.nn.training import Config

OUTSIDE = {
    "data": "batches are drawn before the step that takes them: what is learned, not how",
    "initial weights": "drawn once, before the first step",
    "looks at the validation data": "what is measured of a run changes nothing in it; they use the same arithmetic",
    "progress, metrics, checkpoints": "what is said and kept of a run changes nothing in it",
}


def audit_training(
    config: Config,
    steps: int = 2,
    instructions: bool = True,
    advance: Callable[[str], None] = lambda _: None,
) -> StepAudit:
    """Run steps of a configuration as `train` does, unwatched and watched, and audit the loops that ran.

    instructions  whether the compiled loops are audited
    advance       called with the name of each loop that was audited

    Raises ConfigError or DataError where the configuration or its data cannot be used.
    """
    from pamcheck.measure.audit.guard import Guard
    from pamcheck.measure.audit.guard.compiled import audit_loops
    from pamcheck.measure.audit.guard.record import StepAudit
    from pamcheck.nn.training.steps import Stepper
    from pamcheck.nn.training.tasks import open_task

    task = open_task(config)
    groups = distinct(Stepper(config, task.model).ars)
    stepper = Stepper(config, task.model, groups)
    batches = [task.batch(step) for step in range(steps)]
    weights = stepper.initial().weights
    guard = Guard({item.name: getattr(groups, item.name) for item in fields(groups)}, stop=False)
    guard.outside_of.update(OUTSIDE)

    def run() -> Any:
        with guard.outside("initial weights", OUTSIDE["initial weights"]):
            state = stepper.state(0, dict(weights), None)
            held = replace(state.parameters, flat=guard.protect(state.parameters.flat))
            state = replace(state, parameters=held, optimizer=guard.protect(state.optimizer))
        return _steps(stepper, state, guard.protect(batches))

    first, last = (np.asarray(state.parameters.flat).view(np.uint32) for state in guard.watch(run))
    same = np.array_equal(first, last)
    audited = audit_loops(guard.loops, advance, team=True) if instructions else None
    subject = f"{config.name}, {config.arithmetic.told}, {steps} steps"
    return StepAudit(subject, guard, audited, same)


def _steps(stepper: Any, state: Any, batches: Sequence[Any]) -> Any:
    for batch in batches:
        state, _ = stepper.step(state, batch)
    return state


def distinct(groups: Groups) -> Groups:
    """Return groups whose arithmetics are equal to the given ones and no two the same object."""
    found: dict[str, Any] = {item.name: copy.copy(getattr(groups, item.name)) for item in fields(groups)}
    return type(groups)(**found)
