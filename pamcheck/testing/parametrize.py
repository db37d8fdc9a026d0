"""A pytest test for every check: `parametrize_with_checks`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from pamcheck.formats import FloatFormat
from pamcheck.operands import Number
from pamcheck.policy import Policy
from pamcheck.testing import options
from pamcheck.testing.api import Arrays
from pamcheck.testing.check import Check
from pamcheck.testing.checks import select
from pamcheck.testing.expectations import identifier
from pamcheck.testing.subject import Subject, make_subject
from pamcheck.testing.target import Target
from pamcheck.testing.targets import CallableTarget
from pamcheck.testing.text import lines
from pamcheck.testing.verify import Settings, judge_by

Function = Callable[..., Any]


@dataclass(frozen=True)
class BoundCheck:
    """One check of one function; called without arguments it passes, skips or fails with what is wrong."""

    target: Target
    subject: Subject
    check: Check

    def __call__(self) -> None:
        """Run the check at the level and with the seed of pytest's command line."""
        __tracebackhide__ = True
        chosen = options.current()
        settings = Settings(level=chosen.level, seed=chosen.seed, errors=chosen.errors)
        result = judge_by(self.target, self.subject, [self.check], settings)
        if result.lacking:
            pytest.skip(f"{self.subject.fmt.name}: {result.lacking}")
        if not result.passed and any(outcome.failed for outcome in result.outcomes):
            pytest.fail(f"{self.check.claim}\n" + "\n".join(lines(result)), pytrace=False)

    @property
    def name(self) -> str:
        """The identifier, as skips and xfails files and -k have it."""
        return identifier(self.subject, self.check.name)


def parametrize_with_checks(
    functions: Mapping[str, Function],
    *,
    formats: Sequence[str | FloatFormat] = ("float32",),
    policy: str | Policy = "ftz",
    offset: Number = 0,
    modes: Sequence[str] = ("",),
    arrays: Arrays = "numpy",
    codes: bool = False,
) -> pytest.MarkDecorator:
    """Return a decorator that gives a test, as its argument `check`, every check of every function in turn.

    functions  by operation: {"pam": my_pam, "padiv": my_padiv}; what they take: `check_implementation`
    formats    each a set of checks of its own; one that a function does not do is skipped
    policy, offset, arrays, codes
               as in `check_implementation`; an offset goes to pam and padiv
    modes      "" for values, "exact" and "mimic" for functions that return cotangents, as in `check_vjp`

        @parametrize_with_checks({"pam": my_pam}, formats=["float32", "bfloat16"])
        def test_conformance(check):
            check()

    Level, seed, expected failures and skips are options of pytest: `pytest --help`, group pamcheck.
    Raises ValueError for unknown names.
    """
    found = []
    for op, function in functions.items():
        target = CallableTarget(function, arrays=arrays, codes=codes)
        for mode in modes:
            for fmt in formats:
                subject = make_subject(op, fmt, policy, offset if op in ("pam", "padiv") else 0, mode)
                found += [BoundCheck(target, subject, check) for check in select(subject)]
    return pytest.mark.parametrize("check", found, ids=[check.name for check in found])
