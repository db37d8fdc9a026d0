"""Text by characters: Tiny Shakespeare, the standard library's help texts, or a file of one's own."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from pamcheck.lookup import lookup
from pamcheck.nn.data.digest import digest_of
from pamcheck.nn.data.fetch import DataError, find, text_of

Array = np.ndarray[Any, Any]

ASCII = "\n" + "".join(chr(code) for code in range(32, 127))
# What the help texts have beside ASCII, and what a typewriter would put for it.
_TYPEWRITTEN = str.maketrans(
    {"“": '"', "”": '"', "‘": "'", "’": "'", "–": "-", "—": "--", "…": "...", "ß": "ss", "\t": " "}
)


@dataclass(frozen=True)
class Vocabulary:
    """Characters, each with a number: its place in `symbols`, which is sorted and has none twice."""

    symbols: str

    @classmethod
    def of(cls, text: str) -> Vocabulary:
        """Return the characters of a text, in the order of their code points."""
        return cls("".join(sorted(set(text))))

    @property
    def size(self) -> int:
        """How many characters there are."""
        return len(self.symbols)

    @cached_property
    def _codes(self) -> Array:
        return _code_points(self.symbols)

    def encode(self, text: str) -> Array:
        """Return the characters' numbers, int64 (length,). Raises ValueError for one that has none."""
        points = _code_points(text)
        numbers = np.searchsorted(self._codes, points).clip(max=self.size - 1)
        unknown = np.flatnonzero(self._codes[numbers] != points)
        if unknown.size:
            at = int(unknown[0])
            raise ValueError(
                f"text has {text[at]!r} (U+{ord(text[at]):04X}) at {at}, which is not among the "
                f"{self.size} characters of the vocabulary: {self.symbols!r}"
            )
        return numbers.astype(np.int64)

    def decode(self, numbers: Any) -> str:
        """Return the text of numbers, any sequence of integers. Raises ValueError outside [0, size)."""
        found = np.asarray(numbers)
        if found.size and not 0 <= found.min() <= found.max() < self.size:
            raise ValueError(
                f"numbers are {found.min()} to {found.max()}; they must be 0 to {self.size - 1}"
            )
        return "".join(self.symbols[number] for number in found.ravel().tolist())


@dataclass(frozen=True)
class Corpus:
    """A text as numbers, int64 (length,), parted into what is trained on and what follows it."""

    train: Array
    validation: Array
    vocabulary: Vocabulary

    @property
    def digest(self) -> str:
        """The SHA-256 of numbers and vocabulary: equal where runs see the same data."""
        return digest_of(self.vocabulary.symbols, self.train, self.validation)


def language(name: str = "shakespeare") -> Corpus:
    """Return a text: the first nine tenths to train on, the rest to validate, as nanoGPT parts it.

    "shakespeare"  Tiny Shakespeare, 1,115,394 characters, 65 distinct  [karpathy, char-rnn]
    "topics"       the help texts of the standard library (pydoc_data), no file needed. The text is that of the
                   Python in use and differs between its versions; the vocabulary does not: printable ASCII and
                   the line feed, 96, other characters as a typewriter has them, or as "?"

    Raises DataError where the text cannot be had, UnknownName for another name.
    """
    source = lookup("corpus", name, {"shakespeare": _shakespeare, "topics": _topics})
    return source()


def language_of(path: str | Path) -> Corpus:
    """Return a UTF-8 file as a corpus, parted as in `language`, with the characters it has.

    Raises DataError where the file cannot be read, is empty, or is not UTF-8.
    """
    text = text_of(path)
    return _parted(text, Vocabulary.of(text))


def _shakespeare() -> Corpus:
    return language_of(find("shakespeare/input.txt"))


def _topics() -> Corpus:
    try:
        from pydoc_data.topics import topics
    except ImportError as error:
        raise DataError(
            "this Python comes without pydoc_data, the help texts; install its standard library in full, or "
            "train on another corpus"
        ) from error
    text = "\n".join(topics[name] for name in sorted(topics)).translate(_TYPEWRITTEN)
    known = set(ASCII)
    return _parted("".join(c if c in known else "?" for c in text), Vocabulary(ASCII))


def _parted(text: str, vocabulary: Vocabulary) -> Corpus:
    numbers = vocabulary.encode(text)
    end = int(len(numbers) * 0.9)
    return Corpus(numbers[:end], numbers[end:], vocabulary)


def _code_points(text: str) -> Array:
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), "<u4")
