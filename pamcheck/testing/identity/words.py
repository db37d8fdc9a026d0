"""Classes of cases and the rules for them, in words."""

from __future__ import annotations

from collections.abc import Sequence

from pamcheck.testing.identity.cases import KINDS
from pamcheck.testing.identity.learn import Learnt
from pamcheck.testing.identity.model import ZONES

_SIGNS = {"pam": "*", "padiv": "/"}


def class_words(name: str, op: str) -> str:
    """Return a class or zone as one writes it: "inf * 0", "-subnormal", "results below the range"."""
    if name in ZONES:
        return ZONES[name]
    if "," in name:
        return f" {_SIGNS.get(op, ',')} ".join(KINDS[kind] for kind in name.split(","))
    return name[0] + KINDS[name[1:]]


def rule_words(learnt: Learnt, name: str) -> str:
    """Return the rule found for a class, or how little the best one explains."""
    rule = learnt.model.rules.get(name)
    if rule is not None:
        return rule
    fit = learnt.fits[name]
    return f"cannot tell: no rule explains more than {fit.agree} of {fit.asked} answers"


def together(names: Sequence[str]) -> str:
    """Return names as a list, the middle of a long one left out."""
    return ", ".join(names) if len(names) <= 6 else f"{', '.join(names[:5])} and {len(names) - 5} more"
