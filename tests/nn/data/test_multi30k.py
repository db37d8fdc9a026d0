from __future__ import annotations

import shutil
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from pamcheck.lookup import UnknownName
from pamcheck.nn.data import DataError, Translation, multi30k, prepare, score, translation
from pamcheck.nn.data.encoded import load, save
from pamcheck.nn.data.subwords import BEGIN, END, PADDING, UNKNOWN

SOURCE = ["ein mann läuft .", "eine frau läuft .", "ein hund !", "der mann und der hund"] * 5
TARGET = ["a man runs .", "a woman runs .", "a dog !", "the man and the dog"] * 5
TEXTS = {
    "train": (SOURCE, TARGET),
    "validation": (SOURCE[:2], TARGET[:2]),
    "test": (["ein hund läuft ?"], ["a dog runs ?"]),
}


@pytest.fixture(scope="module")
def small() -> Translation:
    return multi30k.encode_pairs(TEXTS, 60)


def same(one: Translation, other: Translation) -> bool:
    return one.digest == other.digest and one.references == other.references


def test_what_is_encoded_is_decoded_to_the_same_text(small: Translation) -> None:
    decode = small.vocabulary.decode
    assert [decode(source) for source, _ in small.train] == SOURCE
    assert [decode(target) for _, target in small.train] == TARGET
    assert small.references == ["a dog runs ?"]
    assert small.vocabulary.size == 60


def test_a_character_that_was_not_learnt_is_unknown(small: Translation) -> None:
    source, target = small.test[0]
    assert source[-1] == target[-1] == UNKNOWN
    assert small.vocabulary.decode(target) == "a dog runs <unk>"


def test_decoding_ends_where_the_sentence_ends(small: Translation) -> None:
    numbers = [BEGIN, *small.train[0][1], END, *small.train[1][1], PADDING]
    assert small.vocabulary.decode(numbers) == TARGET[0]
    with pytest.raises(ValueError, match="they must be 0 to 59"):
        small.vocabulary.decode([60])


def test_the_same_lines_give_the_same_vocabulary(small: Translation) -> None:
    assert multi30k.encode_pairs(TEXTS, 60).digest == small.digest


@pytest.mark.parametrize("size", [5, 5000])
def test_a_vocabulary_that_the_lines_do_not_make_is_refused(size: int) -> None:
    with pytest.raises(ValueError, match=f"vocabulary is {size}"):
        multi30k.encode_pairs(TEXTS, size)


@pytest.mark.parametrize("size", [0, 99, 1 << 20, 8000.0, True])
def test_a_vocabulary_of_no_sensible_size_is_refused(size: int) -> None:
    with pytest.raises(ValueError, match="whole number from 100 to 60000"):
        translation(vocabulary=size)


def test_sides_of_unequal_length_are_refused() -> None:
    with pytest.raises(DataError, match="test: 1 source lines and 2 target lines"):
        multi30k.encode_pairs({**TEXTS, "test": (SOURCE[:1], TARGET[:2])}, 60)


def test_an_unknown_translation_is_refused() -> None:
    with pytest.raises(UnknownName, match="did you mean 'multi30k'"):
        translation("multi30")


def test_what_is_saved_is_loaded_and_replaces_what_was_there(small: Translation, tmp_path: Path) -> None:
    path = tmp_path / "folder" / "encoded.npz"
    for _ in range(2):
        save(small, path, "these")
        assert same(load(path, "these"), small)
    assert [file.name for file in path.parent.iterdir()] == ["encoded.npz"]
    with pytest.raises(DataError, match="was made of other data"):
        load(path, "those")


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-100])


def _one_array(path: Path) -> None:
    with path.open("wb") as file:
        np.save(file, np.zeros(3))


def _empty(path: Path) -> None:
    path.write_bytes(b"")


def _without_arrays(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("pieces.npy", b"")


def _changed(**arrays: np.ndarray[tuple[int], np.dtype[np.int32]]) -> Callable[[Path], None]:
    def change(path: Path) -> None:
        with np.load(path) as file:
            found = {name: file[name] for name in file.files}
        np.savez(path, **{**found, **arrays})  # type: ignore[arg-type]

    return change


@pytest.mark.parametrize(
    "damage",
    [
        _cut,
        _one_array,
        _empty,
        _without_arrays,
        _changed(test_0=np.int32([60])),
        _changed(test_0_lengths=np.int32([99])),
        _changed(test_1_lengths=np.int32([])),
        _changed(references=np.uint8([10, 10])),
        _changed(pieces=np.uint8([255])),
    ],
)
def test_a_damaged_file_is_refused(
    damage: Callable[[Path], None], small: Translation, tmp_path: Path
) -> None:
    path = tmp_path / "encoded.npz"
    save(small, path, "these")
    damage(path)
    with pytest.raises(DataError, match=r"encoded\.npz is damaged"):
        load(path, "these")


def test_no_changed_byte_is_taken_for_other_data(small: Translation, tmp_path: Path) -> None:
    path = tmp_path / "encoded.npz"
    save(small, path, "these")
    whole, refused = path.read_bytes(), 0
    for at in range(0, len(whole), 41):
        path.write_bytes(whole[:at] + bytes((whole[at] ^ 0x55,)) + whole[at + 1 :])
        try:
            assert same(load(path, "these"), small), at
        except DataError:
            refused += 1
    assert refused > len(whole) // 41 // 2


def test_a_machine_without_sentencepiece_is_told_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sentencepiece", None)
    monkeypatch.setitem(sys.modules, "sacrebleu", None)
    with pytest.raises(DataError, match=r'pip install "pamcheck\[translation\]"'):
        multi30k.encode_pairs(TEXTS, 60)
    with pytest.raises(DataError, match="sacrebleu is not installed"):
        score(["a"], ["a"])


def test_multi30k_is_encoded_once_and_read_without_sentencepiece(
    real_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = translation(vocabulary=500)
    assert [len(split) for split in (made.train, made.validation, made.test)] == [29_000, 1_014, 1_000]
    assert made.vocabulary.size == 500
    source, target = made.train[0]
    assert made.vocabulary.decode(source).startswith("zwei junge weiße männer sind im freien")
    assert made.vocabulary.decode(target) == "two young , white males are outside near many bushes ."

    kept = tmp_path / "cache" / "data" / "multi30k" / "encoded-500.npz"
    first = kept.stat().st_mtime_ns
    monkeypatch.setitem(sys.modules, "sentencepiece", None)
    assert same(translation(vocabulary=500), made)
    assert kept.stat().st_mtime_ns == first

    given = tmp_path / "given"
    (given / "multi30k").mkdir(parents=True)
    shutil.move(kept, given / "multi30k")
    monkeypatch.setenv("PAMCHECK_DATA", str(given))
    assert same(translation(vocabulary=500), made)

    (given / "multi30k" / kept.name).write_bytes(b"")
    with pytest.raises(DataError, match="is damaged"):
        translation(vocabulary=500)
    assert real_data.is_dir()


@pytest.fixture
def few_captions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Captions that stand for Multi30k's: enough words for a hundred subwords."""
    words = [f"{a}{b}{c}" for a in "bdgklm" for b in "aeiou" for c in "nrst"]
    lines = [" ".join(words[at : at + 4]) for at in range(len(words) - 4)]
    for name in multi30k.FILES.values():
        for language in multi30k.LANGUAGES:
            path = tmp_path / f"multi30k/{name}.lc.norm.tok.{language}"
            path.parent.mkdir(exist_ok=True)
            path.write_text("\n".join(lines) + "\n", "utf-8")
    monkeypatch.setattr(multi30k, "find", lambda name: tmp_path / name)


@pytest.mark.usefixtures("few_captions")
def test_a_damaged_cache_is_made_anew(tmp_path: Path) -> None:
    made = translation(vocabulary=100)
    kept = tmp_path / "cache" / "data" / "multi30k" / "encoded-100.npz"
    _cut(kept)
    assert same(translation(vocabulary=100), made)
    assert same(load(kept, multi30k._made_of(100)), made)


@pytest.mark.usefixtures("few_captions")
def test_a_cache_that_cannot_be_written_stops_no_run(tmp_path: Path) -> None:
    (tmp_path / "cache").touch()
    assert len(translation(vocabulary=100).test) == 116


@pytest.mark.usefixtures("few_captions")
def test_prepare_writes_what_translation_reads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = prepare(tmp_path / "new", vocabulary=100)
    assert path == tmp_path / "new" / "multi30k" / "encoded-100.npz"
    monkeypatch.setenv("PAMCHECK_DATA", str(tmp_path / "new"))
    monkeypatch.delattr(multi30k, "find")
    assert len(translation(vocabulary=100).train) == 116


@pytest.mark.usefixtures("few_captions")
def test_a_folder_that_cannot_be_written_is_an_error_of_prepare(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(DataError, match="cannot be written"):
        prepare(tmp_path / "file", vocabulary=100)


@pytest.mark.usefixtures("few_captions")
def test_a_side_that_lacks_a_line_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "multi30k" / "val.lc.norm.tok.en"
    path.write_text(path.read_text("utf-8").partition("\n")[2], "utf-8")
    with pytest.raises(DataError, match="multi30k, validation: 116 source lines and 115 target lines"):
        translation(vocabulary=100)


def test_bleu_takes_words_as_they_are_tokenized() -> None:
    assert score(TARGET, TARGET) == pytest.approx(100)
    assert score(["x y z"] * 4, TARGET[:4]) == 0
    # a tokenizer would part the last word in two, and find the sentence right
    assert score(["the tall man runs."], ["the tall man runs ."]) < 100


@pytest.mark.parametrize(("hypotheses", "references"), [([], []), (["a"], []), (["a"], ["a", "b"])])
def test_bleu_needs_one_reference_for_each_hypothesis(hypotheses: list[str], references: list[str]) -> None:
    with pytest.raises(ValueError, match="one reference for each hypothesis"):
        score(hypotheses, references)
