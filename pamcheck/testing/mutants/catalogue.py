"""Every mutant by name, and which of them differ in a subject: from the definition, and from each other."""

from __future__ import annotations

from functools import lru_cache
from typing import cast

from pamcheck.testing.mutant import Mutant
from pamcheck.testing.mutants.families import FAMILIES
from pamcheck.testing.mutants.reach import Reaching, Row, trail
from pamcheck.testing.subject import Subject

CATALOGUE: dict[str, Mutant] = {mutant.name: mutant for family in FAMILIES for mutant in family.members}
"""Every mutant by name, in the order of the families."""


@lru_cache(maxsize=256)
def mutants_of(subject: Subject) -> list[Mutant]:
    """Return the mutants that differ from the definition in a subject, in the order of the catalogue."""
    return [mutant for mutant in CATALOGUE.values() if mutant.applies(subject)]


@lru_cache(maxsize=16384)
def same_as(mutant: Mutant, subject: Subject) -> tuple[Mutant, ...]:
    """Return the mutants that answer every probe of a subject alike, the given one among them.

    In the order of the catalogue: the first names them all.
    """
    known, body = trail(subject), body_of(mutant)
    mine = known.places(body)
    first = next(
        (place for place, answer in known.answers(body, mine) if answer != known.right[place]), None
    )
    if first is None:
        return (mutant,)
    row, answer = known.rows[first], known.answer(body, known.rows[first])

    def alike(other: Reaching) -> bool:
        if not known.reaches(other, first) or known.answer(other, row) != answer:
            return False
        rows = (known.rows[place] for place in sorted({*mine, *known.places(other)}))
        return all(known.answer(other, row) == known.answer(body, row) for row in rows)

    return tuple(other for other in CATALOGUE.values() if other is mutant or alike(body_of(other)))


@lru_cache(maxsize=16384)
def differences(mutant: Mutant, subject: Subject) -> dict[int, Row]:
    """Return a mutant's answers where they are not the definition's, by the number of the probe.

    The fewer there are, the more specific a mutant is.
    """
    known, body = trail(subject), body_of(mutant)
    found = known.answers(body, known.places(body))
    return {place: answer for place, answer in found if answer != known.right[place]}


def body_of(mutant: Mutant) -> Reaching:
    """Return the body of a mutant of the catalogue, which knows what it has replaced."""
    return cast(Reaching, mutant.body)
