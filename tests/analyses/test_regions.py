"""The study of regions, in a quick run: its claims hold, and a number that came out otherwise fails one."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from analyses import regions
from analyses.regions.networks import jittered, train
from pamcheck.measure.regions import Recheck
from pamcheck.nn.data import digits

Change = Callable[[Any], Any]


@pytest.fixture(scope="module")
def found(measured: Any) -> Any:
    return measured[regions.__name__]


def failures(found: Any) -> int:
    return sum(not verdict.holds for verdict in regions.judge(found))


def test_every_claim_holds(found: Any) -> None:
    assert [verdict.claim for verdict in regions.judge(found) if not verdict.holds] == []


def replaced(measured_: Any, name: str, /, **change: Any) -> Any:
    """Return the measurement with the first entry of a list or mapping changed."""
    entries = getattr(measured_, name)
    key = next(iter(entries)) if isinstance(entries, dict) else 0
    first = dataclasses.replace(entries[key], **change)
    spoilt = entries | {key: first} if isinstance(entries, dict) else [first, *entries[1:]]
    return dataclasses.replace(measured_, **{name: spoilt})


@pytest.mark.parametrize(
    "spoil",
    [
        lambda m: replaced(m, "known", found=(3, 3)),
        lambda m: replaced(m, "known", recheck=Recheck(False, "wrong")),
        lambda m: replaced(m, "slices", wrong=1),
        lambda m: replaced(m, "slices", recheck=Recheck(False, "wrong")),
        lambda m: replaced(m, "compared", traced=(1, 1)),
        lambda m: replaced(m, "interpreted", error=1e-6),
        lambda m: replaced(m, "symmetries", holds=False),
        lambda m: dataclasses.replace(m, lines=m.lines.assign(carry=m.lines.carry / 2)),
        lambda m: dataclasses.replace(m, lines=m.lines.assign(**{"carry 1": 2 * m.lines["carry 1"]})),
        lambda m: dataclasses.replace(m, lines=m.lines.assign(slope=1.0)),
        lambda m: dataclasses.replace(m, widths=(m.widths[0], m.widths[1], 10**6)),
    ],
)
def test_a_number_that_came_out_otherwise_fails_one_claim(found: Any, spoil: Change) -> None:
    assert failures(spoil(found)) == 1


def test_training_in_pam_is_repeatable_and_learns() -> None:
    images = digits(0, block=2)
    first, second = (train(images, (16, 4, 10), 1, 0) for _ in range(2))
    assert all((first[1][name] == second[1][name]).all() for name in first[1])
    assert any((first[0][name] != first[1][name]).any() for name in first[0])


def test_noise_moves_no_black_pixel_and_others_less_than_half_a_level() -> None:
    images = np.array([[0.0, 0.0625, 1.0]], np.float32)
    moved = jittered(images, 0)
    assert moved[0, 0] == 0
    assert 0 < np.abs(moved - images)[0, 1:].max() <= 1 / 32
    assert moved[0, 1] > 0


@pytest.mark.parametrize("wrong", [{"block": 3}, {"test": 0}, {"test": 1797}])
def test_digits_that_are_not_there_are_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="must be 1, 2 or 4"):
        digits(**wrong)


def test_averaging_keeps_the_brightness_of_a_digit() -> None:
    whole, small = digits(0), digits(0, block=2)
    assert (whole.y == small.y).all()
    assert np.allclose(whole.x.mean(axis=1), small.x.mean(axis=1), atol=1e-6)
    assert (len(whole.x), len(whole.x_test), whole.x.dtype) == (1437, 360, np.float32)
