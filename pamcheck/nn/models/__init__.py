"""Transformers: a language model, an image classifier and a translator, written once over groups of arithmetics.

A model is its hyper-parameters. Weights are a mapping from names to float32 arrays or Variables:

    model = LanguageModel(vocabulary=65, context=64, layers=4, heads=4, width=128)
    weights = model.initial(Threefry(0))
    loss = model.loss(weights, batch, groups_of(Pam("mimic")), None)
"""

from pamcheck.nn.models.generation import generate, translate
from pamcheck.nn.models.language import LanguageModel
from pamcheck.nn.models.translation import TranslationModel
from pamcheck.nn.models.vision import VisionModel

__all__ = ["LanguageModel", "TranslationModel", "VisionModel", "generate", "translate"]
