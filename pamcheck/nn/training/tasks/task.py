"""What a run needs of a task."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from itertools import islice
from typing import Any, Protocol

from pamcheck.nn.groups import Groups
from pamcheck.nn.training.config import Config, ConfigError
from pamcheck.nn.training.tasks.yardstick import Look


class Task(Protocol):
    """Data and the model that is to learn it. `digest` tells data apart by their content."""

    model: Any
    digest: str

    def batch(self, step: int) -> Any:
        """Return the batch of a step, counted from 0, on the host. It depends on the seed and the step alone."""

    def look(
        self, weights: Mapping[str, Any], ars: Groups, batches: int, placed: Callable[[Any], Any]
    ) -> Look:
        """Return what so many batches of the validation data say, or all of it for 0.

        ars     the arithmetic: that of the training
        placed  brings a batch to where the weights lie
        """

    def measures(
        self, weights: Mapping[str, Any], ars: Groups, placed: Callable[[Any], Any]
    ) -> dict[str, float]:
        """Return what else there is to say of a trained model, by name."""

    def examples(self, weights: Mapping[str, Any], ars: Groups, placed: Callable[[Any], Any]) -> list[str]:
        """Return lines that show what the model does."""


def some(batches: Iterable[Any], count: int) -> Iterable[Any]:
    """Return the first batches, or all of them for a count of 0."""
    return islice(batches, count) if count else batches


def vocabulary_of(config: Config, size: int) -> int:
    """Return how many rows an embedding has. Raises ConfigError where the data has more symbols than asked for."""
    asked = config.model.vocabulary
    if asked and asked < size:
        raise ConfigError(
            f"model.vocabulary is {asked}, and {config.task.data} has {size} symbols; give at least {size}, or 0"
        )
    return asked or size
