"""Data to train on: embedded where it can be, else from a folder, the user's cache, or its public original."""

from pamcheck.nn.data.bleu import score
from pamcheck.nn.data.encoded import Translation
from pamcheck.nn.data.fetch import DataError, find
from pamcheck.nn.data.multi30k import prepare, translation
from pamcheck.nn.data.text import Corpus, Vocabulary, language, language_of
from pamcheck.nn.data.vision import Images, digits, images

__all__ = [
    "Corpus",
    "DataError",
    "Images",
    "Translation",
    "Vocabulary",
    "digits",
    "find",
    "images",
    "language",
    "language_of",
    "prepare",
    "score",
    "translation",
]
