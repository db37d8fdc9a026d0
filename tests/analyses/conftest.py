"""Quick runs of the studies, each made when the first test asks for it."""

from __future__ import annotations

import importlib
from typing import Any

import pytest

from pamcheck.reporting.records import Settings


class Measured(dict[str, Any]):
    """What a study measures in a quick run, by the name of its module."""

    def __missing__(self, name: str) -> Any:
        self[name] = importlib.import_module(name).measure(Settings(quick=True))
        return self[name]


@pytest.fixture(scope="session")
def measured() -> Measured:
    return Measured()
