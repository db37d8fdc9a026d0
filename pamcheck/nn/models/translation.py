"""Translation: an encoder and a decoder that attends to it, with one vocabulary for both languages.

Source: Vaswani et al., arXiv 1706.03762, with the norms before the layers and learned positions.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from pamcheck.nn.attention import Weights
from pamcheck.nn.groups import Groups
from pamcheck.nn.layers import causal_mask, part_of
from pamcheck.nn.models.checks import check_model, check_tokens
from pamcheck.nn.models.embedding import embedded, flat_loss, logits_of
from pamcheck.nn.models.initial import Array, Initial
from pamcheck.nn.models.stack import stack
from pamcheck.nn.random import Threefry

if TYPE_CHECKING:
    from pamcheck.nn.batches import Pairs


@dataclass(frozen=True)
class TranslationModel:
    """Predicts each next token of a translation from those before it and from the source.

    layers  blocks of the encoder, and as many of the decoder
    tied    whether logits are products with the embedding, which source and translation share

    The others as LanguageModel has them, and the same errors.
    """

    vocabulary: int
    context: int
    layers: int
    heads: int
    width: int
    hidden: int = 0
    activation: str = "relu"
    bias: bool = True
    tied: bool = True
    dropout: float = 0.1
    deviation: float = 0.02

    def __post_init__(self) -> None:
        check_model(self, "vocabulary", "context")

    def initial(self, random: Threefry) -> dict[str, Array]:
        """Return float32 weights: normal of that deviation, less for what is added to residuals; gains 1."""
        made = Initial(random, self.bias, 2 * self.layers, self.deviation)
        made.table("tokens.weight", self.vocabulary, self.width)
        for side in ("encoder", "decoder"):
            made.table(f"{side}.positions.weight", self.context, self.width)
            for layer in range(self.layers):
                hidden = self.hidden or 4 * self.width
                made.block(f"{side}.blocks.{layer}", self.width, hidden, cross=side == "decoder")
            made.norm(f"{side}.norm", self.width)
        if not self.tied:
            made.table("head.weight", self.width, self.vocabulary)
        return made.weights

    def encode(
        self, weights: Weights, source: Any, source_mask: Any, ars: Groups, dropout: Threefry | None = None
    ) -> Any:
        """Return what the decoder attends to: source (batch, s) to (batch, s, width).

        source_mask  booleans (batch, s), False for padding

        Raises ValueError for unknown tokens, sequences longer than the context, and a mask of another shape
        or without a token in a row.
        """
        if tuple(source_mask.shape) != tuple(source.shape) or source_mask.dtype != np.bool_:
            raise ValueError(
                f"source_mask is {source_mask.dtype} of shape {tuple(source_mask.shape)}; "
                f"it must be booleans of shape {tuple(source.shape)}, as source"
            )
        if not bool(source_mask.any(axis=1).all()):
            raise ValueError("source_mask has a row of padding alone; each must have a token")
        return self._side("encoder", weights, source, source_mask[:, None, None, :], ars, dropout)

    def decode(
        self,
        weights: Weights,
        memory: Any,
        source_mask: Any,
        inputs: Any,
        ars: Groups,
        dropout: Threefry | None = None,
    ) -> Any:
        """Return logits of each next token: inputs (batch, t) to (batch, t, vocabulary)."""
        held = {"memory": memory, "memory_mask": source_mask[:, None, None, :]}
        x = self._side("decoder", weights, inputs, causal_mask(inputs.shape[1]), ars, dropout, **held)
        return logits_of(x, weights, ars)

    def logits(self, weights: Weights, inputs: Pairs, ars: Groups, dropout: Threefry | None = None) -> Any:
        """Return the logits of each next token of the translations of a batch, (batch, t, vocabulary)."""
        memory = self.encode(weights, inputs.source, inputs.source_mask, ars, dropout)
        return self.decode(weights, memory, inputs.source_mask, inputs.inputs, ars, dropout)

    def loss(self, weights: Weights, batch: Pairs, ars: Groups, dropout: Threefry | None = None) -> Any:
        """Return the mean cross entropy of the targets that are no padding, which is -1: 0-d.

        Raises ValueError for a batch of padding alone.
        """
        seen = batch.targets >= 0
        count = int(seen.sum())
        if not count:
            raise ValueError("targets has padding alone; it must have a token")
        targets = np.where(seen, batch.targets, 0)
        found = flat_loss(self.logits(weights, batch, ars, dropout), targets, ars)
        return ars.loss.div(ars.loss.sum(ars.loss.where(seen.reshape(-1), found, 0.0)), float(count))

    def _side(
        self,
        side: str,
        weights: Weights,
        tokens: Any,
        mask: Any,
        ars: Groups,
        key: Threefry | None,
        **held: Any,
    ) -> Any:
        check_tokens("source" if side == "encoder" else "inputs", tokens, self.vocabulary, self.context)
        part = part_of(weights, side)
        x = embedded(tokens, weights["tokens.weight"], part["positions.weight"], ars)
        return stack(x, part, self, ars, key and key.stream(side), mask, **held)
