"""The pytest plug-in: options for checks, and marks for those that are expected to fail or left out.

Loaded by every run of pytest where pamcheck is installed, so it imports nothing before it is needed.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pamcheck.testing.expectations import Expectations

LEVELS = ("1", "2", "exhaustive")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the group pamcheck."""
    group = parser.getgroup("pamcheck", "checks of PAM implementations")
    group.addoption(
        "--pamcheck-level", choices=LEVELS, default="1", help="how much each check asks; default 1"
    )
    group.addoption("--pamcheck-seed", type=int, default=None, help="seed of every random operand")
    group.addoption("--pamcheck-errors", type=int, default=5, help="failures that a failing check shows")
    group.addoption(
        "--xfails-file",
        default=None,
        help="checks that are expected to fail: a name or glob a line, # reason",
    )
    group.addoption("--skips-file", default=None, help="checks to leave out, likewise")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Hand the options to the checks, and mark those that the files name."""
    bound = [(item, check) for item in items if (check := _check(item)) is not None]
    if not bound:
        return
    from pamcheck.measure.sampling import SEED
    from pamcheck.testing import options

    chosen = options.Options(
        level=config.getoption("--pamcheck-level"),
        seed=SEED if config.getoption("--pamcheck-seed") is None else config.getoption("--pamcheck-seed"),
        errors=config.getoption("--pamcheck-errors"),
        xfails=_listed(config, "--xfails-file"),
        skips=_listed(config, "--skips-file"),
    )
    options.set_current(chosen)
    for item, check in bound:
        left_out = chosen.skips.reason(check.subject, check.check.name)
        expected = chosen.xfails.reason(check.subject, check.check.name)
        if left_out is not None:
            item.add_marker(pytest.mark.skip(reason=left_out or "named in --skips-file"))
        elif expected is not None:
            item.add_marker(pytest.mark.xfail(reason=expected or "named in --xfails-file", strict=True))


def _check(item: pytest.Item) -> Any:
    """Return the bound check that a test is given, None for any other test."""
    parameters = getattr(getattr(item, "callspec", None), "params", {})
    check = parameters.get("check")
    # by its name, so that runs without such tests import nothing
    return check if type(check).__name__ == "BoundCheck" else None


def _listed(config: pytest.Config, option: str) -> Expectations:
    from pamcheck.testing.expectations import Expectations, read_expectations

    given = config.getoption(option)
    if given is None:
        return Expectations()
    try:
        return read_expectations(Path(given))
    except (OSError, ValueError) as error:
        raise pytest.UsageError(f"{option}: {error}") from None
