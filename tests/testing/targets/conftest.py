"""Subjects, cases and foreign functions that the tests of targets share."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import SimpleNamespace

import numpy as np
import pytest

import pamcheck as pc
from pamcheck.testing.subject import Codes, Subject, make_subject
from pamcheck.testing.target import Target, TargetFault

SEED = 20240517


@pytest.fixture(autouse=True)
def no_folder_stays_importable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", list(sys.path))


@pytest.fixture
def subject() -> Subject:
    return make_subject("pam", "bfloat16")


@pytest.fixture
def cases() -> Callable[..., tuple[Codes, ...]]:
    """Random codes, one array an input."""

    def draw(subject: Subject, count: int = 200) -> tuple[Codes, ...]:
        rng = np.random.default_rng(SEED)
        return tuple(
            rng.integers(0, 2 * subject.fmt.sign, count, np.uint64).astype(subject.dtype)
            for _ in subject.inputs
        )

    return draw


@pytest.fixture
def fault_of(cases: Callable[..., tuple[Codes, ...]]) -> Callable[..., TargetFault]:
    """What a target does wrong."""

    def fault(target: Target, subject: Subject, inputs: tuple[Codes, ...] | None = None) -> TargetFault:
        with pytest.raises(TargetFault) as caught:
            target.answer(subject, cases(subject) if inputs is None else inputs)
        return caught.value

    return fault


@pytest.fixture
def right() -> SimpleNamespace:
    """Functions of arrays that are right."""
    return SimpleNamespace(
        pam=lambda a, b: pc.pam(a, b),
        exact=lambda a, b, cotangent: pc.vjp("pam", (a, b), cotangent, mode="exact"),
        log2=lambda x: pc.palog2(x),
        log2_mimic=lambda x, cotangent: pc.vjp("palog2", (x,), cotangent, mode="mimic")[0],
    )
