"""What the text of the device header promises: integers only, nothing from outside, every body, every field."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pamcheck.kernels.table import BODIES
from pamcheck.kernels.words import Words

INCLUDE = re.compile(r'^#include "(.+)"$', re.MULTILINE)


def header_files(folder: Path) -> dict[str, str]:
    """Return the files that pam.cuh consists of, comments and directives left out."""
    texts: dict[str, str] = {}
    waiting = ["pam.cuh"]
    while waiting:
        name = waiting.pop()
        if name not in texts:
            text = (folder / name).read_text(encoding="utf-8")
            waiting += INCLUDE.findall(text)
            texts[name] = re.sub(r"//.*$", "", text, flags=re.MULTILINE)
    return texts


@pytest.fixture(scope="module")
def texts(device_folder: Path) -> dict[str, str]:
    return header_files(device_folder)


def test_the_header_consists_of_one_file_for_each_python_file(texts: dict[str, str]) -> None:
    modules = {body.__module__.rpartition(".")[2] for body, _ in BODIES.values()}
    assert set(texts) == {f"{name}.cuh" for name in modules | {"pam", "words", "edges", "scale"}}


def test_the_header_includes_nothing_from_outside_its_folder(texts: dict[str, str]) -> None:
    for name, text in texts.items():
        assert "#include <" not in text, name
        assert not re.search(r"\bstd::", text), name


def test_the_header_has_no_floating_point_type(texts: dict[str, str]) -> None:
    for name, text in texts.items():
        assert not re.findall(r"\b(?:float|double|__half\w*|__nv_\w+)\b", text), name
        assert not re.findall(r"\b\d+\.\d*|\b\d+f\b", re.sub(r"#include.*", "", text)), name


def test_the_header_multiplies_and_divides_nothing(texts: dict[str, str]) -> None:
    for name, text in texts.items():
        assert not re.findall(r".*[*/%].*", re.sub(r"#include.*", "", text)), name


def test_the_header_has_every_body_under_the_name_of_its_python_function(texts: dict[str, str]) -> None:
    for body, arity in BODIES.values():
        text = texts[f"{body.__module__.rpartition('.')[2]}.cuh"]
        parameters = re.search(rf"PAM_FN Word {body.__name__}\((.*?)\)", text, re.DOTALL)
        assert parameters is not None, body.__name__
        assert parameters[1].count("Word ") == arity, body.__name__
        assert parameters[1].endswith("const Words<Word>& w"), body.__name__


def test_the_words_have_the_fields_of_the_python_tuple_in_its_order(texts: dict[str, str]) -> None:
    struct = re.search(r"struct Words \{(.*?)\}", texts["words.cuh"], re.DOTALL)
    assert struct is not None
    lines = re.findall(r"Word (.*?);", struct[1])
    assert tuple(", ".join(lines).split(", ")) == Words._fields
