"""Every check has been seen to fail: on the fault it is for, and on cases that no other check asks for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import takewhile
from typing import Any

import numpy as np
import pytest

from pamcheck.testing.checks import CHECKS, select
from pamcheck.testing.session import Session
from pamcheck.testing.subject import Subject, make_subject
from pamcheck.testing.target import TargetFault

MANTISSA, TINY, ONE = np.uint64(0x7FFFFF), np.uint64(0x800000), np.uint64(0x3F800000)
SIGN, SIZE, INF, LARGEST = (
    np.uint64(1 << 31),
    np.uint64(0x7FFFFFFF),
    np.uint64(0x7F800000),
    np.uint64(0x7F7FFFFF),
)
Where = Callable[[list[Any], list[Any]], Any]


def spoils(where: Where, what: Callable[..., Any] = lambda code, *_: code ^ np.uint64(1)) -> Any:
    """Return the fault that changes the answers of the cases where something holds."""

    def fault(_: Subject, inputs: list[Any], right: list[Any]) -> list[Any]:
        wrong = where(inputs, right)
        return [np.where(wrong, what(code, *inputs), code) for code in right]

    return fault


def short(code: Any) -> Any:
    """Whether a mantissa is not zero and of two bits at most."""
    return (code & MANTISSA != 0) & (code & np.uint64(0x1FFFFF) == 0)


def subnormal(code: Any) -> Any:
    return (code & SIZE > 0) & (code & SIZE < TINY)


def normal(code: Any) -> Any:
    return (code & SIZE >= TINY) & (code & SIZE <= LARGEST)


def plain(code: Any) -> Any:
    """Whether the last 17 bits of a mantissa are far from being all alike."""
    return normal(code) & (code & np.uint64(0x1FF00) != 0) & (code & np.uint64(0x1FF00) != 0x1FF00)


def between(code: Any, low: int, high: int) -> Any:
    """Whether an exponent field lies inside."""
    return (code & SIZE > low * TINY) & (code & SIZE < high * TINY)


def negated(code: Any, *_: Any) -> Any:
    return code ^ SIGN


def next_up(code: Any, *_: Any) -> Any:
    return code + np.uint64(1)


def half(code: Any, *_: Any) -> Any:
    return code - TINY


# What is wrong in float32, as one line of a faulty kernel would have it, and the check that finds it first.
FIRST: dict[str, tuple[str, str, Any]] = {
    # the exponent is not added where the mantissa is zero
    "powers_of_two": ("pam", "", spoils(lambda x, _: (x[0] & MANTISSA == 0) & (x[0] & SIZE != ONE), half)),
    "lattice": ("pam", "", spoils(lambda x, _: short(x[0]) & short(x[1]))),
    # a short cut for a / a that does not give 1
    "one": (
        "padiv",
        "",
        spoils(lambda x, _: (x[0] & SIZE == x[1] & SIZE) & (x[0] & np.uint64(0xFFFFF) != 0)),
    ),
    # the NaN of an operand is handed on
    "nan_operands": ("pam", "", spoils(lambda x, _: x[0] & SIZE > INF, lambda _, a, *__: a)),
    # a number over infinity is tiny
    "infinities": (
        "padiv",
        "",
        spoils(lambda x, y: (x[1] & SIZE == INF) & (y[0] & SIZE == 0), lambda code, *_: code | TINY),
    ),
    # a zero operand is not guarded
    "zeros": (
        "pam",
        "",
        spoils(lambda x, _: (x[0] & SIZE == 0) & (x[1] & SIZE < INF), lambda _, a, b: (a + b - ONE) & SIZE),
    ),
    "signed_zeros": ("pam", "", spoils(lambda x, y: (x[0] == SIGN) & (y[0] == SIGN), negated)),
    # the sign of the operand is not looked at
    "domain": ("palog2", "", spoils(lambda x, _: (x[0] > SIGN) & normal(x[0]), lambda _, x: x & SIZE)),
    # a subnormal operand keeps its code
    "subnormal_operands": (
        "pam",
        "",
        spoils(lambda x, _: normal(x[0]) & subnormal(x[1]), lambda _, a, b: (a + b - ONE) & SIZE),
    ),
    # flushed at tiny, not below it
    "underflow_edge": (
        "pam",
        "",
        spoils(lambda x, y: (y[0] & SIZE == TINY) & (x[0] & MANTISSA != 0), lambda code, *_: code & SIGN),
    ),
    # infinite from the largest number on
    "overflow_edge": (
        "padiv",
        "",
        spoils(
            lambda x, y: (y[0] & SIZE == LARGEST) & (x[0] & MANTISSA != 0) & (x[1] & MANTISSA != 0), next_up
        ),
    ),
    "landmarks": ("pam", "", spoils(lambda x, _: (x[0] == LARGEST) & (x[1] == LARGEST))),
    # the half that is to go to the even code below goes up
    "rounding_ties": (
        "palog2",
        "",
        spoils(
            lambda x, y: (
                (y[0] & 1 == 0) & ((x[0] - ONE) % 8 == 4) & (x[0] > ONE + 8 * TINY) & (x[0] < 2 * ONE)
            ),
            next_up,
        ),
    ),
    # the carry is missed where Ma + Mb is 1 and no more
    "breakpoints": (
        "pam",
        "",
        spoils(
            lambda x, y: (
                ((x[0] + x[1]) & MANTISSA == 0) & plain(x[0]) & plain(x[1]) & between(y[0], 70, 120)
            ),
            half,
        ),
    ),
    "binades": (
        "pam",
        "",
        spoils(lambda x, _: (x[0] & INF == 211 * TINY) & (x[1] & INF == 19 * TINY) & (x[0] < SIGN)),
    ),
}


@pytest.mark.parametrize("name", FIRST)
def test_a_check_is_the_first_to_find_the_fault_it_is_for(name: str, run: Callable[..., Any]) -> None:
    op, mode, fault = FIRST[name]
    subject = make_subject(op, "float32", mode=mode)
    before = list(takewhile(lambda other: other != name, (check.name for check in select(subject))))
    assert [other for other in before if run(other, subject, fault)[0].found] == []
    assert run(name, subject, fault)[0].found


def test_kinks_find_the_wrong_branch_where_mantissas_are_equal(run: Callable[..., Any]) -> None:
    subject = make_subject("padiv", "float32", mode="exact")
    fault = spoils(lambda x, _: (x[0] & MANTISSA == x[1] & MANTISSA) & plain(x[0]) & normal(x[2]), half)
    assert run("kinks", subject, fault)[0].found
    assert not run("random", subject, fault)[0].found


def biased(_: Subject, __: list[Any], right: list[Any]) -> list[Any]:
    """Three codes too much in every result: wrong, but as related to each other as right ones are."""
    return [np.where(normal(code) & (code & SIZE < LARGEST - 8), code + 3, code) for code in right]


# Relations hold for some functions that are wrong everywhere, and not for others.
RELATIONS: dict[str, tuple[str, str, Any]] = {
    "commutativity": ("pam", "", spoils(lambda x, _: x[0] < x[1])),
    "oddness": ("padiv", "", spoils(lambda _, y: y[0] > SIGN)),
    "monotonicity": ("pam", "", spoils(lambda x, _: x[0] % 4 == 2, lambda code, *_: code - 4)),
    "scaling": ("pam", "", spoils(lambda x, _: x[0] & TINY != 0)),
    "exponential_scaling": ("paexp2", "", spoils(lambda _, y: y[0] & TINY != 0)),
    "cotangent_oddness": ("padiv", "exact", spoils(lambda x, _: x[2] > SIGN)),
    "cotangent_scaling": ("pam", "exact", spoils(lambda x, _: x[2] & TINY != 0)),
}


@pytest.mark.parametrize("name", RELATIONS)
def test_a_relation_tells_apart_what_is_wrong_everywhere(name: str, run: Callable[..., Any]) -> None:
    op, mode, unrelated = RELATIONS[name]
    subject = make_subject(op, "float32", mode=mode)
    assert run("random", subject, biased)[0].found
    assert not run(name, subject, biased)[0].found
    [first, *_] = run(name, subject, unrelated)[0].found
    assert first.rule
    assert len(first.inputs) == len(subject.inputs)
    assert len(first.got) == len(first.wanted) == len(subject.outputs)


def test_relations_say_in_words_what_was_compared(run: Callable[..., Any]) -> None:
    rules: dict[str, set[str]] = {}
    for name, (op, mode, fault) in RELATIONS.items():
        found = run(name, make_subject(op, "float32", mode=mode), fault)[0].found
        rules[name] = {one.rule for one in found}
    assert rules["commutativity"] == {"pam(b, a)"}
    assert rules["oddness"] == {"-padiv(-a, b)", "-padiv(a, -b)"}
    assert "at least pam(a 1 code less in value, b)" in rules["monotonicity"]
    assert "2^1 times the result for a times 2^-1" in rules["scaling"]


@pytest.mark.parametrize("op", ["pam", "padiv", "pasqrt", "palog2", "paexp2", "palog", "paexp", "papow"])
def test_inverses_and_mimic_rules_find_a_last_bit_that_is_wrong(op: str, run: Callable[..., Any]) -> None:
    fault = spoils(lambda x, _: x[0] % np.uint64(7) == 3)
    for name, mode in (("inverses", ""), ("mimic_rule", "mimic")):
        session, _ = run(name, make_subject(op, "float32", mode=mode), fault)
        assert session.found, (name, op)
        assert all(found.rule for found in session.found)


SUBJECTS = [
    ("pam", "float32", "ftz", 0.25, ""),
    ("papow", "float32", "gradual", 0, ""),
    ("pasqrt", "float32", "ftz", 0, ""),
    ("paexp2", "float64", "ftz", 0, ""),
    ("padiv", "float32", "ftz", 0, "exact"),
    ("pam", "bfloat16", "saturate", 0, "mimic"),
]


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("given", SUBJECTS, ids=lambda given: f"{given[0]}-{given[4] or 'values'}")
def test_every_check_asks_for_cases_that_no_other_does_and_fails_where_they_are_wrong(
    given: Sequence[Any], run: Callable[..., Any]
) -> None:
    subject = make_subject(*given)
    asked = {check.name: _asked(run, check.name, subject) for check in select(subject)}
    asked = {name: cases for name, cases in asked.items() if cases.size}
    cases, times = np.unique(np.concatenate(list(asked.values())), return_counts=True)
    lonely = cases[times == 1]
    for name, mine in asked.items():
        own = np.intersect1d(mine, lonely)
        assert own.size or name in _FEW, name
        fault = spoils(lambda x, _, own=own: np.isin(_keys(np.stack(x, axis=1)), own), _turned(subject))
        assert not own.size or run(name, subject, fault)[0].found, name


# of one operand: two infinities and two zeros, which are landmarks; powers of two, which break pieces
_FEW = {"infinities", "zeros", "signed_zeros", "landmarks", "powers_of_two"}


def test_every_check_is_in_one_of_these_tests() -> None:
    alone = {check.name for given in SUBJECTS for check in select(make_subject(*given))}
    assert alone | {*FIRST, *RELATIONS, "exhaustive"} == set(CHECKS)


def test_exhaustive_finds_a_single_wrong_case(run: Callable[..., Any]) -> None:
    subject = make_subject("pam", "float8_e4m3fn")
    fault = spoils(lambda x, _: (x[0] == 0xA3) & (x[1] == 0x17))
    [found] = run("exhaustive", subject, fault)[0].found
    assert [hex(int(column[0])) for column in found.inputs] == ["0xa3", "0x17"]
    assert found.size == 1


@pytest.mark.parametrize("name", ["oddness", "monotonicity", "inverses", "scaling", "commutativity"])
def test_answers_before_a_fault_are_judged(name: str) -> None:
    subject = make_subject("pam", "float32")
    session = Session(Breaking(100), subject, check=name)
    with pytest.raises(TargetFault, match="gone"):
        CHECKS[name].run(session)
    assert session.cases == sum(found.size for found in session.found) == 100


class Breaking:
    """A target that gives so many wrong answers and then ends."""

    name = "breaking"

    def __init__(self, answers: int) -> None:
        self.answers = answers

    def answer(self, subject: Subject, inputs: Sequence[Any]) -> tuple[Any, ...]:
        wrong = [code[: self.answers] ^ 1 for code in subject.expected(inputs)]
        raise TargetFault("crash", "gone", answered=tuple(wrong))

    def notices(self) -> tuple[str, ...]:
        return ()

    def close(self) -> None:
        pass


def _asked(run: Callable[..., Any], name: str, subject: Subject) -> Any:
    asked = run(name, subject)[1].asked
    return np.unique(_keys(np.concatenate(asked))) if asked else np.empty(0, np.uint64)


def _keys(cases: Any) -> Any:
    """Return one number a case: two different ones have the same with negligible probability."""
    keys = np.zeros(len(cases), np.uint64)
    for column in cases.T:
        keys = (keys ^ column) * np.uint64(0x9E3779B97F4A7C15)
        keys ^= keys >> np.uint64(29)
    return keys


def _turned(subject: Subject) -> Callable[..., Any]:
    """Return an answer with another last bit, and in one case of three another sign: nothing holds by chance."""
    sign = np.uint64(subject.fmt.sign)
    return lambda code, *inputs: np.where(sum(inputs) % 3 == 0, sign, np.uint64(0)) ^ code ^ np.uint64(1)
