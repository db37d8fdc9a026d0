"""The cost model of a training configuration: one step, counted and not computed."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pamcheck.measure.cost.ledger import Ledger

if TYPE_CHECKING:
    from pamcheck.nn.training import Config


@dataclass(frozen=True)
class Cost:
    """One step of a configuration, and the same step in floats."""

    subject: str
    parameters: int
    ledger: Ledger
    baseline: Ledger

    def record(self) -> dict[str, Any]:
        """Return counts and energies as plain data."""
        from pamcheck.measure.cost import compared, frame

        return {
            "subject": self.subject,
            "parameters": self.parameters,
            "a model, not a measurement": compared(self.ledger, self.baseline),
            "counts": frame(self.ledger).to_dict("records"),
            "baseline": frame(self.baseline).to_dict("records"),
        }


def cost_of(config: Config) -> Cost:
    """Count the operations of one step, forward, backward and optimizer, and those of the float baseline.

    Raises ConfigError or DataError where the configuration or its data cannot be used.
    """
    from analyses.step_count import counted
    from pamcheck.nn.groups import GROUPS
    from pamcheck.nn.training.steps import Stepper
    from pamcheck.nn.training.tasks import open_task

    task = open_task(config)
    stepper, batch = Stepper(config, task.model), task.batch(0)
    shapes = {name: x.shape for name, x in stepper.initial().weights.items()}
    ledgers = [
        counted(stepper, batch, shapes, kinds)
        for kinds in (config.arithmetic.groups, dict.fromkeys(GROUPS, "native"))
    ]
    subject = f"{config.name}, {config.arithmetic.told}, one step"
    return Cost(subject, sum(map(math.prod, shapes.values())), *ledgers)


def cost_lines(found: Cost) -> Iterator[str]:
    """Yield the tables of a cost, and last what it says."""
    from pamcheck.measure.cost import ELEMENTARY, HOROWITZ_FLOAT32, compared, summary

    yield f"{found.subject}: {found.parameters:,} weights"
    for name, ledger in (("as configured", found.ledger), ("the same step in floats", found.baseline)):
        yield f"\n{name}"
        yield summary(ledger).to_string(float_format="{:.4g}".format)
    yield "\nan operation in elementary ones, and its energy"
    for operation, parts in ELEMENTARY.items():
        told = ", ".join(f"{count} {part}" for part, count in parts.items())
        yield f"  {operation:<15} {HOROWITZ_FLOAT32.of(operation):5.2f} pJ  {told}"
    yield "\na model, not a measurement: arithmetic only, no memory and no control (Horowitz, ISSCC 2014, 45 nm)"
    for what, value in compared(found.ledger, found.baseline).items():
        yield f"  {what:<50} {value:.4g}"
