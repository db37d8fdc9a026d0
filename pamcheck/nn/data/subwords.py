"""A vocabulary of subwords, shared by two languages: byte pair encoding, learnt by sentencepiece.

Only learning and encoding need sentencepiece. Decoding does not, so that a corpus which was encoded elsewhere
can be trained on and its translations read without it.
"""

from __future__ import annotations

import importlib
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from pamcheck.nn.data.fetch import DataError

Array = np.ndarray[Any, Any]

PADDING, UNKNOWN, BEGIN, END = range(4)
_SPACE = "▁"  # sentencepiece writes it where a word begins


@dataclass(frozen=True)
class Subwords:
    """Pieces of words, each with a number. The first four are padding, unknown, begin and end of a sentence.

    model  sentencepiece's own description, which encoding needs
    """

    pieces: tuple[str, ...]
    model: bytes

    @classmethod
    def learn(cls, lines: Sequence[str], size: int) -> Subwords:
        """Return a vocabulary of `size` pieces that encodes the lines. The same lines give the same vocabulary.

        Raises ValueError for a size that the lines cannot fill or that cannot hold their characters, and
        DataError where sentencepiece is not installed.
        """
        library, model = extra("sentencepiece"), io.BytesIO()
        try:
            library.SentencePieceTrainer.train(
                sentence_iterator=iter(lines),
                model_writer=model,
                model_type="bpe",
                vocab_size=size,
                character_coverage=1.0,
                normalization_rule_name="identity",  # the text is normalized already
                num_threads=1,
                minloglevel=2,
                pad_id=PADDING,
                unk_id=UNKNOWN,
                bos_id=BEGIN,
                eos_id=END,
            )
        except (RuntimeError, OSError, ValueError) as error:
            told = str(error).strip().splitlines()[-1]
            raise ValueError(
                f"vocabulary is {size}; no vocabulary of this size comes of the {len(lines)} lines: {told}"
            ) from error
        processor = library.SentencePieceProcessor(model_proto=model.getvalue())
        pieces = tuple(processor.id_to_piece(list(range(processor.get_piece_size()))))
        return cls(pieces, model.getvalue())

    @property
    def size(self) -> int:
        """How many pieces there are, the four special ones among them."""
        return len(self.pieces)

    def encode(self, lines: Sequence[str]) -> list[Array]:
        """Return each line's numbers, int32 (length,), without begin and end.

        Raises DataError where sentencepiece is not installed.
        """
        processor = extra("sentencepiece").SentencePieceProcessor(model_proto=self.model)
        return [np.array(numbers, np.int32) for numbers in processor.encode(list(lines), num_threads=1)]

    def decode(self, numbers: Any) -> str:
        """Return the text of numbers up to the first end of sentence; padding and begin are left out.

        numbers  any sequence of integers; raises ValueError for one outside [0, size)
        """
        words = []
        for number in np.asarray(numbers).ravel().tolist():
            if not 0 <= number < self.size:
                raise ValueError(f"numbers have {number}; they must be 0 to {self.size - 1}")
            if number == END:
                break
            if number not in (PADDING, BEGIN):
                words.append(self.pieces[number])
        return "".join(words).replace(_SPACE, " ").strip()


def extra(name: str) -> Any:
    """Return a library that only translation needs. Raises DataError, with what to install, where it is missing."""
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise DataError(
            f'{name} is not installed, which translation needs; install it by pip install "pamcheck[translation]"'
        ) from error
