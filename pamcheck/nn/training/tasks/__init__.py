"""What can be learned: data, the model for it, batches, a look at the validation data, examples at the end."""

from __future__ import annotations

from pamcheck.nn.training.config import Config
from pamcheck.nn.training.tasks.task import Task
from pamcheck.nn.training.tasks.yardstick import Look

__all__ = ["Look", "Task", "open_task"]


def open_task(config: Config) -> Task:
    """Return the task of a configuration, its data read. Raises ConfigError or DataError where it cannot be."""
    # one task does not need what another imports
    if config.task.kind == "language":
        from pamcheck.nn.training.tasks.language import Language

        return Language(config)
    if config.task.kind == "vision":
        from pamcheck.nn.training.tasks.vision import Vision

        return Vision(config)
    from pamcheck.nn.training.tasks.translation import Translating

    return Translating(config)
