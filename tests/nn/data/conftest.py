"""Where tests of data look for it: in folders of their own; real files only where PAMCHECK_DATA has them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

GIVEN = os.environ.get("PAMCHECK_DATA")


@pytest.fixture(autouse=True)
def no_data_but_the_tests(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test writes to the user's cache or reads what is there, and none leaves the machine."""
    monkeypatch.setenv("PAMCHECK_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("PAMCHECK_DATA", raising=False)
    monkeypatch.setenv("NO_PROXY", "*")
    monkeypatch.setattr(
        "pamcheck.nn.data.fetch._fetched", lambda name, *_: pytest.fail(f"{name} would be fetched")
    )


@pytest.fixture
def real_data(monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder PAMCHECK_DATA; a test that needs it is skipped where it is not set."""
    if not GIVEN:
        pytest.skip("PAMCHECK_DATA is not set; the real data is not at hand")
    monkeypatch.setenv("PAMCHECK_DATA", GIVEN)
    return Path(GIVEN)
