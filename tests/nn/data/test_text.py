from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pamcheck.lookup import UnknownName
from pamcheck.nn.data import DataError, Vocabulary, language, language_of


@given(st.text(min_size=1))
@settings(max_examples=50)
def test_what_is_encoded_is_decoded_to_the_same_text(text: str) -> None:
    vocabulary = Vocabulary.of(text)
    numbers = vocabulary.encode(text)
    assert vocabulary.decode(numbers) == text
    assert numbers.dtype == np.int64
    assert set(numbers.tolist()) == set(range(vocabulary.size))


@pytest.mark.parametrize(
    ("text", "where"), [("abz", r"'z' \(U\+007A\) at 2"), ("a!", r"'!' \(U\+0021\) at 1")]
)
def test_a_character_without_a_number_is_named(text: str, where: str) -> None:
    with pytest.raises(ValueError, match=where):
        Vocabulary("abc").encode(text)


@pytest.mark.parametrize("numbers", [[3], [0, -1]])
def test_a_number_without_a_character_is_refused(numbers: list[int]) -> None:
    with pytest.raises(ValueError, match="they must be 0 to 2"):
        Vocabulary("abc").decode(numbers)


def test_no_text_has_no_numbers() -> None:
    assert Vocabulary("abc").encode("").shape == (0,)
    assert Vocabulary("abc").decode([]) == ""


def test_the_help_texts_need_no_file_and_have_a_fixed_vocabulary() -> None:
    corpus = language("topics")
    text = corpus.vocabulary.decode(np.concatenate([corpus.train, corpus.validation]))
    assert corpus.vocabulary.size == 96
    assert text.startswith('The "assert" statement\n')
    assert len(corpus.train) == int(len(text) * 0.9)
    assert corpus.digest == language("topics").digest


def test_a_python_without_help_texts_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pydoc_data.topics", None)
    with pytest.raises(DataError, match="without pydoc_data"):
        language("topics")


def test_shakespeare_is_parted_as_nanogpt_parts_it(real_data: Path) -> None:
    corpus = language("shakespeare")
    assert (len(corpus.train), len(corpus.validation), corpus.vocabulary.size) == (1_003_854, 111_540, 65)
    assert corpus.vocabulary.decode(corpus.train[:15]) == "First Citizen:\n"
    assert (
        (real_data / "shakespeare" / "input.txt")
        .read_text("utf-8")
        .endswith(corpus.vocabulary.decode(corpus.validation))
    )


def test_a_text_of_ones_own_has_its_own_vocabulary(tmp_path: Path) -> None:
    path = tmp_path / "own.txt"
    path.write_bytes("Größe\r\nGröße".encode())
    corpus = language_of(path)
    assert corpus.vocabulary.symbols == "\n\rGerzßö".replace("z", "")
    assert (len(corpus.train), len(corpus.validation)) == (10, 2)


@pytest.mark.parametrize(
    ("content", "told"),
    [(b"", "is empty"), (b"ab\xff", "is not UTF-8: byte 0xff at 2"), (None, "cannot be read")],
)
def test_a_file_that_is_no_text_is_refused(content: bytes | None, told: str, tmp_path: Path) -> None:
    path = tmp_path / "own.txt"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(DataError, match=told):
        language_of(path)


def test_an_unknown_corpus_is_refused() -> None:
    with pytest.raises(UnknownName, match="did you mean 'shakespeare'"):
        language("shakespear")
