"""The checks that an implementation is put to: each a named property with operands of its own.

By family, in the order in which they run: results on operands one can work out by hand, special values, the ends of
the format, ties, breakpoints, grids and random codes, relations that are asked of the target alone, derivatives, and
every input there is. One list serves values and derivatives: inputs are operands, and the cotangent of the result
where there is one.
"""

from __future__ import annotations

from collections.abc import Iterable

from pamcheck.lookup import lookup
from pamcheck.testing.check import Check
from pamcheck.testing.checks import (
    breakpoints,
    exhaustive,
    grids,
    identities,
    inverses,
    limits,
    mimic,
    monotonicity,
    scaling,
    special,
    symmetry,
    ties,
)
from pamcheck.testing.subject import Subject

_FAMILIES = (
    identities,
    special,
    limits,
    ties,
    breakpoints,
    grids,
    symmetry,
    monotonicity,
    inverses,
    scaling,
    mimic,
    exhaustive,
)

CHECKS: dict[str, Check] = {check.name: check for family in _FAMILIES for check in family.CHECKS}


def select(subject: Subject, names: Iterable[str] | None = None) -> list[Check]:
    """Return the checks that apply to a subject, in the order of CHECKS; only those named, if any are.

    A check that is named and does not apply is left out. Raises UnknownName, a ValueError, for a name that is none.
    """
    wanted = CHECKS.values() if names is None else [lookup("check", name, CHECKS) for name in names]
    chosen = {check.name for check in wanted}
    return [check for check in CHECKS.values() if check.name in chosen and check.applies(subject)]
