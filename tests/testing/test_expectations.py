"""Files of expected failures: names, globs, reasons, and lines that are neither."""

from __future__ import annotations

from pathlib import Path

import pytest

from pamcheck.testing.expectations import expectations, identifier, read_expectations
from pamcheck.testing.subject import make_subject

SUBJECT = make_subject("pam", "bfloat16")


def test_a_name_a_glob_and_an_identifier_all_name_a_check() -> None:
    for pattern in ("overflow_edge", "pam/*/overflow_*", "pam/bfloat16/ftz/overflow_edge"):
        assert expectations({pattern: "known"}).reason(SUBJECT, "overflow_edge") == "known"
        assert expectations({pattern: "known"}).reason(SUBJECT, "overflow") is None


@pytest.mark.parametrize("pattern", ["padiv/*", "pam/float32/*", "pam.exact/*", "pam", "overflow"])
def test_what_names_another_subject_names_nothing_here(pattern: str) -> None:
    assert expectations([pattern]).reason(SUBJECT, "overflow_edge") is None


def test_identifiers_tell_derivatives_and_offsets_apart() -> None:
    assert (
        identifier(make_subject("pam", "float32", mode="mimic"), "zeros") == "pam.mimic/float32/ftz/zeros"
    )
    assert identifier(make_subject("pam", "bfloat16", offset=1 / 16), "one") == "pam+8/bfloat16/ftz/one"


def test_a_file_has_a_name_a_line_and_a_reason_after_a_hash(tmp_path: Path) -> None:
    path = tmp_path / "xfails.txt"
    path.write_text("# known\n\nzeros  # no sign of zero here\n  pam/*/ties\n", encoding="utf-8")
    assert read_expectations(path) == {"zeros": "no sign of zero here", "pam/*/ties": ""}


def test_a_line_of_several_words_is_named(tmp_path: Path) -> None:
    path = tmp_path / "xfails.txt"
    path.write_text("zeros\ninfinities nan_operands\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"line 2.*2 words"):
        read_expectations(path)


def test_a_single_text_is_not_taken_for_a_list_of_letters() -> None:
    with pytest.raises(TypeError, match="list of names"):
        expectations("zeros")
