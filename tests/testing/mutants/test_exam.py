"""The exam: mutants are killed, and named."""

from __future__ import annotations

import pytest

from pamcheck.testing.mutants import CATALOGUE, mutants_of
from pamcheck.testing.mutants.exam import examine, paper
from pamcheck.testing.subject import make_subject


@pytest.mark.parametrize("op", ["pasqrt", "palog2"])
def test_every_mutant_of_a_value_is_killed_and_named(op: str) -> None:
    subject = make_subject(op, "float8_e4m3fn")
    for mutant in mutants_of(subject):
        killed = examine(subject, mutant)
        assert killed.by, f"{mutant.name} survives in {subject}"
        assert killed.right, f"{mutant.name} is taken for {killed.diagnosis}"
        assert killed.causes == 1, mutant.name


@pytest.mark.parametrize(
    ("op", "mode", "name"),
    [
        ("padiv", "exact", "slope_sign_of_denominator"),
        ("pam", "exact", "slope_left_of_carry"),
        ("pasqrt", "mimic", "root_not_doubled"),
        ("paexp2", "exact", "mimic_for_exact"),
    ],
)
def test_a_mutant_of_a_derivative_is_killed_and_named(op: str, mode: str, name: str) -> None:
    killed = examine(make_subject(op, "float8_e5m2", mode=mode), CATALOGUE[name])
    assert killed.by
    assert killed.right, killed.diagnosis


def test_a_right_unit_is_not_killed() -> None:
    subject = make_subject("palog2", "float8_e5m2")
    mutant = CATALOGUE["carry_dropped"]  # palog2 adds nothing
    assert not mutant.applies(subject)
    assert examine(subject, mutant).by == ()


def test_the_kept_inputs_are_those_of_the_checks() -> None:
    sheet = paper(make_subject("pasqrt", "bfloat16"))
    assert "nan_operands" in sheet.places
    assert all(0 <= place < len(sheet.trail.rows) for places in sheet.places.values() for place in places)
