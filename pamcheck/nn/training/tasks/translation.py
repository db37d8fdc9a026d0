"""Sentences and their translations: what is the next word, given the other language?"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pamcheck.nn.batches import Sentences, lengths, pairs_in_order
from pamcheck.nn.data import DataError, score, translation
from pamcheck.nn.data.subwords import BEGIN, END
from pamcheck.nn.groups import Groups
from pamcheck.nn.models import translate
from pamcheck.nn.random import Threefry
from pamcheck.nn.sampling import BucketedPairs
from pamcheck.nn.training.config import Config, ConfigError
from pamcheck.nn.training.modelling import translation_model
from pamcheck.nn.training.tasks.task import some
from pamcheck.nn.training.tasks.yardstick import Look, look_at

SUBWORDS = 8000
SHOWN = 4


class Translating:
    """An encoder and a decoder that learn pairs of sentences."""

    def __init__(self, config: Config) -> None:
        model, train = config.model, config.train
        try:
            self.data = translation(config.task.data, vocabulary=model.vocabulary or SUBWORDS)
        except DataError:
            raise
        except ValueError as error:
            raise ConfigError(f"model.vocabulary is {model.vocabulary}: {error}") from error
        self.digest = self.data.digest
        learned = fitting(self.data.train, model.context)
        self._validation = fitting(self.data.validation, model.context)
        if len(learned) < train.batch or not self._validation:
            raise ConfigError(
                f"model.context is {model.context}, which {len(learned)} of {len(self.data.train)} pairs to learn and "
                f"{len(self._validation)} to validate fit into; give more, or a train.batch below {train.batch}"
            )
        self.model = translation_model(model, self.data.vocabulary.size)
        self._pairs = BucketedPairs(learned, train.batch, Threefry(train.seed))
        self._evaluated_at_once = train.evaluate_batch

    def batch(self, step: int) -> Any:
        """Return pairs of like length."""
        return self._pairs.at(step)

    def look(
        self, weights: Mapping[str, Any], ars: Groups, batches: int, placed: Callable[[Any], Any]
    ) -> Look:
        """Return the loss on the validation pairs that fit into the context, a mean over their words."""
        taken = some(pairs_in_order(self._validation, self._evaluated_at_once), batches)
        return look_at(
            taken,
            lambda batch: self.model.logits(weights, placed(batch), ars),
            lambda batch: batch.targets,
            ars.loss,
        )

    def measures(
        self, weights: Mapping[str, Any], ars: Groups, placed: Callable[[Any], Any]
    ) -> dict[str, float]:
        """Return BLEU, 0 to 100, of the test part; nothing where sacrebleu is not installed.

        A source that does not fit into the context counts as translated by nothing.
        """
        said = self.translations(self.data.test, weights, ars, placed)
        try:
            return {"bleu": score(said, self.data.references)}
        except DataError:
            return {}

    def translations(
        self, pairs: Sentences, weights: Mapping[str, Any], ars: Groups, placed: Callable[[Any], Any]
    ) -> list[str]:
        """Return what the model makes of the sources of pairs, as text; nothing of one that is too long."""
        found = [""] * len(pairs)
        fits = [at for at, (source, _) in enumerate(pairs) if len(source) < self.model.context]
        # the targets are not looked at; short ones make batches that only the source pads
        batches = pairs_in_order([(pairs[at][0], pairs[at][1][:1]) for at in fits], self._evaluated_at_once)
        said: list[list[int]] = []
        for batch in batches:
            given = placed(batch)
            said += translate(self.model, weights, ars, given.source, given.source_mask, BEGIN, END)
        for at, numbers in zip(fits, said, strict=True):
            found[at] = self.data.vocabulary.decode(numbers)
        return found

    def examples(self, weights: Mapping[str, Any], ars: Groups, placed: Callable[[Any], Any]) -> list[str]:
        """Return translations of the first sentences of the test part beside what people wrote."""
        pairs = self.data.test[:SHOWN]
        lines: list[str] = []
        for (source, _), said, wanted in zip(
            pairs, self.translations(pairs, weights, ars, placed), self.data.references, strict=False
        ):
            lines += [self.data.vocabulary.decode(source), f"  model   {said}", f"  people  {wanted}"]
        return lines


def fitting(pairs: Sentences, context: int) -> Sentences:
    """Return the pairs whose sides fit into a context, BEGIN or END included."""
    return [
        pair for pair, longest in zip(pairs, lengths(pairs).max(axis=1), strict=True) if longest <= context
    ]
