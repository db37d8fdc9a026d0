"""What trained models say: text that is sampled, and translations by the likeliest next token."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from pamcheck import functional
from pamcheck.nn.attention import Weights
from pamcheck.nn.groups import Groups
from pamcheck.nn.models.language import LanguageModel
from pamcheck.nn.models.translation import TranslationModel
from pamcheck.nn.random import Threefry, shifted


def generate(
    model: LanguageModel,
    weights: Weights,
    ars: Groups,
    prompt: Any,
    count: int,
    random: Threefry,
    temperature: float = 1.0,
) -> np.ndarray[Any, np.dtype[np.int64]]:
    """Return so many tokens that follow a prompt, int64 (count,), each drawn by its probability.

    prompt       integers (length,), one at least; the model sees the last of them, up to its context
    temperature  logits are divided by it: below 1 for likelier tokens, above 1 for less likely ones

    Probabilities are the softmax of the loss's arithmetic. A token is where their running sum passes a random
    number below the last sum; that one is drawn again until it is below, so nothing is multiplied.
    """
    if not 0 < temperature < math.inf:
        raise ValueError(f"temperature is {temperature}; it must be above 0")
    text = [int(token) for token in prompt]
    if not text:
        raise ValueError("prompt is empty; it must have one token at least")
    start = len(text)
    for place in range(count):
        seen = np.array([text[-model.context :]], np.int64)
        last = model.logits(weights, seen, ars)[0, -1:]
        shares = _on_host(functional.softmax(ars.loss.div(last, float(temperature)), ars.loss))
        text.append(_drawn(np.cumsum(shares[0]), random.at(place)))
    return np.array(text[start:], np.int64)


def _drawn(sums: Any, random: Threefry) -> int:
    """Return the first place whose running sum is above a uniform number, itself below the last sum."""
    total = float(sums[-1])
    if not 0 < total < math.inf:
        raise ValueError(
            f"the probabilities of the next token add up to {total}; the weights have diverged"
        )
    octave = math.frexp(total)[1]  # the least with 2^octave > total, which thus is half of it at least
    attempt = 0
    while (number := shifted(random.at(attempt).uniform(1), octave)[0]) >= sums[-1]:
        attempt += 1
    return int(np.searchsorted(sums, number, side="right"))


def translate(
    model: TranslationModel,
    weights: Weights,
    ars: Groups,
    source: Any,
    source_mask: Any,
    begin: int,
    end: int,
    limit: int = 0,
) -> list[list[int]]:
    """Return the translation of each source, token by token the likeliest: without `begin` and `end`.

    source, source_mask  (batch, s) as in Pairs
    begin, end           tokens that a translation starts after, and stops before
    limit                most tokens of a translation; 0 for as many as the context takes
    """
    limit = min(limit or model.context, model.context)
    memory = model.encode(weights, source, source_mask, ars)
    batch = int(source.shape[0])
    inputs = np.full((batch, 1), begin, np.int64)
    done = np.zeros(batch, np.bool_)
    for _ in range(limit):
        last = _on_host(model.decode(weights, memory, source_mask, inputs, ars)[:, -1])
        best = np.where(done, end, last.argmax(axis=-1))
        inputs = np.concatenate([inputs, best[:, None]], axis=1)
        done |= best == end
        if bool(done.all()):
            break
    return [_until(row[1:].tolist(), end) for row in inputs]


def _until(tokens: list[int], end: int) -> list[int]:
    return tokens[: tokens.index(end)] if end in tokens else tokens


def _on_host(x: Any) -> Any:
    return x.get() if hasattr(x, "get") else x
