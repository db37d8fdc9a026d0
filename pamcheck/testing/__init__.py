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

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pamcheck.testing.api import check_implementation, check_vjp, fingerprint
    from pamcheck.testing.contractions import check_matmul, check_matmul_vjp, check_sum
    from pamcheck.testing.gradcheck import gradcheck
    from pamcheck.testing.parametrize import parametrize_with_checks

__all__ = [
    "check_implementation",
    "check_matmul",
    "check_matmul_vjp",
    "check_sum",
    "check_vjp",
    "fingerprint",
    "gradcheck",
    "parametrize_with_checks",
]

_HOMES = {
    "check_matmul": "contractions",
    "check_matmul_vjp": "contractions",
    "check_sum": "contractions",
    "gradcheck": "gradcheck",
    "parametrize_with_checks": "parametrize",  # needs pytest, which only tests have
}


def __getattr__(name: str) -> Any:
    """Import the kernels when something is first judged, so that `pamcheck.testing.strategies` stays light."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = getattr(import_module(f"pamcheck.testing.{_HOMES.get(name, 'api')}"), name)
    globals()[name] = found  # also over a module of the same name
    return found
