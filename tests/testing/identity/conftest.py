"""Units written by hand, on codes, each different in a known way."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from pamcheck.testing.subject import Codes, Subject


@dataclass
class Unit:
    """A target: a scalar function of codes."""

    body: Callable[..., int]
    name: str = "unit"
    calls: int = 0

    def answer(self, subject: Subject, inputs: Sequence[Codes]) -> tuple[Codes, ...]:
        self.calls += 1
        rows = zip(*(codes.tolist() for codes in inputs), strict=True)
        return (np.array([self.body(*row) for row in rows], subject.dtype),)

    def notices(self) -> tuple[str, ...]:
        return ()

    def close(self) -> None:
        pass


@dataclass
class Reference:
    """A target that answers what the definition does for a subject of its own."""

    subject: Subject
    name: str = "reference"

    def answer(self, subject: Subject, inputs: Sequence[Codes]) -> tuple[Codes, ...]:
        assert subject.fmt == self.subject.fmt
        return self.subject.expected(inputs)

    def notices(self) -> tuple[str, ...]:
        return ()

    def close(self) -> None:
        pass


@dataclass
class Native:
    """A target that views codes as a dtype and applies a function of arrays."""

    function: Callable[..., Any]
    dtype: Any
    name: str = "native"

    def answer(self, subject: Subject, inputs: Sequence[Codes]) -> tuple[Codes, ...]:
        with np.errstate(all="ignore"):
            return (np.asarray(self.function(*(x.view(self.dtype) for x in inputs))).view(subject.dtype),)

    def notices(self) -> tuple[str, ...]:
        return ()

    def close(self) -> None:
        pass


@pytest.fixture
def unit() -> type[Unit]:
    return Unit


@pytest.fixture
def reference() -> type[Reference]:
    return Reference


@pytest.fixture
def native() -> type[Native]:
    return Native
