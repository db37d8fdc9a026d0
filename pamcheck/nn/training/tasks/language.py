"""A text, character by character: what comes next?"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from pamcheck.nn.batches import windows_in_order
from pamcheck.nn.data import language
from pamcheck.nn.groups import Groups
from pamcheck.nn.models import generate
from pamcheck.nn.random import Threefry
from pamcheck.nn.sampling import RandomWindows
from pamcheck.nn.training.config import Config, ConfigError
from pamcheck.nn.training.modelling import language_model
from pamcheck.nn.training.tasks.task import some, vocabulary_of
from pamcheck.nn.training.tasks.yardstick import Look, look_at

SAMPLE = 300  # characters


class Language:
    """A decoder that learns a corpus."""

    def __init__(self, config: Config) -> None:
        model, train = config.model, config.train
        self.corpus = language(config.task.data)
        self.digest = self.corpus.digest
        for name, part in (("training", self.corpus.train), ("validation", self.corpus.validation)):
            if len(part) <= model.context:
                raise ConfigError(
                    f"model.context is {model.context}, and the {name} text has {len(part)} symbols; give less"
                )
        self.random = Threefry(train.seed)
        self.model = language_model(model, vocabulary_of(config, self.corpus.vocabulary.size))
        self._windows = RandomWindows(self.corpus.train, model.context, train.batch, self.random)
        self._evaluated_at_once = train.evaluate_batch

    def batch(self, step: int) -> Any:
        """Return windows of the training text."""
        return self._windows.at(step)

    def look(
        self, weights: Mapping[str, Any], ars: Groups, batches: int, placed: Callable[[Any], Any]
    ) -> Look:
        """Return the loss on the windows of the validation text, one after the other."""
        windows = windows_in_order(self.corpus.validation, self.model.context, self._evaluated_at_once)
        taken = some(windows, batches)
        return look_at(
            taken,
            lambda batch: self.model.logits(weights, placed(batch).inputs, ars),
            lambda batch: batch.targets,
            ars.loss,
        )

    def measures(self, *_: Any) -> dict[str, float]:
        """Return nothing: loss and accuracy say it."""
        return {}

    def examples(self, weights: Mapping[str, Any], ars: Groups, placed: Callable[[Any], Any]) -> list[str]:  # noqa: ARG002
        """Return text that the model makes up, after a line feed."""
        vocabulary = self.corpus.vocabulary
        prompt = np.asarray(vocabulary.encode("\n"))
        drawn = generate(self.model, weights, ars, prompt, SAMPLE, self.random.stream("sample"))
        text = vocabulary.decode([int(x) for x in drawn if int(x) < vocabulary.size])
        return ["a sample:", *(f"  {line}" for line in text.strip("\n").split("\n"))]
