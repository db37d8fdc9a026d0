"""Multi30k: captions of images in German and English, to translate from the first to the second.

29,000 pairs to train on, 1,014 to validate, 1,000 to test (2016, Flickr), lower-cased and tokenized  [elliott2016].
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from pamcheck.lookup import lookup
from pamcheck.nn.data.encoded import Pair, Translation, load, save
from pamcheck.nn.data.fetch import DataError, cache_folder, find, given_folder, originals, text_of
from pamcheck.nn.data.subwords import Subwords

FILES = {"train": "train", "validation": "val", "test": "test_2016_flickr"}
LANGUAGES = ("de", "en")
FORM = 1  # of the encoded file; another number makes former ones be made anew


def translation(name: str = "multi30k", vocabulary: int = 8000) -> Translation:
    """Return Multi30k, German to English, in subwords shared by both languages.

    vocabulary  how many subwords. They are learnt once, on the pairs to train on, and the encoded pairs kept in
                the user's cache. PAMCHECK_DATA may have them as multi30k/encoded-8000.npz: see `prepare`

    Raises DataError where files are missing or damaged, or sentencepiece is needed and not installed; ValueError
    for a vocabulary that cannot be made; UnknownName for another name.
    """
    lookup("translation", name, {"multi30k": None})
    given, file = given_folder(), _encoded_name(vocabulary)
    if given is not None and os.path.exists(given / file):
        return load(given / file, _made_of(vocabulary))
    kept = cache_folder() / file
    if os.path.isfile(kept):
        # one that is damaged or of another version is made anew
        with contextlib.suppress(DataError):
            return load(kept, _made_of(vocabulary))
    made = _encode(vocabulary)
    # a cache that cannot be written costs a few seconds the next time, and no run
    with contextlib.suppress(OSError):
        save(made, kept, _made_of(vocabulary))
    return made


def prepare(folder: str | Path, vocabulary: int = 8000) -> Path:
    """Write Multi30k, encoded, into a folder that may then serve as PAMCHECK_DATA; return the file's path.

    With it a machine needs no text, no network and no sentencepiece. Raises as `translation` does, and DataError
    where the folder cannot be written to.
    """
    path = Path(folder).expanduser() / _encoded_name(vocabulary)
    made = _encode(vocabulary)
    try:
        save(made, path, _made_of(vocabulary))
    except OSError as error:
        raise DataError(f"{path} cannot be written: {error.strerror or error}") from error
    return path


def encode_pairs(
    texts: dict[str, tuple[list[str], list[str]]], vocabulary: int, name: str = "texts"
) -> Translation:
    """Return pairs of lines in subwords learnt on both sides of what is trained on.

    texts  "train", "validation" and "test": source lines and as many target lines, tokenized

    Raises DataError where a side is longer than the other.
    """
    for split, (source, target) in texts.items():
        if len(source) != len(target):
            raise DataError(f"{name}, {split}: {len(source)} source lines and {len(target)} target lines")
    subwords = Subwords.learn([*texts["train"][0], *texts["train"][1]], vocabulary)

    def pairs(split: str) -> list[Pair]:
        source, target = (subwords.encode(lines) for lines in texts[split])
        return list(zip(source, target, strict=True))

    return Translation(pairs("train"), pairs("validation"), pairs("test"), subwords, texts["test"][1])


def _encode(vocabulary: int) -> Translation:
    source, target = (
        {split: _lines(_text_name(split, language)) for split in FILES} for language in LANGUAGES
    )
    return encode_pairs({split: (source[split], target[split]) for split in FILES}, vocabulary, "multi30k")


def _lines(name: str) -> list[str]:
    # not splitlines, which parts a line at characters that are none of its ends
    return [" ".join(line.split()) for line in text_of(find(name)).removesuffix("\n").split("\n")]


def _text_name(split: str, language: str) -> str:
    return f"multi30k/{FILES[split]}.lc.norm.tok.{language}"


def _encoded_name(vocabulary: int) -> str:
    if isinstance(vocabulary, bool) or not isinstance(vocabulary, int) or not 100 <= vocabulary <= 60_000:
        raise ValueError(f"vocabulary is {vocabulary!r}; it must be a whole number from 100 to 60000")
    return f"multi30k/encoded-{vocabulary}.npz"


def _made_of(vocabulary: int) -> str:
    known = originals()
    sums = (known[_text_name(split, language)].sha256 for split in FILES for language in LANGUAGES)
    return "\n".join((f"form {FORM}", f"vocabulary {vocabulary}", *sums))
