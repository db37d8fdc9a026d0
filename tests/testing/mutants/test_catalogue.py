"""The catalogue: mutants that differ where they say so, and can be told from one another."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from pamcheck.kernels.table import OPS
from pamcheck.testing.mutants import CATALOGUE, FAMILIES, MutantTarget, mutants_of, same_as
from pamcheck.testing.subject import Codes, Subject, make_subject

SMALL = [
    *((op, "e3m2", "") for op in ("palog2", "paexp2", "pasqrt", "palog", "paexp")),
    ("pam", "e2m2fn", ""),
    ("padiv", "e2m2fn", ""),
    ("paexp2", "e2m1", "exact"),
    ("palog2", "e2m2", "mimic"),
]


def _differs(subject: Subject, name: str, inputs: tuple[Codes, ...]) -> bool:
    answers = CATALOGUE[name].answer(subject, inputs)
    return any((a != b).any() for a, b in zip(answers, subject.expected(inputs), strict=True))


@pytest.mark.parametrize(("op", "fmt", "mode"), SMALL)
def test_a_mutant_applies_exactly_where_it_differs_for_some_input(
    op: str, fmt: str, mode: str, inputs_of: Callable[..., tuple[Codes, ...]]
) -> None:
    subject = make_subject(op, fmt, mode=mode)
    inputs = inputs_of(subject)
    stride = max(inputs[0].size // 400, 1)
    thin = tuple(codes[::stride] for codes in inputs)
    for name, mutant in CATALOGUE.items():
        if mutant.body.when is not None and not mutant.body.when(subject):  # type: ignore[attr-defined]
            assert not mutant.applies(subject), name
        elif not mutant.applies(subject):
            assert not _differs(subject, name, thin), f"{name} differs in {subject} and says it does not"


def test_every_mutant_applies_to_something() -> None:
    values = [make_subject(op, "bfloat16") for op in OPS]
    others = [
        make_subject("pam", "bfloat16", offset=0.3),
        make_subject("padiv", "bfloat16", offset=0.3),
        make_subject("pam", "float8_e4m3fn"),
        make_subject("pam", "bfloat16", "gradual"),
        make_subject("palog2", "float64"),
        make_subject("paexp", "float64"),
        *(make_subject(op, "float64", mode="mimic") for op in ("palog2", "paexp2")),
        make_subject("palog2", "float16", mode="mimic"),
        make_subject("pam", "bfloat16", offset=0.3, mode="exact"),
        make_subject("padiv", "bfloat16", offset=0.3, mode="mimic"),
        *(
            make_subject(op, "float8_e5m2", mode=mode)
            for mode in ("exact", "mimic")
            for op in ("pam", "padiv", "paexp2", "pasqrt", "palog", "paexp", "papow")
            if (op, mode) not in (("pam", "mimic"), ("padiv", "mimic"), ("paexp2", "mimic"))
        ),
    ]
    left = list(CATALOGUE)
    for subject in [*values, *others]:
        left = left and [name for name in left if not CATALOGUE[name].applies(subject)]
    assert not left


def test_every_mutant_says_what_it_is_in_a_clause_and_what_to_do() -> None:
    assert len(CATALOGUE) == sum(len(family.members) for family in FAMILIES) > 300
    for name, mutant in CATALOGUE.items():
        assert name == mutant.name
        assert mutant.words, name
        assert not mutant.words.endswith("."), name
        assert mutant.advice, name
        assert mutant.kind in ("bug", "deviation"), name


def test_no_two_mutants_say_the_same() -> None:
    words = [mutant.words for mutant in CATALOGUE.values()]
    assert len(set(words)) == len(words)


@pytest.mark.parametrize("policy", ["ftz", "gradual", "saturate"])
@pytest.mark.parametrize("fmt", ["float4_e2m1fn", "e2m2fn", "float64"])
def test_every_answer_is_a_code_of_the_format(fmt: str, policy: str) -> None:
    rng = np.random.default_rng(7)
    for op in OPS:
        for mode in ("", "exact", "mimic"):
            subject = make_subject(op, fmt, policy, mode=mode)
            top = subject.fmt.sign | subject.fmt.magnitude
            inputs = [
                rng.integers(0, top, 2, dtype="u8", endpoint=True).astype(subject.dtype)
                for _ in subject.inputs
            ]
            for name, mutant in CATALOGUE.items():
                if mutant.body.when is None or mutant.body.when(subject):  # type: ignore[attr-defined]
                    for codes in MutantTarget(mutant).answer(subject, inputs):
                        assert (codes <= subject.dtype.type(top)).all(), (name, str(subject))


def test_mutants_that_no_input_tells_apart_know_each_other() -> None:
    subject = make_subject("pam", "bfloat16")
    twins = same_as(CATALOGUE["carry_lost_at_bytes"], subject)
    assert [m.name for m in twins] == ["carry_lost_at_half", "carry_lost_at_bytes"]
    assert same_as(CATALOGUE["carry_lost_at_bytes"], make_subject("pam", "float32")) == (
        CATALOGUE["carry_lost_at_bytes"],
    )


def test_a_mutant_of_another_operation_does_not_apply() -> None:
    names = {mutant.name for mutant in mutants_of(make_subject("palog2", "e3m2"))}
    assert "rounds_to_zero" in names
    assert not names & {"carry_dropped", "root_without_one", "exp_clamp_missing", "straight_through"}
