"""Pairs of sentences as numbers, and the .npz file that keeps them with their vocabulary."""

from __future__ import annotations

import io
import os
import tempfile
import zipfile
import zlib
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from pamcheck.nn.data.digest import digest_of
from pamcheck.nn.data.fetch import DataError
from pamcheck.nn.data.subwords import Subwords

Array = np.ndarray[Any, Any]
Pair = tuple[Array, Array]

SPLITS = ("train", "validation", "test")
# What NumPy and zipfile raise for a file that is cut off, garbled, or no archive of arrays.
_DAMAGE = (
    OSError,
    EOFError,
    LookupError,
    ValueError,
    TypeError,
    RuntimeError,
    zipfile.BadZipFile,
    zlib.error,
)


@dataclass(frozen=True)
class Translation:
    """Pairs of sentences as numbers, int32 (length,), source first, without begin and end.

    references  the targets of the test as text, to score translations against
    """

    train: list[Pair]
    validation: list[Pair]
    test: list[Pair]
    vocabulary: Subwords
    references: list[str]

    @property
    def digest(self) -> str:
        """The SHA-256 of pairs and vocabulary: equal where runs see the same data."""
        return digest_of("\n".join(self.vocabulary.pieces), *_packed(self).values())


def save(made: Translation, path: Path, made_of: str) -> None:
    """Write pairs and vocabulary, replacing a former file at once.

    made_of  what the pairs were made of, in words or sums, for `load` to compare

    Raises OSError where the file cannot be written; a former one is then as it was.
    """
    texts = {
        "pieces": "\n".join(made.vocabulary.pieces),
        "references": "\n".join(made.references),
        "made_of": made_of,
    }
    arrays: dict[str, Any] = {
        name: np.frombuffer(text.encode("utf-8"), np.uint8) for name, text in texts.items()
    }
    arrays |= {"model": np.frombuffer(made.vocabulary.model, np.uint8), **_packed(made)}
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, draft = tempfile.mkstemp(suffix=".npz", prefix=path.stem, dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            np.savez_compressed(file, **arrays)
        Path(draft).chmod(0o644)
        Path(draft).replace(path)
    except BaseException:
        Path(draft).unlink(missing_ok=True)
        raise


def load(path: Path, made_of: str) -> Translation:
    """Return what `save` wrote. Raises DataError for a file that is damaged or made of something else."""
    try:
        # from memory: of a damaged file NumPy leaves the handle open
        with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
        found, pieces, references = (
            arrays[name].tobytes().decode("utf-8") for name in ("made_of", "pieces", "references")
        )
        if found != made_of:
            raise DataError(
                f"{path} was made of other data or for another vocabulary; make it anew, or remove it"
            )
        vocabulary = Subwords(tuple(pieces.split("\n")), arrays["model"].tobytes())
        train, validation, test = (_pairs(arrays, split, vocabulary.size) for split in SPLITS)
        return _whole(Translation(train, validation, test, vocabulary, references.split("\n")))
    except DataError:
        raise
    except _DAMAGE as error:
        raise DataError(f"{path} is damaged: {error}; make it anew, or remove it") from error


def _packed(made: Translation) -> dict[str, Array]:
    """Return all sentences of a split's side end to end, and their lengths."""
    arrays = {}
    for split in SPLITS:
        for side in (0, 1):
            sentences = [pair[side] for pair in getattr(made, split)]
            arrays[f"{split}_{side}"] = np.concatenate([np.empty(0, np.int32), *sentences])
            arrays[f"{split}_{side}_lengths"] = np.array(
                [len(sentence) for sentence in sentences], np.int32
            )
    return arrays


def _pairs(arrays: dict[str, Array], split: str, size: int) -> list[Pair]:
    sides = []
    for side in (0, 1):
        numbers, lengths = arrays[f"{split}_{side}"], arrays[f"{split}_{side}_lengths"]
        ends = np.concatenate([np.zeros(1, np.int64), np.cumsum(lengths)])
        if ends[-1] != len(numbers) or (lengths < 0).any():
            raise ValueError(f"{split} has {len(numbers)} numbers, and lengths for {ends[-1]}")
        if numbers.size and not 0 <= numbers.min() <= numbers.max() < size:
            raise ValueError(f"{split} has numbers outside the vocabulary of {size}")
        sides.append([numbers[start:end] for start, end in pairwise(ends.tolist())])
    return list(zip(*sides, strict=True))


def _whole(made: Translation) -> Translation:
    if len(made.references) != len(made.test):
        raise ValueError(f"it has {len(made.test)} pairs to test and {len(made.references)} references")
    return made
