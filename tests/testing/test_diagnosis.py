"""Diagnoses: right for one cause, for two, for an offset of any size, and honest where nothing fits."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

import numpy as np
import pytest

from pamcheck.testing.diagnosis import Diagnosis, diagnose
from pamcheck.testing.mutants import CATALOGUE, mutants_of
from pamcheck.testing.session import Disagreement, Session
from pamcheck.testing.subject import Codes, Subject, make_subject

Answer = Callable[[Subject, Sequence[Codes]], tuple[Codes, ...]]


class Answering:
    """A target made of a function."""

    name = "answering"

    def __init__(self, answer: Answer) -> None:
        self.answer = answer

    def notices(self) -> tuple[str, ...]:
        return ()

    def close(self) -> None:
        pass


def operands(subject: Subject, size: int = 4000, seed: int = 3) -> tuple[Codes, ...]:
    """Every operand where that is not too many, else random ones with edges."""
    f = subject.fmt
    if len(subject.inputs) == 1 and f.width <= 8:
        return (np.arange(2 * f.sign, dtype="u8").astype(subject.dtype),)
    rng = np.random.default_rng(seed)
    edges = [0, 1, f.tiny - 1, f.tiny, f.one, f.largest, f.inf or f.largest, f.nan or 0]
    columns = []
    for _ in subject.inputs:
        codes = rng.integers(0, f.sign | f.magnitude, size, dtype="u8", endpoint=True)
        at_edge = rng.random(size) < 0.2
        codes[at_edge] = rng.choice(np.array(edges, "u8"), at_edge.sum())
        codes[at_edge] |= rng.integers(0, 2, at_edge.sum(), dtype="u8") * np.uint64(f.sign)
        columns.append(codes.astype(subject.dtype))
    return tuple(columns)


def diagnosed(subject: Subject, answer: Answer, inputs: tuple[Codes, ...] | None = None) -> list[Diagnosis]:
    session = Session(Answering(answer), subject)
    session.hold(*(operands(subject) if inputs is None else inputs))
    found = diagnose(subject, session.found, session.agreed)
    assert sum(d.members[0].size for d in found) == sum(one.size for one in session.found)
    return found


def both(first: str, second: str) -> Answer:
    """Two faults at once: the second where the first has none."""

    def answer(subject: Subject, inputs: Sequence[Codes]) -> tuple[Codes, ...]:
        one, two = (CATALOGUE[name].answer(subject, inputs) for name in (first, second))
        right = subject.expected(inputs)
        return tuple(np.where(a != r, a, b) for a, b, r in zip(one, two, right, strict=True))

    return answer


@pytest.mark.parametrize("op", ["palog2"])
def test_every_mutant_is_named_by_its_answers_to_every_code(op: str) -> None:
    subject = make_subject(op, "float8_e5m2")
    for mutant in mutants_of(subject):
        [only] = diagnosed(subject, mutant.answer)
        assert only.mutant is not None, mutant.name
        assert mutant.name in (only.mutant.name, *only.also), (
            f"{mutant.name} is taken for {only.mutant.name}"
        )
        assert only.kind in ("bug", "deviation")


@pytest.mark.parametrize(
    ("op", "mode", "first", "second"),
    [
        ("pam", "", "carry_dropped", "zero_sign_lost"),
        ("pam", "", "overflow_wraps_sign", "nan_negative"),
        ("padiv", "", "by_zero_zero", "borrow_dropped"),
        ("palog2", "", "rounds_to_zero", "log_of_zero_nan"),
        ("padiv", "exact", "slope_sign_of_denominator", "zero_slope_nan"),
    ],
)
def test_two_faults_are_two_causes(op: str, mode: str, first: str, second: str) -> None:
    subject = make_subject(op, "bfloat16", mode=mode)
    found = diagnosed(subject, both(first, second))
    assert {d.mutant.name for d in found if d.mutant} == {first, second}, [d.words for d in found]


@pytest.mark.parametrize("op", ["pam", "padiv"])
@pytest.mark.parametrize("codes", [1, -3, 5, 29, -100])
def test_an_offset_of_any_size_is_measured(op: str, codes: int) -> None:
    subject = make_subject(op, "bfloat16")
    other = make_subject(op, "bfloat16", offset=codes / 128)
    [only] = diagnosed(subject, lambda _, inputs: other.expected(inputs))
    assert only.kind == "deviation"
    assert f"{codes} code" in only.words
    assert f"{codes / 128:.4g} octaves" in only.words


def test_an_offset_in_place_of_another_is_measured() -> None:
    subject, other = (make_subject("pam", "float16", offset=k / 1024) for k in (100, 130))
    [only] = diagnosed(subject, lambda _, inputs: other.expected(inputs))
    assert "130 codes is applied instead of 100" in only.words


def test_another_policy_is_recognised() -> None:
    subject = make_subject("pam", "bfloat16")
    other = make_subject("pam", "bfloat16", "saturate")
    [only] = diagnosed(subject, lambda _, inputs: other.expected(inputs))
    assert only.mutant is CATALOGUE["policy_saturate"]
    assert "--policy saturate" in only.advice


def _tampered(change: Callable[[Subject, Sequence[Codes], Codes], Codes]) -> Answer:
    return lambda subject, inputs: (change(subject, inputs, subject.expected(inputs)[0].copy()),)


def test_what_nothing_explains_is_described() -> None:
    def high_below_one(subject: Subject, inputs: Sequence[Codes], right: Codes) -> Codes:
        small = (inputs[0] < subject.fmt.one) & (inputs[0] > subject.fmt.tiny)
        right[small] += 2
        return right

    [only] = diagnosed(make_subject("pasqrt", "bfloat16"), _tampered(high_below_one))
    assert only.mutant is None
    assert only.kind == "unexplained"
    assert "always 2 codes too high in magnitude" in only.words
    assert "only where x is below 1" in only.words


def test_a_constant_is_described() -> None:
    answer = _tampered(lambda *arguments: np.full_like(arguments[2], 0x1234))
    [only] = diagnosed(make_subject("palog", "bfloat16"), answer)
    assert "every answer is 0x1234" in only.words


def test_no_mutant_is_named_for_noise() -> None:
    def noise(subject: Subject, _: Sequence[Codes], right: Codes) -> Codes:
        return np.random.default_rng(1).integers(0, subject.fmt.magnitude, right.size).astype(right.dtype)

    found = diagnosed(make_subject("pam", "bfloat16"), _tampered(noise))
    assert found[0].mutant is None
    assert sum(d.members[0].size for d in found if d.mutant) < 0.05 * found[0].members[0].size


def test_a_mutant_that_agreeing_answers_contradict_is_partly_the_cause() -> None:
    def seldom(subject: Subject, inputs: Sequence[Codes], right: Codes) -> Codes:
        mine = CATALOGUE["carry_dropped"].answer(subject, inputs)[0]
        often = (inputs[0] & 3) == 0
        right[often] = mine[often]
        return right

    [only] = diagnosed(make_subject("pam", "bfloat16"), _tampered(seldom))
    assert only.mutant is CATALOGUE["carry_dropped"]
    assert only.words.startswith("partly: ")


def test_the_answers_of_a_relation_count_and_its_other_side_follows() -> None:
    subject, mutant = make_subject("pam", "bfloat16"), CATALOGUE["zero_left_unguarded"]
    zero, number = (
        np.array([code] * 3, subject.dtype) for code in (0, subject.fmt.one + 20 * subject.fmt.tiny)
    )
    number += np.arange(3, dtype=subject.dtype)
    left, right = ((zero, number), (number, zero))
    relations = [
        Disagreement(
            inputs, mutant.answer(subject, inputs), mutant.answer(subject, inputs[::-1]), "pam(b, a)"
        )
        for inputs in (left, right)
    ]
    [only] = diagnose(subject, relations, [])
    assert only.mutant is mutant
    assert only.members[0].tolist() == [0, 0, 0, 1, 1, 1]
    assert only.members[1].tolist() == [0, 1, 2, 0, 1, 2]


def test_nothing_to_explain_is_no_cause() -> None:
    assert diagnose(make_subject("pam", "float32"), []) == []


def test_many_failures_are_diagnosed_in_a_second() -> None:
    subject = make_subject("pam", "float32")
    inputs = operands(subject, 200_000)
    got = both("mantissas_xored", "nan_negative")(subject, [codes[:20_000] for codes in inputs])
    wrong = got[0] != subject.expected([codes[:20_000] for codes in inputs])[0]
    one = Disagreement(
        tuple(np.tile(codes[:20_000][wrong], 10) for codes in inputs),
        (np.tile(got[0][wrong], 10),),
        (np.tile(subject.expected([codes[:20_000] for codes in inputs])[0][wrong], 10),),
    )
    began = time.process_time()
    found = diagnose(subject, [one], [])
    assert len(found) == 2
    assert time.process_time() - began < 2  # one on an idle machine
