"""Deviations that are meant: answers of theirs count as right."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from pamcheck.lookup import lookup
from pamcheck.testing.mutants import CATALOGUE
from pamcheck.testing.session import Disagreement
from pamcheck.testing.subject import Subject

Found = tuple[Disagreement, ...]


def accepted(subject: Subject, names: Sequence[str]) -> Callable[[Found], Found]:
    """Return a function that leaves out of disagreements the cases that a named deviation accounts for.

    Raises ValueError for a name that is no deviation of the catalogue. One that does not apply to the subject
    accounts for nothing.
    """
    for name in names:
        if name in CATALOGUE and CATALOGUE[name].kind == "bug":
            raise ValueError(
                f"{name!r} is a bug, which nobody means; checks that are known to fail go into --xfails-file"
            )
    deviations = {name: mutant for name, mutant in CATALOGUE.items() if mutant.kind == "deviation"}
    chosen = [lookup("deviation", name, deviations) for name in names]
    meant = [mutant for mutant in chosen if mutant.applies(subject)]

    def remaining(found: Found) -> Found:
        left = []
        for one in found:
            wrong = np.ones(one.size, bool)
            for mutant in meant:
                answers = mutant.answer(subject, one.inputs)
                wrong &= np.any([a != g for a, g in zip(answers, one.got, strict=True)], axis=0)
            if wrong.any():
                left.append(one.where(wrong))
        return tuple(left)

    return remaining if meant else lambda found: found
