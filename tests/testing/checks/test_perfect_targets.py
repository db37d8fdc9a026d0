"""A target that answers by the definition passes every check, and checks ask what they say."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from pamcheck.kernels.table import OPS
from pamcheck.lookup import UnknownName
from pamcheck.testing.checks import CHECKS, select
from pamcheck.testing.checks.exhaustive import bits, every, limits
from pamcheck.testing.subject import make_subject

# every kind of specials and policy, wide and narrow, more exponent than mantissa and the reverse
FORMATS = [
    ("float32", "ftz", 0.25),
    ("float64", "gradual", 0),
    ("bfloat16", "saturate", -0.5),
    ("float8_e4m3fn", "ftz", -0.25),
    ("float6_e2m3fn", "gradual", 0),
    ("float4_e2m1fn", "saturate", 0.5),
    ("e2m10f", "gradual", 0.25),
    ("e2m1", "ftz", 0),
]


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("mode", ["", "exact", "mimic"])
@pytest.mark.parametrize("op", OPS)
def test_the_definition_passes_every_check_and_every_check_asks_something(
    op: str, mode: str, run: Callable[..., Any], tell: Callable[..., str]
) -> None:
    for format, policy, offset in FORMATS:
        subject = make_subject(op, format, policy, offset if OPS[op].takes_offset else 0, mode)
        for check in select(subject):
            session, _ = run(check.name, subject)
            assert not session.found, tell(session)
            assert session.cases or check.name == "exhaustive", f"{check.name} of {subject}"


@pytest.mark.parametrize(
    ("op", "format", "offset"), [("pam", "bfloat16", 0.5), ("padiv", "bfloat16", 0), ("padiv", "e8m4f", 0)]
)
def test_the_published_policy_passes_every_check_in_few_cases(
    op: str, format: str, offset: float, run: Callable[..., Any], tell: Callable[..., str]
) -> None:
    subject = make_subject(op, format, "kosson2023", offset)
    cases = 0
    for check in select(subject):
        session, _ = run(check.name, subject)
        assert not session.found, tell(session)
        cases += session.cases
    assert 15_000 < cases < 31_000


def test_level_one_has_a_third_of_a_million_cases_for_pam_and_level_two_thirty_times_as_many(
    run: Callable[..., Any],
) -> None:
    subject = make_subject("pam", "float32")
    one = sum(run(check.name, subject)[0].cases for check in select(subject))
    assert 250_000 < one < 400_000
    # the grid of binades is the largest part of either
    two = sum(run(name, subject, level="2")[0].cases for name in ("signs", "mantissas", "underflow_edge"))
    assert two == 32 * sum(run(name, subject)[0].cases for name in ("signs", "underflow_edge")) + (1 << 18)


@pytest.mark.parametrize("name", CHECKS)
def test_operands_depend_on_the_seed_alone(name: str, run: Callable[..., Any]) -> None:
    subject = next(
        subject
        for op in OPS
        for mode in ("", "mimic")
        for subject in (make_subject(op, "float8_e5m2", "ftz", 0.25 if OPS[op].takes_offset else 0, mode),)
        if CHECKS[name].applies(subject)
    )
    again = [run(name, subject, seed=seed)[1].asked for seed in (1, 1, 2)]
    assert all(np.array_equal(one, other) for one, other in zip(again[0], again[1], strict=True))
    seeded = name in ("random", "binades", "signs", "mantissas", "commutativity", "scaling")
    assert not seeded or not np.array_equal(again[0][0], again[2][0])


@pytest.mark.parametrize(
    ("op", "format", "mode"),
    [
        ("pam", "float8_e4m3", ""),
        ("palog2", "float16", ""),
        ("pasqrt", "e4m4", "exact"),
        ("padiv", "e3m2f", "mimic"),
    ],
)
def test_exhaustive_asks_for_every_input_once(
    op: str, format: str, mode: str, run: Callable[..., Any]
) -> None:
    subject = make_subject(op, format, mode=mode)
    session, target = run("exhaustive", subject)
    asked = np.concatenate(target.asked)
    number = sum(asked[:, i] << np.uint64(i * subject.fmt.width) for i in range(asked.shape[1]))
    assert session.cases == number.size == 1 << bits(subject)
    assert np.array_equal(np.sort(number), np.arange(number.size))


def test_exhaustive_leaves_wide_inputs_to_higher_levels(run: Callable[..., Any]) -> None:
    sixteen = make_subject("pam", "bfloat16")
    assert run("exhaustive", sixteen)[0].cases == 0
    assert CHECKS["exhaustive"].applies(sixteen)
    assert not CHECKS["exhaustive"].applies(make_subject("pam", "float32"))
    assert CHECKS["exhaustive"].applies(make_subject("palog2", "float32"))
    assert limits(sixteen)["2"] < bits(sixteen) <= limits(sixteen)["exhaustive"]


def test_exhaustive_goes_through_in_pieces_that_fit_a_cache() -> None:
    for subject in (make_subject("pam", "bfloat16"), make_subject("palog2", "float32")):
        pieces = every(subject)
        assert all(next(pieces)[0].size <= 1 << 16 for _ in range(3))


def test_exhaustive_stops_when_enough_is_wrong_and_keeps_little_of_what_is_right(
    run: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    from pamcheck.testing.checks import exhaustive

    monkeypatch.setattr(exhaustive, "ENOUGH", 1 << 17)
    monkeypatch.setattr(exhaustive, "KEPT", 2)
    subject = make_subject("padiv", "e3m4f", mode="exact")
    session, _ = run("exhaustive", subject, level="2")
    assert session.cases == 1 << 24
    assert sum(inputs[0].size for inputs, _ in session.agreed) <= 2 * 256
    session, _ = run("exhaustive", subject, lambda *given: [code ^ 1 for code in given[-1]], level="2")
    assert session.cases == sum(found.size for found in session.found) == 1 << 17


def test_select_keeps_the_order_and_names_what_it_does_not_know() -> None:
    subject = make_subject("pam", "float32")
    names = [check.name for check in select(subject, ["random", "zeros", "mimic_rule"])]
    assert names == ["zeros", "random"]
    with pytest.raises(UnknownName, match="unknown check 'zeroes'; did you mean 'zeros'"):
        select(subject, ["zeroes"])


def test_names_can_be_typed_and_claims_are_sentences() -> None:
    for name, check in CHECKS.items():
        assert name == check.name
        assert name.replace("_", "").isalpha()
        assert name.islower()
        assert check.claim[-1] == "."
        assert len({other.claim for other in CHECKS.values()}) == len(CHECKS)
