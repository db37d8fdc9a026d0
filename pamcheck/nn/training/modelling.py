"""The model that a configuration describes, for data of a given size."""

from __future__ import annotations

from pamcheck.nn.models import LanguageModel, TranslationModel, VisionModel
from pamcheck.nn.training.config import Model


def language_model(held: Model, vocabulary: int) -> LanguageModel:
    """Return the decoder for so many tokens."""
    return LanguageModel(
        vocabulary, held.context, held.layers, held.heads, held.width, held.hidden, held.activation,
        held.bias, held.tied, held.dropout, held.deviation,
    )  # fmt: skip


def vision_model(held: Model, side: int, classes: int) -> VisionModel:
    """Return the vision transformer for images of so many pixels a side."""
    return VisionModel(
        side, classes, held.patch, held.layers, held.heads, held.width, held.hidden, held.activation,
        held.bias, held.dropout, held.deviation,
    )  # fmt: skip


def translation_model(held: Model, vocabulary: int) -> TranslationModel:
    """Return the encoder and decoder for so many tokens of both languages."""
    return TranslationModel(
        vocabulary, held.context, held.layers, held.heads, held.width, held.hidden, held.activation,
        held.bias, held.tied, held.dropout, held.deviation,
    )  # fmt: skip
