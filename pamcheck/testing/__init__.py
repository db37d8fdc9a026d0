"""Checking someone else's implementation.

api                           check_implementation, check_vjp, fingerprint: what users call
subject, target               what is asked, and who
session, check, checks/       asking and comparing; every check
verify, result                running the checks; what came out
mutant, mutants/, diagnosis   known ways to be wrong, and which of them it is
explain, shrink, accepting    failures by cause, made small; deviations that are meant
fingerprint/                  which unit is this?
targets/                      functions on NumPy, PyTorch, CuPy arrays; programs behind a pipe
vectors/                      cases with expected results, written and checked
text, record, repro           a result for people, for machines, for one more try
strategies, plugin            for the property-based tests of others
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pamcheck.testing.api import check_implementation, check_vjp, fingerprint
    from pamcheck.testing.parametrize import parametrize_with_checks

__all__ = ["check_implementation", "check_vjp", "fingerprint", "parametrize_with_checks"]


def __getattr__(name: str) -> Any:
    """Import the kernels when something is first judged, so that `pamcheck.testing.strategies` stays light."""
    if name == "parametrize_with_checks":
        from pamcheck.testing.parametrize import parametrize_with_checks

        return parametrize_with_checks  # needs pytest, which only tests have
    if name in __all__:
        from pamcheck.testing import api

        return getattr(api, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
