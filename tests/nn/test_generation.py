"""Text that models make up: probabilities, temperature, limits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from pamcheck import functional
from pamcheck.arithmetic import Native, Pam
from pamcheck.nn.groups import Groups, groups_of
from pamcheck.nn.models import LanguageModel, TranslationModel, generate, translate
from pamcheck.nn.models.generation import _drawn
from pamcheck.nn.random import Threefry

RANDOM = Threefry(2305)
NATIVE, MIMIC = groups_of(Native()), groups_of(Pam("mimic"))
MODEL = LanguageModel(vocabulary=11, context=4, layers=1, heads=1, width=4)


@pytest.mark.parametrize("ars", [NATIVE, MIMIC], ids=["native", "PAM"])
def test_tokens_are_drawn_by_their_probabilities(ars: Groups) -> None:
    logits = np.float32([[0.0, 1.0, -2.0, 2.0, 0.5]])
    shares = functional.softmax(logits, ars.loss)[0]
    drawn = [_drawn(np.cumsum(shares), RANDOM.at(at)) for at in range(1000)]
    found = np.bincount(drawn, minlength=5) / 1000
    expected = shares / shares.sum()
    assert (abs(found - expected) < 5 * (expected / 1000) ** 0.5).all()


@pytest.mark.parametrize("total", [0.99, 1.0, 1.01, 0.5, 2.0, 1.9])
def test_every_sum_of_shares_is_covered_whatever_it_is(total: float) -> None:
    sums = np.float32([0, 0.25, 0.25, 1]) * np.float32(total)
    drawn = [_drawn(sums, RANDOM.at(at)) for at in range(150)]
    assert set(drawn) == {1, 3}
    assert abs(drawn.count(1) / 150 - 0.25) < 0.18


def test_a_sample_is_that_of_its_key_and_as_long_as_asked() -> None:
    weights = MODEL.initial(RANDOM)
    text = generate(MODEL, weights, MIMIC, [1, 2], 9, RANDOM)
    assert text.dtype == np.int64
    assert text.shape == (9,)
    assert text.min() >= 0
    assert text.max() < 11
    assert np.array_equal(generate(MODEL, weights, MIMIC, [1, 2], 9, RANDOM), text)
    assert np.array_equal(generate(MODEL, weights, MIMIC, [1, 2], 4, RANDOM), text[:4])
    assert not np.array_equal(generate(MODEL, weights, MIMIC, [1, 2], 9, RANDOM.at(1)), text)
    assert generate(MODEL, weights, MIMIC, [1], 0, RANDOM).shape == (0,)


def test_a_low_temperature_takes_the_likeliest_token() -> None:
    weights = MODEL.initial(RANDOM)
    best = MODEL.logits(weights, np.array([[3, 1]]), NATIVE)[0, -1].argmax()
    for at in range(5):
        assert generate(MODEL, weights, NATIVE, [3, 1], 1, RANDOM.at(at), temperature=1e-4)[0] == best


def test_what_cannot_be_sampled_is_said() -> None:
    weights = MODEL.initial(RANDOM)
    for temperature in (0.0, -1.0, float("nan"), float("inf")):
        with pytest.raises(ValueError, match="temperature is .*; it must be above 0"):  # noqa: RUF043
            generate(MODEL, weights, NATIVE, [1], 1, RANDOM, temperature)
    with pytest.raises(ValueError, match="prompt is empty"):
        generate(MODEL, weights, NATIVE, [], 1, RANDOM)
    weights["tokens.weight"][:] = np.nan
    with pytest.raises(ValueError, match="the weights have diverged"):
        generate(MODEL, weights, NATIVE, [1], 1, RANDOM)


@dataclass(frozen=True)
class Reciting(TranslationModel):
    """Says 5, 6, 7 … and `end`, 2, after as many tokens as the source has."""

    def decode(self, weights: Any, memory: Any, source_mask: Any, inputs: Any, ars: Any, *_: Any) -> Any:  # noqa: ARG002
        logits = np.zeros((*inputs.shape, self.vocabulary), np.float32)
        for row, length in enumerate(source_mask.sum(axis=1)):
            at = inputs.shape[1] - 1
            logits[row, -1, 2 if at == length else 5 + at] = 1
        return logits


def test_translations_end_where_each_of_them_ends() -> None:
    model = Reciting(12, 6, 1, 1, 4)
    source, mask = np.full((3, 4), 3), np.arange(4) < np.array([[2], [4], [1]])
    weights = model.initial(RANDOM)
    assert translate(model, weights, NATIVE, source, mask, 1, 2) == [[5, 6], [5, 6, 7, 8], [5]]
    assert translate(model, weights, NATIVE, source, mask, 1, 2, limit=3) == [[5, 6], [5, 6, 7], [5]]


def test_a_translation_does_not_depend_on_what_else_is_in_the_batch() -> None:
    model = TranslationModel(9, 6, 1, 2, 8)
    weights = {k: v + RANDOM.stream(k).normal(v.shape) for k, v in model.initial(RANDOM).items()}
    source, mask = RANDOM.below(9, (3, 5)), np.arange(5) < np.array([[5], [2], [3]])
    together = translate(model, weights, MIMIC, source, mask, 1, 2)
    for row in range(3):
        alone = translate(model, weights, MIMIC, source[row : row + 1], mask[row : row + 1], 1, 2)
        assert alone == [together[row]]
