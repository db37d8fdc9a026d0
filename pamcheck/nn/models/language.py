"""A decoder-only language model: pre-norm blocks, learned positions, causal attention, as nanoGPT's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pamcheck import functional
from pamcheck.nn.attention import Weights
from pamcheck.nn.groups import Groups
from pamcheck.nn.layers import causal_mask
from pamcheck.nn.models.checks import check_model, check_tokens
from pamcheck.nn.models.embedding import embedded, flat_loss, logits_of
from pamcheck.nn.models.initial import Array, Initial
from pamcheck.nn.models.stack import stack
from pamcheck.nn.random import Threefry

if TYPE_CHECKING:
    from pamcheck.nn.batches import Tokens


@dataclass(frozen=True)
class LanguageModel:
    """Predicts each next token from those before it.

    vocabulary  number of tokens
    context     longest sequence
    layers      blocks
    hidden      width inside a block's perceptron; 0 for four times the width
    activation  gelu or relu
    bias        whether products and layer norms have one
    tied        whether logits are products with the embedding, and have no weight of their own
    deviation   of the weights at the start
    dropout     probability with which embeddings, attention and sums are left out in training

    Raises ValueError for sizes below 1, heads that do not divide the width, and an unknown activation.
    """

    vocabulary: int
    context: int
    layers: int
    heads: int
    width: int
    hidden: int = 0
    activation: str = "gelu"
    bias: bool = False
    tied: bool = True
    dropout: float = 0.0
    deviation: float = 0.02

    def __post_init__(self) -> None:
        check_model(self, "vocabulary", "context")

    def initial(self, random: Threefry) -> dict[str, Array]:
        """Return float32 weights: normal of that deviation, less for what is added to residuals; gains 1."""
        made = Initial(random, self.bias, 2 * self.layers, self.deviation)
        made.table("tokens.weight", self.vocabulary, self.width)
        made.table("positions.weight", self.context, self.width)
        for layer in range(self.layers):
            made.block(f"blocks.{layer}", self.width, self.hidden or 4 * self.width)
        made.norm("norm", self.width)
        if not self.tied:
            made.table("head.weight", self.width, self.vocabulary)
        return made.weights

    def logits(self, weights: Weights, inputs: Any, ars: Groups, dropout: Threefry | None = None) -> Any:
        """Return the logits of each next token: integers (batch, length) to (batch, length, vocabulary).

        Raises ValueError for tokens outside the vocabulary and for more of them than the context.
        """
        check_tokens("inputs", inputs, self.vocabulary, self.context)
        x = embedded(inputs, weights["tokens.weight"], weights["positions.weight"], ars)
        x = stack(x, weights, self, ars, dropout, causal_mask(inputs.shape[1]))
        return logits_of(x, weights, ars)

    def loss(self, weights: Weights, batch: Tokens, ars: Groups, dropout: Threefry | None = None) -> Any:
        """Return the mean cross entropy of a batch's targets, 0-d."""
        found = flat_loss(self.logits(weights, batch.inputs, ars, dropout), batch.targets, ars)
        return functional.mean(found, ars.loss)
